// The wire, as types: every message of docs/protocol.md that the SDK sends or understands, and nothing else.
// Times are ms since the epoch on the server's clock unless a name ends in Ms (a span). Unknown fields are ignored.

import type { types as mediasoup } from 'mediasoup-client';

// ---------------------------------------------------------------------------------------------- frames

export interface RequestFrame {
  request: true;
  id: number;
  method: string;
  data: unknown;
}
export interface OkFrame {
  response: true;
  id: number;
  ok: true;
  data: unknown;
}
export interface ErrorFrame {
  response: true;
  id: number;
  ok?: false;
  /** HTTP-like. */
  errorCode: number;
  /** A sentence; with a path first where a field is wrong: `data.callees[0]: expected string`. */
  errorReason: string;
  data?: { code?: string; retryAfterMs?: number };
}
export interface NotificationFrame {
  notification: true;
  method: string;
  data: unknown;
}
export type Frame = RequestFrame | OkFrame | ErrorFrame | NotificationFrame;

/** Close code that means: do not reconnect. */
export const CLOSE_FINAL = 4000;
/** RFC 6455's registry: service restart. Another server process takes over at once. */
export const CLOSE_RESTART = 1012;
export const SUBPROTOCOL = 'protoo';

// ---------------------------------------------------------------------------------------- common shapes

export type MediaChoice = 'audio' | 'video';

/** Why a call is over for somebody. A closed list. */
export const END_REASONS = [
  'hangup',
  'canceled',
  'timeout',
  'declined',
  'busy',
  'answered-elsewhere',
  'declined-elsewhere',
  'disconnected',
  'failed',
  'removed',
] as const;
export type EndReason = (typeof END_REASONS)[number];

export interface WireUser {
  userId: string;
  name: string;
}
export interface WireIceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}
export type WireMetadata = { [key: string]: unknown };
export type WireAppData = { [key: string]: unknown };

/** A call in the welcome's snapshot, as it looks to this device. */
export interface WireCall {
  callId: string;
  roomId: string;
  rev: number;
  state: 'ringing' | 'active';
  caller: WireUser;
  callees: string[];
  media: MediaChoice;
  /** While somebody rings: our own end of ringing if we do, else the last of them. */
  ringUntil?: number;
  metadata?: WireMetadata;
  /** Who has a seat, this user among them. */
  participants: WireParticipant[];
  yourState: 'ringing' | 'joined' | 'joined-elsewhere' | 'out';
  /** If this device has joined the room: what of it stands on the server. */
  mediaState?: WireMediaState;
}
export interface WireMediaState {
  peers: WirePeer[];
  /** Ids of what is ours. */
  transports: string[];
  producers: string[];
  consumers: { id: string; producerId: string; producerPaused: boolean }[];
}
export interface WireParticipant {
  userId: string;
  name?: string;
  deviceId: string;
  /** Their connection is lost and their seat is kept. */
  reconnecting?: boolean;
}

export interface WirePeer {
  id: string;
  peerId?: string;
  userId?: string;
  /** As in `participant-joined`; unique for one user only, unlike `peerId`. */
  deviceId?: string;
  displayName?: string;
  device?: WireDevice;
  /** The same again, for newer clients of mediasoup-demo. */
  peer?: unknown;
}
export interface WireDevice {
  flag?: string;
  name?: string;
  version?: string;
}

// --------------------------------------------------------------------------- requests of the client

/** Method → what we send and what comes back. Media methods also take `callId`. */
export interface ClientRequests {
  'start-call': {
    data: {
      callees: string[];
      media: MediaChoice;
      roomId?: string;
      ringSeconds?: number;
      requestId?: string;
      metadata?: WireMetadata;
    };
    response: { callId: string; roomId: string; ringUntil: number };
  };
  'accept-call': { data: { callId: string }; response: { callId: string; roomId: string } };
  'decline-call': { data: { callId: string; reason?: 'declined' | 'busy' }; response: Empty };
  'end-call': { data: { callId: string; everyone?: boolean }; response: Empty };
  invite: { data: { callId: string; callees: string[] }; response: Empty };
  'join-call': { data: { callId: string }; response: { callId: string; roomId: string } };
  'leave-call': { data: { callId: string }; response: Empty };
  'watch-presence': { data: Empty; response: { users: WirePresence[] } };
  /** This device shows or sounds the call: what a caller is told is `ringing` is known, not guessed. */
  ringing: { data: { callId: string }; response: Empty };

