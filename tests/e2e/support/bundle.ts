// A script out of a TypeScript file with its imports.
import { build, type BuildOptions } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** For a page: of tests/e2e/pages. */
export function bundle(file: string): Promise<string> {
  return script(`../pages/${file}`, { format: 'iife', define: { global: 'window' } });
}

/** For a thread of Node.js: of this folder. */
export function bundleForNode(file: string): Promise<string> {
  return script(file, { format: 'cjs', platform: 'node' });
}

async function script(path: string, options: BuildOptions): Promise<string> {
  const entry = fileURLToPath(new URL(path, import.meta.url));
  const result = await build({ ...options, entryPoints: [entry], bundle: true, write: false });
  return result.outputFiles[0]!.text;
}
