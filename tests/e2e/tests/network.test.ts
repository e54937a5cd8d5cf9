// The network fails under a call: the seat is kept, the other side is told, and the call resumes or ends.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { Proxy } from '../support/proxy.ts';
import { Server } from '../support/server.ts';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start(['--calls-grace-seconds', '4']);
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

async function callThrough(cable: Proxy): Promise<[Person, Person]> {
  const [alice, bob] = await Promise.all([
    Person.signIn(browser, server, 'Alice'),
    Person.signIn(browser, cable, 'Bob'),
  ]);
  await alice.call('video', bob);
  await bob.accept();
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  return [alice, bob];
}

test('a cut cable: the other side sees reconnecting, and the call resumes inside the grace', async () => {
  const cable = await Proxy.before(server.url);
  const [alice, bob] = await callThrough(cable);
  const before = await server.counts();
  cable.cut();
  await expect.poll(() => alice.see('tile-bob').getAttribute('data-state'), { timeout: 5000 }).toBe('reconnecting');
  cable.mend();
  await expect.poll(() => alice.see('tile-bob').getAttribute('data-state'), { timeout: 8000 }).not.toBe('reconnecting');
  // The same seats, transports and streams: nothing was built anew.
  expect(await server.until((counts) => counts.sessions === 2)).toEqual(before);
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  await bob.hangUp();
  expect(await alice.endReason()).toBe('hangup');
  cable.close();
});

test('a cable that stays cut: disconnected after the grace, and nothing is left', async () => {
  const cable = await Proxy.before(server.url);
  const [alice] = await callThrough(cable);
  cable.cut();
  expect(await alice.endReason()).toBe('disconnected');
  await server.until((counts) => counts.calls === 0 && counts.rooms === 0 && counts.transports === 0);
  cable.close();
});

test('another network: ICE is restarted in both directions, and the pictures go on', async () => {
  const cable = await Proxy.before(server.url);
  const [alice, bob] = await callThrough(cable);
  const before = await bob.iceUsernames();
  expect(before).toHaveLength(2);
  // What a browser tells a page when it is back on a network, another one perhaps.
  await bob.page.evaluate(() => window.dispatchEvent(new Event('online')));
  await expect
    .poll(async () => (await bob.iceUsernames()).filter((name) => before.includes(name)), { timeout: 10_000 })
    .toEqual([]);
  expect(await bob.iceUsernames()).toHaveLength(2);
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  await bob.hangUp();
  expect(await alice.endReason()).toBe('hangup');
  cable.close();
});
