// The public shapes of the SDK: what an app sees. The classes behind them are not exported.
// Words are those of the server: user, device, call, caller, callee, participant (a user in a call).

import type { Emitter } from './emitter.js';
import type { CarillonError } from './errors.js';
import type { EndReason, MediaChoice, RingState, WirePushTarget } from './protocol.js';
import type { MediaEngine } from './engine.js';
import type { PushPlatform } from './push-platform.js';

export type { EndReason, MediaChoice, RingState } from './protocol.js';

// ---------------------------------------------------------------------------------------------- client

/** A token, or a function that fetches one. The function is asked anew for each connection. */
export type TokenSource = string | (() => string | Promise<string>);

export interface CarillonOptions {
  /** `wss://host/ws`. A relative address such as `/ws`, and `http(s):`, are resolved against the page. */
  url: string;
  token: TokenSource;
  /** Give up a request after this long. Default 15,000 ms. */
  requestTimeoutMs?: number;
  /**
   * First and longest wait between attempts to reconnect; grows twofold, half of it at random, so that the clients of a
   * server that failed do not come back at one moment. Default 500 and 8,000 ms: the first attempt is made after 250 to
   * 500 ms, the next 0.5 to 1 s after that, and so on up to every 4 to 8 s. A server that says that it will be back at
   * once (close code 1012) is asked after 0 to 500 ms.
   */
  reconnect?: { firstMs?: number; maxMs?: number } | false;
  /** What the other side shows of this device, for example `{ flag: 'chrome', name: 'Chrome', version: '120' }`. */
  device?: { flag?: string; name?: string; version?: string };
  /** Defaults for the camera. */
  video?: VideoSettings;
  /** Replaces the browser's WebRTC; the tests do. */
  engine?: MediaEngine;
  /** Replaces the browser's push; the tests do. */
  push?: PushPlatform;
  /** Replaces the browser's WebSocket; the tests do. */
  createWebSocket?: WebSocketFactory;
}

/** The part of a browser WebSocket that the SDK uses. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketFactory = (url: string, protocols: string[]) => WebSocketLike;

export interface VideoSettings {
  /** Default 1280 × 720 at 30. */
  width?: number;
  height?: number;
  frameRate?: number;
  /**
   * Once a call has more than two people: several layers at once, so that each receiver gets what it can carry. Between
   * two it would only delay the first picture. Default true.
   */
  simulcast?: boolean;
}

/**
 * `idle`: not asked to connect yet. `connecting`: first attempt. `connected`. `reconnecting`: was connected, and tries
 * again by itself. `closed`: for good, by `disconnect()` or by the server; `connect()` starts anew.
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** Who this client is, as the server told in its welcome. */
export interface Me extends UserInfo {
  readonly deviceId: string;
}

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

// ------------------------------------------------------------------------------------------------ calls

/** What this side sends when the call connects. Both are captured while it rings; the call goes on without what fails. */
export interface CallMediaOptions {
  /** Microphone. Default true. */
  audio?: boolean;
  /** Camera. Default: true in a video call. */
  video?: boolean;
}

export interface StartCallOptions extends CallMediaOptions {
  callees: string[];
  /** Default `audio`. */
  media?: MediaChoice;
  /** 1 to 120 s. The server's default is 30. */
  ringSeconds?: number;
  /** A conversation of the app. If a call is on in it, we join that one. */
  roomId?: string;
  /** Any object up to 4 KiB as JSON; callees get it. */
  metadata?: Metadata;
}
export type Metadata = { [key: string]: unknown };

/** A user as others see them. `name` is the user id when the token had none. */
export interface UserInfo {
  readonly userId: string;
  readonly name: string;
}

/** `ringing` → `accepting` (we wait for the server) → `accepted`, or → `ended`. */
export type IncomingState = 'ringing' | 'accepting' | 'accepted' | 'ended';

export type IncomingEvents = {
  state: [state: IncomingState];
  /** It rings no more: `canceled`, `timeout`, `answered-elsewhere`, `declined-elsewhere`, `declined`, … */
  ended: [reason: EndReason];
  /** It became a call of this device: by `accept()`, or by glare (we called them at the same moment). */
  accepted: [call: Call];
};

/** A call that rings here. */
export interface IncomingCall extends Emitter<IncomingEvents> {
  readonly callId: string;
  readonly roomId: string;
  readonly caller: UserInfo;
  /** User ids of all who are rung, this user among them. */
  readonly callees: readonly string[];
  readonly media: MediaChoice;
  /** Server time; see `remainingMs`. */
  readonly ringUntil: number;
  readonly metadata: Metadata | undefined;
  readonly state: IncomingState;
  /** Why it ended, when state is `ended`. */
  readonly endReason: EndReason | null;
  /** How much longer it rings, by the server's clock; never below 0. */
  readonly remainingMs: number;