  'get-push-key': { data: Empty; response: { publicKey: string } };
  'register-push': { data: WirePushTarget & { confirmsRinging?: boolean }; response: { id: string } };
  'unregister-push': { data: { id: string }; response: Empty };

  'get-history': {
    data: {
      /** The `next` of the page before, or a time. */
      before?: string | number;
      /** 1 to 100, default 50. */
      limit?: number;
      missed?: boolean;
    };
    response: { calls: WireHistoryCall[]; next?: string; unread?: number };
  };
  'mark-history-read': { data: Empty; response: Empty };

  'block-user': { data: { userId: string }; response: Empty };
  'unblock-user': { data: { userId: string }; response: Empty };
  'get-blocked-users': { data: Empty; response: { users: string[] } };
  'set-do-not-disturb': { data: { on: boolean }; response: Empty };

  getRouterRtpCapabilities: {
    data: { callId?: string };
    response: mediasoup.RtpCapabilities & { routerRtpCapabilities?: mediasoup.RtpCapabilities };
  };
  createWebRtcTransport: {
    data: {
      callId: string;
      forceTcp: boolean;
      producing: boolean;
      consuming: boolean;
      sctpCapabilities?: { numStreams: { OS: number; MIS: number } };
    };
    response: WireTransport;
  };
  connectWebRtcTransport: {
    data: { callId: string; transportId: string; dtlsParameters: mediasoup.DtlsParameters };
    response: Empty;
  };
  restartIce: {
    data: { callId: string; transportId: string };
    response: mediasoup.IceParameters & { iceParameters?: mediasoup.IceParameters };
  };
  /** Here it is the answer `not-found` that says something. */
  getTransportStats: { data: { callId: string; transportId: string }; response: { stats?: unknown } };
  join: {
    data: {
      callId: string;
      /** Left out: the name in the token. */
      displayName?: string;
      device?: WireDevice;
      rtpCapabilities: mediasoup.RtpCapabilities;
    };
    response: { peers: WirePeer[] };
  };
  produce: {
    data: {
      callId: string;
      transportId: string;
      kind: 'audio' | 'video';
      rtpParameters: mediasoup.RtpParameters;
      paused?: boolean;
      appData: WireAppData;
    };
    response: { id: string; producerId?: string };
  };
  closeProducer: { data: { callId: string; producerId: string }; response: Empty };
  pauseProducer: { data: { callId: string; producerId: string }; response: Empty };
  resumeProducer: { data: { callId: string; producerId: string }; response: Empty };
  pauseConsumer: { data: { callId: string; consumerId: string }; response: Empty };
  resumeConsumer: { data: { callId: string; consumerId: string }; response: Empty };
  setConsumerPreferredLayers: {
    data: { callId: string; consumerId: string; spatialLayer: number; temporalLayer?: number };
    response: Empty;
  };
  requestConsumerKeyFrame: { data: { callId: string; consumerId: string }; response: Empty };
}
export type Empty = { [key: string]: never };
export type ClientMethod = keyof ClientRequests;

export interface WireTransport {
  id: string;
  transportId?: string;
  iceParameters: mediasoup.IceParameters;
  iceCandidates: mediasoup.IceCandidate[];
  dtlsParameters: mediasoup.DtlsParameters;
  sctpParameters?: mediasoup.SctpParameters;
}
export interface WirePresence {
  userId: string;
  name: string;
  /** 0 means offline. */
  devices: number;
}

/** Where push reaches this device when it has no connection. */
export type WirePushTarget =
  | {
      type: 'webpush';
      subscription: {
        endpoint: string;
        expirationTime?: number | null;
        /** Both base64url. */
        keys: { p256dh: string; auth: string };
      };
    }
  | { type: 'fcm'; token: string };

