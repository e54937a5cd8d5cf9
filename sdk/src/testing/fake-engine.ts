// A MediaEngine without a browser: nothing is captured and nothing flows, but all happens in the order of the real one,
// and tests can make it fail, lose its network and unplug its devices.

import type { types as mediasoup } from 'mediasoup-client';
import { Emitter } from '../emitter.js';
import type {
  AttachOptions,
  CaptureEngine,
  CaptureOptions,
  EngineConsumeOptions,
  EngineConsumer,
  EngineDevice,
  EngineProduceOptions,
  EngineProducer,
  EngineTransport,
  EngineTransportEvents,
  EngineTransportOptions,
  EngineTransportState,
  MediaEngine,
} from '../engine.js';
import { CarillonError, type CarillonErrorCode } from '../errors.js';
import type { StreamStats, TrackSource, TransportStats } from '../types.js';

let nextTrack = 1;

/** A track that is nothing but its own state. */
export class FakeTrack extends EventTarget implements MediaStreamTrack {
  readonly id = `track-${nextTrack++}`;
  contentHint = '';
  enabled = true;
  readonly muted = false;
  readyState: MediaStreamTrackState = 'live';
  onended: ((event: Event) => unknown) | null = null;
  onmute: ((event: Event) => unknown) | null = null;
  onunmute: ((event: Event) => unknown) | null = null;

  constructor(
    readonly kind: 'audio' | 'video',
    readonly deviceId = '',
    readonly label = deviceId,
  ) {
    super();
  }

  stop(): void {
    this.readyState = 'ended';
  }
  /** The device is gone, or the system took it: unlike stop(), this is told. */
  end(): void {
    if (this.readyState === 'ended') return;
    this.readyState = 'ended';
    this.onended?.(new Event('ended'));
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }
  getCapabilities(): MediaTrackCapabilities {
    return {};
  }
  getConstraints(): MediaTrackConstraints {
    return {};
  }
  async applyConstraints(): Promise<void> {}
  clone(): FakeTrack {
    return new FakeTrack(this.kind, this.deviceId, this.label);
  }
}

export class FakeProducer implements EngineProducer {
  paused: boolean;
  closed = false;

  constructor(
    readonly id: Promise<string>,
    readonly source: TrackSource,
    public track: MediaStreamTrack | null,
    paused: boolean,
    readonly simulcast: boolean,
  ) {
    this.paused = paused;
    id.catch(() => (this.closed = true));
  }

  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
  }
  close(): void {
    this.closed = true;
  }
}

export class FakeTransport extends Emitter<EngineTransportEvents> implements EngineTransport {
  state: EngineTransportState = 'new';
  readonly producers: FakeProducer[] = [];
  readonly consumers: EngineConsumer[] = [];
  readonly restarts: mediasoup.IceParameters[] = [];
  /** What getStats() tells of streams. */
  streams: StreamStats[] = [];
  /** What comes in between two looks; 0: nothing. */
  bytesPerLook = 0;
  #bytes = 0;
  roundTripMs: number | null = 20;
  readonly #engine: FakeEngine;
  readonly #options: EngineTransportOptions;

  constructor(engine: FakeEngine, options: EngineTransportOptions) {
    super();
    this.#engine = engine;
    this.#options = options;
  }

  get id(): string {
    return this.#options.transport.id;
  }
  get direction(): 'send' | 'recv' {
    return this.#options.direction;
  }

  async produce({ track, source, paused, video }: EngineProduceOptions): Promise<EngineProducer> {
    if (this.state === 'closed') throw new Error('the transport is closed');
    if (track?.readyState === 'ended') throw new Error('the track ended');
    await this.#negotiate();
    const kind = source === 'microphone' || source === 'screen-audio' ? 'audio' : 'video';
    const rtpParameters = { codecs: [], headerExtensions: [], encodings: [], rtcp: {} };
    const id = this.#options.produce({ kind, rtpParameters, source, paused });
    const producer = new FakeProducer(id, source, track, paused, video.simulcast === true);
    this.producers.push(producer);
    return producer;
  }

