// carillon-sdk/service-worker: calls that ring while no page is open. In a service worker of your own:
//
//     import { handleCalls } from 'carillon-sdk/service-worker';
//     handleCalls({ openUrl: '/', icons: { icon: '/icon-192.png' } });
//
// Pushes that are not of Carillon are left alone, and so are notifications that others have shown.

import { fragmentOf, type WorkerWord } from '../worker-words.js';
import { bytesOf } from '../base64url.js';
import { dataOf, Notifier, type CallData, type Icons } from './notifier.js';
import { parsePush } from './payload.js';
import type { WindowOfApp, WorkerEvent, WorkerEvents, WorkerScope } from './scope.js';
import { ENGLISH, type CallTexts } from './texts.js';
import { Tickets } from './tickets.js';

export type { CallTexts, Words } from './texts.js';
export type { Icons } from './notifier.js';
export type { WorkerScope } from './scope.js';

export interface HandleCallsOptions {
  /** The page that takes calls, opened when none is; relative to the worker. Default `/`. */
  openUrl?: string;
  icons?: Icons;
  /** Words in another language. */
  texts?: Partial<CallTexts>;
  /** The server, if it is not where the worker comes from: `https://calls.example.com`. It has to allow this origin. */
  server?: string;
  /** Default: three rings, where the device can. */
  vibrate?: number[];
}

/** For any one event. A browser would stop the worker some time after. */
const EVENT_MS = 25_000;

/** Installs the handlers. Call it while the worker's script runs, not later: browsers want them there from the start. */
export function handleCalls(options: HandleCallsOptions = {}, scope = globalThis as unknown as WorkerScope): void {
  const { openUrl = '/', icons = {}, texts = {}, server, vibrate = [400, 200, 400, 200, 400] } = options;
  const home = server ?? scope.location.href;
  const tickets = new Tickets(scope, home);
  const app = new App(scope, new URL(openUrl, scope.location.href));
  const isOfApp = (address: string): boolean => app.has(address);
  const notifier = new Notifier(scope, tickets, { texts: { ...ENGLISH, ...texts }, icons, vibrate, isOfApp });

  scope.addEventListener('push', (event) => {
    const push = parsePush(payloadOf(event));
    if (push) lasting(event, () => notifier.handlePush(push));
  });

  scope.addEventListener('notificationclick', (event) => {
    const { notification, action } = event;
    const data = dataOf(notification);
    if (!data) return;
    notification.close();
    notifier.handleGone(data);
    lasting(event, () =>
      action === 'decline' && data.ticket ? notifier.decline(data) : app.open(wordFor(data, action)),
    );
  });

  scope.addEventListener('notificationclose', ({ notification }) => {
    // Out of sight is not declined: it goes on ringing on the other devices, and for the caller.
    const data = dataOf(notification);
    if (data) notifier.handleGone(data);
  });

  scope.addEventListener('pushsubscriptionchange', (event) => {
    lasting(event, async () => {
      if (!event.newSubscription) await subscribeAgain(scope, event, home);
      await app.tell({ type: 'carillon-subscription' }); // With no page open, the next one registers it.
    });
  });
}

function wordFor({ carillon, callId }: CallData, action: string): WorkerWord {
  if (carillon !== 'ring') return { type: 'carillon-history' };
  return { type: action === 'accept' ? 'carillon-accept' : 'carillon-open', callId };
}

/** The pages of the app, and how one of them comes to the front. */
class App {
  readonly #scope: WorkerScope;
  readonly #address: URL;

  constructor(scope: WorkerScope, address: URL) {
    this.#scope = scope;
    this.#address = address;
  }

  has(address: string): boolean {
    const { origin, pathname } = this.#address;
    return address.startsWith(origin + pathname.slice(0, pathname.lastIndexOf('/') + 1));
  }

  async open(word: WorkerWord): Promise<void> {
    const windows = await this.#windows();
    const window =
      windows.find(({ focused }) => focused) ??
      windows.find(({ visibilityState }) => visibilityState === 'visible') ??
      windows[0];
    if (!window) {
      const address = new URL(this.#address);
      address.hash = fragmentOf(word);
      await this.#scope.clients.openWindow(address.href);
      return;
    }
    window.postMessage(word);
    await window.focus();
  }

  async tell(word: WorkerWord): Promise<void> {
    for (const window of await this.#windows()) window.postMessage(word);
  }

  async #windows(): Promise<WindowOfApp[]> {
    const all = await this.#scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
    return all.filter(({ url }) => this.has(url));
  }
}

async function subscribeAgain(
  scope: WorkerScope,
  { oldSubscription }: WorkerEvents['pushsubscriptionchange'],
  server: string,
): Promise<void> {
  let key: ArrayBuffer | Uint8Array<ArrayBuffer> | null | undefined = oldSubscription?.options?.applicationServerKey;
  if (!key) {
    const response = await scope.fetch(new URL('/v1/push/key', server).href, {
      cache: 'no-store',
      credentials: 'omit',
    });
    const { publicKey } = (await response.json()) as { publicKey?: unknown };
    if (typeof publicKey !== 'string') return;
    key = bytesOf(publicKey);
  }
  await scope.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

function payloadOf({ data }: WorkerEvents['push']): unknown {
  try {
    return data?.json() ?? null;
  } catch {
    return null; // Somebody else's, in another form.
  }
}

/** Keeps the worker alive for the work, within limits. What fails here has nobody to be told. */
function lasting(event: WorkerEvent, work: () => Promise<unknown>): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, EVENT_MS);
  });
  const done = Promise.resolve()
    .then(work)
    .catch((error: unknown) => console.warn('carillon:', error))
    .finally(() => clearTimeout(timer));
  event.waitUntil(Promise.race([done, limit]));
}
