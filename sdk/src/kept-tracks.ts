// The tracks of a room that another one replaces. Each stays in its place until the same picture comes from the new room,
// so that nobody sees a gap; what does not come again goes a while after the new room is there.

import type { IncomingTrack } from './room-consumers.js';

/** Which track it is, across rooms. */
type Place = Pick<IncomingTrack, 'peerId' | 'source'>;

/** They stay that long in the new room, unless their successors come. */
const KEPT_MS = 5_000;

export class KeptTracks {
  readonly #onRemoved: (consumerId: string) => void;
  /** Of the room that is there. */
  readonly #tracks = new Map<string, Place>();
  readonly #kept = new Map<string, Place>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onRemoved`: a kept one goes. */
  constructor(onRemoved: (consumerId: string) => void) {
    this.#onRemoved = onRemoved;
  }

  /** It is one of a room before. */
  has(consumerId: string): boolean {
    return this.#kept.has(consumerId);
  }

  /** Takes the place of the same picture from before. */
  add({ consumerId, peerId, source }: Place & { consumerId: string }): void {
    this.#remove((place) => place.peerId === peerId && place.source === source);
    this.#tracks.set(consumerId, { peerId, source });
  }

  /** One of the room that is there goes; whoever says so tells of it. */
  remove(consumerId: string): void {
    this.#tracks.delete(consumerId);
  }

  removePeer(peerId: string): void {
    this.#remove((place) => place.peerId === peerId);
  }

  /** The room is gone: all that was in it is kept. */
  keep(): void {
    clearTimeout(this.#timer);
    for (const [id, place] of this.#tracks) this.#kept.set(id, place);
    this.#tracks.clear();
  }

  /** The next room is there. */
  expire(): void {
    this.#timer = setTimeout(() => this.#remove(() => true), KEPT_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#tracks.clear();
    this.#kept.clear();
  }

  #remove(which: (place: Place) => boolean): void {
    for (const [id, place] of [...this.#kept]) {
      if (which(place) && this.#kept.delete(id)) this.#onRemoved(id);
    }
  }
}
