// A whole service worker, for apps that have none: `dist/carillon-sw.js` is this, in one file without imports. What it
// should do otherwise is in its own address: `/carillon-sw.js?open=/app/&icon=/icon.png&badge=/badge.png`.

import { handleCalls } from './index.js';
import type { WorkerScope } from './scope.js';

const scope = globalThis as unknown as WorkerScope & {
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install', listener: () => void): void;
};

const wanted = new URL(scope.location.href).searchParams;
const [open, icon, badge, server] = ['open', 'icon', 'badge', 'server'].map((name) => wanted.get(name));

handleCalls({
  ...(open != null && { openUrl: open }),
  ...(server != null && { server }),
  icons: { ...(icon != null && { icon }), ...(badge != null && { badge }) },
});

// It keeps nothing from one version to the next, so that the new one need not wait for the pages of the old.
scope.addEventListener('install', () => void scope.skipWaiting());
