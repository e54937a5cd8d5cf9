// What the page tells the person beside what it shows: notices, and what a screen reader says.
import type { Store } from './store';

/** Ms a notice stays: long enough to be read twice. */
const notice_ms = 8_000;

export class Notices {
  readonly #store: Store;
  readonly #host: { wait(ms: number): Promise<void> };
  #last = 0;

  constructor(store: Store, host: { wait(ms: number): Promise<void> }) {
    this.#store = store;
    this.#host = host;
  }

  /** `end`: it says why a call ended. */
  notify(text: string, tone: 'info' | 'warning', end = false): void {
    const { notices } = this.#store;
    this.say(text, false);
    if (notices.value.some((one) => one.text === text)) return;
    const id = ++this.#last;
    notices.value = [...notices.value.slice(-2), { id, tone, text, end }];
    // A warning asks for something to be done, so it stays until the person has closed it.
    if (tone === 'info') void this.#host.wait(notice_ms).then(() => this.dismiss(id));
  }

  dismiss(noticeId: number): void {
    const { notices } = this.#store;
    notices.value = notices.value.filter((one) => one.id !== noticeId);
  }

  say(text: string, urgent: boolean): void {
    this.#store.announcement.value = { text, urgent };
  }
}
