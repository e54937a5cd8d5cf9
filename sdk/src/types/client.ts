// The client: one connection of one device, and all that an app can ask of it.

import type { Emitter } from '../emitter.js';
import type { CarillonError } from '../errors.js';
import type { EndReason } from '../protocol.js';
import type { Call, CallMediaOptions, StartCallOptions } from './call.js';
import type { Devices } from './devices.js';
import type { History } from './history.js';
import type { IncomingCall } from './incoming.js';
import type { Presence } from './presence.js';
import type { EnablePushOptions, NotificationClick, PushRegistration, PushState, PushTarget } from './push.js';
import type { Me } from './user.js';

/**
 * `idle`: not asked to connect yet. `connecting`: first attempt. `connected`. `reconnecting`: was connected, and tries
 * again by itself. `closed`: for good, by `disconnect()` or by the server; `connect()` starts anew.
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

export type CarillonEvents = {
  /** The connection changed. `error` says why when it was not asked for. */
  state: [state: ConnectionState, error: CarillonError | null];
  /** Somebody calls. It stops ringing when its `ended` or `accepted` event comes. */
  incoming: [call: IncomingCall];
  /** A call of this device began, however it came: `startCall`, `accept`, `joinCall`, glare. */
  call: [call: Call];
  /** A call of this device is over. */
  'call-ended': [call: Call, reason: EndReason];
  /** Another try to connect will be made after `delayMs`. `attempt` counts from 1; `error` is why the last one failed. */
  'reconnect-scheduled': [attempt: number, delayMs: number, error: CarillonError];
  /** `pushState` changed. */
  'push-state': [state: PushState];
  /** `doNotDisturb` changed, here or on another device (that is learned at the next connect). */
  'do-not-disturb': [on: boolean];
  /**
   * The server is about to stop: until `deadline` (server time) running calls go on, and new ones are refused with
   * `unavailable`. Null: it goes on after all, or another server has taken over.
   */
  'server-draining': [deadline: number | null];
  /** The person clicked a notification of the service worker; told once it is known whether that call still rings. */
  notification: [click: NotificationClick];
};

/**
 * The client: one connection of one device.
 *
 *     const carillon = new Carillon({ url: 'wss://calls.example.com/ws', token: fetchToken });
 *     carillon.on('incoming', (call) => call.accept({ audio: true, video: true }));
 *     await carillon.connect();
 *     const call = await carillon.startCall({ callees: ['bob'], media: 'video' });
 *     call.on('track', (track) => track.attach(document.querySelector('video')!));
 */
export interface CarillonClient extends Emitter<CarillonEvents> {
  readonly state: ConnectionState;
  /** Null until the first welcome. */
  readonly me: Me | null;
  /** Cameras, microphones, speakers. */
  readonly devices: Devices;
  /** Calls of this device that are not over. */
  readonly calls: readonly Call[];
  /** Calls that ring here now. */
  readonly incoming: readonly IncomingCall[];
  /** Calls that are over, and how many of them were missed. */
  readonly history: History;
  /** Whether this device is rung when no page is open. */
  readonly pushState: PushState;
  /** This user wants no rings, on any device. Calls to him are recorded as missed. */
  readonly doNotDisturb: boolean;
  /** Server time at which the server stops; null: it does not. */
  readonly drainingUntil: number | null;

  /**
   * Resolves when the server has welcomed this device. Rejects when the first attempt fails for a reason that trying
   * again will not mend (`unauthorized`, `token-failed`, `closed`); else it keeps trying.
   */
  connect(): Promise<Me>;
  /** Ends every call of this device at once, and the connection. */
  disconnect(): void;
  /**
   * Rings people. Resolves when the server has taken the call; the call's own events tell the rest. If a callee is
   * calling us at this moment, both calls become one, already accepted.
   */
  startCall(options: StartCallOptions): Promise<Call>;
  /** Goes (back) into a call that is running, without ringing. */
  joinCall(callId: string, options?: CallMediaOptions): Promise<Call>;
  /**
   * From now on this browser is rung when no page is open. Call it at the start of a click's handler, since it asks the
   * person for permission. Rejects with `push-unsupported`, `permission-denied`, `push-failed`, or what the server said
   * (`unavailable`: it has no key for Web Push). Once it is on, each connect keeps it on.
   */
  enablePush(options?: EnablePushOptions): Promise<PushRegistration>;
  /** No longer. The browser's permission stays as it is. */
  disablePush(): Promise<void>;
  /**
   * For native wrappers, whose push is not the browser's: `{ type: 'fcm', token }`. Sent again at each connect, until
   * `disablePush()`.
   */
  registerPush(target: PushTarget): Promise<PushRegistration>;
  /** For all devices of this user; resolves when the server has stored it. Calls that ring already go on ringing. */
  setDoNotDisturb(on: boolean): Promise<void>;
  /**
   * Calls of this user ring here no more, on no device, and are no missed calls. He is told what he would be told of
   * somebody who is not there.
   */
  blockUser(userId: string): Promise<void>;
  unblockUser(userId: string): Promise<void>;
  /** User ids. */
  blockedUsers(): Promise<string[]>;
  /** Who is online, if the server tells (it answers `forbidden` else). Later calls give the same object. */
  watchPresence(): Promise<Presence>;
  /** The server's clock now, ms since the epoch. Compare `ringUntil` and `startedAt` with this, not with `Date.now()`. */
  serverNow(): number;
}
