// The media of one call in one room of the server: two transports, what we send over the one, what comes in over the
// other. Speaks the media methods of the wire and drives the engine. When the server puts another room in the place of
// this one, media.ts lets it go and makes a new one; nothing here outlives its room.
// Order matters for speed: the three requests that open the room leave in one burst, and nothing waits that need not.

import type { RequestOptions } from './connection.js';
import { Emitter } from './emitter.js';
import type {
  EngineConsumer,
  EngineProducer,
  EngineProduceOptions,
  EngineProduceParameters,
  EngineTransport,
  EngineTransportState,
  MediaEngine,
} from './engine.js';
import { CarillonError } from './errors.js';
import { asMediaError, Deferred, isRoomGone, normalized, soon, sourceOf, worst } from './media-words.js';
import type {
  ClientMethod,
  ClientRequests,
  MediaMethod,
  MediaNotifications,
  ServerRequests,
  WireDevice,
  WireIceServer,
  WireMediaState,
  WirePeer,
  WireTransport,
} from './protocol.js';
import { LOOK_MS, Silence } from './silence.js';
import type { CallTimings, TrackSource, TransportStats, VideoSettings } from './types.js';

export interface MediaLink {
  readonly callId: string;
  request<M extends ClientMethod>(
    method: M,
    data: ClientRequests[M]['data'],
    options?: RequestOptions,
  ): Promise<ClientRequests[M]['response']>;
  /** Loads the engine with the router's capabilities; at once if that was done before. */
  loadEngine(): Promise<void>;
  /** Media has gone where there was some: find out whether the signalling has, too. */
  doubtNetwork(): unknown;
  readonly engine: MediaEngine;
  readonly iceServers: WireIceServer[];
  readonly device: WireDevice | undefined;
  readonly video: VideoSettings;
}

/** A track of another peer. */
export interface IncomingTrack {
  consumerId: string;
  peerId: string;
  source: TrackSource;
  track: MediaStreamTrack;
  muted: boolean;
  score: number | null;
}

export type RoomEvents = {
  'track-added': [track: IncomingTrack];
  'track-removed': [consumerId: string];
  'track-muted': [consumerId: string, muted: boolean];
  'track-score': [consumerId: string, score: number];
  /** Ours, as the server receives it. */
  'own-score': [score: number];
  peer: [peer: WirePeer];
  'peer-gone': [peerId: string];
  'active-speaker': [peerId: string | null];
  /** `ready` or `lost` may have changed. */
  changed: [];
  timing: [step: keyof CallTimings];
  error: [error: CarillonError];
  /** There is something to send over. */
  sendable: [];
  /** The server has no such room or transport any more, and has not said so yet. */
  doubtful: [];
};

type Direction = 'send' | 'recv';

/** A request that opens the room, without an answer. */
interface Asking {
  answer: Promise<unknown>;
  abort: AbortController;
}
export type Unanswered = Map<Direction | 'join', Asking>;

/** A path that is `disconnected` often heals by itself within a second; a restart then only costs. */
const DISCONNECTED_PATIENCE_MS = 1_000;
/** After a restart of ICE, the time to connect before the next one; doubles up to the second. */
const RESTART_FIRST_MS = 4_000;
const RESTART_MAX_MS = 30_000;
/** What the room before asked gets an answer within this time, or is asked again. */
const UNANSWERED_MS = 1_000;
/** Restarts in vain after which the app is told. */
const RESTARTS_BEFORE_TELLING = 3;

interface Path {
  direction: Direction;
  transport: EngineTransport;
  timer: ReturnType<typeof setTimeout> | undefined;
  restarts: number;
  restarting: boolean;
}

export class MediaRoom extends Emitter<RoomEvents> {
  readonly #link: MediaLink;
  /**
   * It takes the place of another one. What that one asked and has no answer to will be answered about the room that is
   * there then, which is this one: asked again, it would be there twice. Null: it is the first.
   */
  readonly #before: Unanswered | null;
  readonly #unanswered: Unanswered = new Map();
  readonly #paths: Partial<Record<Direction, Path>> = {};
  readonly #transports: Record<Direction, Deferred<EngineTransport>> = { send: new Deferred(), recv: new Deferred() };
  /** Those that the server has made for us. */
  readonly #transportIds = new Set<string>();
  readonly #consumers = new Map<string, EngineConsumer>();
  /** Being set up: a repeated announcement waits for the same. */
  readonly #consuming = new Map<string, Promise<void>>();
  readonly #producerIds = new Set<string>();
  /** Produce requests without an answer. */
  readonly #announcing = new Set<Promise<unknown>>();
  /** Ends what is under way when the room is let go: it must not be said again to another room. */
  readonly #abort = new AbortController();
  readonly #silence = new Silence();
  #lookTimer: ReturnType<typeof setInterval> | undefined;
  #joined = false;
  #closed = false;
  #signalling: boolean;

