// Trial 25: two browsers in a video call, one of them behind a bad network. Sound must go on through all of it; of the
// picture it is said what comes of it. CARILLON_MATRIX=all on an idle machine has the figures of docs/reliability.md, of 36
// cells, in eleven minutes; CARILLON_MATRIX=1,0.25 those with so many Mbit/s.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { perfect, type Quality } from '../support/line.ts';
import { pause } from '../support/process.ts';
import { watchReception, type Reception } from '../support/reception.ts';
import { Relay } from '../support/relay.ts';
import { Server } from '../support/server.ts';

const matrix = process.env.CARILLON_MATRIX;
const whole = matrix !== undefined;
/** Until what the browser and the worker believe of the network has come near the truth. */
const settleMs = whole ? 6000 : 4000;
const measureMs = whole ? 10_000 : 4000;

/** Where the worker listens, and where clients are told that it does. */
const [ownAddress, announced] = ['127.0.0.1', '127.0.0.2'];
/** Below the ports that the system gives out by itself. */
const mediaPort = 21_600;

const losses = [0, 2, 5, 10];
/** One call each; the loss changes while it lasts. */
const networks: Pick<Quality, 'megabits' | 'delayMs'>[] = [5, 1, 0.25]
  .filter((megabits) => matrix === 'all' || matrix?.split(',').map(Number).includes(megabits))
  .flatMap((megabits) => [0, 50, 200].map((delayMs) => ({ megabits, delayMs })));
const short: Quality[] = [
  { megabits: 5, delayMs: 0, lossPercent: 0 },
  { megabits: 1, delayMs: 50, lossPercent: 5 },
  { megabits: 0.25, delayMs: 200, lossPercent: 10 },
];
const calls: Quality[][] = whole
  ? networks.map((network) => losses.map((lossPercent) => ({ ...network, lossPercent })))
  : [short];

let server: Server;
let browser: Browser;
let relay: Relay;

beforeAll(async () => {
  server = await Server.start([
    ...['--media-port', String(mediaPort), '--log-level', 'debug'],
    ...['--media-listen-address', ownAddress, '--media-announced-address', announced],
  ]);
  relay = await Relay.start({ port: mediaPort, listen: announced, target: ownAddress });
  browser = await launch();
});
afterEach(async () => {
  await relay.become(perfect);
  await Promise.all(browser.contexts().map((context) => context.close()));
  await server.until((counts) => counts.calls === 0 && counts.sessions === 0, 15_000);
});
afterAll(async () => {
  console.table(cells.map(row));
  await browser.close();
  await relay.close();
  expect(await server.stop()).toBe(0);
});

interface Cell {
  quality: Quality;
  /** What he gets through the bad network, and what she gets of him. */
  down: Reception;
  up: Reception;
}
const cells: Cell[] = [];

test.each(calls.map((qualities, n) => ({ n, qualities })))('call $n', { timeout: 180_000 }, async ({ qualities }) => {
  const linesBefore = server.log.length;
  const [alice, bob] = await Promise.all(['Alice', 'Bob'].map((name) => Person.signIn(browser, server, name)));
  await alice!.call('video', bob!);
  await bob!.accept();
  await Promise.all([alice!.seesMoving(bob!), bob!.seesMoving(alice!)]);
  const usernames = await bob!.iceUsernames();
  expect(usernames).toHaveLength(2);
  await relay.behind(usernames);
  for (const quality of qualities) {
    const before = await relay.counts();
    await relay.become(quality);
    await pause(settleMs);
    const watches = await Promise.all([watchReception(bob!), watchReception(alice!)]);
    await pause(measureMs);
    const [down, up] = await Promise.all(watches.map((ended) => ended()));
    // It was this network through which it went, both ways.
    const after = await relay.counts();
    for (const way of ['up', 'down'] as const) {
      expect(after[way].carried).toBeGreaterThan(before[way].carried + 50);
      if (quality.lossPercent > 0) expect(after[way].lost).toBeGreaterThan(before[way].lost);
    }
    // She is told to send him no more than that.
    const told = () => Math.min(...limitsIn(server.log.slice(linesBefore)).values());
    await expect.poll(told, { timeout: 20_000 }).toBeLessThanOrEqual(quality.megabits * 1e6);
    const cell = { quality, down: down!, up: up! };
    cells.push(cell);
    console.log(Object.values(row(cell)).join(' | '));
  }
  for (const { quality, down, up } of cells.slice(-qualities.length)) {
    for (const { silenceMs, poorestBytes } of [down, up]) {
      // A second in which nothing at all came is a gap; a machine that has no time for browsers makes some by itself.
      expect(whole ? poorestBytes : 1, name(quality)).toBeGreaterThan(0);
      expect(silenceMs, name(quality)).toBeLessThan(whole ? 1000 : 3000);
    }
  }
  await bob!.hangUp();
});

/** Of each transport that the log names, what it may send in the end, in bits per second. */
const limitsIn = (log: readonly string[]) =>
  new Map(
    log.flatMap((text) => {
      const [, transport, bitrate] = /transport (\S+) may send (\d+) bit/.exec(text) ?? [];
      return transport ? [[transport, Number(bitrate)] as const] : [];
    }),
  );

const name = ({ megabits, delayMs, lossPercent }: Quality) => `${megabits} Mbit/s, ${delayMs} ms, ${lossPercent} %`;
const rate = ({ framesPerSecond, width, height }: Reception) => `${framesPerSecond.toFixed(1)}/s ${width}x${height}`;
const row = ({ quality, down, up }: Cell) => ({
  network: name(quality),
  ...{ 'sound to him: gap ms': down.silenceMs, 'lost %': Number(down.audioLostPercent.toFixed(1)) },
  ...{ 'picture to him': rate(down), 'still ms': down.freezeMs },
  ...{ 'sound of him: gap ms': up.silenceMs, 'lost % ': Number(up.audioLostPercent.toFixed(1)) },
  ...{ 'picture of him': rate(up), 'still ms ': up.freezeMs },
});
