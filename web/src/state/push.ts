// The switch "ring me when this page is closed".
import { CarillonError, type CarillonClient } from 'carillon-sdk';
import { pushProblem } from '../lib/push-words';
import type { PushView } from './model';
import type { Store } from './store';

/** Ms after which a person who signs out is gone here, whatever the server says. Without a subscription no push comes. */
const leave_max_ms = 3_000;

/** What the switch needs of the page. */
export interface PushHost {
  wait(ms: number): Promise<void>;
  readonly needsInstall: boolean;
}

export class PushSwitch {
  readonly #store: Store;
  readonly #host: PushHost;
  #client: CarillonClient | undefined;

  constructor(store: Store, host: PushHost) {
    this.#store = store;
    this.#host = host;
    this.#set({ needsInstall: host.needsInstall });
  }

  open(client: CarillonClient): void {
    this.#client = client;
    this.#set({ state: client.pushState, busy: false, problem: null });
    client.on('push-state', (state) => {
      if (this.#client === client) this.#set({ state, problem: null });
    });
  }

  /** Resolves when nothing of this person is rung here any more. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#set({ busy: false, problem: null });
    if (client?.pushState !== 'on') return;
    await Promise.race([client.disablePush().catch(() => undefined), this.#host.wait(leave_max_ms)]);
  }

  async turn(on: boolean): Promise<void> {
    const client = this.#client;
    if (!client || this.#view.busy) return;
    this.#set({ busy: true, problem: null });
    let problem: string | null = null;
    try {
      await (on ? client.enablePush() : client.disablePush());
    } catch (error) {
      problem = pushProblem(error instanceof CarillonError ? error.code : 'internal', client.pushState);
    }
    if (this.#client === client) this.#set({ state: client.pushState, busy: false, problem });
  }

  get #view(): PushView {
    return this.#store.push.value;
  }

  #set(change: Partial<PushView>): void {
    this.#store.push.value = { ...this.#view, ...change };
  }
}