  async consume({ id, kind }: EngineConsumeOptions): Promise<EngineConsumer> {
    if (this.state === 'closed') throw new Error('the transport is closed');
    if (this.#engine.consumeFails) throw new Error('no such codec');
    await this.#negotiate();
    const consumer = { id, track: new FakeTrack(kind), close: () => consumer.track.stop() };
    this.consumers.push(consumer);
    return consumer;
  }

  async restartIce(iceParameters: mediasoup.IceParameters): Promise<void> {
    this.restarts.push(iceParameters);
    if (this.#engine.connects) setTimeout(() => this.setState('connected'), 0);
  }

  async getStats(): Promise<TransportStats> {
    const { state, roundTripMs, streams } = this;
    const bytes = (this.#bytes += this.bytesPerLook);
    const path = { availableBitrateBps: null, protocol: 'udp', relayed: false };
    return { state, roundTripMs, streams, bytes, bytesReceived: bytes, ...path };
  }

  close(): void {
    this.state = 'closed';
    this.clearListeners();
    for (const producer of this.producers) producer.close();
    for (const consumer of this.consumers) consumer.close();
  }

  setState(state: EngineTransportState): void {
    if (this.state === 'closed' || this.state === state) return;
    this.state = state;
    if (state === 'connected') {
      this.emit('timing', 'iceConnected');
      this.emit('timing', 'dtlsConnected');
    }
    this.emit('state', state);
  }

  /** As in a browser: SDP takes a moment, and the first track makes the path. */
  async #negotiate(): Promise<void> {
    await Promise.resolve();
    if (this.state !== 'new') return;
    this.setState('connecting');
    void this.#options.connect({ role: 'client', fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] }).then(
      () => this.#engine.connects && setTimeout(() => this.setState('connected'), 0),
      () => this.setState('failed'),
    );
  }
}

/** What was attached where, and not yet taken out. */
export interface FakeAttachment {
  element: HTMLMediaElement;
  track: MediaStreamTrack;
  options: AttachOptions;
}

export class FakeCapture implements CaptureEngine {
  canShareScreen = true;
  canSelectSpeaker = true;
  /** All that was ever captured, the latest last. */
  readonly tracks: FakeTrack[] = [];
  readonly attachments: FakeAttachment[] = [];
  speakerId: string | null = null;
  /** How each source fails next, until taken away. */
  readonly failures = new Map<'microphone' | 'camera' | 'screen', CarillonErrorCode>();
  /** How long each capture takes. */
  delayMs = 0;
  list: EngineDevice[] = [
    { kind: 'microphone', deviceId: 'mic-1', label: 'Built-in microphone' },
    { kind: 'microphone', deviceId: 'mic-2', label: 'Headset' },
    { kind: 'camera', deviceId: 'cam-1', label: 'Built-in camera' },
    { kind: 'camera', deviceId: 'cam-2', label: 'USB camera' },
    { kind: 'speaker', deviceId: 'spk-1', label: 'Speakers' },
  ];
  readonly #listeners = new Set<() => void>();

  get live(): FakeTrack[] {
    return this.tracks.filter((track) => track.readyState === 'live');
  }

  /** Whether the person has allowed it for good. */
  allowed = false;
  mayOpen(): boolean {
    return this.allowed;
  }

