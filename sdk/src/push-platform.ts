// What the SDK needs of a browser to be woken by push: permission, a service worker with a subscription, and its words.
// One real implementation (browser-push.ts) and one fake (testing/), so that all else runs anywhere.

/** The address of the service worker's script, a registration that the app has made, or null: whichever is there. */
export type WorkerSource = string | ServiceWorkerRegistration | null;

export type PushPermission = 'granted' | 'denied' | 'default';

/** A subscription of this browser with its push service. */
export interface PlatformSubscription {
  readonly endpoint: string;
  /** Both base64url. */
  readonly keys: { readonly p256dh: string; readonly auth: string };
  /** The server key that it was made for, base64url; null where the browser does not tell. */
  readonly publicKey: string | null;
}

/** Every promise may reject with whatever the browser says, or stay pending: who asks sets the limit. */
export interface PushPlatform {
  /** False where there is no push at all: no HTTPS, an old browser, an iPhone's Safari outside the home screen. */
  readonly supported: boolean;
  readonly permission: PushPermission;
  /** Asks the person. Browsers allow it only at the very start of the handling of a click. */
  requestPermission(): Promise<PushPermission>;
  /** The person changed it, in the browser's own settings. */
  onPermission(listener: () => void): () => void;

  /** The present one, or null. Never registers a worker. */
  subscription(worker: WorkerSource): Promise<PlatformSubscription | null>;
  /** Registers the worker if it is an address, and subscribes; replaces a subscription made for another key. */
  subscribe(worker: WorkerSource, publicKey: string): Promise<PlatformSubscription>;
  unsubscribe(worker: WorkerSource): Promise<void>;

  /** The server key of the subscription that this SDK made last, kept over reloads; null: none, or given up. */
  remembered: string | null;

  /** What the service worker says to this page; `reply` answers, if it asked. */
  onMessage(listener: (message: unknown, reply: (answer: unknown) => void) => void): () => void;
  /** The person can see this page. */
  readonly onScreen: boolean;
  /** Takes away what the worker has shown: the ring of a call, or all missed calls. Errors are of no interest. */
  clearRing(callId: string): void;
  clearMissed(): void;

  /** What a click on a notification wrote into the address of this page; asked once, and gone from the address then. */
  takeLaunch(): string | null;
}
