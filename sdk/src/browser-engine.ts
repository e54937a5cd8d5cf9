// The MediaEngine of real browsers: WebRTC by mediasoup-client, and the page's own events. Capture: browser-capture.ts.
// mediasoup-client is fetched when the engine is made, beside the connection, so that the page's first code stays small.

import type { Device, types as mediasoup } from 'mediasoup-client';
import { BrowserCapture } from './browser-capture.js';
import { readTransportStats } from './browser-stats.js';
import { Emitter } from './emitter.js';
import type {
  EngineConsumeOptions,
  EngineConsumer,
  EngineProduceOptions,
  EngineProducer,
  EngineTransport,
  EngineTransportEvents,
  EngineTransportOptions,
  EngineTransportState,
  MediaEngine,
} from './engine.js';
import { CarillonError } from './errors.js';
import type { TrackSource, TransportStats, VideoSettings } from './types.js';

export class BrowserEngine implements MediaEngine {
  readonly capture = new BrowserCapture();
  #device: Device | null = null;
  #loading: Promise<void> | null = null;
  #module: Promise<typeof import('mediasoup-client')> | null = null;

  get loaded(): boolean {
    return this.#device !== null;
  }
  get rtpCapabilities(): mediasoup.RtpCapabilities {
    return this.#loadedDevice().recvRtpCapabilities;
  }

  load(routerRtpCapabilities: mediasoup.RtpCapabilities): Promise<void> {
    this.#loading ??= this.#load(routerRtpCapabilities).catch((cause: unknown) => {
      this.#loading = null;
      throw new CarillonError('media-unsupported', 'no WebRTC here', undefined, cause);
    });
    return this.#loading;
  }

  prepare(): void {
    this.#import().catch(() => undefined); // Tried again, and told, by load().
  }

  #import(): Promise<typeof import('mediasoup-client')> {
    this.#module ??= import('mediasoup-client').catch((error: unknown) => {
      this.#module = null;
      throw error;
    });
    return this.#module;
  }

  async #load(routerRtpCapabilities: mediasoup.RtpCapabilities): Promise<void> {
    const { Device } = await this.#import();
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities });
    this.#device = device;
  }

  #loadedDevice(): Device {
    if (!this.#device) throw new CarillonError('invalid-state', 'the engine is not loaded');
    return this.#device;
  }

  createTransport(options: EngineTransportOptions): EngineTransport {
    return new BrowserTransport(this.#loadedDevice(), options);
  }

  onNetwork(listener: (what: 'changed' | 'doubtful') => void): () => void {
    if (typeof window === 'undefined') return () => undefined;
    const connection = (navigator as { connection?: EventTarget & { type?: string } }).connection;
    let type = connection?.type;
    const online = (): void => listener('changed');
    const seen = (): void => {
      if (document.visibilityState === 'visible') listener('doubtful');
    };
    // `change` also comes for each new guess of the speed; only another kind of network matters.
    const other = (): void => {
      if (connection?.type === type) return;
      type = connection?.type;
      listener('changed');
    };
    window.addEventListener('online', online);
    document.addEventListener('visibilitychange', seen);
    connection?.addEventListener('change', other);
    return () => {
      window.removeEventListener('online', online);
      document.removeEventListener('visibilitychange', seen);
      connection?.removeEventListener('change', other);
    };
  }

  onPage(listener: (what: 'leave' | 'return') => void): () => void {
    if (typeof window === 'undefined') return () => undefined;
    const leave = (): void => listener('leave');
    const show = (event: PageTransitionEvent): void => {
      if (event.persisted) listener('return');
    };
    window.addEventListener('pagehide', leave);
    window.addEventListener('pageshow', show);
    return () => {
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', show);
    };
  }
}

/** Ends of a promise that the server's answer to `produce` settles. */
interface Announced {
  resolve(id: string): void;
  reject(error: unknown): void;
}

class BrowserTransport extends Emitter<EngineTransportEvents> implements EngineTransport {
  readonly direction: 'send' | 'recv';
  readonly #transport: mediasoup.Transport;
  readonly #announced = new Map<string, Announced>();
  /** Browser's track id → whose it is: our source, or the consumer. */
  readonly #sources = new Map<string, TrackSource>();
  readonly #consumers = new Map<string, string>();
  readonly #watched = new WeakSet<object>();
  #state: EngineTransportState = 'new';
  #nextKey = 0;

