// One thing that we send in a call: our microphone, camera or screen. The app's wishes take effect at once on the capture
// (light off means off now); what must be told to the server is the sender's matter.

import type { Tell } from './emitter.js';
import type { MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import { asMediaError, type CallMedia } from './media.js';
import { Sender } from './sender.js';
import type { LocalSource, LocalSourceState, VideoSettings } from './types.js';

export interface SourceContext {
  readonly engine: Pick<MediaEngine, 'capture'>;
  readonly video: VideoSettings;
  /** What the person selected; null: the system's default. */
  readonly devices: { readonly selected: Readonly<Record<'microphone' | 'camera', string | null>> };
}

export type SourceEvents = {
  changed: [source: LocalSourceImpl];
  error: [error: CarillonError, source: LocalSourceImpl];
  /** A device was unplugged or taken by the system while in use. */
  'device-lost': [kind: 'microphone' | 'camera', deviceId: string | null];
};

export class LocalSourceImpl implements LocalSource {
  readonly #context: SourceContext;
  readonly #tell: Tell<SourceEvents>;
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
    context: SourceContext,
    tell: Tell<SourceEvents>,
  ) {
    this.#context = context;
    this.#tell = tell;
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
      if (wish === this.#wish) this.#failed(error);
      throw error;
    }
    await this.#use(wish, tracks);
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
    this.#tell('changed', this);
    await this.#send();
  }

  async unmute(): Promise<void> {
    if (!this.enabled) return this.enable();
    if (!this.#muted) return;
    this.#muted = false;
    for (const track of this.#tracks) track.enabled = true;
    this.#tell('changed', this);
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
      if (wish !== this.#wish || this.track) this.#tell('error', error, this);
      else this.#failed(error);
      throw error;
    }
    await this.#use(wish, tracks);
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

  /** Null: the system's default. */
  async #capture(deviceId = this.#wantedDevice): Promise<MediaStreamTrack[]> {
    const { engine, video } = this.#context;
    if (this.source === 'screen') throw new CarillonError('invalid-argument', 'not a device');
    const opened =
      this.source === 'camera'
        ? engine.capture.open({ camera: { deviceId, video } }).camera
        : engine.capture.open({ microphone: { deviceId } }).microphone;
    if (!opened) throw new CarillonError('media-unsupported', `no ${this.source} here`);
    return [await opened];
  }

  get #wantedDevice(): string | null {
    return this.#deviceId ?? (this.source === 'screen' ? null : this.#context.devices.selected[this.source]);
  }

  /** What was captured for the latest wish is what we send from now on; for an older one, it is let go. */
  async #use(wish: number, tracks: MediaStreamTrack[]): Promise<void> {
    if (wish !== this.#wish || this.#closed) return stopAll(tracks);
    this.#take(tracks);
    this.#change('on', null);
    await this.#send();
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
    this.#tell('device-lost', this.source, lost);
    const wish = ++this.#wish;
    this.#change('starting', null);
    try {
      const [next] = await Promise.all([this.#capture(null), this.#send().catch(() => undefined)]);
      await this.#use(wish, next);
    } catch (cause) {
      if (wish !== this.#wish || this.#closed) return;
      const error = new CarillonError('device-lost', `the ${this.source} is gone`, undefined, cause);
      this.#change('failed', error);
      this.#tell('error', error, this);
    }
  }

  /** There is nothing to send, nor to be expected any more: the others see that it is off. */
  #failed(error: CarillonError): void {
    this.#change('failed', error);
    this.#tell('error', error, this);
    this.#send().catch(() => undefined);
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
      this.#tell('error', error, this);
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
    this.#tell('changed', this);
  }
}

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
