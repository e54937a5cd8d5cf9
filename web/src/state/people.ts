// Who is online, and by which name anybody is known: presence tells, and so do calls.
import type { CarillonClient, Presence } from 'carillon-sdk';
import type { Named } from './model';
import { betterName, type NameOf } from './snapshot';
import type { Store } from './store';

export class People {
  readonly #store: Store;
  /** Learned from presence and calls, by user id. */
  readonly #names = new Map<string, string>();
  readonly nameOf: NameOf = betterName(this.#names);
  #client: CarillonClient | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Somebody is spoken of under this name. */
  know({ userId, name }: Named): void {
    this.#names.set(userId, this.nameOf(userId, name));
  }

  /** Once connected. */
  async open(client: CarillonClient, me: Named): Promise<void> {
    this.#client = client;
    const store = this.#store;
    let presence: Presence;
    try {
      presence = await client.watchPresence();
    } catch {
      store.presenceKnown.value = false; // the server keeps it to itself: calling by name still works
      return;
    }
    if (this.#client !== client) return;
    store.presenceKnown.value = true;
    const show = (): void => {
      // A server that was just started knows those who are away by their id only; we may know better.
      for (const user of presence.users) this.know(user);
      store.people.value = presence.users
        .filter((user) => user.userId !== me.userId)
        .map(({ userId, name, devices }) => ({ userId, name: this.nameOf(userId, name), devices }));
    };
    presence.on('changed', show);
    presence.on('reset', show);
    show();
  }

  close(): void {
    this.#client = undefined;
  }
}
