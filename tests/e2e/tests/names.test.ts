// Whoever signs tokens decides what people are called. Whatever that is, it is text: in every page that shows a name of
// somebody else nothing of it becomes an element or a script. And if it did, the page's policy would not run it.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const names = {
  image: '<img src=x onerror="window.ran=1">',
  script: '<script>window.ran=1</script>',
  'out of an attribute': `"'><svg onload="window.ran=1">`,
  'out of the title': '</title><iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
  address: 'javascript:window.ran=1',
  template: '{{constructor.constructor("window.ran=1")()}}${window.ran=1}',
  entity: '&lt;img src=x onerror=window.ran=1&gt;',
};

let server: Server;
let browser: Browser;
let bob: Person;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  bob = await Person.signIn(browser, server, 'Bob');
});
afterAll(async () => {
  await browser.close();
  expect(await server.stop()).toBe(0);
});

/** What the page has that only markup out of a name could have put there. */
const foreign = () =>
  bob.page.evaluate(() => ({
    ran: 'ran' in window,
    elements: [
      ...document.querySelectorAll('iframe, script:not([src]), [onload], [onerror], [srcdoc], [href^="javascript"]'),
    ].map((element) => element.outerHTML),
  }));
const nothing = { ran: false, elements: [] };

test.each(Object.entries(names))('a name that is %s', async (kind, name) => {
  const user = `mallory-${kind.replaceAll(' ', '-')}`;
  const token = await server.token(user, name);
  const mallory = await Wire.open(server.wsUrl, ['protoo', `token.${token}`]);

  // While it rings, and what a screen reader says of it.
  const { callId } = await mallory.request('start-call', { callees: ['bob'], media: 'audio' });
  await expect.poll(() => bob.see('incoming-call').textContent()).toContain(name);
  expect(await bob.see('announce-urgent').textContent()).toContain(name);
  expect(await foreign()).toEqual(nothing);

  // In the call, and when it has ended.
  await bob.accept('audio');
  await mallory.next('call-accepted');
  await bob.see('call').waitFor();
  await expect.poll(() => bob.see('call').textContent()).toContain(name);
  expect(await foreign()).toEqual(nothing);
  await mallory.request('end-call', { callId });
  await bob.see('call').waitFor({ state: 'detached' });
  expect(await foreign()).toEqual(nothing);

  // In the lists of people and of calls.
  await bob.page.reload();
  await bob.see('me').waitFor();
  await expect.poll(() => bob.page.locator('body').textContent()).toContain(name);
  expect(await foreign()).toEqual(nothing);
  expect(bob.problems).toEqual([]);
  mallory.close();
});

test('the pages run no script that came as text', async () => {
  const refused = await bob.page.evaluate(
    (markup) =>
      new Promise<string[]>((resolve) => {
        const directives: string[] = [];
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
          directives.push(`${effectiveDirective} ${blockedURI}`);
        });
        document.body.insertAdjacentHTML('beforeend', markup);
        document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }));
        setTimeout(() => resolve(directives), 1000);
      }),
    Object.values(names).join(''),
  );
  expect(refused).toEqual(expect.arrayContaining(['script-src-attr inline', 'script-src-elem inline']));
  const { ran, elements } = await foreign();
  expect(ran).toBe(false);
  // So the tests above would have seen them.
  expect(elements.length).toBeGreaterThanOrEqual(4);
});
