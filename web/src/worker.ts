// The service worker: rings while no page is open. It keeps no copy of the app, so that it can never show an old one; a
// call needs the server anyway. Built into one file of its own, /carillon-sw.js.
import { handleCalls, type WorkerScope } from 'carillon-sdk/service-worker';

const scope = globalThis as unknown as WorkerScope & {
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install', listener: () => void): void;
};

handleCalls({ openUrl: '/', icons: { icon: '/icon-192.png', badge: '/badge-96.png' } });

// Nothing is kept from one version to the next, so the new one need not wait until the pages of the old are closed.
scope.addEventListener('install', () => void scope.skipWaiting());