  open({ microphone, camera }: CaptureOptions): {
    microphone?: Promise<MediaStreamTrack>;
    camera?: Promise<MediaStreamTrack>;
  } {
    return {
      ...(microphone && { microphone: this.#one('microphone', microphone.deviceId) }),
      ...(camera && { camera: this.#one('camera', camera.deviceId) }),
    };
  }

  async openScreen({ audio }: { audio: boolean }): Promise<MediaStreamTrack[]> {
    await this.#wait();
    this.#mayFail('screen');
    const tracks = [new FakeTrack('video', 'screen')];
    if (audio) tracks.push(new FakeTrack('audio', 'screen'));
    this.tracks.push(...tracks);
    return tracks;
  }

  async devices(): Promise<EngineDevice[]> {
    return [...this.list];
  }

  onDeviceChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  attach(element: HTMLMediaElement, track: MediaStreamTrack, options: AttachOptions): () => void {
    const attachment = { element, track, options };
    this.attachments.push(attachment);
    return () => {
      const at = this.attachments.indexOf(attachment);
      if (at >= 0) this.attachments.splice(at, 1);
    };
  }

  async setSpeaker(deviceId: string | null): Promise<void> {
    this.speakerId = deviceId;
  }

  /** Takes a device away, in use or not. */
  unplug(deviceId: string): void {
    this.list = this.list.filter((device) => device.deviceId !== deviceId);
    for (const track of this.live) if (track.deviceId === deviceId) track.end();
    this.#changed();
  }

  plug(device: EngineDevice): void {
    this.list = [...this.list, device];
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async #one(source: 'microphone' | 'camera', deviceId: string | null): Promise<FakeTrack> {
    await this.#wait();
    this.#mayFail(source);
    const device = this.list.find(
      ({ kind, deviceId: id }) => kind === source && (deviceId === null || id === deviceId),
    );
    if (!device) throw new CarillonError('device-not-found', `no ${source}`);
    const kind = source === 'camera' ? 'video' : 'audio';
    const track = new FakeTrack(kind, device.deviceId, device.label);
    this.tracks.push(track);
    return track;
  }

  async #wait(): Promise<void> {
    if (this.delayMs > 0) await new Promise((done) => setTimeout(done, this.delayMs));
  }

  #mayFail(source: 'microphone' | 'camera' | 'screen'): void {
    const code = this.failures.get(source);
    if (code) throw new CarillonError(code, `${source}: ${code}`);
  }
}

export class FakeEngine implements MediaEngine {
  readonly capture = new FakeCapture();
  readonly rtpCapabilities: mediasoup.RtpCapabilities = { codecs: [], headerExtensions: [] };
  readonly transports: FakeTransport[] = [];
  loaded = false;
  /** How often the capabilities were loaded. */
  loads = 0;
  /** Does a path that is made also connect? */
  connects = true;
  consumeFails = false;
  loadFails = false;
  readonly #network = new Set<(what: 'changed' | 'doubtful') => void>();
  readonly #page = new Set<(what: 'leave' | 'return') => void>();

  async load(): Promise<void> {
    this.loads++;
    await Promise.resolve();
    if (this.loadFails) throw new CarillonError('media-unsupported', 'no WebRTC here');
    this.loaded = true;
  }

  createTransport(options: EngineTransportOptions): EngineTransport {
    const transport = new FakeTransport(this, options);
    this.transports.push(transport);
    return transport;
  }

  onNetwork(listener: (what: 'changed' | 'doubtful') => void): () => void {
    this.#network.add(listener);
    return () => this.#network.delete(listener);
  }
  onPage(listener: (what: 'leave' | 'return') => void): () => void {
    this.#page.add(listener);
    return () => this.#page.delete(listener);
  }

  /** The latest transport of a direction. */
  transport(direction: 'send' | 'recv'): FakeTransport {
    const found = this.transports.findLast((transport) => transport.direction === direction);
    if (!found) throw new Error(`no ${direction} transport was made`);
    return found;
  }
  /** The latest producer of a source. */
  producer(source: TrackSource): FakeProducer | undefined {
    return this.transports
      .flatMap((transport) => transport.producers)
      .findLast((producer) => producer.source === source);
  }

  changeNetwork(what: 'changed' | 'doubtful' = 'changed'): void {
    for (const listener of this.#network) listener(what);
  }
  page(what: 'leave' | 'return'): void {
    for (const listener of this.#page) listener(what);
  }
}
