// The server's clock, as far as it can be known from its messages.

/** More than this is no latency: one of the clocks was set. */
const JUMP_MS = 2_000;

export class ServerClock {
  #offsetMs = 0;
  #known = false;

  /** A message says `serverTime`, and has just arrived. */
  handle(serverTime: number): void {
    if (!Number.isFinite(serverTime)) return;
    const offsetMs = serverTime - Date.now();
    // A message is always late, never early: the largest offset seen is the nearest to the truth.
    if (!this.#known || offsetMs > this.#offsetMs || this.#offsetMs - offsetMs > JUMP_MS) {
      this.#offsetMs = offsetMs;
      this.#known = true;
    }
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }
}