  /**
   * Opens camera and microphone before the person has decided, so that accepting is faster; `accept()` uses them, any
   * other end closes them. For apps whose ringing screen shows a self view.
   */
  prepare(options?: CallMediaOptions): void;
  /** Takes the call. Rejects with `conflict` or `call-ended` if another device, or the end, was faster. */
  accept(options?: CallMediaOptions): Promise<Call>;
  /** Declines for the user, on all devices. A call that is over already is no error. */
  decline(reason?: 'declined' | 'busy'): Promise<void>;
}

/**
 * `calling`: the server has it, nobody rings yet. `ringing`: at least one device rings. `connecting`: somebody
 * accepted, media is being set up. `active`: media flows (or there is nothing to send, and the room is joined).
 * `reconnecting`: our connection is lost and the seat is kept. `ended`.
 */
export type CallState = 'calling' | 'ringing' | 'connecting' | 'active' | 'reconnecting' | 'ended';

export type CallEvents = {
  state: [state: CallState, previous: CallState];
  /** A callee's devices ring; `participant.ringing` says how many. Until then it comes with `participant-changed`. */
  ringing: [participant: Participant];
  accepted: [participant: Participant];
  declined: [participant: Participant, reason: EndReason];
  'participant-joined': [participant: Participant];
  'participant-left': [participant: Participant, reason: EndReason | null];
  /** Their connection dropped; their seat is kept for a while. `participant-joined` comes when they are back. */
  'participant-reconnecting': [participant: Participant];
  /** Anything about a participant changed, the events above and mute, quality, speaking among it. For rendering. */
  'participant-changed': [participant: Participant];
  /** A track of somebody arrived. */
  track: [track: RemoteTrack, participant: Participant];
  'track-removed': [track: RemoteTrack, participant: Participant];
  /** The one who speaks, or null. */
  'active-speaker': [participant: Participant | null];
  /** A participant's mark changed. */
  quality: [participant: Participant, quality: Quality];
  /** Our own mark changed (how well we send). */
  'local-quality': [quality: Quality];
  /** Our microphone, camera or screen changed: on, off, muted, failed. */
  local: [source: LocalSource];
  /** Something of our media failed and the call goes on without it, for example `permission-denied`. */
  'media-error': [error: CarillonError, source: LocalSource | null];
  ended: [reason: EndReason];
};

/** A call this device takes part in. */
export interface Call extends Emitter<CallEvents> {
  readonly id: string;
  readonly roomId: string;
  readonly media: MediaChoice;
  /** Did this user ring the others? False for calls accepted or joined. */
  readonly outgoing: boolean;
  readonly caller: UserInfo;
  readonly state: CallState;
  /** All others: invited, ringing, in the call, or gone. This user is not in it; see `local`. */
  readonly participants: readonly Participant[];
  /** What this side sends. */
  readonly local: LocalMedia;
  readonly activeSpeaker: Participant | null;
  /** Server time when the first callee accepted, null before; a timer shows `carillon.serverNow() - startedAt`. */
  readonly startedAt: number | null;
  /** Server time until which it rings. */
  readonly ringUntil: number | null;
  readonly metadata: Metadata | undefined;
  readonly endReason: EndReason | null;
  /** When each step was reached, ms of `performance.now()`. */
  readonly timings: Readonly<CallTimings>;

  /** Rings more people into this call. */
  invite(callees: string[]): Promise<void>;
  /** Hangs up for this device: cancels while it rings, leaves later. Never rejects: locally it is over at once. */
  leave(): Promise<void>;
  /** As `leave()`; with `everyone` the call ends for all (caller or moderator, else it rejects `forbidden`). */
  end(options?: { everyone?: boolean }): Promise<void>;
  participant(userId: string): Participant | undefined;
  /** Raw numbers of the media path, for a bench or a debug view. */
  getStats(): Promise<CallStats>;
}

/**
 * `invited`: asked, and no device rings yet; `ringing` says what is known. `ringing`. `joining`: accepted, media not there yet. `joined`. `reconnecting`:
 * their seat is kept. `declined`, `no-answer`, `left`: not in the call now (they may be invited again, or come back).
 */
export type ParticipantState =
  'invited' | 'ringing' | 'joining' | 'joined' | 'reconnecting' | 'declined' | 'no-answer' | 'left';

