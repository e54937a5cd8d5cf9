// Notices that a network has gone without a word. A browser says so only after five to seven seconds, and on a desktop not
// at all when the address changes; but media comes in all the time, and then from one moment to the next does not.

/** How often somebody looks. */
export const LOOK_MS = 400;
/** So many looks in a row have seen more than the one before: who sends little may well be silent for a while. */
const STEADY_LOOKS = 4;
/** So many in a row have seen nothing new. */
const SILENT_LOOKS = 3;

export class Silence {
  #bytes = 0;
  #growing = 0;
  #standing = 0;

  /** Nothing has come in for more than a second, and nothing has since. */
  get silent(): boolean {
    return this.#standing >= SILENT_LOOKS && this.#growing >= STEADY_LOOKS;
  }

  /** All that has come in so far. True: now it is silent, and was not at the look before. */
  look(bytes: number): boolean {
    if (bytes === this.#bytes) return ++this.#standing === SILENT_LOOKS && this.silent;
    this.#growing = this.#standing ? 1 : this.#growing + 1;
    this.#standing = 0;
    this.#bytes = bytes;
    return false;
  }
}
