// Being rung when no page is open.

import type { WirePushTarget } from '../protocol.js';
import type { IncomingCall } from './incoming.js';

/**
 * `unsupported`: this browser cannot, or not on this page (an iPhone can once the app is on its home screen).
 * `unavailable`: the server has no key for it. `denied`: notifications are blocked; only the person can change that, in the
 * browser's settings. `off`. `on`: registered with the server.
 */
export type PushState = 'unsupported' | 'unavailable' | 'denied' | 'off' | 'on';

export interface EnablePushOptions {
  /** The address of the worker's script, or the registration that the app has made. Default `/carillon-sw.js`. */
  serviceWorker?: string | ServiceWorkerRegistration;
}

export type PushTarget = WirePushTarget;

export interface PushRegistration {
  /** The server's. */
  readonly id: string;
  readonly type: 'webpush' | 'fcm';
}

export interface NotificationClick {
  /** `accept`: answer it, without asking again. `open`: show that it rings. `history`: show the list of calls. */
  readonly action: 'accept' | 'open' | 'history';
  readonly callId: string | null;
  /** The call, if it still rings here; null: it is over. Of a call that this device is in already nothing is told. */
  readonly call: IncomingCall | null;
}