export interface RingingInfo {
  /** Devices that were told, over both ways. */
  readonly devices: number;
  readonly via: 'socket' | 'push';
  /**
   * `reaching`: push services took it, and no device has confirmed yet. `ringing`: at least one does. `unreachable`: none
   * of their devices can be told now; that may change while the call rings.
   */
  readonly state: RingState;
}

/** `good`, `fair`, `poor`; `unknown` until there is something to judge; `lost` while reconnecting. */
export type Quality = 'unknown' | 'good' | 'fair' | 'poor' | 'lost';

export interface Participant extends UserInfo {
  readonly state: ParticipantState;
  /** The device they are in the call with. */
  readonly deviceId: string | null;
  /** How they are being reached, once the server has said it, in the states `invited` and `ringing`. */
  readonly ringing: RingingInfo | null;
  /** Why they are not in the call, in the states `declined`, `no-answer` and `left`. */
  readonly endReason: EndReason | null;
  readonly tracks: readonly RemoteTrack[];
  /** The track of a source, if they send it. */
  track(source: TrackSource): RemoteTrack | undefined;
  /** True if their microphone is muted or not sent at all. */
  readonly muted: boolean;
  /** True if their camera is sent and not paused. */
  readonly cameraOn: boolean;
  readonly screenOn: boolean;
  readonly speaking: boolean;
  readonly quality: Quality;
}

export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen-audio';

/** Somebody's microphone, camera or screen. */
export interface RemoteTrack {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly source: TrackSource;
  readonly track: MediaStreamTrack;
  /** The sender paused it (muted, camera off): show a picture instead of the last frame. */
  readonly muted: boolean;
  /**
   * Plays it in an element; audio goes to the selected speaker. Returns a function that takes it out again. Several
   * tracks may be attached to one element; a removed track leaves it by itself.
   */
  attach(element: HTMLMediaElement): () => void;
  /** The layers wanted of a simulcast video, 0 is the smallest. */
  setPreferredLayers(spatial: number, temporal?: number): Promise<void>;
  /** Stops receiving it (a tile out of sight) and starts again. */
  setEnabled(enabled: boolean): Promise<void>;
}

// ------------------------------------------------------------------------------------------ local media

/** `failed` has an `error`; `enable()` tries again. */
export type LocalSourceState = 'off' | 'starting' | 'on' | 'failed';

/**
 * Our microphone, camera or screen in one call. Camera and screen off means the track is stopped, so the camera's light
 * goes out; camera on again uses the same producer, with no negotiation. A muted microphone stays captured, so that
 * unmuting is instant.
 */
export interface LocalSource {
  readonly source: 'microphone' | 'camera' | 'screen';
  readonly state: LocalSourceState;
  /** True while `on` or `starting`. */
  readonly enabled: boolean;
  readonly muted: boolean;
  /** Our own track, for a self view; null while off. */
  readonly track: MediaStreamTrack | null;
  /** The device in use, null while off or for a screen. */
  readonly deviceId: string | null;
  readonly error: CarillonError | null;

  /** Captures and sends. Rejects with `permission-denied`, `device-not-found`, `device-busy`, … */
  enable(options?: { deviceId?: string; audio?: boolean }): Promise<void>;
  /** Stops the capture, and sending. */
  disable(): Promise<void>;
  /** Stops sending and keeps the capture. */
  mute(): Promise<void>;
  unmute(): Promise<void>;
  /** Another camera or microphone, without renegotiation. Takes effect at once, or at the next `enable()`. */
  switchDevice(deviceId: string): Promise<void>;
  /** Shows our own track in an element, silent. Returns a function that takes it out. */
  attach(element: HTMLMediaElement): () => void;
}

export interface LocalMedia {
  readonly microphone: LocalSource;
  readonly camera: LocalSource;
  /** `enable({ audio: true })` asks for the sound of the screen too. */
  readonly screen: LocalSource;
  readonly quality: Quality;
  /** We are the one who speaks. */
  readonly speaking: boolean;
}

// ---------------------------------------------------------------------------------------------- devices

export type DeviceKind = 'microphone' | 'camera' | 'speaker';

export interface DeviceInfo {
  readonly kind: DeviceKind;
  readonly deviceId: string;
  /** Empty until the person has allowed the use once. */
  readonly label: string;
}

export type DevicesEvents = {
  /** Something was plugged in or out, got its label, or was selected. */
  changed: [];
  /** A selected or used device is gone; what used it went on with the default one, or is off. */
  lost: [device: DeviceInfo];
};

