// The browser's push: Notification, PushManager and the service worker's messages.

import { base64UrlOf, bytesOf } from './base64url.js';
import type { PlatformSubscription, PushPermission, PushPlatform, WorkerSource } from './push-platform.js';
import type { CallData } from './service-worker/notifier.js';
import { wordOf } from './worker-words.js';

/** With `launch_handler` in its manifest, an installed app that is open is told what was opened, and not navigated. */
interface LaunchQueue {
  setConsumer(consumer: (launch: { targetURL?: string }) => void): void;
}

const REMEMBERED = 'carillon.push';

export class BrowserPush implements PushPlatform {
  get supported(): boolean {
    // Of the workers only the kind with push will do, and only with a way to show what it has got.
    return (
      typeof navigator !== 'undefined' &&
      'serviceWorker' in navigator &&
      typeof PushManager !== 'undefined' &&
      typeof Notification !== 'undefined'
    );
  }

  get permission(): PushPermission {
    return typeof Notification === 'undefined' ? 'denied' : Notification.permission;
  }

  requestPermission(): Promise<PushPermission> {
    return Notification.requestPermission();
  }

  onPermission(listener: () => void): () => void {
    let status: PermissionStatus | undefined;
    let off = false;
    if (this.supported && 'permissions' in navigator) {
      navigator.permissions.query({ name: 'notifications' }).then(
        (found) => {
          if (off) return;
          status = found;
          status.addEventListener('change', listener);
        },
        () => undefined, // Then the next look at `permission` finds out.
      );
    }
    return () => {
      off = true;
      status?.removeEventListener('change', listener);
    };
  }

  async subscription(worker: WorkerSource): Promise<PlatformSubscription | null> {
    const registration = await this.#existing(worker);
    const subscription = await registration?.pushManager.getSubscription();
    return subscription ? plain(subscription) : null;
  }

  async subscribe(worker: WorkerSource, publicKey: string): Promise<PlatformSubscription> {
    const registration =
      typeof worker === 'string' ? await this.#register(worker) : (worker ?? (await this.#existing(null)));
    if (!registration) throw new Error('this page has no service worker');
    const manager = registration.pushManager;
    const present = await manager.getSubscription();
    if (present) {
      const { publicKey: made } = plain(present);
      if (made === publicKey) return plain(present);
      // A browser refuses to subscribe for a second key while the first stands.
      await present.unsubscribe();
    }
    const options = { userVisibleOnly: true, applicationServerKey: bytesOf(publicKey) };
    return plain(await manager.subscribe(options));
  }

  async unsubscribe(worker: WorkerSource): Promise<void> {
    const registration = await this.#existing(worker);
    const subscription = await registration?.pushManager.getSubscription();
    await subscription?.unsubscribe();
  }

  get remembered(): string | null {
    try {
      return localStorage.getItem(REMEMBERED);
    } catch {
      return null; // Storage is forbidden: then the subscription itself has to tell.
    }
  }

  set remembered(publicKey: string | null) {
    try {
      if (publicKey === null) localStorage.removeItem(REMEMBERED);
      else localStorage.setItem(REMEMBERED, publicKey);
    } catch {
      // As above.
    }
  }

  onMessage(listener: (message: unknown, reply: (answer: unknown) => void) => void): () => void {
    if (typeof navigator === 'undefined' || !('serviceWorker' in navigator)) return () => undefined;
    const container = navigator.serviceWorker;
    const onMessage = (event: MessageEvent<unknown>): void => {
      listener(event.data, (answer) => event.ports[0]?.postMessage(answer));
    };
    container.addEventListener('message', onMessage);
    container.startMessages(); // Else those that came before the page was loaded wait for ever.
    // An address of ours that is opened in the page that is here, as a shortcut of an installed app does.
    const open = (hash: string): void => {
      const word = wordOf(hash);
      if (word) listener(word, () => undefined);
    };
    const onHash = (): void => open(this.takeLaunch() ?? '');
    addEventListener('hashchange', onHash);
    const { launchQueue } = globalThis as { launchQueue?: LaunchQueue };
    launchQueue?.setConsumer(({ targetURL }) => open(targetURL ? new URL(targetURL).hash : ''));
    return () => {
      container.removeEventListener('message', onMessage);
      removeEventListener('hashchange', onHash);
    };
  }

  get onScreen(): boolean {
    return typeof document !== 'undefined' && document.visibilityState === 'visible';
  }

  clearRing(callId: string): void {
    void this.#clear((data) => data.carillon === 'ring' && data.callId === callId);
  }

  clearMissed(): void {
    void this.#clear((data) => data.carillon === 'missed');
  }

  takeLaunch(): string | null {
    if (typeof location === 'undefined' || !wordOf(location.hash)) return null;
    const { hash, pathname, search } = location;
    history.replaceState(history.state, '', pathname + search);
    return hash;
  }

  async #clear(which: (data: Partial<CallData>) => boolean): Promise<void> {
    if (!this.supported) return;
    try {
      const registration = await this.#existing(null);
      for (const notification of (await registration?.getNotifications()) ?? []) {
        if (which((notification.data ?? {}) as Partial<CallData>)) notification.close();
      }
    } catch {
      // They can be clicked still, and say then what is true.
    }
  }

  async #existing(worker: WorkerSource): Promise<ServiceWorkerRegistration | undefined> {
    if (worker !== null && typeof worker !== 'string') return worker;
    return navigator.serviceWorker.getRegistration();
  }

  /** Resolves when the worker is active: none but that one can hold a subscription. */
  async #register(address: string): Promise<ServiceWorkerRegistration> {
    const registration = await navigator.serviceWorker.register(address, { updateViaCache: 'none' });
    const worker = registration.active ? null : (registration.installing ?? registration.waiting);
    if (!worker) return registration;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (worker.state === 'activated') resolve();
        else if (worker.state === 'redundant') reject(new Error('the service worker does not start'));
      };
      worker.addEventListener('statechange', look);
      look();
    });
    return registration;
  }
}

function plain(subscription: PushSubscription): PlatformSubscription {
  const { endpoint, keys } = subscription.toJSON();
  const key = subscription.options?.applicationServerKey;
  return {
    endpoint: endpoint ?? subscription.endpoint,
    keys: { p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' },
    publicKey: key ? base64UrlOf(new Uint8Array(key)) : null,
  };
}