  constructor(link: MediaLink, { before, signalling }: { before: Unanswered | null; signalling: boolean }) {
    super();
    this.#link = link;
    this.#before = before;
    this.#signalling = signalling;
  }

  get closed(): boolean {
    return this.#closed;
  }
  get joined(): boolean {
    return this.#joined;
  }
  /** Something is sent or received, or is about to be. */
  get used(): boolean {
    return this.#states().length > 0;
  }
  get flowing(): boolean {
    return this.#states().includes('connected');
  }
  /** A path that stood is gone, and is being mended. */
  get lost(): boolean {
    return this.#states().some((state) => state === 'disconnected' || state === 'failed');
  }

  /** Opens both transports and joins. Rejects if the server refuses. */
  async open(): Promise<void> {
    const { callId } = this.#link;
    // All three in this very tick, if the engine is loaded: the server answers them in order, after one round trip.
    const send = this.#createTransport('send');
    const recv = this.#createTransport('recv');
    const join = this.#link.engine.loaded ? this.#join() : this.#link.loadEngine().then(() => this.#join());
    try {
      const [{ peers }] = await Promise.all([join, send, recv]);
      if (this.#closed) return;
      this.#joined = true;
      this.emit('timing', 'transportReady');
      for (const peer of peers ?? []) this.emit('peer', peer);
      this.emit('changed');
    } catch (cause) {
      const error = asMediaError(cause, `cannot join the room of call ${callId}`);
      this.#transports.send.reject(error);
      this.#transports.recv.reject(error);
      throw error;
    }
  }

  async #createTransport(direction: Direction): Promise<void> {
    const { callId, engine, iceServers } = this.#link;
    const answer = await this.#opening(direction, 'createWebRtcTransport', {
      callId,
      forceTcp: false,
      producing: direction === 'send',
      consuming: direction === 'recv',
    });
    this.#transportIds.add(answer.id);
    await this.#link.loadEngine();
    if (this.#closed) return;
    const transport = engine.createTransport({
      direction,
      transport: normalized(answer),
      iceServers,
      connect: (dtlsParameters) => this.#connect(answer, dtlsParameters),
      produce: (parameters) => this.#announce(answer.id, parameters),
    });
    const path: Path = { direction, transport, timer: undefined, restarts: 0, restarting: false };
    this.#paths[direction] = path;
    transport.on('state', (state) => this.#handleTransportState(path, state));
    transport.on('timing', (step) => this.emit('timing', step));
    this.#transports[direction].resolve(transport);
    if (direction === 'send') this.emit('sendable');
  }

  async #join(): Promise<ClientRequests['join']['response']> {
    const { callId, device, engine } = this.#link;
    const data = { callId, ...(device && { device }), rtpCapabilities: engine.rtpCapabilities };
    try {
      return await this.#opening('join', 'join', data, { refusedTwiceIsDone: true });
    } catch (error) {
      // The join of the room before was heard in this one, and its answer was lost.
      if (this.#before && error instanceof CarillonError && error.code === 'conflict') return { peers: [] };
      throw error;
    }
  }

  async #opening<M extends ClientMethod>(
    step: Direction | 'join',
    method: M,
    data: ClientRequests[M]['data'],
    options: RequestOptions = {},
  ): Promise<ClientRequests[M]['response']> {
    const asked = this.#before?.get(step);
    if (asked) {
      this.#unanswered.set(step, asked);
      try {
        return (await soon(asked.answer, UNANSWERED_MS)) as ClientRequests[M]['response'];
      } catch (error) {
        if (this.#closed) throw error;
        asked.abort.abort(roomOver());
      } finally {
        if (this.#unanswered.get(step) === asked) this.#unanswered.delete(step);
      }
    }
    const abort = new AbortController();
    const answer = this.#link.request(method, data, { ...options, signal: abort.signal });
    const asking = { answer, abort };
    this.#unanswered.set(step, asking);
    try {
      return await answer;
    } finally {
      if (this.#unanswered.get(step) === asking) this.#unanswered.delete(step);
    }
  }

  /** For the room that takes the place of this one. */
  takeUnanswered(): Unanswered {
    const unanswered = new Map(this.#unanswered);
    this.#unanswered.clear();
    return unanswered;
  }

  async #connect(
    transport: WireTransport,
    dtlsParameters: ClientRequests['connectWebRtcTransport']['data']['dtlsParameters'],
  ): Promise<void> {
    const { callId } = this.#link;
    const data = { callId, transportId: transport.id, dtlsParameters };
    await this.#ask('connectWebRtcTransport', data, { refusedTwiceIsDone: true });
  }

  async #announce(transportId: string, parameters: EngineProduceParameters): Promise<string> {
    const { source, ...rest } = parameters;
    const appData = source.startsWith('screen')
      ? { source: 'screensharing', share: true }
      : { source: parameters.kind };
    const data = { callId: this.#link.callId, transportId, ...rest, appData };
    const announcing = this.#ask('produce', data);
    this.#announcing.add(announcing);
    try {
      const { id } = await announcing;
      this.#producerIds.add(id);
      return id;
    } finally {
      this.#announcing.delete(announcing);
      if (this.#announcing.size === 0 && this.#producerIds.size > 0) this.emit('timing', 'produced');
    }
  }

  /** Begins to send a track. The producer is there before the server has answered; its `id` tells of that. */
  async produce(options: EngineProduceOptions): Promise<EngineProducer> {
    const transport = await this.#transports.send.promise;
    return transport.produce(options);
  }

  async setProducerPaused(producer: EngineProducer, paused: boolean): Promise<void> {
    if (paused) producer.pause();
    else producer.resume();
    const data = { callId: this.#link.callId, producerId: await producer.id };
    await this.#ask(paused ? 'pauseProducer' : 'resumeProducer', data);
  }

  async closeProducer(producer: EngineProducer): Promise<void> {
    producer.close();
    const producerId = await producer.id;
    this.#producerIds.delete(producerId);
    await this.#ask('closeProducer', { callId: this.#link.callId, producerId });
  }

  async setPreferredLayers(consumerId: string, spatialLayer: number, temporalLayer?: number): Promise<void> {
    const layers = { spatialLayer, ...(temporalLayer !== undefined && { temporalLayer }) };
    await this.#request('setConsumerPreferredLayers', { callId: this.#link.callId, consumerId, ...layers });
  }

  async setConsumerEnabled(consumerId: string, enabled: boolean): Promise<void> {
    const data = { callId: this.#link.callId, consumerId };
    await this.#request(enabled ? 'resumeConsumer' : 'pauseConsumer', data);
  }

  /** A track for us. The answer lets it flow, so it is given when the browser is ready for the first packet. */
  async handleNewConsumer(data: ServerRequests['newConsumer']): Promise<void> {
    if (this.#consumers.has(data.id)) return;
    let consuming = this.#consuming.get(data.id);
    if (!consuming) {
      consuming = this.#consume(data).finally(() => this.#consuming.delete(data.id));
      this.#consuming.set(data.id, consuming);
    }
    await consuming;
  }

  async #consume(data: ServerRequests['newConsumer']): Promise<void> {
    const transport = await this.#transports.recv.promise;
    const { id, producerId, kind, rtpParameters, peerId, appData } = data;
    const source = sourceOf(kind, appData);
    const streamId = `${peerId}-${source.startsWith('screen') ? 'screen' : 'person'}`;
    const consumer = await transport.consume({ id, producerId, kind, rtpParameters, streamId });
    if (this.#closed) {
      consumer.close();
      return;
    }
    this.#consumers.set(id, consumer);
    this.emit('timing', 'firstTrack');
    this.emit('track-added', {
      consumerId: id,
      peerId,
      source,
      track: consumer.track,
      muted: data.producerPaused,
      score: data.consumerScore ? worst(data.consumerScore) : null,
    });
  }

  handleNotification(method: MediaMethod, data: MediaNotifications[MediaMethod]): void {
    switch (method) {
      case 'newPeer':
        this.emit('peer', data as MediaNotifications['newPeer']);
        return;
      case 'peerClosed':
        this.emit('peer-gone', (data as MediaNotifications['peerClosed']).peerId);
        return;
      case 'activeSpeaker':
        this.emit('active-speaker', (data as MediaNotifications['activeSpeaker']).peerId ?? null);
        return;
      case 'producerScore': {
        const { producerId, score } = data as MediaNotifications['producerScore'];
        // Of the layers only those that are sent count: a layer switched off has score 0.
        const best = Math.max(...score.map((stream) => stream.score));
        if (this.#producerIds.has(producerId) && score.length > 0) this.emit('own-score', best);
        return;
      }
      case 'consumerScore': {
        const { consumerId, score } = data as MediaNotifications['consumerScore'];
        this.emit('track-score', consumerId, worst(score));
        return;
      }
      case 'consumerPaused':
      case 'consumerResumed': {
        const { consumerId } = data as MediaNotifications['consumerPaused'];
        this.#afterConsuming(consumerId, () => this.emit('track-muted', consumerId, method === 'consumerPaused'));
        return;
      }
      case 'consumerClosed': {
        const { consumerId } = data as MediaNotifications['consumerClosed'];
        this.#afterConsuming(consumerId, () => this.#closeConsumer(consumerId));
        return;
      }
      case 'consumerLayersChanged':
        return; // The picture itself shows it.
    }
  }

  /** News of a consumer may come while it is being set up. */
  #afterConsuming(consumerId: string, act: () => void): void {
    const consuming = this.#consuming.get(consumerId);
    if (consuming) consuming.then(act, () => undefined);
    else act();
  }

  /**
   * After a reconnect: is this room still the one that the server has? It lists what is ours of whoever has joined; for
   * one who has not yet, only a question tells.
   */
  stands(state: WireMediaState | undefined): boolean | Promise<boolean> {
    const [transportId] = this.#transportIds;
    if (transportId === undefined) return true; // What was asked is asked again, of the room that is there.
    if (state) return [...this.#transportIds].every((id) => state.transports.includes(id));
    if (this.#joined) return false;
    const asked = this.#request('getTransportStats', { callId: this.#link.callId, transportId });
    return asked.then(
      () => true,
      (error: unknown) => !isRoomGone(error),
    );
  }

  /** After a reconnect: what of this room stands on the server, whose words we may have missed. */
  reconcile(state: WireMediaState): void {
    for (const peer of state.peers) this.emit('peer', peer);
    const standing = new Map(state.consumers.map((consumer) => [consumer.id, consumer]));
    for (const id of [...this.#consumers.keys()]) {
      const consumer = standing.get(id);
      if (consumer) this.emit('track-muted', id, consumer.producerPaused);
      else this.#closeConsumer(id);
    }
    void this.#closeForgotten(state.producers);
  }

  /** A produce whose answer was lost left a producer that nobody here knows: its picture would stand still for ever. */
  async #closeForgotten(standing: readonly string[]): Promise<void> {
    await Promise.allSettled([...this.#announcing]);
    for (const producerId of standing) {
      if (this.#closed || this.#producerIds.has(producerId)) continue;
      const data = { callId: this.#link.callId, producerId };
      await this.#request('closeProducer', data).catch(() => undefined);
    }
  }

  #closeConsumer(id: string): void {
    this.#consumers.get(id)?.close();
    if (this.#consumers.delete(id)) this.emit('track-removed', id);
  }

  /** The signalling connection went or came back. Media may have stood all the while. */
  handleSignalling(up: boolean): void {
    this.#signalling = up;
    if (!up) return;
    for (const path of this.#eachPath()) {
      const { state } = path.transport;
      // A path that is silent is gone as well; the browser has not noticed yet.
      const silent = state === 'connected' && this.#silence.silent;
      if (silent || state === 'disconnected' || state === 'failed') this.#restartSoon(path, 0);
    }
  }

  /** The network may be another one now: new candidates on every path that is in use. */
  handleNetworkChange(): void {
    for (const path of this.#eachPath()) {
      if (path.transport.state !== 'new') this.#restartSoon(path, 0);
    }
  }

  async getStats(): Promise<{ send: TransportStats | null; recv: TransportStats | null }> {
    const read = (path: Path | undefined): Promise<TransportStats | null> =>
      path && !this.#closed ? path.transport.getStats().catch(() => null) : Promise.resolve(null);
    const [send, recv] = await Promise.all([read(this.#paths.send), read(this.#paths.recv)]);
    return { send, recv };
  }

  /** Says nothing more. Its tracks are dead, and it is for the caller to tell whom that concerns. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.clearListeners();
    const error = roomOver();
    this.#abort.abort(error);
    for (const { abort } of this.takeUnanswered().values()) abort.abort(error);
    this.#transports.send.reject(error);
    this.#transports.recv.reject(error);
    clearInterval(this.#lookTimer);
    for (const path of this.#eachPath()) {
      clearTimeout(path.timer);
      path.transport.close();
    }
    this.#consumers.clear();
  }

  #request<M extends ClientMethod>(
    method: M,
    data: ClientRequests[M]['data'],
    options: RequestOptions = {},
  ): Promise<ClientRequests[M]['response']> {
    return this.#link.request(method, data, { ...options, signal: this.#abort.signal });
  }

  /** About something that the server gave us: that it does not know it, or has no worker for it, says more. */
  async #ask<M extends ClientMethod>(
    method: M,
    data: ClientRequests[M]['data'],
    options: RequestOptions = {},
  ): Promise<ClientRequests[M]['response']> {
    try {
      return await this.#request(method, data, options);
    } catch (error) {
      if (isRoomGone(error)) this.emit('doubtful');
      throw error;
    }
  }

  #eachPath(): Path[] {
    return [this.#paths.send, this.#paths.recv].filter((path) => path !== undefined);
  }

  /** Of the transports that are used: one without tracks stays `new` and says nothing. */
  #states(): EngineTransportState[] {
    return this.#eachPath()
      .map((path) => path.transport.state)
      .filter((state) => state !== 'new' && state !== 'closed');
  }

  #handleTransportState(path: Path, state: EngineTransportState): void {
    if (this.#closed) return;
    if (state === 'disconnected' || state === 'failed') this.#link.doubtNetwork();
    if (state === 'connected') {
      this.#lookTimer ??= setInterval(() => void this.#look(), LOOK_MS);
      clearTimeout(path.timer);
      path.timer = undefined;
      path.restarts = 0;
    } else if (state === 'failed') this.#restartSoon(path, 0);
    else if (state === 'disconnected') this.#restartSoon(path, DISCONNECTED_PATIENCE_MS);
    this.emit('changed');
  }

  /** Is anything coming in? */
  async #look(): Promise<void> {
    const { send, recv } = await this.getStats();
    if (!this.flowing) return;
    const { silent } = this.#silence;
    if (this.#silence.look((send?.bytesReceived ?? 0) + (recv?.bytesReceived ?? 0))) this.#link.doubtNetwork();
    // A browser waits three seconds for pictures that were lost before it asks for a whole one.
    if (silent && !this.#silence.silent) this.#askForWholePictures();
  }

  #askForWholePictures(): void {
    for (const [consumerId, { track }] of this.#consumers) {
      if (track.kind !== 'video') continue;
      const { callId } = this.#link;
      this.#request('requestConsumerKeyFrame', { callId, consumerId }).catch(() => undefined);
    }
  }

  #restartSoon(path: Path, afterMs: number): void {
    if (path.restarting) return;
    clearTimeout(path.timer);
    path.timer = setTimeout(() => void this.#restart(path), afterMs);
  }

  async #restart(path: Path): Promise<void> {
    path.timer = undefined;
    // Without signalling there is nobody to ask; handleSignalling() comes here again.
    if (this.#closed || !this.#signalling || path.restarting) return;
    path.restarting = true;
    path.restarts++;
    try {
      const { callId } = this.#link;
      const answer = await this.#ask('restartIce', { callId, transportId: path.transport.id });
      if (!this.#closed) await path.transport.restartIce(answer.iceParameters ?? answer);
    } catch {
      // The next restart is the answer, below; the signalling reports its own trouble.
    } finally {
      path.restarting = false;
    }
    if (this.#closed || path.transport.state === 'connected') return;
    if (path.restarts === RESTARTS_BEFORE_TELLING) {
      this.emit('error', new CarillonError('media-failed', 'the media path cannot be restored'));
    }
    this.#restartSoon(path, Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** (path.restarts - 1)));
  }
}

function roomOver(): CarillonError {
  return new CarillonError('call-ended', 'this room is over');
}
