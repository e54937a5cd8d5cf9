// The web app can be installed: Chromium itself has nothing against it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { chromium, type BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flags } from '../support/browser.ts';
import { Server } from '../support/server.ts';

let server: Server;
let context: BrowserContext;
const profile = mkdtempSync(`${tmpdir()}/carillon-install-`);

beforeAll(async () => {
  server = await Server.start();
  // A profile of its own: what is forgotten at the end cannot be installed.
  context = await chromium.launchPersistentContext(profile, { executablePath: '/usr/bin/chromium', args: flags });
});
afterAll(async () => {
  await context.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  expect(await server.stop()).toBe(0);
});

test('the app can be installed', async () => {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByTestId('sign-in-name').waitFor();
  const devtools = await context.newCDPSession(page);
  const { url, errors, data } = await devtools.send('Page.getAppManifest');
  expect(url).toBe(new URL('/manifest.webmanifest', server.url).href);
  expect(errors).toEqual([]);
  const { icons, display } = JSON.parse(data!) as { icons: { src: string }[]; display: string };
  expect(display).toBe('standalone');
  for (const { src } of icons) {
    const icon = await page.request.get(new URL(src, server.url).href);
    expect(icon.headers()['content-type']).toMatch(/^image\//);
  }
  const objections = async () => {
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    return installabilityErrors.map(({ errorId }) => errorId);
  };
  await expect.poll(objections, { timeout: 10_000 }).toEqual([]);
  // It does look: a page that is no app has something against it.
  await page.goto(new URL('/livez', server.url).href);
  await expect.poll(objections, { timeout: 10_000 }).toContain('no-manifest');
});
