// Do not disturb and blocks, as people use them in the web app.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { Server } from '../support/server.ts';

let server: Server;
let browser: Browser;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  server = await Server.start(); // One each: what one of them missed, the other has not.
  [alice, bob] = await Promise.all([Person.signIn(browser, server, 'Alice'), Person.signIn(browser, server, 'Bob')]);
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await server.until((counts) => counts.calls === 0 && counts.sessions === 0);
  expect([...alice.problems, ...bob.problems]).toEqual([]);
  expect(await server.stop()).toBe(0);
});

/** Alice calls, and says what the page says of Bob when the server has spoken of him; then she gives up. */
async function tries(): Promise<string> {
  await alice.call('audio', bob);
  const said = alice.see('outgoing-state');
  await expect.poll(() => said.innerText()).toMatch(/Ringing|Offline|Cannot be reached/);
  const line = await said.innerText();
  const rang = (await bob.see('incoming-call').count()) > 0;
  await alice.hangUp();
  await alice.see('ended').waitFor();
  await alice.see('close-ended').click();
  expect(rang).toBe(/Ringing/.test(line));
  return line;
}

test('do not disturb: nothing rings, the call is listed as missed, and later it rings again', async () => {
  await bob.see('quiet-switch').click();
  await expect.poll(() => bob.see('quiet').getAttribute('data-on')).toBe('true');
  expect(await tries()).toMatch(/Offline|Cannot be reached/);
  await expect.poll(() => bob.see('history-unread').getAttribute('data-count')).toBe('1');
  // It is so on all devices, and after the page is loaded anew.
  await bob.page.reload();
  await expect.poll(() => bob.see('quiet').getAttribute('data-on')).toBe('true');
  await bob.see('quiet-switch').click();
  await expect.poll(() => bob.see('quiet').getAttribute('data-on')).toBe('false');
  expect(await tries()).toMatch(/Ringing/);
});

test('decline and block: nothing rings, nothing is missed, until it is taken back', async () => {
  await alice.call('audio', bob);
  await bob.see('decline-block').click();
  expect(await alice.endReason()).toBe('declined');
  await alice.see('close-ended').click();
  await expect.poll(() => bob.see('open-blocked').innerText()).toBe('1 blocked person');
  expect(await tries()).toMatch(/Offline|Cannot be reached/);
  expect(await bob.see('history-unread').count()).toBe(0);
  await bob.see('open-blocked').click();
  await bob.see('unblock-alice').click();
  await bob.see('unblock-alice').waitFor({ state: 'detached' });
  await bob.see('dialog-close').click();
  expect(await tries()).toMatch(/Ringing/);
});