  constructor(device: Device, options: EngineTransportOptions) {
    super();
    this.direction = options.direction;
    const settings: mediasoup.TransportOptions = {
      ...options.transport,
      iceServers: options.iceServers,
    };
    this.#transport =
      options.direction === 'send' ? device.createSendTransport(settings) : device.createRecvTransport(settings);
    this.#transport.on('connect', ({ dtlsParameters }, done) => {
      // The browser goes on at once: the server reads this before whatever we send next.
      options.connect(dtlsParameters).catch(() => this.#setState('failed'));
      done();
    });
    this.#transport.on('produce', ({ kind, rtpParameters, appData }, done) => {
      const { key, source, paused } = appData as { key: string; source: TrackSource; paused: boolean };
      const announced = this.#announced.get(key);
      // As above: the next track need not wait for the server's answer to this one.
      void options.produce({ kind, rtpParameters, source, paused }).then(
        (id) => announced?.resolve(id),
        (error: unknown) => announced?.reject(error),
      );
      done({ id: key });
    });
    this.#transport.on('connectionstatechange', (state) => {
      if (state === 'connected') this.emit('timing', 'dtlsConnected');
      this.#setState(state);
    });
  }

  get id(): string {
    return this.#transport.id;
  }
  get state(): EngineTransportState {
    return this.#state;
  }

  async produce({ track, source, paused, video }: EngineProduceOptions): Promise<EngineProducer> {
    const key = `${this.#nextKey++}`;
    const id = new Promise<string>((resolve, reject) => {
      this.#announced.set(key, { resolve, reject });
    });
    id.catch(() => undefined); // Whoever awaits `producer.id` hears it.
    if (track) this.#sources.set(track.id, source);
    const sent = (source === 'camera' ? stillTrack() : null) ?? track;
    if (!sent) throw new CarillonError('media-unsupported', 'nothing can be sent before it is captured');
    const producer = await this.#transport.produce({
      track: sent,
      ...sendSettings(source, track, video),
      // local-source.ts owns the tracks.
      stopTracks: false,
      disableTrackOnPause: false,
      zeroRtpOnPause: false,
      appData: { key, source, paused },
      onRtpSender: (sender) => this.#watchIce(() => sender.transport),
    });
    this.#watchIce(() => producer.rtpSender?.transport ?? null);
    id.finally(() => this.#announced.delete(key)).catch(() => producer.close());
    if (paused) producer.pause();
    const made = new BrowserProducer(producer, id, source, (next) => this.#sources.set(next.id, source));
    if (sent !== track) made.showWhenKnown(track, sent);
    return made;
  }

  async consume(options: EngineConsumeOptions): Promise<EngineConsumer> {
    const consumer = await this.#transport.consume({
      ...options,
      onRtpReceiver: (receiver) => this.#watchIce(() => receiver.transport),
    });
    this.#watchIce(() => consumer.rtpReceiver?.transport ?? null);
    const { track } = consumer;
    this.#consumers.set(track.id, consumer.id);
    return {
      id: consumer.id,
      track,
      close: () => {
        this.#consumers.delete(track.id);
        consumer.close();
      },
    };
  }

  async restartIce(iceParameters: mediasoup.IceParameters): Promise<void> {
    await this.#transport.restartIce({ iceParameters });
  }

  async getStats(): Promise<TransportStats> {
    const report = await this.#transport.getStats();
    return readTransportStats(report, this.#state, this.#sources, this.#consumers);
  }

  close(): void {
    this.#state = 'closed';
    this.clearListeners();
    this.#transport.close();
    const error = new CarillonError('call-ended', 'the transport is closed');
    for (const announced of this.#announced.values()) announced.reject(error);
    this.#announced.clear();
  }

  #setState(state: EngineTransportState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.emit('state', state);
  }

  /** ICE as such is to be seen on the transport of a sender or receiver only, once there is one. */
  #watchIce(find: () => RTCDtlsTransport | null): void {
    const ice = find()?.iceTransport;
    if (!ice || this.#watched.has(ice)) return;
    this.#watched.add(ice);
    const look = (): void => {
      if (ice.state === 'connected' || ice.state === 'completed') this.emit('timing', 'iceConnected');
    };
    ice.addEventListener('statechange', look);
    look();
  }
}

