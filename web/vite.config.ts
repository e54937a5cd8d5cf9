// How the app is built. It takes the SDK from its source, so that no build order matters.
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { bundleWorker } from '../sdk/scripts/bundle-worker.mjs';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** By name and line, not by prefix: the second begins like the first. */
const alias = [
  { find: /^carillon-sdk\/service-worker$/u, replacement: source('../sdk/src/service-worker/index.ts') },
  { find: /^carillon-sdk$/u, replacement: source('../sdk/src/index.ts') },
];

const worker_name = 'carillon-sw.js';

/** Builds the service worker beside the app: under a name that never changes, as its registration wants. */
function serviceWorker(): Plugin {
  const code = (): Promise<string> => bundleWorker(source('src/worker.ts'), alias);
  return {
    name: 'carillon-service-worker',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: worker_name, source: await code() });
    },
    configureServer(server) {
      server.middlewares.use(`/${worker_name}`, (_request, response) => {
        response.setHeader('content-type', 'text/javascript');
        code().then(
          (script) => response.end(script),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
      });
    },
  };
}

/** Bytes, gzipped, of all that the first page loads. More makes a call on a phone wait. */
const shell_bytes_max = 90_000;

/** What is fetched when it is first wanted, and not for a call. */
const later_chunks = new Set(['dialogs']);

/** Prints the gzipped size of the app shell, and fails the build when it grows past its budget. */
function shellSize(): Plugin {
  return {
    name: 'carillon-shell-size',
    apply: 'build',
    generateBundle(_options, bundle) {
      let total = 0;
      const lines: string[] = [];
      for (const [name, file] of Object.entries(bundle)) {
        if (name.endsWith('.map') || name === worker_name) continue;
        const bytes = gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length;
        const later = file.type === 'chunk' && later_chunks.has(file.name);
        if (!later) total += bytes;
        lines.push(`  ${name} ${(bytes / 1000).toFixed(1)} kB${later ? ', fetched later' : ''}`);
      }
      const sum = `app shell ${(total / 1000).toFixed(1)} kB gzipped of ${shell_bytes_max / 1000} kB`;
      this.info([sum, ...lines].join('\n'));
      if (total > shell_bytes_max) this.error(`${sum}: too large`);
    },
  };
}

/**
 * Of mediasoup-client only what the app runs. Not React Native's part, its tests' fakes, data channels, nor all that it
 * would write into a log that nobody reads (`npm run dev` still has it). 19 kB less to load.
 */
function browserOnly(): Plugin {
  const packages = /\/node_modules\/(mediasoup-client|h264-profile-level-id|awaitqueue)\/lib\//u;
  const replaced: [file: RegExp, code: string][] = [
    [/\/mediasoup-client\/lib\/index\.js$/u, "exports.Device = require('./Device').Device;"],
    [/\/mediasoup-client\/lib\/(handlers\/ReactNative106|Data(Producer|Consumer))\.js$/u, ''],
    [/\/lib\/Logger\.js$/u, 'exports.Logger = class { debug() {} warn() {} error() {} };'],
  ];
  return {
    name: 'carillon-browser-only',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      return packages.test(id) ? replaced.find(([file]) => file.test(id))?.[1] : null;
    },
    transform(code, id) {
      if (!packages.test(id)) return null;
      const silent = code
        .replace(/\blogger\.(?:debug|warn|error)\(/gu, '0 && $&')
        .replace(/\bnew Logger_1\.Logger\(/gu, '/* @__PURE__ */ $&');
      return { code: silent, map: null };
    },
  };
}

/** What is fetched later has no styles of its own, so that Vite's helper, which would fetch those first, can go. 0.5 kB. */
function plainImports(): Plugin {
  return {
    name: 'carillon-plain-imports',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      return id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : null;
    },
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || !file.isDynamicEntry || !file.viteMetadata?.importedCss.size) continue;
        this.error(`${file.fileName} has styles, and nothing would fetch them`);
      }
    },
  };
}

export default defineConfig(({ mode }) => {
  const preview = mode === 'preview';
  return {
    root: source('.'),
    resolve: { alias },
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    plugins: preview ? [] : [browserOnly(), plainImports(), serviceWorker(), shellSize()],
    build: {
      target: 'es2022',
      outDir: preview ? source('../build/gallery') : 'dist',
      emptyOutDir: true,
      // The server sends `default-src 'self'`: no data: URLs, and no inline script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      minify: 'terser',
      terserOptions: {
        ecma: 2020,
        module: true,
        // `unsafe`: functions that use no `this` become arrows. Nothing that we load makes objects of such ones.
        // What is joined by commas, or written out where it is called, is shorter, and gzip packs it worse: 0.2 kB.
        compress: {
          passes: 3,
          ecma: 2020,
          module: true,
          unsafe_methods: true,
          unsafe_arrows: true,
          sequences: false,
          inline: 1,
        },
      },
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
