// What the SDK needs of a browser's media: WebRTC, capture, devices, the network. One real implementation
// (browser-engine.ts, on mediasoup-client) and one fake (testing/), so that all else runs anywhere.

import type { types as mediasoup } from 'mediasoup-client';
import type { TransportStats, TrackSource, VideoSettings } from './types.js';
import type { Emitter } from './emitter.js';
import type { WireIceServer, WireTransport } from './protocol.js';

export interface MediaEngine {
  /** Learns what router and browser have in common. Once per page; later calls return at once. */
  load(routerRtpCapabilities: mediasoup.RtpCapabilities): Promise<void>;
  readonly loaded: boolean;
  /** What this side can receive, after `load`. */
  readonly rtpCapabilities: mediasoup.RtpCapabilities;

  createTransport(options: EngineTransportOptions): EngineTransport;
  readonly capture: CaptureEngine;
  /** Calls back when the device comes online or changes its network. */
  onNetworkChange(listener: () => void): () => void;
  /** Calls back when the page goes away for good (not when it is only hidden). */
  onPageLeave(listener: () => void): () => void;
}

export interface EngineTransportOptions {
  direction: 'send' | 'recv';
  transport: WireTransport;
  iceServers: WireIceServer[];
  /** Sends our DTLS parameters to the server. Called once, when the first track is added. */
  connect(dtlsParameters: mediasoup.DtlsParameters): Promise<void>;
  /** Tells the server of a producer; answers its id. */
  produce(parameters: EngineProduceParameters): Promise<string>;
}
export interface EngineProduceParameters {
  kind: 'audio' | 'video';
  rtpParameters: mediasoup.RtpParameters;
  source: TrackSource;
}

export type EngineTransportState =
  'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
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
  track: MediaStreamTrack;
  source: TrackSource;
  video: VideoSettings;
}

export interface EngineProducer {
  readonly id: string;
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

export interface CaptureOptions {
  deviceId: string | null;
  video: VideoSettings;
}

/** Rejects with a `CarillonError` only. */
export interface CaptureEngine {
  microphone(options: CaptureOptions): Promise<MediaStreamTrack>;
  camera(options: CaptureOptions): Promise<MediaStreamTrack>;
  screen(options: { audio: boolean }): Promise<MediaStreamTrack[]>;
  devices(): Promise<EngineDevice[]>;
  onDeviceChange(listener: () => void): () => void;
  /** Plays tracks in an element through the speaker; returns a function that takes them out. */
  attach(element: HTMLMediaElement, track: MediaStreamTrack, options: AttachOptions): () => void;
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
  speakerId: string | null;
  onFirstFrame?: () => void;
}
