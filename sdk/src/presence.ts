// Who is online, as the server tells it.

import { Emitter } from './emitter.js';
import type { WirePresence } from './protocol.js';
import type { Presence, PresenceEvents, PresenceUser } from './types.js';

export class PresenceImpl extends Emitter<PresenceEvents> implements Presence {
  #byId = new Map<string, PresenceUser>();
  #sorted: readonly PresenceUser[] = [];

  get users(): readonly PresenceUser[] {
    return this.#sorted;
  }

  user(userId: string): PresenceUser | undefined {
    return this.#byId.get(userId);
  }

  /** The whole list: at the start, and after each reconnect. */
  handleList(users: readonly WirePresence[]): void {
    this.#byId = new Map(users.map((user) => [user.userId, pick(user)]));
    this.#sort();
    this.emit('reset');
  }

  handleChange(change: WirePresence): void {
    const user = pick(change);
    this.#byId.set(user.userId, user);
    this.#sort();
    this.emit('changed', user);
  }

  #sort(): void {
    this.#sorted = [...this.#byId.values()].sort(
      (a, b) => a.name.localeCompare(b.name) || a.userId.localeCompare(b.userId),
    );
  }
}

function pick({ userId, name, devices }: WirePresence): PresenceUser {
  return { userId, name: name || userId, devices };
}