export interface Devices extends Emitter<DevicesEvents> {
  /** As last listed; empty before the first `refresh()`. */
  readonly cameras: readonly DeviceInfo[];
  readonly microphones: readonly DeviceInfo[];
  readonly speakers: readonly DeviceInfo[];
  /** Null: the system's default. */
  readonly selected: Readonly<Record<DeviceKind, string | null>>;
  /** Can this browser send sound to a chosen speaker? Share a screen? */
  readonly canSelectSpeaker: boolean;
  readonly canShareScreen: boolean;
  /** Asks the browser again. */
  refresh(): Promise<void>;
  /** Used from now on, in running calls too. Null: the system's default. */
  select(kind: DeviceKind, deviceId: string | null): Promise<void>;
}

// --------------------------------------------------------------------------------------------- presence

export interface PresenceUser extends UserInfo {
  /** Devices online; 0 means offline. */
  readonly devices: number;
}

export type PresenceEvents = {
  changed: [user: PresenceUser];
  /** The whole list was renewed (after a reconnect). */
  reset: [];
};

export interface Presence extends Emitter<PresenceEvents> {
  /** All users the server told of, this one too, sorted by name. */
  readonly users: readonly PresenceUser[];
  user(userId: string): PresenceUser | undefined;
}

// ------------------------------------------------------------------------------------------------- push

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

// ---------------------------------------------------------------------------------------------- history

export interface HistoryQuery {
  /** The `next` of the page before, or a time in ms since the epoch. */
  before?: string | number;
  /** 1 to 100; the server's default is 50. */
  limit?: number;
  /** Missed calls only. */
  missed?: boolean;
}

export interface HistoryPage {
  /** Newest first. */
  readonly calls: readonly HistoryCall[];
  /** For the next page; null: this is the last. */
  readonly next: string | null;
  readonly unread: number;
}

/** A call that is over, as it was for this user. Times are the server's. */
export interface HistoryCall {
  readonly callId: string;
  readonly roomId: string;
  readonly media: MediaChoice;
  readonly outgoing: boolean;
  /** Everybody else. */
  readonly with: readonly UserInfo[];
  readonly startedAt: number;
  /** When this user answered; in a call of his own, when anybody did. Null: never. */
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** From the answer to the end; null: never answered. */
  readonly lastedMs: number | null;
  /** How it ended for this user. */
  readonly reason: EndReason;
  readonly missed: boolean;
}

export type HistoryEvents = {
  /** A call was added (`callId`), or the mark moved, or we were away. `unread` is renewed; ask for the list again. */
  changed: [callId: string | null];
};

export interface History extends Emitter<HistoryEvents> {
  /** Missed calls since the mark, as last heard; 0 before the first `list()`. */
  readonly unread: number;
  list(query?: HistoryQuery): Promise<HistoryPage>;
  /** Everything up to now is read, on all devices of this user. */
  markRead(): Promise<void>;
}

// ------------------------------------------------------------------------------------------------ stats

/** Times of `performance.now()`, in the order they are usually reached; absent until then. */
export interface CallTimings {
  /** `startCall()` or `accept()` was called. */
  start?: number;
  /** The server answered it. */
  answered?: number;
  /** Somebody accepted (caller), or our accept was answered (callee). */
  accepted?: number;
  /** Camera and microphone delivered (or failed). */
  captured?: number;
  /** Both transports exist on both sides, and the room is joined. */
  transportReady?: number;
  /** The first of our transports has ICE, and DTLS. */
  iceConnected?: number;
  dtlsConnected?: number;
  /** The server knows all that we send at the start. */
  produced?: number;
  /** The first remote track exists; its first frame was decoded. */
  firstTrack?: number;
  firstFrame?: number;
}

export interface CallStats {
  readonly timings: Readonly<CallTimings>;
  /** Per direction; null while there is no transport. */
  readonly send: TransportStats | null;
  readonly recv: TransportStats | null;
}

export interface TransportStats {
  readonly state: string;
  readonly roundTripMs: number | null;
  readonly availableBitrateBps: number | null;
  readonly bytes: number;
  /** Of `bytes`. */
  readonly bytesReceived: number;
  /** Of the selected path: `udp` or `tcp`, and whether a relay is used. */
  readonly protocol: string | null;
  readonly relayed: boolean;
  readonly streams: readonly StreamStats[];
}

export interface StreamStats {
  readonly kind: 'audio' | 'video';
  readonly source: TrackSource;
  /** `RemoteTrack.id`; null for our own. */
  readonly trackId: string | null;
  /** Null for our own. */
  readonly userId: string | null;
  readonly bytes: number;
  readonly packets: number;
  readonly packetsLost: number;
  readonly jitterMs: number | null;
  /** Decoded (remote) or encoded (ours); 0 for audio. */
  readonly frames: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly framesPerSecond: number | null;
  /** 0 to 1, audio only. */
  readonly audioLevel: number | null;
}
