// How the app is built. It takes the SDK from its source, so that no build order matters.
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bytes, gzipped, of all that the first page loads. More makes a call on a phone wait. */
const shell_bytes_max = 90_000;

/** Prints the gzipped size of the app shell, and fails the build when it grows past its budget. */
function shellSize(): Plugin {
  return {
    name: 'carillon-shell-size',
    apply: 'build',
    generateBundle(_options, bundle) {
      let total = 0;
      const lines: string[] = [];
      for (const [name, file] of Object.entries(bundle)) {
        if (name.endsWith('.map')) continue;
        const bytes = gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length;
        total += bytes;
        lines.push(`  ${name} ${(bytes / 1000).toFixed(1)} kB`);
      }
      const sum = `app shell ${(total / 1000).toFixed(1)} kB gzipped of ${shell_bytes_max / 1000} kB`;
      this.info([sum, ...lines].join('\n'));
      if (total > shell_bytes_max) this.error(`${sum}: too large`);
    },
  };
}

/** Parts of mediasoup-client that a page never runs: its tests' fakes, and React Native. 11 kB less to load. */
function browserOnly(): Plugin {
  const unused = /mediasoup-client\/lib\/(handlers\/(FakeHandler|ReactNative106)|test\/fakeParameters)\.js$/u;
  return {
    name: 'carillon-browser-only',
    apply: 'build',
    enforce: 'pre',
    load: (id) => (unused.test(id) ? 'module.exports = {};' : null),
  };
}

export default defineConfig(({ mode }) => {
  const preview = mode === 'preview';
  return {
    root: source('.'),
    resolve: { alias: { 'carillon-sdk': source('../sdk/src/index.ts') } },
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    plugins: preview ? [] : [browserOnly(), shellSize()],
    build: {
      target: 'es2022',
      outDir: preview ? source('../build/gallery') : 'dist',
      emptyOutDir: true,
      // The server sends `default-src 'self'`: no data: URLs, and no inline script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input: source(preview ? 'gallery.html' : 'index.html') },
    },
    server: {
      proxy: {
        '/ws': { target: 'ws://127.0.0.1:8080', ws: true },
        '/dev': 'http://127.0.0.1:8080',
        '/v1': 'http://127.0.0.1:8080',
      },
    },
    test: { include: ['tests/**/*.test.{ts,tsx}'] },
  };
});
