// Writes dist/carillon-sw.js: the service worker for apps that have none of their own.
import { mkdir, writeFile } from 'node:fs/promises';
import { bundleWorker, ready } from './bundle-worker.mjs';

const dist = new URL('../dist/', import.meta.url);
await mkdir(dist, { recursive: true });
await writeFile(new URL('carillon-sw.js', dist), await bundleWorker(ready));
