// What the server holds beside calls: whom this user has blocked, whether he wants no rings, and whether the server is
// about to stop.

import { Emitter } from './emitter.js';
import { CarillonError } from './errors.js';
import type { ClientMethod, ClientRequests, SessionNotifications } from './protocol.js';

export type StandingEvents = {
  'do-not-disturb': [on: boolean];
  draining: [deadline: number | null];
};

export interface StandingContext {
  request<M extends ClientMethod>(method: M, data: ClientRequests[M]['data']): Promise<ClientRequests[M]['response']>;
}

export class Standing extends Emitter<StandingEvents> {
  readonly #context: StandingContext;
  #doNotDisturb = false;
  #drainingUntil: number | null = null;

  constructor(context: StandingContext) {
    super();
    this.#context = context;
  }

  get doNotDisturb(): boolean {
    return this.#doNotDisturb;
  }
  get drainingUntil(): number | null {
    return this.#drainingUntil;
  }

  async setDoNotDisturb(on: boolean): Promise<void> {
    await this.#context.request('set-do-not-disturb', { on });
    this.#setDoNotDisturb(on);
  }

  async block(userId: string, blocked: boolean): Promise<void> {
    if (userId === '') throw new CarillonError('invalid-argument', 'userId: expected a user');
    await this.#context.request(blocked ? 'block-user' : 'unblock-user', { userId });
  }

  async blockedUsers(): Promise<string[]> {
    return (await this.#context.request('get-blocked-users', {})).users;
  }

  handleWelcome({ doNotDisturb, draining }: SessionNotifications['welcome']): void {
    this.#setDoNotDisturb(doNotDisturb ?? false);
    this.handleDraining(draining?.deadline ?? null);
  }

  handleDraining(deadline: number | null): void {
    if (deadline === this.#drainingUntil) return;
    this.#drainingUntil = deadline;
    this.emit('draining', deadline);
  }

  #setDoNotDisturb(on: boolean): void {
    if (on === this.#doNotDisturb) return;
    this.#doNotDisturb = on;
    this.emit('do-not-disturb', on);
  }
}
