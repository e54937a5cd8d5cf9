// The server is killed under a call and started again, on the same port and with the same data, again and again: everybody
// finds the call again (docs/reliability.md).
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { nextPicture, report } from '../support/pictures.ts';
import { Server } from '../support/server.ts';

/** How long it takes is printed, not judged: CARILLON_TIMES=20 on an idle machine gives the figures of docs/reliability.md. */
const times = Number(process.env.CARILLON_TIMES ?? 3);
const folder = mkdtempSync(`${tmpdir()}/carillon-restart-`);

let port: number;
let server: Server;
let browser: Browser;

const start = () => Server.start(['--http-listen', `127.0.0.1:${port}`, '--data-dir', folder]);

beforeAll(async () => {
  port = await freePort();
  server = await start();
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const listener = net.createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port: free } = listener.address() as net.AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return free;
}

test(
  `kill -9 of the server, ${times} times: the pictures come back, in the same call`,
  { timeout: 400_000 },
  async () => {
    const [alice, bob] = await Promise.all([
      Person.signIn(browser, server, 'Alice'),
      Person.signIn(browser, server, 'Bob'),
    ]);
    await alice.call('video', bob);
    await bob.accept();
    await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);

    const took: number[] = [];
    for (let time = 0; time < times; time++) {
      const pictures = await Promise.all([nextPicture(alice, bob), nextPicture(bob, alice)]);
      const killed = Date.now();
      await server.kill();
      server = await start();
      const back = await Promise.all(pictures.map((picture) => picture()));
      took.push(Math.max(...back) - killed);
      for (const person of [alice, bob]) expect(await person.see('ended').count()).toBe(0);
      expect(await server.until((counts) => counts.consumers === 4)).toMatchObject({
        sessions: 2,
        calls: 1,
        rooms: 1,
        peers: 2,
        transports: 4,
        producers: 4,
      });
    }
    report('pictures after kill -9 of the server', took);
    await Promise.all([alice.receivesFrom(1), bob.receivesFrom(1)]);

    await alice.hangUp();
    expect(await bob.endReason()).toBe('hangup');
    await server.until((counts) => counts.calls === 0 && counts.rooms === 0 && counts.transports === 0);
  },
);
