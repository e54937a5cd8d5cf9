// One to one, as people see it: two browsers, the web app, the real worker.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { Server } from '../support/server.ts';

let server: Server;
let browser: Browser;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  expect(await server.stop()).toBe(0);
});
beforeEach(async () => {
  [alice, bob] = await Promise.all([Person.signIn(browser, server, 'Alice'), Person.signIn(browser, server, 'Bob')]);
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await server.until((counts) => counts.calls === 0 && counts.rooms === 0 && counts.transports === 0);
  expect([...alice.problems, ...bob.problems]).toEqual([]);
});

async function inCall(): Promise<void> {
  await alice.call('video', bob);
  await bob.see('incoming-call').waitFor();
  await bob.accept();
  await Promise.all([alice.see('call').waitFor(), bob.see('call').waitFor()]);
}

test('a video call: each sees the other move, the caller hangs up', async () => {
  await inCall();
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  await Promise.all([alice.receivesFrom(1), bob.receivesFrom(1)]);
  await alice.hangUp();
  expect(await bob.endReason()).toBe('hangup');
});

test('the callee hangs up', async () => {
  await inCall();
  await bob.hangUp();
  expect(await alice.endReason()).toBe('hangup');
});

test('decline', async () => {
  await alice.call('video', bob);
  await bob.see('decline').click();
  expect(await alice.endReason()).toBe('declined');
});

test('the caller cancels', async () => {
  await alice.call('audio', bob);
  await bob.see('incoming-call').waitFor();
  await alice.hangUp();
  await bob.see('incoming-call').waitFor({ state: 'detached' });
});

test('the tab is closed: the other side is told at once', async () => {
  await inCall();
  const begin = Date.now();
  await bob.page.close();
  expect(await alice.endReason()).toBe('hangup');
  expect(Date.now() - begin).toBeLessThan(2000);
});

test('a second device of the callee stops ringing within 500 ms', async () => {
  const tablet = await Person.signIn(browser, server, 'Bob');
  await alice.call('audio', bob);
  await Promise.all([bob, tablet].map((device) => device.see('incoming-call').waitFor()));
  // Both ends of the interval are taken in the pages, where they happen; the watch is there before anybody answers.
  const stopped = await tablet.page.evaluateHandle(() => ({
    at: new Promise<number>((resolve) => {
      const watch = new MutationObserver(() => {
        if (document.querySelector('[data-testid=incoming-call]')) return;
        watch.disconnect();
        resolve(performance.timeOrigin + performance.now());
      });
      watch.observe(document.body, { childList: true, subtree: true });
    }),
  }));
  const pressed = await bob.page.evaluate(() => {
    document.querySelector<HTMLElement>('[data-testid=accept-audio]')!.click();
    return performance.timeOrigin + performance.now();
  });
  expect((await stopped.evaluate(({ at }) => at)) - pressed).toBeLessThan(500);
  await Promise.all([alice.see('call').waitFor(), bob.see('call').waitFor()]);
  await alice.hangUp();
  expect(await bob.endReason()).toBe('hangup');
});

test('nobody answers: after 30 seconds of real time the server cancels', async () => {
  const begin = Date.now();
  await alice.call('audio', bob);
  await bob.see('incoming-call').waitFor();
  await alice.see('ended').waitFor({ timeout: 40_000 });
  expect(await alice.endReason()).toBe('timeout');
  expect(Date.now() - begin).toBeGreaterThan(29_500);
  expect(Date.now() - begin).toBeLessThan(36_000);
  await bob.see('incoming-call').waitFor({ state: 'detached' });
});