/** A video track without a frame. */
function stillTrack(): MediaStreamTrack | undefined {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d'); // Firefox captures no canvas without one.
  return 'captureStream' in canvas ? canvas.captureStream(0).getVideoTracks()[0] : undefined;
}

class BrowserProducer implements EngineProducer {
  readonly #producer: mediasoup.Producer;
  /** To be sent as soon as the server knows the producer; undefined: nothing waits. */
  #waiting: MediaStreamTrack | null | undefined;
  readonly #onTrack: (track: MediaStreamTrack) => void;

  constructor(
    producer: mediasoup.Producer,
    readonly id: Promise<string>,
    readonly source: TrackSource,
    onTrack: (track: MediaStreamTrack) => void,
  ) {
    this.#producer = producer;
    this.#onTrack = onTrack;
  }

  pause(): void {
    this.#producer.pause();
  }
  resume(): void {
    this.#producer.resume();
  }
  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    if (track) this.#onTrack(track);
    if (this.#waiting !== undefined) this.#waiting = track;
    else await this.#producer.replaceTrack({ track });
  }
  /**
   * Holds a camera back until the server has the producer. A key frame that comes before is lost; the server then asks
   * for one, and so does each receiver a moment later, which a browser ignores for 300 ms: nobody would see anything
   * for longer than that.
   */
  showWhenKnown(track: MediaStreamTrack | null, still: MediaStreamTrack): void {
    this.#waiting = track;
    const show = async (): Promise<void> => {
      const now = this.#waiting ?? null;
      this.#waiting = undefined;
      if (now && !this.#producer.closed) await this.#producer.replaceTrack({ track: now });
      still.stop();
    };
    this.id.then(show).catch(() => still.stop());
  }
  close(): void {
    this.#producer.close();
  }
}

type SendSettings = Pick<mediasoup.ProducerOptions, 'encodings' | 'codecOptions'>;

/** Bits per second at full size; the layers below have a share by their pixels, and a little more. */
const CAMERA_BPS = 1_500_000;
const SCREEN_BPS = 2_500_000;
/** kbit/s. Chromium begins with 300 else, and the first seconds are mud. */
const START_KBPS = 1_000;

function sendSettings(source: TrackSource, track: MediaStreamTrack | null, video: VideoSettings): SendSettings {
  if (source === 'microphone') {
    return { codecOptions: { opusFec: true, opusDtx: true, opusNack: true } };
  }
  if (source === 'screen-audio') return { codecOptions: { opusStereo: true, opusFec: true } };
  const codecOptions = { videoGoogleStartBitrate: START_KBPS };
  if (source === 'screen') return { encodings: [{ maxBitrate: SCREEN_BPS }], codecOptions };
  if (video.simulcast === false) return { encodings: [{ maxBitrate: CAMERA_BPS }], codecOptions };
  return { encodings: simulcastLayers(track?.getSettings().width ?? video.width ?? 1280), codecOptions };
}

/** Each layer half as wide as the next: three from 960 px on, two from 480 px on. */
export function simulcastLayers(width: number): mediasoup.RtpEncodingParameters[] {
  const scale = Math.min(1, (width / 1280) ** 2);
  const full = { scaleResolutionDownBy: 1, maxBitrate: Math.max(300_000, CAMERA_BPS * scale) };
  const half = { scaleResolutionDownBy: 2, maxBitrate: Math.max(150_000, 500_000 * scale) };
  const quarter = { scaleResolutionDownBy: 4, maxBitrate: 150_000 };
  const layers = width >= 960 ? [quarter, half, full] : width >= 480 ? [half, full] : [full];
  return layers.map((layer) => ({ ...layer, maxBitrate: Math.round(layer.maxBitrate), scalabilityMode: 'L1T3' }));
}
