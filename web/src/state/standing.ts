// Whom this person has blocked, whether he wants no rings, and whether the server is about to stop.
import type { CarillonClient } from 'carillon-sdk';
import type { Named } from './model';
import type { Store } from './store';
import { failureWords } from './told';

/** What it tells the person, and how. */
export interface StandingHost {
  notify(text: string, tone: 'info' | 'warning'): void;
  say(text: string, urgent: boolean): void;
}

export class Standing {
  readonly #store: Store;
  readonly #host: StandingHost;
  #client: CarillonClient | undefined;

  constructor(store: Store, host: StandingHost) {
    this.#store = store;
    this.#host = host;
  }

  open(client: CarillonClient): void {
    this.#client = client;
    const store = this.#store;
    const mine = (): boolean => this.#client === client;
    client.on('do-not-disturb', (on) => {
      if (mine()) store.quiet.value = { ...store.quiet.value, on };
    });
    client.on('server-draining', (deadline) => {
      if (!mine()) return;
      store.drainingUntil.value = deadline;
      // On the page of people a banner says so as long as it lasts; in a call this has to do.
      if (deadline !== null && store.call.value)
        this.#host.notify('The server stops soon. This call may end then.', 'info');
      else this.#host.say(deadline === null ? 'The server goes on.' : 'The server stops soon.', false);
    });
  }

  close(): void {
    this.#client = undefined;
    this.#store.quiet.value = { on: false, busy: false };
    this.#store.blocked.value = new Set();
    this.#store.drainingUntil.value = null;
  }

  /** Once connected. A server that does not know blocks has none. */
  async load(): Promise<void> {
    const client = this.#client;
    const users = await client?.blockedUsers().catch(() => undefined);
    if (users && this.#client === client) this.#store.blocked.value = new Set(users);
  }

  async turn(on: boolean): Promise<void> {
    const client = this.#client;
    const { quiet } = this.#store;
    if (!client || quiet.value.busy) return;
    quiet.value = { ...quiet.value, busy: true };
    try {
      await client.setDoNotDisturb(on);
      if (this.#client === client) this.#host.say(on ? 'No calls ring now.' : 'Calls ring again.', false);
    } catch (error) {
      if (this.#client === client) this.#host.notify(`That could not be changed. ${failureWords(error)}`, 'warning');
    }
    if (this.#client === client) quiet.value = { on: client.doNotDisturb, busy: false };
  }

  async block({ userId, name }: Named, blocked: boolean): Promise<void> {
    const client = this.#client;
    if (!client) return;
    try {
      await (blocked ? client.blockUser(userId) : client.unblockUser(userId));
      if (this.#client !== client) return;
      const users = new Set(this.#store.blocked.value);
      if (blocked) users.add(userId);
      else users.delete(userId);
      this.#store.blocked.value = users;
      this.#host.notify(blocked ? `${name} is blocked.` : `${name} can call you again.`, 'info');
    } catch (error) {
      if (this.#client !== client) return;
      this.#host.notify(`${name} could not be ${blocked ? '' : 'un'}blocked. ${failureWords(error)}`, 'warning');
    }
  }
}
