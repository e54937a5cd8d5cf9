// A media worker is killed under a call, again and again: the call goes on, the pictures come back, and a call on another
// worker does not notice (docs/reliability.md).
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { hearing, nextPicture, report } from '../support/pictures.ts';
import { Server, type Counts } from '../support/server.ts';

/** How long it takes is printed, not judged: CARILLON_TIMES=20 on an idle machine gives the figures of docs/reliability.md. */
const times = Number(process.env.CARILLON_TIMES ?? 3);
/**
 * Cameras show a small painted picture: two browsers that encode, decode and lay out 1280x720 without a graphics card take
 * all of two cores, and the time would be theirs. CARILLON_CAMERA=hd measures that.
 */
const camera = process.env.CARILLON_CAMERA === 'hd' ? null : 'green';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start(['--media-workers', '3']);
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  expect(await server.stop()).toBe(0);
});

const carrying = (counts: Counts) => counts.workers.filter(({ routers }) => routers > 0);

async function talk(media: 'audio' | 'video', caller: string, callee: string): Promise<[Person, Person]> {
  const [one, other] = await Promise.all([
    Person.signIn(browser, server, caller, camera),
    Person.signIn(browser, server, callee, camera),
  ]);
  await one.call(media, other);
  await other.accept(media);
  await Promise.all([one.see('call').waitFor(), other.see('call').waitFor()]);
  return [one, other];
}

test(
  `kill -9 of the worker, ${times} times: the pictures come back, and nobody leaves`,
  { timeout: 300_000 },
  async () => {
    const [carol, dave] = await talk('audio', 'Carol', 'Dave');
    const quiet = await server.until((counts) => carrying(counts).length === 1 && counts.consumers === 2);
    const spared = carrying(quiet)[0]!.pid;
    const [alice, bob] = await talk('video', 'Alice', 'Bob');
    await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
    const listening = await Promise.all([hearing(carol), hearing(dave)]);

    const took: number[] = [];
    for (let time = 0; time < times; time++) {
      const before = await server.until((counts) => counts.consumers === 6 && carrying(counts).length === 2);
      const { pid } = carrying(before).find((worker) => worker.pid !== spared)!;
      const pictures = await Promise.all([nextPicture(alice, bob), nextPicture(bob, alice)]);
      const killed = Date.now();
      process.kill(pid, 'SIGKILL');
      const back = await Promise.all(pictures.map((picture) => picture()));
      took.push(Math.max(...back) - killed);
      const after = await server.counts();
      expect(after).toMatchObject({ calls: 2, rooms: 2, peers: 4, sessions: 4 });
      expect(after.workers.map((worker) => worker.pid)).not.toContain(pid);
      for (const person of [alice, bob]) expect(await person.see('ended').count()).toBe(0);
      // Up to three workers again, so that the next kill is like the first.
      await server.until((counts) => counts.workers.length === 3);
    }
    report('pictures after kill -9 of the worker', took);

    // Sound and pictures, both ways, and nothing left of the rooms that died.
    await Promise.all([alice.receivesFrom(1), bob.receivesFrom(1)]);
    expect(await server.counts()).toMatchObject({ transports: 8, producers: 6, consumers: 6 });
    for (const listens of listening) {
      const { silenceMs, connections } = await listens();
      expect(connections).toBe(0);
      expect(silenceMs).toBeLessThan(3_000);
    }
    expect([...alice.problems, ...bob.problems, ...carol.problems, ...dave.problems]).toEqual([]);

    await alice.hangUp();
    expect(await bob.endReason()).toBe('hangup');
    await carol.hangUp();
    expect(await dave.endReason()).toBe('hangup');
    await server.until((counts) => counts.calls === 0 && counts.rooms === 0 && counts.transports === 0);
  },
);