/** A call that is over, as it was for this user. */
export interface WireHistoryCall {
  callId: string;
  roomId?: string;
  startedAt: number;
  /** When this user answered; for an outgoing call, when anybody did. */
  answeredAt?: number;
  endedAt: number;
  /** How it ended for this user. */
  reason: EndReason;
  direction: 'in' | 'out';
  /** Everybody else. */
  with: WireUser[];
  media: MediaChoice;
  missed?: boolean;
}

// --------------------------------------------------------------------------- requests of the server

export interface ServerRequests {
  newConsumer: {
    callId?: string;
    peerId: string;
    producerId: string;
    id: string;
    consumerId?: string;
    transportId?: string;
    kind: 'audio' | 'video';
    rtpParameters: mediasoup.RtpParameters;
    type: 'simple' | 'simulcast' | 'svc' | 'pipe';
    producerPaused: boolean;
    consumerScore?: WireConsumerScore;
    appData: WireAppData;
  };
  newDataConsumer: { callId?: string; id: string; peerId: string | null };
}
export type ServerMethod = keyof ServerRequests;

/** 0 (worst) to 10 (best). */
export interface WireConsumerScore {
  score: number;
  producerScore: number;
  producerScores?: number[];
}

// --------------------------------------------------------------------------------------- notifications

/** What each notification about a call carries. */
export interface CallHeader {
  callId: string;
  /** Grows with each change of the call; a smaller or equal one is old news. */
  rev: number;
  serverTime: number;
}

/**
 * `reaching`: the push service took it, no device has confirmed. `ringing`: confirmed. `unreachable`: nobody could be
 * told; he may still connect.
 */
export type RingState = 'reaching' | 'ringing' | 'unreachable';

export interface CallNotifications {
  'call-started': CallHeader & {
    roomId: string;
    caller: WireUser;
    callees: string[];
    media: MediaChoice;
    ringUntil: number;
    metadata?: WireMetadata;
  };
  'call-ringing': CallHeader & {
    userId: string;
    /** The devices of this `via`, not of both. */
    devices: number;
    via: 'socket' | 'push';
    /** Absent from a server that does not know yet what a device confirms. */
    state?: RingState;
  };
  'call-accepted': CallHeader & { userId: string };
  'call-declined': CallHeader & { userId: string; reason: EndReason };
  'participant-joined': CallHeader & { userId: string; deviceId: string };
  'participant-left': CallHeader & { userId: string; deviceId: string; reason?: EndReason };
  'participant-reconnecting': CallHeader & { userId: string; deviceId: string };
  'end-call': CallHeader & { reason: EndReason };
}
export type CallMethod = keyof CallNotifications;

export interface MediaNotifications {
  newPeer: { callId?: string } & WirePeer;
  peerClosed: { callId?: string; peerId: string };
  producerScore: {
    callId?: string;
    producerId: string;
    score: { ssrc?: number; rid?: string; score: number }[];
  };
  consumerScore: { callId?: string; consumerId: string; score: WireConsumerScore };
  consumerPaused: { callId?: string; consumerId: string };
  consumerResumed: { callId?: string; consumerId: string };
  consumerClosed: { callId?: string; consumerId: string };
  consumerLayersChanged: {
    callId?: string;
    consumerId: string;
    spatialLayer: number | null;
    temporalLayer: number | null;
  };
  activeSpeaker: { callId?: string; peerId: string | null; volume?: number };
}
export type MediaMethod = keyof MediaNotifications;

export interface SessionNotifications {
  welcome: {
    userId: string;
    deviceId: string;
    /** This device in rooms. */
    peerId?: string;
    resumeToken: string;
    resumeGraceMs: number;
    serverTime: number;
    iceServers: WireIceServer[];
    calls: WireCall[];
    doNotDisturb?: boolean;
    /** The server is about to stop. */
    draining?: { deadline: number };
  };
  /** The room of the call is another one now: what this device had in the old one is void, the call is as it was. */
  'media-restart': { callId: string };
  /** Null: it goes on after all. */
  'server-draining': { deadline: number | null; serverTime: number };
  presence: WirePresence;
  /** A record of this user was written, or the mark up to which he has read moved. */
  'history-changed': { callId?: string; unread: number };
}

export type ServerNotifications = CallNotifications & MediaNotifications & SessionNotifications;
export type NotificationMethod = keyof ServerNotifications;
