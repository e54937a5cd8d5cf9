// A client whose network goes away for a while, or changes under a call (trials 23 and 24), in a network of its own behind
// a router that can be told to forward nothing; and a machine that sleeps. The others keep the same participant.
import { chromium, type Browser, type BrowserServer } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { flags, launch, Person } from '../support/browser.ts';
import { FarNetwork, ourAddress } from '../support/far-network.ts';
import { frameTimes } from '../support/pictures.ts';
import { pause } from '../support/process.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const lossMs = 20_000;

let far: FarNetwork;
let server: Server;
let near: Browser;
let farServer: BrowserServer;
let farBrowser: Browser;
let farUrl: string;
let listener: Wire;

beforeAll(async () => {
  far = await FarNetwork.make();
  server = await Server.start([
    ...['--http-listen', `127.0.0.1:0,${ourAddress}:0`, '--media-listen-address', ourAddress],
  ]);
  // It names one address after the other.
  const named = () => server.log.map((line) => /serving on (http:\/\/10\.\S+)/.exec(line)?.[1]).find(Boolean);
  await server.until(() => named() !== undefined);
  farUrl = named()!;
  near = await launch();
  farServer = await chromium.launchServer({
    executablePath: far.program('/usr/bin/chromium'),
    headless: true,
    args: [...flags, `--unsafely-treat-insecure-origin-as-secure=${farUrl}`],
  });
  farBrowser = await chromium.connect(farServer.wsEndpoint());
});
afterEach(async () => {
  far.mend(); // so that his good-bye arrives
  listener.close();
  await Promise.all([near, farBrowser].flatMap((each) => each.contexts().map((context) => context.close())));
  try {
    await server.until((counts) => counts.calls === 0 && counts.sessions === 0, 20_000);
  } finally {
    far.goHome();
  }
});
afterAll(async () => {
  await Promise.all([near.close(), farBrowser.close()]);
  await farServer.close();
  far.close();
  expect(await server.stop()).toBe(0);
});

/** Alice here, Bob there, and somebody in the same call who hears what all are told. */
async function threeInACall(): Promise<{ alice: Person; bob: Person }> {
  listener = await Wire.connect(server, 'listener');
  const [alice, bob] = await Promise.all([
    Person.signIn(near, server, 'Alice'),
    Person.signIn(farBrowser, { url: farUrl }, 'Bob'),
  ]);
  await alice.call('video', bob, { id: 'listener' });
  await bob.accept();
  const { callId } = await listener.next('call-started');
  await listener.request('accept-call', { callId });
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  return { alice, bob };
}

const about = (method: string, userId: string): number =>
  listener.heard.filter((frame) => frame.method === method && frame.data.userId === userId).length;

/** The first frame that was shown after this moment; waits for it. */
async function firstAfter(times: () => Promise<number[]>, moment: number, ms: number): Promise<number> {
  let found: number | undefined;
  await expect
    .poll(async () => (found = (await times()).find((time) => time > moment)), { timeout: ms, interval: 50 })
    .toBeDefined();
  return found!;
}

/** The longest time without a frame from this moment on, until so much later. */
async function longestGap(times: () => Promise<number[]>, from: number, ms: number): Promise<number> {
  await expect.poll(async () => (await times()).some((time) => time > from + ms), { timeout: ms + 20_000 }).toBe(true);
  const shown = (await times()).filter((time) => time > from - 1000);
  return Math.max(...shown.slice(1).map((time, i) => time - shown[i]!));
}

test(`its network is gone for ${lossMs / 1000} s`, { timeout: 120_000 }, async () => {
  const { alice, bob } = await threeInACall();
  const [hers, his] = [await frameTimes(alice, bob), await frameTimes(bob, alice)];
  const joined = about('participant-joined', 'bob');
  far.cut();
  await pause(lossMs);
  for (const times of [hers, his]) expect((await times()).at(-1)).toBeLessThan(Date.now() - lossMs / 2);
  const mended = Date.now();
  far.mend();
  const back = await Promise.all([firstAfter(hers, mended, 20_000), firstAfter(his, mended, 20_000)]);
  console.log(
    `${lossMs / 1000} s without a network: his picture is back ${back[0] - mended} ms after its return, hers ${back[1] - mended} ms`,
  );
  // 2 s on a machine with time for it.
  expect(Math.max(...back) - mended).toBeLessThan(6000);
  // The same participant: nobody has left, and nobody has come.
  expect(about('participant-left', 'bob')).toBe(0);
  expect(about('participant-joined', 'bob')).toBe(joined);
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  await bob.hangUp();
  await listener.untilHeard('participant-left', ({ userId }) => userId === 'bob');
});

test('it has another address from one moment to the next', { timeout: 120_000 }, async () => {
  const { alice, bob } = await threeInACall();
  const before = await bob.iceUsernames();
  const [hers, his] = [await frameTimes(alice, bob), await frameTimes(bob, alice)];
  const joined = about('participant-joined', 'bob');
  const moved = Date.now();
  far.move();
  await expect
    .poll(async () => (await bob.iceUsernames()).filter((name) => !before.includes(name)).length, {
      interval: 20,
      timeout: 15_000,
    })
    .toBe(before.length);
  const restartedMs = Date.now() - moved;
  const gaps = await Promise.all([longestGap(hers, moved, 8000), longestGap(his, moved, 8000)]);
  console.log(
    `another address: ICE is restarted on ${before.length} paths after ${restartedMs} ms; ` +
      `his picture stood for ${gaps[0]} ms, hers for ${gaps[1]} ms`,
  );
  expect(before).toHaveLength(2);
  // 3 s on a machine with time for it; a browser that says nothing of the kind would need more than 20.
  expect(restartedMs).toBeLessThan(6000);
  expect(Math.max(...gaps)).toBeLessThan(10_000);
  expect(about('participant-left', 'bob')).toBe(0);
  expect(about('participant-joined', 'bob')).toBe(joined);
  await bob.hangUp();
  await listener.untilHeard('participant-left', ({ userId }) => userId === 'bob');
});
