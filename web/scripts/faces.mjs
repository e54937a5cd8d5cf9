// Makes fake cameras for Chromium's --use-file-for-fake-video-capture: the drawn people of the gallery as MJPEG files.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const source = fileURLToPath(new URL('../src/preview/portraits.ts', import.meta.url));
/** Three seconds at the 30 frames per second at which Chromium plays such a file, over and over. */
const frames = 90;

/** Writes one file for each of `people` (a number of the gallery's portraits) into `folder`; answers their paths. */
export async function makeFaces(browser, folder, people) {
  const { output } = (
    await build({
      configFile: false,
      logLevel: 'error',
      build: { write: false, lib: { entry: source, formats: ['iife'], name: 'portraits' } },
    })
  )[0];
  const page = await browser.newPage();
  await page.evaluate(output[0].code.replace(/^var portraits\s*=/u, 'globalThis.portraits ='));
  const files = [];
  for (const who of people) {
    const pictures = await page.evaluate(
      ([person, count]) => {
        const canvas = document.createElement('canvas');
        canvas.width = 1280;
        canvas.height = 720;
        const g = canvas.getContext('2d');
        return Array.from({ length: count }, (_, i) => {
          globalThis.portraits.drawPortrait(g, person, canvas.width, canvas.height, i / 30);
          return canvas.toDataURL('image/jpeg', 0.85).slice('data:image/jpeg;base64,'.length);
        });
      },
      [who, frames],
    );
    const file = `${folder}/face-${who}.mjpeg`;
    await writeFile(file, Buffer.concat(pictures.map((picture) => Buffer.from(picture, 'base64'))));
    files.push(file);
  }
  await page.close();
  return files;
}
