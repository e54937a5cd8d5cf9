// The media of one call. It happens in a room of the server, and a call may outlive its room: when the worker dies that
// carried it, or the server starts again, another room takes its place. Then this makes everything of the room anew
// (media-room.ts), as fast as it can, and keeps what the people see until the new is there.
// Who is who in the call is call.ts's matter.

import { Emitter } from './emitter.js';
import type { EngineProducer } from './engine.js';
import { CarillonError } from './errors.js';
import { KeptTracks } from './kept-tracks.js';
import type { MediaLink } from './media-link.js';
import { MediaRoom, type RoomEvents } from './media-room.js';
import { Deferred, isPassing } from './media-words.js';
import type { MediaMethod, MediaNotifications, ServerRequests, WireMediaState } from './protocol.js';
import type { TrackSource, TransportStats } from './types.js';

export type { IncomingTrack } from './room-consumers.js';
export { asMediaError, sourceOf } from './media-words.js';

export type CallMediaEvents = Omit<RoomEvents, 'sendable' | 'doubtful'> & {
  /** Another room takes the place of ours: all that is sent has to be sent again. */
  rebuilding: [];
};

/** A room that could not be opened is tried again after this; doubles up to the second. */
const OPEN_FIRST_MS = 200;
const OPEN_MAX_MS = 5_000;
/** So often for the first room: what is not there after 6 s of trying is no call. Later rooms are tried until the end. */
const OPEN_ATTEMPTS = 6;
/** Attempts in vain after which the app is told. */
const ATTEMPTS_BEFORE_TELLING = 3;
/** The server knows our room no more: the time for its `media-restart` to come before we begin by ourselves. */
const DOUBT_MS = 1_000;
/** Nobody sends anything that long after the join: then there is nothing to wait for. */
const QUIET_MS = 1_000;

