// The calls that are over here, for as long as late words about them may come: a ring that was on its way when its call
// ended must not ring again.

/** After a resume, the words that we missed follow the welcome at once; this is generous. */
export const MISSED_END_MS = 500;
/** More would only be memory. */
const REMEMBERED_MAX = 64;

export class EndedCalls {
  /** By id, the one that ended first at the front: the last rev heard of it. */
  readonly #revs = new Map<string, number>();

  add(callId: string, rev: number): void {
    this.#revs.delete(callId);
    this.#revs.set(callId, rev);
    for (const oldest of this.#revs.keys()) {
      if (this.#revs.size <= REMEMBERED_MAX) break;
      this.#revs.delete(oldest);
    }
  }

  has(callId: string): boolean {
    return this.#revs.has(callId);
  }

  /** We come back: what is said of it from now on counts. */
  delete(callId: string): void {
    this.#revs.delete(callId);
  }

  /** A word of this rev is not about the call that we know to be over, but about what came after. */
  isNews(callId: string, rev: number): boolean {
    return rev > (this.#revs.get(callId) ?? -1);
  }
}
