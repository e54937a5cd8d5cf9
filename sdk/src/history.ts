// The calls that are over, as the server keeps them for this user.

import { Emitter } from './emitter.js';
import { CarillonError } from './errors.js';
import type { ClientMethod, ClientRequests, WireHistoryCall } from './protocol.js';
import type { History, HistoryCall, HistoryEvents, HistoryPage, HistoryQuery } from './types.js';

/** Where the server does not say when to come back. */
const RETRY_MS = 1_000;

export interface HistoryContext {
  request<M extends ClientMethod>(method: M, data: ClientRequests[M]['data']): Promise<ClientRequests[M]['response']>;
}

export class HistoryImpl extends Emitter<HistoryEvents> implements History {
  readonly #context: HistoryContext;
  #unread = 0;
  /** Only whoever looks at the list pays for asking after a reconnect. */
  #used = false;

  constructor(context: HistoryContext) {
    super();
    this.#context = context;
  }

  get unread(): number {
    return this.#unread;
  }

  async list({ before, limit, missed }: HistoryQuery = {}): Promise<HistoryPage> {
    this.#used = true;
    const answer = await this.#context.request('get-history', { before, limit, missed: missed || undefined });
    this.#unread = answer.unread ?? this.#unread;
    return { calls: answer.calls.map(plain), next: answer.next ?? null, unread: this.#unread };
  }

  async markRead(): Promise<void> {
    await this.#context.request('mark-history-read', {});
    if (this.#unread === 0) return;
    this.#unread = 0; // The server says so to all devices; this one need not wait for it.
    this.emit('changed', null);
  }

  handleChanged({ callId, unread }: { callId?: string; unread: number }): void {
    this.#unread = unread;
    this.emit('changed', callId ?? null);
  }

  /** Connected again: what changed meanwhile was not told. */
  handleReconnected(): void {
    if (!this.#used) return;
    this.list({ limit: 1 }).then(
      () => this.emit('changed', null),
      (error: unknown) => {
        // Many devices of one person come back at once. For anything else: the next change, or the next list, brings it.
        if (error instanceof CarillonError && error.code === 'rate-limited')
          setTimeout(() => this.handleReconnected(), error.retryAfterMs ?? RETRY_MS);
      },
    );
  }
}

function plain(call: WireHistoryCall): HistoryCall {
  const { callId, roomId = '', media, direction, reason, startedAt, answeredAt, endedAt } = call;
  return {
    callId,
    roomId,
    media,
    outgoing: direction === 'out',
    with: call.with.map(({ userId, name }) => ({ userId, name: name || userId })),
    startedAt,
    answeredAt: answeredAt ?? null,
    endedAt,
    lastedMs: answeredAt === undefined ? null : Math.max(0, endedAt - answeredAt),
    reason,
    missed: call.missed ?? false,
  };
}
