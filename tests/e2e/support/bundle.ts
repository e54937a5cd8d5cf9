// A script for a page, out of a TypeScript file with its imports.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

export async function bundle(file: string): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(`../pages/${file}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    define: { global: 'window' },
  });
  return result.outputFiles[0]!.text;
}
