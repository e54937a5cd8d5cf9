// Draws the icons of the installed app from public/favicon.svg into public/. Run it when the mark changes:
//
//   node scripts/icons.mjs
//
// CHROMIUM names another browser than /usr/bin/chromium.
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const folder = new URL('../public/', import.meta.url);
const mark = await readFile(new URL('favicon.svg', folder), 'utf8');
const [, ground] = /<rect[^>]*fill="(#[0-9a-f]+)"/u.exec(mark);
const bell = mark.replace(/<rect[^>]*\/>/u, '').replace(/<\/?svg[^>]*>/gu, '');

const svg = (size, content) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 48 48">${content}</svg>`;
const square = `<rect width="48" height="48" fill="${ground}"/>`;
/** Launchers cut a maskable icon to their own shape: only the inner 80 % is sure to be seen. */
const safe = `<g transform="translate(24 24) scale(.74) translate(-24 -24)">${bell}</g>`;
/** A status bar takes the shape alone and paints it itself. */
const shape = bell.replace(/(fill|stroke)="#[0-9a-f]+"/gu, '$1="#fff"');

const icons = [
  { name: 'icon-192.png', size: 192, content: mark.replace(/<\/?svg[^>]*>/gu, '') },
  { name: 'icon-512.png', size: 512, content: mark.replace(/<\/?svg[^>]*>/gu, '') },
  { name: 'icon-maskable-192.png', size: 192, content: square + safe },
  { name: 'icon-maskable-512.png', size: 512, content: square + safe },
  { name: 'apple-touch-icon.png', size: 180, content: square + safe },
  { name: 'badge-96.png', size: 96, content: shape },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
});
try {
  const page = await browser.newPage();
  for (const { name, size, content } of icons) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg(size, content)}`);
    await writeFile(new URL(name, folder), await page.screenshot({ omitBackground: true }));
  }
} finally {
  await browser.close();
}
