// npm's protoo-client and mediasoup-client's own Device connect and call without our SDK.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../support/bundle.ts';
import { launch } from '../support/browser.ts';
import { Server } from '../support/server.ts';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  expect(await server.stop()).toBe(0);
});

async function client(script: string, user: string): Promise<Page> {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'], bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`${server.url}/livez`);
  await page.addScriptTag({ content: script });
  const url = `${server.wsUrl}?token=${await server.token(user)}`;
  await page.evaluate(async (address) => {
    const w = window as any;
    w.client = new w.BareClient(address);
    await w.client.ready();
  }, url);
  return page;
}

test('a bare client calls another, and both see and hear', async () => {
  const script = await bundle('bare-client.ts');
  const [alice, bob] = [await client(script, 'alice'), await client(script, 'bob')];
  const ringing = bob.evaluate(() => (window as any).client.ring() as Promise<string>);
  const callId = await alice.evaluate(() => (window as any).client.start('bob') as Promise<string>);
  expect(await ringing).toBe(callId);
  await bob.evaluate((id) => (window as any).client.accept(id), callId);
  await alice.evaluate(() => (window as any).client.until('call-accepted'));
  await Promise.all([alice, bob].map((page) => page.evaluate(() => (window as any).client.joinRoom())));
  for (const page of [alice, bob]) {
    await expect
      .poll(() => page.evaluate(() => (window as any).client.report().received), { timeout: 20_000 })
      .toMatchObject({
        video: expect.toSatisfy((n: number) => n > 10),
        audio: expect.toSatisfy((ms: number) => ms > 300),
      });
  }
  await alice.evaluate(() => (window as any).client.end());
  await bob.evaluate(() => (window as any).client.until('end-call'));
  await server.until((counts) => counts.calls === 0 && counts.transports === 0);
});
