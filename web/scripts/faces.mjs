// Makes fake cameras and a fake voice for Chromium's --use-file-for-fake-video-capture and --use-file-for-fake-audio-capture:
// the drawn people of the gallery as MJPEG files, and a humming that the server takes for somebody who speaks.
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

/** Writes six seconds of a voice-like sound as a WAV file; answers its path. */
export async function makeVoice(folder) {
  const rate = 48_000;
  const samples = rate * 6;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // one channel
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  let phase = 0;
  for (let i = 0; i < samples; ++i) {
    const t = i / rate;
    phase += (2 * Math.PI * (130 + 30 * Math.sin(14.5 * t) + 20 * Math.sin(4.4 * t))) / rate;
    const syllable = Math.sqrt(Math.max(0, Math.sin(19.5 * t)));
    let tone = 0;
    for (let k = 1; k < 14; ++k) tone += Math.sin(phase * k) / k;
    wav.writeInt16LE(Math.round(Math.max(-1, Math.min(1, tone * 0.22 * syllable)) * 30_000), 44 + i * 2);
  }
  const file = `${folder}/voice.wav`;
  await writeFile(file, wav);
  return file;
}
