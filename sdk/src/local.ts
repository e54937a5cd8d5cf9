// What we send in one call: microphone, camera, screen. The app's wishes take effect at once on the capture (light
// off means off now); what must be told to the server follows in order, and waits for the room if need be.

import { Emitter } from './emitter.js';
import type { EngineProducer, MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import { asMediaError, type CallMedia } from './media.js';
import type { MediaRoom } from './media-room.js';
import { isRoomGone } from './media-words.js';
import { QualityMark } from './quality.js';
import type {
  CallMediaOptions,
  LocalMedia,
  LocalSource,
  LocalSourceState,
  Quality,
  TrackSource,
  VideoSettings,
} from './types.js';

export type LocalEvents = {
  changed: [source: LocalSourceImpl];
  error: [error: CarillonError, source: LocalSourceImpl];
  /** A device was unplugged or taken by the system while in use. */
  'device-lost': [kind: 'microphone' | 'camera', deviceId: string | null];
  /** All that was asked for at the start was captured, or failed. */
  captured: [];
};

export interface LocalContext {
  readonly engine: Pick<MediaEngine, 'capture'>;
  readonly video: VideoSettings;
  /** What the person selected; null: the system's default. */
  readonly devices: { readonly selected: Readonly<Record<'microphone' | 'camera', string | null>> };
}

/** Keeps one producer in line with one track: new, other, none, muted. */
class Sender {
  #media: CallMedia | null = null;
  /** In which `#producer` is; it goes with it. */
  #room: MediaRoom | null = null;
  #producer: EngineProducer | null = null;
  #track: MediaStreamTrack | null = null;
  #muted = false;
  #expected = false;
  #sentTrack: MediaStreamTrack | null = null;
  /** Null: the server may or may not know. */
  #sentPaused: boolean | null = false;
  #working: Promise<void> | null = null;
  #dirty = false;
  #remake = false;

  constructor(
    readonly source: TrackSource,
    /** False: no track means no producer. True: it stays, so that the next track needs no negotiation. */
    readonly keepsProducer: boolean,
  ) {}

  set(track: MediaStreamTrack | null, muted: boolean): Promise<void> {
    this.#expected = false;
    this.#track = track;
    this.#muted = muted;
    return this.flush();
  }

  /** A track will be set in a moment: all that can be done before is done. */
  expect(): Promise<void> {
    this.#expected = true;
    return this.flush();
  }

  attach(media: CallMedia): Promise<void> {
    this.#media = media;
    return this.flush();
  }

  /** Sends the same anew, as things are now. */
  remake(): Promise<void> {
    this.#remake = true;
    return this.flush();
  }

  /** One worker at a time; a change meanwhile makes it go round again. */
  flush(): Promise<void> {
    this.#dirty = true;
    this.#working ??= this.#work();
    return this.#working;
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // So that `#working` is set before it can be taken away.
    try {
      await this.#untilDone();
    } finally {
      this.#working = null;
    }
  }

  async #untilDone(): Promise<void> {
    while (this.#dirty) {
      this.#dirty = false;
      const media = this.#media;
      if (!media || media.closed) return;
      try {
        await this.#step(media);
      } catch (error) {
        // The producer is in doubt: let it go, so that the next wish makes a new one.
        this.#producer?.close();
        this.#producer = null;
        if (media.closed) return;
        if (!(await media.replaced(this.#room))) throw error;
        this.#dirty = true; // It failed with its room: once more, in the next.
      }
    }
  }

  async #step(media: CallMedia): Promise<void> {
    // The wish is read after the wait: by then it may be another one.
    const room = await media.canSend();
    if (room !== this.#room) {
      this.#room = room;
      this.#producer = null;
    }
    const track = this.#track;
    const expected = this.#expected && media.canPrepare;
    const paused = this.#muted || !(track || expected);
    if (!this.#producer) {
      this.#remake = false;
      if (!track && !expected) return;
      this.#sentTrack = track;
      this.#sentPaused = paused;
      await this.#produce(media, room, track, paused);
      return;
    }
    const producer = this.#producer;
    if (this.#remake) {
      this.#remake = false;
      this.#producer = null;
      this.#sentTrack = track;
      this.#sentPaused = paused;
      try {
        // The new one first, so that the others see one of the two at any time.
        if (track) await this.#produce(media, room, track, paused);
      } finally {
        await room.closeProducer(producer);
      }
      return;
    }
    if (!track && !this.keepsProducer) {
      this.#producer = null;
      await room.closeProducer(producer);
      return;
    }
    if (track !== this.#sentTrack) {
      this.#sentTrack = track;
      await producer.replaceTrack(track);
    }
    if (paused !== this.#sentPaused) {
      this.#sentPaused = paused;
      try {
        await room.setProducerPaused(producer, paused);
      } catch (error) {
        if (!isOffline(error)) throw error;
        this.#sentPaused = null; // Said again when the connection is back: flush().
      }
    }
  }

  async #produce(media: CallMedia, room: MediaRoom, track: MediaStreamTrack | null, paused: boolean): Promise<void> {
    this.#producer = await media.produce(room, this.source, track, paused);
    try {
      await this.#producer.id;
    } catch (error) {
      if (!isRefusal(error) || isRoomGone(error) || media.closed || track?.readyState === 'ended') throw error;
      this.#producer.close();
      this.#producer = await media.produce(room, this.source, track, paused);
      await this.#producer.id;
    }
  }
}

/** A refusal that may come of an answer lost before: then the same is refused the second time, and another is not. */
function isRefusal(error: unknown): boolean {
  return error instanceof CarillonError && error.status !== undefined;
}

function isOffline(error: unknown): boolean {
  return (
    error instanceof CarillonError &&
    error.status === undefined &&
    (error.code === 'timeout' || error.code === 'disconnected')
  );
}

export class LocalSourceImpl implements LocalSource {
  readonly #context: LocalContext;
  readonly #events: LocalMediaImpl;
  readonly #main: Sender;
  /** The sound of a screen. */
  readonly #extra: Sender | null;
  #tracks: MediaStreamTrack[] = [];
  #state: LocalSourceState = 'off';
  #muted = false;
  #error: CarillonError | null = null;
  #deviceId: string | null = null;
  #hasMedia = false;
  #closed = false;
  /** Grows with each wish about the capture, so that a late capture for an older one is let go. */
  #wish = 0;

  constructor(
    readonly source: 'microphone' | 'camera' | 'screen',
    context: LocalContext,
    events: LocalMediaImpl,
  ) {
    this.#context = context;
    this.#events = events;
    this.#main = new Sender(source, source !== 'screen');
    this.#extra = source === 'screen' ? new Sender('screen-audio', false) : null;
  }

  get state(): LocalSourceState {
    return this.#state;
  }
  get enabled(): boolean {
    return this.#state === 'on' || this.#state === 'starting';
  }
  get muted(): boolean {
    return this.#muted;
  }
  get track(): MediaStreamTrack | null {
    return this.#tracks[0] ?? null;
  }
  get deviceId(): string | null {
    return this.track && this.source !== 'screen' ? (this.track.getSettings().deviceId ?? this.#deviceId) : null;
  }
  get error(): CarillonError | null {
    return this.#error;
  }

  async enable(options: { deviceId?: string; audio?: boolean } = {}): Promise<void> {
    if (this.#closed) throw new CarillonError('call-ended', 'the call is over');
    if (options.deviceId !== undefined) this.#deviceId = options.deviceId;
    if (this.#state === 'on') {
      if (options.deviceId !== undefined) await this.switchDevice(options.deviceId);
      return;
    }
    const opened =
      this.source === 'screen'
        ? this.#context.engine.capture.openScreen({ audio: options.audio ?? false })
        : this.#capture();
    await this.start(opened);
  }

  /** Takes what is being captured as ours. Rejects if the capture fails. */
  async start(capturing: Promise<MediaStreamTrack[]>): Promise<void> {
    const wish = ++this.#wish;
    this.#muted = false;
    this.#change('starting', null);
    if (this.source === 'camera' && this.#context.engine.capture.mayOpen('camera')) this.#prepare();
    let tracks: MediaStreamTrack[];
    try {
      tracks = await capturing;
    } catch (cause) {
      const error = asCaptureError(cause);
      if (wish === this.#wish) {
        this.#change('failed', error);
        this.#events.report(error, this);
        this.#send().catch(() => undefined); // Nothing is to be expected any more.
      }
      throw error;
    }
    if (wish !== this.#wish || this.#closed) {
      stopAll(tracks);
      return;
    }
    this.#take(tracks);
    this.#change('on', null);
    await this.#send();
  }

  async disable(): Promise<void> {
    this.#wish++;
    this.#drop();
    this.#change('off', null);
    await this.#send();
  }

  async mute(): Promise<void> {
    if (this.#muted) return;
    this.#muted = true;
    for (const track of this.#tracks) track.enabled = false;
    this.#events.tell(this);
    await this.#send();
  }

  async unmute(): Promise<void> {
    if (!this.enabled) return this.enable();
    if (!this.#muted) return;
    this.#muted = false;
    for (const track of this.#tracks) track.enabled = true;
    this.#events.tell(this);
    await this.#send();
  }

  async switchDevice(deviceId: string | null): Promise<void> {
    if (this.source === 'screen') {
      throw new CarillonError('invalid-argument', 'a screen has no device to switch');
    }
    this.#deviceId = deviceId;
    if (!this.enabled || (deviceId !== null && this.deviceId === deviceId)) return;
    const wish = ++this.#wish;
    let tracks: MediaStreamTrack[];
    try {
      tracks = await this.#captureBesideOld();
    } catch (cause) {
      const error = asCaptureError(cause);
      if (wish === this.#wish && !this.track) this.#change('failed', error);
      this.#events.report(error, this);
      throw error;
    }
    if (wish !== this.#wish || this.#closed) {
      stopAll(tracks);
      return;
    }
    this.#take(tracks);
    this.#change('on', null);
    await this.#send();
  }

  attach(element: HTMLMediaElement): () => void {
    const { track } = this;
    if (!track) return () => undefined;
    return this.#context.engine.capture.attach(element, track, { silent: true });
  }

  /** The room can be reached from now on. */
  attachMedia(media: CallMedia): void {
    this.#hasMedia = true;
    for (const sender of this.#senders()) {
      this.#watch(sender.attach(media)).catch(() => undefined); // Told by an event.
    }
  }

  /** Says again what may not have been heard. */
  resend(): void {
    if (!this.#hasMedia) return;
    for (const sender of this.#senders()) this.#watch(sender.flush()).catch(() => undefined);
  }

  /** The call became a group: what is sent from now on is made for many. */
  remake(): void {
    if (this.#hasMedia) this.#watch(this.#main.remake()).catch(() => undefined); // Told by an event.
  }

  close(): void {
    this.#closed = true;
    this.#wish++;
    this.#drop();
    this.#state = 'off';
  }

  /** Some devices open one camera at a time: then the old one must go first. */
  async #captureBesideOld(): Promise<MediaStreamTrack[]> {
    try {
      return await this.#capture();
    } catch (error) {
      if (!(error instanceof CarillonError) || error.code !== 'device-busy' || !this.track) throw error;
      this.#drop();
      return this.#capture();
    }
  }

  async #capture(): Promise<MediaStreamTrack[]> {
    const { engine, video, devices } = this.#context;
    if (this.source === 'screen') throw new CarillonError('invalid-argument', 'not a device');
    const deviceId = this.#deviceId ?? devices.selected[this.source];
    const opened =
      this.source === 'camera'
        ? engine.capture.open({ camera: { deviceId, video } }).camera
        : engine.capture.open({ microphone: { deviceId } }).microphone;
    if (!opened) throw new CarillonError('media-unsupported', `no ${this.source} here`);
    return [await opened];
  }

  #take(tracks: MediaStreamTrack[]): void {
    this.#drop();
    this.#tracks = tracks;
    for (const track of tracks) {
      if (this.#muted) track.enabled = false;
      track.onended = () => {
        if (this.#tracks.includes(track)) void this.#handleEnded(track);
      };
    }
  }

  /** The system took it away. We did not stop it: then `onended` is not called. */
  async #handleEnded(track: MediaStreamTrack): Promise<void> {
    if (this.source === 'screen') {
      // The browser's own "stop sharing" button; the sound alone may end too.
      if (track === this.track) await this.disable().catch(() => undefined);
      return;
    }
    const lost = this.deviceId;
    this.#drop();
    this.#deviceId = null;
    this.#events.emitDeviceLost(this.source, lost);
    const wish = ++this.#wish;
    this.#change('starting', null);
    try {
      const [next] = await Promise.all([this.#captureDefault(), this.#send().catch(() => undefined)]);
      if (wish !== this.#wish || this.#closed) return stopAll(next);
      this.#take(next);
      this.#change('on', null);
      await this.#send();
    } catch (cause) {
      if (wish !== this.#wish || this.#closed) return;
      const error = new CarillonError('device-lost', `the ${this.source} is gone`, undefined, cause);
      this.#change('failed', error);
      this.#events.report(error, this);
    }
  }

  #captureDefault(): Promise<MediaStreamTrack[]> {
    const { engine, video } = this.#context;
    const opened =
      this.source === 'camera'
        ? engine.capture.open({ camera: { deviceId: null, video } }).camera
        : engine.capture.open({ microphone: { deviceId: null } }).microphone;
    return opened
      ? opened.then((track) => [track])
      : Promise.reject(new CarillonError('device-not-found', 'none left'));
  }

  #drop(): void {
    const tracks = this.#tracks;
    this.#tracks = [];
    stopAll(tracks);
  }

  /** Brings the producers in line. Resolves when the server knows, or at once while there is no room yet. */
  #send(): Promise<void> {
    const [main, extra] = this.#tracks;
    const all = [this.#main.set(main ?? null, this.#muted)];
    if (this.#extra) all.push(this.#extra.set(extra ?? null, this.#muted));
    const sent = Promise.all(all).then(() => undefined);
    return this.#hasMedia ? this.#watch(sent) : Promise.resolve();
  }

  /** The producer is made while the camera starts, so that only the picture is missing then. */
  #prepare(): void {
    const prepared = this.#main.expect();
    if (this.#hasMedia) this.#watch(prepared).catch(() => undefined);
    else prepared.catch(() => undefined);
  }

  #watch(sent: Promise<void>): Promise<void> {
    return sent.catch((cause: unknown) => {
      if (this.#closed) return;
      const error = asMediaError(cause, `the ${this.source} cannot be sent`);
      this.#drop();
      this.#change('failed', error);
      this.#events.report(error, this);
      throw error;
    });
  }

  #senders(): Sender[] {
    return this.#extra ? [this.#main, this.#extra] : [this.#main];
  }

  #change(state: LocalSourceState, error: CarillonError | null): void {
    if (this.#closed) return;
    this.#state = state;
    this.#error = error;
    this.#events.tell(this);
  }
}

export class LocalMediaImpl extends Emitter<LocalEvents> implements LocalMedia {
  readonly microphone: LocalSourceImpl;
  readonly camera: LocalSourceImpl;
  readonly screen: LocalSourceImpl;
  readonly mark = new QualityMark();
  speaking = false;
  /** When all that `open()` asked for was there or had failed, by `performance.now()`. */
  capturedAt: number | null = null;
  readonly #context: LocalContext;
  #media: CallMedia | null = null;

  constructor(context: LocalContext) {
    super();
    this.#context = context;
    this.microphone = new LocalSourceImpl('microphone', context, this);
    this.camera = new LocalSourceImpl('camera', context, this);
    this.screen = new LocalSourceImpl('screen', context, this);
  }

  get quality(): Quality {
    return this.mark.quality;
  }
  get sources(): readonly LocalSourceImpl[] {
    return [this.microphone, this.camera, this.screen];
  }

  /** Opens what a call starts with, both in one go so that the person is asked once. Failures are events. */
  open({ audio = true, video = false }: CallMediaOptions): void {
    const { engine, devices, video: settings } = this.#context;
    const { selected } = devices;
    const opened = engine.capture.open({
      ...(audio && { microphone: { deviceId: selected.microphone } }),
      ...(video && { camera: { deviceId: selected.camera, video: settings } }),
    });
    const { microphone, camera } = opened;
    if (microphone) this.microphone.start(one(microphone)).catch(ignoreTold);
    if (camera) this.camera.start(one(camera)).catch(ignoreTold);
    const all = [microphone, camera].filter((opening) => opening !== undefined);
    void Promise.allSettled(all).then(() => {
      this.capturedAt = performance.now();
      this.emit('captured');
    });
  }

  attachMedia(media: CallMedia): void {
    if (this.#media) return;
    this.#media = media;
    for (const source of this.sources) source.attachMedia(media);
  }

  /** The signalling connection is back, or the room is another one. The pictures first: they take longest to come. */
  resend(): void {
    for (const source of [this.camera, this.screen, this.microphone]) source.resend();
  }

  close(): void {
    for (const source of this.sources) source.close();
    this.clearListeners();
  }

  // For the sources.
  tell(source: LocalSourceImpl): void {
    this.emit('changed', source);
  }
  report(error: CarillonError, source: LocalSourceImpl): void {
    this.emit('error', error, source);
  }
  emitDeviceLost(kind: 'microphone' | 'camera', deviceId: string | null): void {
    this.emit('device-lost', kind, deviceId);
  }
}

async function one(opening: Promise<MediaStreamTrack>): Promise<MediaStreamTrack[]> {
  return [await opening];
}

/** An event has told of it. */
function ignoreTold(): void {}

function stopAll(tracks: readonly MediaStreamTrack[]): void {
  for (const track of tracks) {
    track.onended = null;
    track.stop();
  }
}

function asCaptureError(cause: unknown): CarillonError {
  return cause instanceof CarillonError
    ? cause
    : new CarillonError('device-busy', 'the capture failed', undefined, cause);
}
