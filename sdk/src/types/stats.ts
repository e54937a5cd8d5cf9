// Times and numbers of a call, for a bench or a debug view.

import type { TrackSource } from './participant.js';

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
