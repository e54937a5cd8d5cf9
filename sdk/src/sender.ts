// Keeps one producer in line with one track, whatever becomes of the room: what is wished meanwhile is done in order, and
// waits until there is a room to send over. What is captured, and why, is local-source.ts's matter.

import type { EngineProducer } from './engine.js';
import { CarillonError } from './errors.js';
import type { CallMedia } from './media.js';
import type { MediaRoom } from './media-room.js';
import { isRoomGone } from './media-words.js';
import type { TrackSource } from './types.js';

export class Sender {
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
