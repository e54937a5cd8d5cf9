// Calls with faults for as long as is wanted, and whether the server is afterwards as it was before: memory, descriptors,
// objects (docs/soak.md). Prints its figures; ends with 1 when one of them is outside.
//
//   node tests/soak/run.mjs [--minutes 120] [--circles 20] [--seed 1] [--out build/soak]
//   node tests/soak/run.mjs --trial churn [--minutes 10]                              rooms come and go, 50 a second
//   node tests/soak/run.mjs --trial slow-readers [--minutes 1]                        200 who never read in a loud room
//   node tests/soak/run.mjs --trial idle [--clients 5000] [--minutes 10] [--tls]       signed in, and nothing else
//   node tests/soak/run.mjs --trial connects [--clients 10000] [--seconds 60]          all come, over TLS
//   node tests/soak/run.mjs --trial requests [--rate 1000] [--minutes 5]               of all kinds, so many a second
//   node tests/soak/run.mjs --trial calls [--rate 200] [--minutes 10]                  with media, so many a minute
//   node tests/soak/run.mjs --trial worker-death [--calls 20] [--times 1]              kill -9 of a worker
//
// Needs ./run --build-only; CARILLON_WORKER and CARILLON_BINARY name others. Runs where there is only loopback.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { answerHelp } from '../../scripts/usage.mjs';

answerHelp(import.meta.url);
const e2e = fileURLToPath(new URL('../e2e/', import.meta.url));
const alone = 'CARILLON_SOAK_ALONE';
if (!process.env[alone]) {
  const again = [`${e2e}support/loopback-only.sh`, process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync(again[0], again.slice(1), { stdio: 'inherit', env: { ...process.env, [alone]: '1' } });
  process.exit(status ?? 1);
}

// TypeScript, which this Node.js may not read; what it imports from npm is found from beside it.
const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.soak-', import.meta.url)));
let status = 1;
try {
  const outfile = `${folder}/main.mjs`;
  await build({
    entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(`${e2e}support/server.ts`).href) },
    outfile,
  });
  const { main } = await import(pathToFileURL(outfile).href);
  status = await main(process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(status);
