// Who is online, as the server tells it to whoever has asked.

import { Emitter } from './emitter.js';
import type { ClientMethod, ClientRequests, WirePresence } from './protocol.js';
import type { Presence, PresenceEvents, PresenceUser } from './types.js';

export interface PresenceContext {
  request<M extends ClientMethod>(method: M, data: ClientRequests[M]['data']): Promise<ClientRequests[M]['response']>;
}

export class PresenceImpl extends Emitter<PresenceEvents> implements Presence {
  readonly #context: PresenceContext;
  #byId = new Map<string, PresenceUser>();
  #sorted: readonly PresenceUser[] = [];
  /** Asked for on this connection; null: not, or in vain. */
  #watching: Promise<void> | null = null;

  constructor(context: PresenceContext) {
    super();
    this.#context = context;
  }

  get users(): readonly PresenceUser[] {
    return this.#sorted;
  }

  user(userId: string): PresenceUser | undefined {
    return this.#byId.get(userId);
  }

  /** Resolves with this very object when the list is there. */
  async watch(): Promise<Presence> {
    this.#watching ??= this.#ask();
    try {
      await this.#watching;
    } catch (error) {
      this.#watching = null;
      throw error;
    }
    return this;
  }

  handleChange(change: WirePresence): void {
    const user = pick(change);
    this.#byId.set(user.userId, user);
    this.#sort();
    this.emit('changed', user);
  }

  /** Connected again: what changed meanwhile was not told. */
  handleReconnected(): void {
    if (this.#watching) void this.#ask().catch(() => undefined);
  }

  /** The next connection is another session, in which nobody has asked. */
  handleClosed(): void {
    this.#watching = null;
  }

  async #ask(): Promise<void> {
    const { users } = await this.#context.request('watch-presence', {});
    this.#byId = new Map(users.map((user) => [user.userId, pick(user)]));
    this.#sort();
    this.emit('reset');
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
