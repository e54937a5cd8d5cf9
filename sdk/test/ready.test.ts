// The worker that is shipped as one file: built as for the package, and run as a browser would.

import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleWorker, ready } from '../scripts/bundle-worker.mjs';
import { FakeWorker } from './fake-worker.js';

let code = '';
beforeAll(async () => {
  code = await bundleWorker(ready);
}, 60_000);

/** Runs the script at this address; answers its world. */
function run(address: string): FakeWorker & { waits: boolean } {
  const made = Object.assign(new FakeWorker(), { waits: true });
  Object.assign(made, { location: { href: address } });
  const { fetch, registration, clients, navigator, MessageChannel } = made;
  const globals = { AbortController, URL, setTimeout, clearTimeout, console, Response };
  runInNewContext(code, {
    ...globals,
    fetch,
    registration,
    clients,
    navigator,
    MessageChannel,
    location: made.location,
    addEventListener: made.addEventListener.bind(made),
    skipWaiting: async () => void (made.waits = false),
  });
  return made;
}

const ring = {
  type: 'call-started',
  callId: 'call-1',
  callerId: 'ben',
  callerName: 'Ben',
  media: 'audio',
  serverTime: Date.now(),
  ringUntil: Date.now() + 30_000,
  ticket: 't',
};

describe('The worker in one file', () => {
  it('imports nothing, so that any page can host it', () => {
    expect(code).not.toMatch(/\b(import|export)\b/);
    expect(code.length).toBeLessThan(20_000);
  });

  it('rings, and opens the app', async () => {
    const made = run('https://calls.test/carillon-sw.js');
    await made.push(ring);
    expect(made.shown).toEqual(['Ben: Incoming call']);
    await made.click('accept');
    expect(made.opened).toEqual(['https://calls.test/#/carillon/call/call-1?accept=1']);
  });

  it('takes from its address what the app wants otherwise', async () => {
    const query = 'open=/app/&icon=/icon.png&badge=/badge.png&server=https://media.test';
    const made = run(`https://calls.test/carillon-sw.js?${query}`);
    await made.push(ring);
    expect(made.screen[0]!.options).toMatchObject({ icon: '/icon.png', badge: '/badge.png' });
    await made.click();
    expect(made.opened).toEqual(['https://calls.test/app/#/carillon/call/call-1']);
  });

  it('is there at once after an update', async () => {
    const made = run('https://calls.test/carillon-sw.js');
    await made.dispatch('install' as 'push', { data: null });
    expect(made.waits).toBe(false);
  });
});
