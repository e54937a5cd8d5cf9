// A burst of pushes against a push service on loopback: how long until all are delivered, over how many connections, and
// in what order for each device. Prints a line for each round; the first one opens the connections.
//
//   node tests/bench/push/run.mjs [--pushes 1000] [--rounds 5] [--http1]
//
// Needs ./run --build-only; CARILLON_WORKER and CARILLON_BINARY name others.
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { answerHelp } from '../../../scripts/usage.mjs';

answerHelp(import.meta.url);
const { values } = parseArgs({
  options: {
    pushes: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    http1: { type: 'boolean', default: false },
  },
});

// The tests' own stand-ins, which are TypeScript; what they import from npm is found from beside them.
const e2e = fileURLToPath(new URL('../../e2e/', import.meta.url));
const folder = mkdtempSync(fileURLToPath(new URL('../../../node_modules/.bench-', import.meta.url)));
try {
  const outfile = `${folder}/burst.mjs`;
  const entry = `export * from './support/burst.ts'; export { World } from './support/push-world.ts';`;
  await build({
    stdin: { contents: entry, resolveDir: e2e, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(`${e2e}support/server.ts`).href) },
    outfile,
  });
  const { burst, told, World } = await import(pathToFileURL(outfile).href);
  const world = await World.start({ http2Too: !values.http1, args: ['--log-level', 'info'] });
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      console.log(told(await burst(world, Number(values.pushes))));
      await world.empty();
    }
  } finally {
    await world.stop();
  }
} finally {
  rmSync(folder, { recursive: true });
}
