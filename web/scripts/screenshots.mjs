// Takes a picture of every state of the app in the gallery, and lets axe-core look at each. Fails when axe finds something
// serious, when a page scrolls sideways, or when the page breaks the server's Content-Security-Policy.
//
//   node scripts/screenshots.mjs [--out DIR] [--only PART-OF-NAME] [--quick]
//
// --quick: one phone and one desktop size. CHROMIUM names another browser than /usr/bin/chromium.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { answerHelp } from '../../scripts/usage.mjs';

answerHelp(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values: options } = parseArgs({
  options: { out: { type: 'string' }, only: { type: 'string' }, quick: { type: 'boolean' } },
});
const out = options.out ?? here('../../build/screenshots');
const axe_source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** `zoomed` is 1280 px wide at 200 %: half the CSS pixels, twice the density. */
const all_views = [
  { name: 'phone-320', width: 320, height: 568, scale: 2 },
  { name: 'phone-390', width: 390, height: 844, scale: 2 },
  { name: 'desktop-1280', width: 1280, height: 800, scale: 1 },
  { name: 'desktop-1920', width: 1920, height: 1080, scale: 1 },
  { name: 'zoomed', width: 640, height: 400, scale: 2 },
];
const views = options.quick ? all_views.filter((view) => ['phone-390', 'desktop-1280'].includes(view.name)) : all_views;
const csp = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'";

const config = { root: here('..'), mode: 'preview', logLevel: 'warn', configFile: here('../vite.config.ts') };
await build(config);
const server = await preview({
  ...config,
  preview: { host: '127.0.0.1', port: 0, headers: { 'content-security-policy': csp } },
});
const address = `http://127.0.0.1:${server.httpServer.address().port}/gallery.html`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

const problems = new Set();
const problem = (text) => {
  if (problems.has(text)) return;
  problems.add(text);
  console.log(text);
};
let pictures = 0;
try {
  await mkdir(out, { recursive: true });
  for (const theme of ['light', 'dark']) {
    for (const view of views) {
      const context = await browser.newContext({
        viewport: { width: view.width, height: view.height },
        deviceScaleFactor: view.scale,
        colorScheme: theme,
        reducedMotion: 'reduce',
        bypassCSP: false,
      });
      const page = await context.newPage();
      let where = '';
      page.on('console', (message) => {
        if (message.type() === 'error') problem(`${where}: ${message.text()}`);
      });
      page.on('pageerror', (error) => problem(`${where}: ${error.message}`));
      await page.goto(address);
      const names = await page.locator('[data-testid=states] a').allTextContents();
      for (const name of names) {
        if (options.only && !name.includes(options.only)) continue;
        where = `${name} ${view.name} ${theme}`;
        await page.goto(`${address}?state=${name}`);
        await page.waitForTimeout(/^call|^dialog|video/u.test(name) ? 350 : 80);
        await page.screenshot({ path: `${out}/${name}.${view.name}.${theme}.png` });
        ++pictures;
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (wide > 0) problem(`${where}: ${wide} px too wide`);
        if (view.name === 'desktop-1280' || view.name === 'phone-390') {
          // As a function that the debugger calls, so that the page's own policy stays on.
          await page.evaluate(axe_source);
          const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
          for (const violation of found.violations) {
            const nodes = violation.nodes.map((node) => node.target.join(' ')).join(', ');
            const line = `${where}: axe ${violation.impact}: ${violation.id} (${nodes})`;
            if (violation.impact === 'serious' || violation.impact === 'critical') problem(line);
            else console.log(line);
          }
        }
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
}
console.log(`${pictures} pictures in ${out}, ${problems.size} problems`);
process.exitCode = problems.size === 0 ? 0 : 1;
