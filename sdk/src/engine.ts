// What the SDK needs of a browser's media: WebRTC, capture, devices, the network. One real implementation
// (browser-engine.ts, on mediasoup-client) and one fake (testing/), so that all else runs anywhere.

import type { types as mediasoup } from 'mediasoup-client';
import type { TransportStats, TrackSource, VideoSettings } from './types.js';
import type { Emitter } from './emitter.js';
import type { WireIceServer, WireTransport } from './protocol.js';

export interface MediaEngine {
  /** Begins with what `load` needs and the server has no part in, such as fetching code. May be called any number of times. */
  prepare?(): void;
  /** Learns what router and browser have in common. Once per page; later calls return at once. */
  load(routerRtpCapabilities: mediasoup.RtpCapabilities): Promise<void>;
  readonly loaded: boolean;
  /** What this side can receive, after `load`. */
  readonly rtpCapabilities: mediasoup.RtpCapabilities;

  createTransport(options: EngineTransportOptions): EngineTransport;
  readonly capture: CaptureEngine;
  /** `changed`: online again, or another network. `doubtful`: the page slept or was hidden, so who knows. */
  onNetwork(listener: (what: 'changed' | 'doubtful') => void): () => void;
  /** `leave`: the page goes away. `return`: the browser brought the same page back (from its back-forward cache). */
  onPage(listener: (what: 'leave' | 'return') => void): () => void;
}

export interface EngineTransportOptions {
  direction: 'send' | 'recv';
  transport: WireTransport;
  iceServers: WireIceServer[];
  /** Sends our DTLS parameters to the server. Called once, when the first track is added. */
  connect(dtlsParameters: mediasoup.DtlsParameters): Promise<void>;
  /** Tells the server of a producer; answers its id. The engine does not wait for it before the next. */
  produce(parameters: EngineProduceParameters): Promise<string>;
}
export interface EngineProduceParameters {
  kind: 'audio' | 'video';
  rtpParameters: mediasoup.RtpParameters;
  source: TrackSource;
  paused: boolean;
}

export type EngineTransportState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
export type EngineTransportEvents = {
  state: [state: EngineTransportState];
  /** `iceConnected`, then `dtlsConnected`. */
  timing: [step: 'iceConnected' | 'dtlsConnected'];
};

export interface EngineTransport extends Emitter<EngineTransportEvents> {
  readonly id: string;
  readonly direction: 'send' | 'recv';
  readonly state: EngineTransportState;
  produce(options: EngineProduceOptions): Promise<EngineProducer>;
  consume(options: EngineConsumeOptions): Promise<EngineConsumer>;
  restartIce(iceParameters: mediasoup.IceParameters): Promise<void>;
  getStats(): Promise<TransportStats>;
  close(): void;
}

export interface EngineProduceOptions {
  /** Null: it is being captured, and comes by `replaceTrack`; all else is made ready. For a camera only. */
  track: MediaStreamTrack | null;
  source: TrackSource;
  /** Starts paused, here and on the server. */
  paused: boolean;
  video: VideoSettings;
}

export interface EngineProducer {
  /** The server's id. Rejects if the server refused it; then the producer is closed. */
  readonly id: Promise<string>;
  readonly source: TrackSource;
  pause(): void;
  resume(): void;
  /** Null sends nothing. No renegotiation. */
  replaceTrack(track: MediaStreamTrack | null): Promise<void>;
  close(): void;
}

export interface EngineConsumeOptions {
  id: string;
  producerId: string;
  kind: 'audio' | 'video';
  rtpParameters: mediasoup.RtpParameters;
  /** Tracks with the same id are kept in lip sync. */
  streamId: string;
}

export interface EngineConsumer {
  readonly id: string;
  readonly track: MediaStreamTrack;
  close(): void;
}

/** What to capture; both at once may ask the person only once. */
export interface CaptureOptions {
  microphone?: { deviceId: string | null };
  camera?: { deviceId: string | null; video: VideoSettings };
}

/** Every promise rejects with a `CarillonError` only. */
export interface CaptureEngine {
  /** The person need not be asked: what `open` gives will be there in a moment. False if that is not known. */
  mayOpen(kind: 'microphone' | 'camera'): boolean;
  /** A promise for each that was asked for; one may fail without the other. */
  open(options: CaptureOptions): {
    microphone?: Promise<MediaStreamTrack>;
    camera?: Promise<MediaStreamTrack>;
  };
  /** The picture first, then its sound if there is one. */
  openScreen(options: { audio: boolean }): Promise<MediaStreamTrack[]>;
  devices(): Promise<EngineDevice[]>;
  onDeviceChange(listener: () => void): () => void;
  /** Shows or plays a track in an element; returns a function that takes it out. */
  attach(element: HTMLMediaElement, track: MediaStreamTrack, options: AttachOptions): () => void;
  /** All attached elements play here, also those attached later. Null: the system's default. */
  setSpeaker(deviceId: string | null): Promise<void>;
  readonly canShareScreen: boolean;
  readonly canSelectSpeaker: boolean;
}
export interface EngineDevice {
  kind: 'microphone' | 'camera' | 'speaker';
  deviceId: string;
  label: string;
}
export interface AttachOptions {
  /** For a self view: no sound. */
  silent: boolean;
  onFirstFrame?: () => void;
}
