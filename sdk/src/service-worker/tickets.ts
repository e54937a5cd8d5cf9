// Asks the server about one call with the ticket of its push: no login, one round trip.

import type { EndReason } from '../protocol.js';
import type { WorkerScope } from './scope.js';

export interface TicketAnswer {
  /** As it is for this user: `active` is answered, on whatever device. */
  state: 'ringing' | 'active' | 'ended';
  reason?: EndReason;
}

/** For one try. A server that takes longer is as good as none. */
const TRY_TIMEOUT_MS = 4_000;
/** A phone that has just woken may have no network for a moment. */
const PAUSES_MS = [500, 1_500];

export class Tickets {
  readonly #scope: WorkerScope;
  readonly #server: string;
  #offsetMs: number | null = null;

  constructor(scope: WorkerScope, server: string) {
    this.#scope = scope;
    this.#server = server;
  }

  /** What to add to our clock to have the server's, as last heard; null: never heard. */
  get offsetMs(): number | null {
    return this.#offsetMs;
  }

  /** Each answers null when the server cannot be asked. */
  ringing(ticket: string): Promise<TicketAnswer | null> {
    return this.#ask(ticket, 'ringing', 'POST');
  }
  state(ticket: string): Promise<TicketAnswer | null> {
    return this.#ask(ticket, 'call', 'GET');
  }
  decline(ticket: string): Promise<TicketAnswer | null> {
    return this.#ask(ticket, 'decline', 'POST');
  }

  async #ask(ticket: string, what: string, method: 'GET' | 'POST'): Promise<TicketAnswer | null> {
    const address = new URL(`/v1/tickets/${encodeURIComponent(ticket)}/${what}`, this.#server).href;
    for (let again = 0; ; ++again) {
      const answer = await this.#try(address, method).catch(() => null);
      const pause = PAUSES_MS[again];
      if (answer || pause === undefined) return answer;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #try(address: string, method: 'GET' | 'POST'): Promise<TicketAnswer | null> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TRY_TIMEOUT_MS);
    try {
      const init = { method, cache: 'no-store', credentials: 'omit', signal: timeout.signal } as const;
      // It must arrive even if the browser stops this worker at once, as it may after a click.
      const response = await this.#scope.fetch(address, method === 'POST' ? { ...init, keepalive: true } : init);
      if (response.status >= 500 || response.status === 408 || response.status === 429) return null;
      const body: unknown = await response.json().catch(() => null);
      return this.#read(body) ?? { state: 'ended' }; // The server knows no such call, or no such ticket any more.
    } finally {
      clearTimeout(timer);
    }
  }

  #read(body: unknown): TicketAnswer | null {
    if (typeof body !== 'object' || body === null) return null;
    const { state, reason, serverTime } = body as Record<string, unknown>;
    if (typeof serverTime === 'number') this.#offsetMs = serverTime - Date.now();
    if (state !== 'ringing' && state !== 'active' && state !== 'ended') return null;
    return { state, ...(typeof reason === 'string' && { reason: reason as EndReason }) };
  }
}
