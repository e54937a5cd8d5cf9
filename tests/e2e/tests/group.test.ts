// Three and four browsers: a group call from ring to the last who leaves.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { Server } from '../support/server.ts';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await server.until((counts) => counts.calls === 0 && counts.sessions === 0, 10_000);
});
afterAll(async () => {
  await browser.close();
  expect(await server.stop()).toBe(0);
});

test(
  'one declines, one joins late, one leaves, the last leaves, and the room is gone',
  { timeout: 120_000 },
  async () => {
    const [alice, bob, carol] = await Promise.all(
      [
        ['Alice', 'red'],
        ['Bob', 'lime'],
        ['Carol', 'blue'],
      ].map(([name, colour]) => Person.signIn(browser, server, name!, colour)),
    );
    await alice!.call('video', bob!, carol!);
    await Promise.all([bob!.see('incoming-call').waitFor(), carol!.see('incoming-call').waitFor()]);
    await carol!.see('decline').click();
    await bob!.accept();
    await Promise.all([alice!.seesMoving(bob!), bob!.seesMoving(alice!)]);

    // Carol is asked again, and comes late.
    await alice!.see('add-people').click();
    await alice!.see('add-person-carol').click();
    await alice!.see('invite').click();
    await carol!.see('incoming-call').waitFor();
    await carol!.accept();
    await Promise.all([
      carol!.seesMoving(alice!),
      carol!.seesMoving(bob!),
      alice!.seesMoving(carol!),
      bob!.seesMoving(carol!),
    ]);
    // The right picture is in the right tile, and everybody hears and sees the other two.
    const colours = { [alice!.id]: 'red', [bob!.id]: 'green', [carol!.id]: 'blue' };
    for (const viewer of [alice!, bob!, carol!]) {
      for (const other of [alice!, bob!, carol!].filter((each) => each !== viewer))
        expect(await viewer.colourOf(other), `${other.id} as seen by ${viewer.id}`).toBe(colours[other.id]);
    }
    await Promise.all([alice!, bob!, carol!].map((each) => each.receivesFrom(2)));
    expect(await server.counts()).toMatchObject({ calls: 1, rooms: 1, peers: 3, producers: 6, consumers: 12 });

    await bob!.hangUp();
    await alice!.see('tile-bob').waitFor({ state: 'detached' });
    await carol!.seesMoving(alice!);
    await alice!.hangUp();
    if (await carol!.see('hang-up').isVisible()) await carol!.hangUp();
    const counts = await server.until((c) => c.calls === 0 && c.rooms === 0);
    expect(counts).toMatchObject({ peers: 0, transports: 0, producers: 0, consumers: 0 });
    expect(counts.workers.every((worker) => worker.routers === 0 && worker.transports === 0)).toBe(true);
  },
);