export class CallMedia extends Emitter<CallMediaEvents> {
  /** More than two people: the camera is sent in layers. */
  group = false;
  readonly #link: MediaLink;
  #room: MediaRoom | null = null;
  #opened: Deferred<void> | null = null;
  /** The room that can be sent over. A new one each time that a room is let go. */
  #sendable = new Deferred<MediaRoom>();
  #wasSendable = false;
  /** The next room, whichever way it comes. */
  #next = new Deferred<void>();
  readonly #kept = new KeptTracks((consumerId) => this.emit('track-removed', consumerId));
  #everJoined = false;
  #rebuilding = false;
  #closed = false;
  #signalling = true;
  /** In vain, one after the other. */
  #attempts = 0;
  #doubts = 0;
  #beginTimer: ReturnType<typeof setTimeout> | undefined;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(link: MediaLink) {
    super();
    this.#link = link;
  }

  get closed(): boolean {
    return this.#closed;
  }
  /** The room is joined, and media flows, or there is none yet to flow. */
  get ready(): boolean {
    const room = this.#room;
    return !!room?.joined && (!room.used || room.flowing);
  }
  /** A path that stood is gone, and is being mended. */
  get lost(): boolean {
    return this.#room?.lost ?? false;
  }
  /** The room in which we were is no more, and the new one does not carry anything yet. */
  get rebuilding(): boolean {
    return this.#rebuilding;
  }

  /** Opens the room: both transports, and the join. Rejects if the server refuses; safe to call again. */
  open(): Promise<void> {
    if (!this.#opened) {
      this.#opened = new Deferred();
      if (this.#closed) this.#opened.reject(ended());
      else this.#begin();
    }
    return this.#opened.promise;
  }

  /** The server has another room for this call now, and nothing of ours is in it. */
  restart(): void {
    if (this.#closed || !this.#opened) return;
    this.#attempts = 0;
    this.#doubts = 0;
    this.#begin();
  }

  #begin(): void {
    clearTimeout(this.#beginTimer);
    this.#beginTimer = undefined;
    const before = this.#room;
    const unanswered = before?.takeUnanswered() ?? null;
    const room = new MediaRoom(this.#link, { before: unanswered, signalling: this.#signalling });
    this.#room = room;
    this.#follow(room);
    const opening = room.open(); // Its requests leave before the old paths are taken down, which takes a while.
    opening.then(
      () => this.#handleOpened(room),
      (error: CarillonError) => this.#handleFailure(room, error),
    );
    if (before) this.#letGo(before);
  }

  #letGo(before: MediaRoom): void {
    before.close();
    if (this.#wasSendable) this.#sendable = new Deferred();
    this.#wasSendable = false;
    this.#kept.keep();
    clearTimeout(this.#quietTimer);
    this.#rebuilding = this.#everJoined;
    const next = this.#next;
    this.#next = new Deferred();
    next.resolve();
    this.emit('rebuilding');
    this.emit('changed');
  }

  #handleOpened(room: MediaRoom): void {
    if (room !== this.#room || this.#closed) return;
    this.#attempts = 0;
    this.#everJoined = true;
    this.#opened?.resolve();
    this.#kept.expire();
    this.#quietTimer = setTimeout(() => this.#settle(!room.used), QUIET_MS);
    this.#settle();
  }

  #handleFailure(room: MediaRoom, error: CarillonError): void {
    if (room !== this.#room || this.#closed) return;
    this.#attempts++;
    if (!this.#everJoined && (!isPassing(error) || this.#attempts >= OPEN_ATTEMPTS)) {
      clearTimeout(this.#beginTimer);
      this.#beginTimer = undefined;
      this.#sendable.reject(error);
      this.#opened?.reject(error);
      return;
    }
    if (this.#attempts === ATTEMPTS_BEFORE_TELLING && this.#everJoined) {
      this.emit('error', new CarillonError('media-failed', 'the room cannot be joined again', undefined, error));
    }
    const delayMs = Math.min(OPEN_MAX_MS, OPEN_FIRST_MS * 2 ** (this.#attempts - 1));
    this.#beginAfter(Math.max(delayMs, error.retryAfterMs ?? 0));
  }

  /** The server does not know what we speak of. Perhaps its word about that is under way. */
  #handleDoubt(room: MediaRoom): void {
    if (room !== this.#room || this.#closed || this.#beginTimer !== undefined) return;
    this.#beginAfter(Math.min(OPEN_MAX_MS, DOUBT_MS * 2 ** this.#doubts++));
  }

  #beginAfter(delayMs: number): void {
    clearTimeout(this.#beginTimer);
    this.#beginTimer = setTimeout(() => this.#begin(), delayMs);
  }

  #follow(room: MediaRoom): void {
    room.on('sendable', () => {
      this.#wasSendable = true;
      this.#sendable.resolve(room);
    });
    room.on('doubtful', () => this.#handleDoubt(room));
    room.on('track-added', (track) => {
      this.#kept.add(track);
      this.emit('track-added', track);
    });
    room.on('track-removed', (id) => {
      this.#kept.remove(id);
      this.emit('track-removed', id);
    });
    room.on('peer-gone', (peerId) => {
      this.#kept.removePeer(peerId);
      this.emit('peer-gone', peerId);
    });
    room.on('changed', () => {
      if (room.flowing) this.#doubts = 0;
      this.#settle();
      this.emit('changed');
    });
    room.on('track-muted', (id, muted) => this.emit('track-muted', id, muted));
    room.on('track-score', (id, score) => this.emit('track-score', id, score));
    room.on('own-score', (score) => this.emit('own-score', score));
    room.on('peer', (peer) => this.emit('peer', peer));
    room.on('active-speaker', (peerId) => this.emit('active-speaker', peerId));
    room.on('timing', (step) => this.emit('timing', step));
    room.on('error', (error) => this.emit('error', error));
  }

  /** The new room carries again what there is to carry. */
  #settle(quiet = false): void {
    const room = this.#room;
    if (!this.#rebuilding || !room?.joined || !(room.flowing || quiet)) return;
    this.#rebuilding = false;
    this.emit('changed');
  }

  /** A producer may be made before its track is there: the layers of a group depend on the track. */
  get canPrepare(): boolean {
    return !this.group;
  }

  /** Waits until there is a room to send over. */
  canSend(): Promise<MediaRoom> {
    return this.#sendable.promise;
  }

  /** Something failed in this room. True: it is over or about to be, and another one is here now. */
  async replaced(room: MediaRoom | null): Promise<boolean> {
    if (room !== null && room === this.#room && this.#beginTimer !== undefined) await this.#next.promise;
    return !this.#closed && room !== null && room !== this.#room;
  }

  /** Begins to send a track. The producer is there before the server has answered; its `id` tells of that. */
  produce(
    room: MediaRoom,
    source: TrackSource,
    track: MediaStreamTrack | null,
    paused: boolean,
  ): Promise<EngineProducer> {
    const { video } = this.#link;
    const simulcast = this.group && video.simulcast !== false;
    return room.produce({ track, source, paused, video: { ...video, simulcast } });
  }

  async setPreferredLayers(consumerId: string, spatialLayer: number, temporalLayer?: number): Promise<void> {
    if (!this.#kept.has(consumerId)) await this.#room?.setPreferredLayers(consumerId, spatialLayer, temporalLayer);
  }

  async setConsumerEnabled(consumerId: string, enabled: boolean): Promise<void> {
    if (!this.#kept.has(consumerId)) await this.#room?.setConsumerEnabled(consumerId, enabled);
  }

  async handleNewConsumer(data: ServerRequests['newConsumer']): Promise<void> {
    if (this.#closed || !this.#room) throw new CarillonError('call-ended', 'the call is over here', 404);
    await this.#room.handleNewConsumer(data);
  }

  handleNotification<M extends MediaMethod>(method: M, data: MediaNotifications[M]): void {
    if (!this.#closed) this.#room?.handleNotification(method, data);
  }

  /** After a reconnect: what of our room stands on the server. Absent: we have joined none there. */
  reconcile(state: WireMediaState | undefined): void {
    const room = this.#room;
    if (this.#closed || !room) return;
    const act = (stands: boolean): void => {
      if (room !== this.#room || this.#closed) return;
      if (!stands) this.restart();
      else if (state) room.reconcile(state);
    };
    const stands = room.stands(state);
    if (typeof stands === 'boolean') act(stands);
    else void stands.then(act);
  }

  handleSignalling(up: boolean): void {
    this.#signalling = up;
    this.#room?.handleSignalling(up);
  }

  handleNetworkChange(): void {
    this.#room?.handleNetworkChange();
  }

  async getStats(): Promise<{ send: TransportStats | null; recv: TransportStats | null }> {
    return (await this.#room?.getStats()) ?? { send: null, recv: null };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#beginTimer);
    clearTimeout(this.#quietTimer);
    this.#room?.close();
    const error = ended();
    this.#sendable.reject(error);
    this.#opened?.reject(error);
    this.#next.resolve();
    this.#kept.close();
    this.clearListeners();
  }
}

function ended(): CarillonError {
  return new CarillonError('call-ended', 'the call is over');
}
