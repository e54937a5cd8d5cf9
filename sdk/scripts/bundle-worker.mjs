// Puts a service worker into one classic script without imports, as every browser takes it.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The script that `entry` (a path) becomes. `alias` as in Vite's `resolve.alias`. */
export async function bundleWorker(entry, alias = []) {
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'warn',
    root: here('..'),
    publicDir: false,
    resolve: { alias },
    build: {
      write: false,
      target: 'es2022',
      lib: { entry, formats: ['iife'], name: 'carillonWorker' },
      modulePreload: false,
    },
  });
  return output[0].code;
}

export const ready = here('../src/service-worker/ready.ts');
