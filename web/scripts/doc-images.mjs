// Takes the pictures of the README from the real app: a running server (`./run`), and a browser of its own for each person.
//
//   node scripts/doc-images.mjs [--url http://127.0.0.1:8080] [--out ../docs/images]
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { makeFaces, makeVoice } from './faces.mjs';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    out: { type: 'string', default: fileURLToPath(new URL('../../docs/images', import.meta.url)) },
  },
});
const launch = (...more) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      ...more,
    ],
  });

const folder = await mkdtemp(`${tmpdir()}/carillon-faces-`);
const browsers = [];
try {
  const painter = await launch();
  browsers.push(painter);
  const faces = await makeFaces(painter, folder, [2, 1, 0]);
  const voice = await makeVoice(folder);
  const names = ['Inês Ferreira', 'Ben Okafor', 'Mara Lindqvist'];
  const views = [
    { viewport: { width: 1200, height: 750 } },
    { viewport: { width: 1200, height: 750 } },
    { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  ];
  const people = [];
  for (const [i, name] of names.entries()) {
    const speaks = name.startsWith('Mara') ? [`--use-file-for-fake-audio-capture=${voice}`] : [];
    const browser = await launch(`--use-file-for-fake-video-capture=${faces[i]}`, ...speaks);
    browsers.push(browser);
    const context = await browser.newContext({
      ...views[i],
      colorScheme: 'light',
      permissions: ['camera', 'microphone'],
    });
    const page = await context.newPage();
    await page.goto(options.url);
    await page.getByTestId('sign-in-name').fill(name);
    await page.getByTestId('sign-in-button').click();
    await page.getByTestId('me').waitFor({ state: 'attached' });
    people.push(page);
  }
  const [ines, ben, mara] = people;
  await mkdir(options.out, { recursive: true });
  await ines.getByTestId('person-ben-okafor').click();
  await ines.getByTestId('person-mara-lindqvist').click();
  await ines.getByTestId('call-video').click();
  await ben.getByTestId('accept-video').click();
  await mara.getByTestId('incoming-call').waitFor();
  await mara.waitForTimeout(6_000);
  await mara.screenshot({ path: `${options.out}/incoming-phone.png` });
  await mara.getByTestId('accept-video').click();
  for (const id of ['ben-okafor', 'mara-lindqvist']) {
    const video = ines.locator(`[data-testid="tile-${id}"] video`);
    await video.waitFor();
    await ines.waitForFunction((v) => v.videoWidth >= 640, await video.elementHandle(), { timeout: 30_000 });
  }
  await ines.locator('[data-testid="tile-mara-lindqvist"][data-speaking=true]').waitFor();
  await ines.waitForTimeout(1_000);
  await ines.screenshot({ path: `${options.out}/call-desktop.png` });
  await ines.getByTestId('hang-up').click();
  await ines.getByTestId('end-reason').waitFor();
  console.log(`pictures in ${options.out}`);
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await rm(folder, { recursive: true, force: true });
}
