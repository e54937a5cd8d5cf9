// The list of calls: its pages, kept in step with the server while it is looked at.
import type { History, HistoryCall } from 'carillon-sdk';
import { batch } from '@preact/signals';
import type { HistoryFilter, HistoryView, ListedCall } from './model';
import type { People } from './people';
import { no_history, type Store } from './store';

/** Calls in a page: two screens of a phone. */
const page_size = 30;

export class HistoryList {
  readonly #store: Store;
  readonly #people: Pick<People, 'know' | 'nameOf'>;
  #history: History | undefined;
  #next: string | null = null;
  /** Grows with each change of what is shown, so that an answer to something older is known. */
  #turn = 0;
  #loading = false;
  /** It changed while it was loaded. */
  #again = false;

  constructor(store: Store, people: Pick<People, 'know' | 'nameOf'>) {
    this.#store = store;
    this.#people = people;
  }

  /** Of the person who has signed in. */
  open(history: History): void {
    this.close();
    this.#history = history;
    history.on('changed', () => {
      if (this.#history !== history) return;
      this.#store.unread.value = history.unread;
      void this.refresh();
    });
    void this.refresh();
  }

  close(): void {
    this.#history = undefined;
    this.#reset(no_history.filter);
    this.#store.unread.value = 0;
  }

  filter(filter: HistoryFilter): void {
    if (filter === this.#view.filter) return;
    this.#reset(filter);
    void this.refresh();
  }

  /** The first page, joined with what is known of the later ones. */
  async refresh(): Promise<void> {
    const history = this.#history;
    if (!history) return;
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    const turn = this.#turn;
    try {
      const { calls, next, unread } = await history.list({ limit: page_size, missed: this.#view.filter === 'missed' });
      if (turn === this.#turn) this.#showFirst(this.#viewsOf(calls), next, unread);
    } catch {
      // A list that is there stays; the next change, or reconnect, brings the rest.
      if (turn === this.#turn && this.#view.state === 'loading') this.#set({ state: 'failed' });
    } finally {
      this.#loading = false;
      if (this.#again || turn !== this.#turn) {
        this.#again = false;
        void this.refresh();
      }
    }
  }

  async more(): Promise<void> {
    const { state, older } = this.#view;
    if (state === 'failed') {
      this.#set({ state: 'loading' });
      return this.refresh();
    }
    const history = this.#history;
    if (!history || this.#next === null || (older !== 'some' && older !== 'failed')) return;
    this.#set({ older: 'loading' });
    const turn = this.#turn;
    try {
      const missed = this.#view.filter === 'missed';
      const { calls, next } = await history.list({ limit: page_size, before: this.#next, missed });
      if (turn !== this.#turn) return;
      const known = new Set(this.#view.calls.map((call) => call.callId));
      const added = this.#viewsOf(calls.filter((call) => !known.has(call.callId)));
      this.#next = next;
      this.#set({ calls: [...this.#view.calls, ...added], older: next === null ? 'none' : 'some' });
    } catch {
      if (turn === this.#turn) this.#set({ older: 'failed' });
    }
  }

  /** The person sees the list: what is missed in it is read, and marked as new for as long as he looks. */
  seen(): void {
    if (!this.#history || this.#store.unread.value === 0 || this.#view.state !== 'ready') return;
    this.#store.unread.value = 0;
    this.#history.markRead().catch(() => undefined); // Then it is unread still, and says so at the next change.
  }

  left(): void {
    if (this.#view.fresh.size > 0 && this.#store.unread.value === 0) this.#set({ fresh: new Set() });
  }

  get #view(): HistoryView {
    return this.#store.history.value;
  }

  #set(change: Partial<HistoryView>): void {
    this.#store.history.value = { ...this.#view, ...change };
  }

  #reset(filter: HistoryFilter): void {
    ++this.#turn;
    this.#next = null;
    this.#again = false;
    this.#store.history.value = { ...no_history, filter };
  }

  #showFirst(page: readonly ListedCall[], next: string | null, unread: number): void {
    const before = this.#view;
    const known = new Set(page.map((call) => call.callId));
    const rest = before.calls.filter((call) => !known.has(call.callId));
    // Is there anything of the old list in this page? Else calls may lie between, and the rest is no continuation.
    const joins = next !== null && before.calls.length > rest.length;
    const missed = page.filter((call) => call.missed).slice(0, unread);
    if (!joins) this.#next = next;
    batch(() => {
      this.#store.unread.value = unread;
      this.#set({
        state: 'ready',
        calls: joins ? [...page, ...rest] : page,
        older: joins ? before.older : next === null ? 'none' : 'some',
        fresh: new Set([...before.fresh, ...missed.map((call) => call.callId)]),
      });
    });
  }

  /** Whoever was not reached is told by his id alone; a call that he was in has his name. */
  #viewsOf(calls: readonly HistoryCall[]): ListedCall[] {
    for (const person of calls.flatMap((call) => call.with)) {
      if (person.name !== person.userId && this.#people.nameOf(person.userId) === person.userId)
        this.#people.know(person);
    }
    return calls.map((call) => this.#viewOf(call));
  }

  #viewOf({ callId, media, outgoing, startedAt, lastedMs, reason, missed, ...call }: HistoryCall): ListedCall {
    const people = call.with.map(({ userId, name }) => ({ userId, name: this.#people.nameOf(userId, name) }));
    return { callId, people, media, outgoing, startedAt, lastedMs, reason, missed };
  }
}
