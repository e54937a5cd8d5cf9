// A laptop that sleeps in a call: all processes of its browser stop for longer than the server waits for a pong, and go on.
// Inside the grace the call is as it was; after it, it is over on both sides.
import { readdirSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserServer } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { flags, launch, Person } from '../support/browser.ts';
import { frameTimes } from '../support/pictures.ts';
import { pause } from '../support/process.ts';
import { Server } from '../support/server.ts';

const [deadSeconds, graceSeconds] = [2, 6];

let server: Server;
let awake: Browser;
let laptop: BrowserServer;
let onLaptop: Browser;

beforeAll(async () => {
  server = await Server.start([
    ...['--signaling-ping-seconds', '1', '--signaling-dead-seconds', `${deadSeconds}`],
    ...['--calls-grace-seconds', `${graceSeconds}`],
  ]);
  awake = await launch();
  laptop = await chromium.launchServer({ executablePath: '/usr/bin/chromium', headless: true, args: flags });
  onLaptop = await chromium.connect(laptop.wsEndpoint());
});
afterEach(async () => {
  await Promise.all([awake, onLaptop].flatMap((each) => each.contexts().map((context) => context.close())));
  await server.until((counts) => counts.calls === 0 && counts.sessions === 0, 20_000);
});
afterAll(async () => {
  await Promise.all([awake.close(), onLaptop.close()]);
  await laptop.close();
  expect(await server.stop()).toBe(0);
});

/** The browser's process and all that it has started. */
function processes(): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has just ended.
    }
  }
  const all = [laptop.process().pid!];
  for (const parent of all) for (const [pid, its] of parents) if (its === parent) all.push(pid);
  return all;
}
const signalAll = (signal: NodeJS.Signals) => processes().forEach((pid) => process.kill(pid, signal));

async function talk(): Promise<[Person, Person]> {
  const [alice, bob] = await Promise.all([
    Person.signIn(awake, server, 'Alice'),
    Person.signIn(onLaptop, server, 'Bob'),
  ]);
  await alice.call('video', bob);
  await bob.accept();
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  return [alice, bob];
}

test('it wakes up inside the grace', { timeout: 120_000 }, async () => {
  const [alice, bob] = await talk();
  const before = await server.counts();
  const times = await frameTimes(alice, bob);
  signalAll('SIGSTOP');
  await server.until(({ sessions }) => sessions === 1, 10_000);
  expect(await alice.see('tile-bob').getAttribute('data-state')).toBe('reconnecting');
  await pause(1500);
  const woken = Date.now();
  signalAll('SIGCONT');
  let first: number | undefined;
  await expect
    .poll(async () => (first = (await times()).find((time) => time > woken)), { timeout: 20_000, interval: 50 })
    .toBeDefined();
  await expect
    .poll(() => alice.see('tile-bob').getAttribute('data-state'), { timeout: 10_000 })
    .not.toBe('reconnecting');
  console.log(`asleep for longer than the server waits: his picture is back ${first! - woken} ms after he is awake`);
  // The same seat, transports and streams: nothing was built anew.
  expect(await server.until(({ sessions }) => sessions === 2)).toEqual(before);
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  await bob.hangUp();
  expect(await alice.endReason()).toBe('hangup');
});

test('it sleeps for longer than the seat is kept', { timeout: 120_000 }, async () => {
  const [alice, bob] = await talk();
  signalAll('SIGSTOP');
  expect(await alice.endReason()).toBe('disconnected');
  await server.until((counts) => counts.calls === 0 && counts.rooms === 0 && counts.transports === 0);
  signalAll('SIGCONT');
  expect(await bob.endReason()).toBe('disconnected');
  await server.until(({ sessions }) => sessions === 2, 15_000);
});
