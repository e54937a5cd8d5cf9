// The calls that ring here, and are nobody's yet: which they are, and when the app is told of each. What happens to one of
// them is incoming.ts's matter; what it becomes when it is answered is calls.ts's.

import type { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { MISSED_END_MS, type EndedCalls } from './ended-calls.js';
import { IncomingCallImpl, isOver, type IncomingContext, type Ring } from './incoming.js';
import type { CallNotifications, EndReason, WireCall } from './protocol.js';
import type { PushPlatform } from './push-platform.js';
import type { PushState } from './types.js';

export interface IncomingCallsContext extends Omit<IncomingContext, 'decline'> {
  readonly connection: Pick<Connection, 'request'>;
  readonly ended: EndedCalls;
  readonly platform: PushPlatform;
  readonly push: { readonly state: PushState };
}

export type IncomingCallsEvents = { incoming: [call: IncomingCallImpl] };

export class IncomingCalls extends Emitter<IncomingCallsEvents> {
  readonly #context: IncomingCallsContext;
  readonly #byId = new Map<string, IncomingCallImpl>();
  /** Those that the app has not been told of. */
  readonly #held = new Set<IncomingCallImpl>();
  /** Callees of the start-calls that have no answer yet. */
  readonly #starting = new Set<readonly string[]>();
  /** Those that we declined and the server has not answered: it may not know yet. */
  readonly #declining = new Set<string>();
  #missedTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: IncomingCallsContext) {
    super();
    this.#context = context;
  }

  /** Those that the app has been told of. */
  get announced(): readonly IncomingCallImpl[] {
    return [...this.#byId.values()].filter((incoming) => !this.#held.has(incoming));
  }

  /** The call, if it rings on and the app has been told of it. */
  ringing(callId: string): IncomingCallImpl | undefined {
    return this.announced.find((incoming) => incoming.callId === callId && incoming.state === 'ringing');
  }

  get(callId: string): IncomingCallImpl | undefined {
    return this.#byId.get(callId);
  }

  /** It is a call of this device from now on. */
  take(callId: string): IncomingCallImpl | undefined {
    const incoming = this.#byId.get(callId);
    this.#byId.delete(callId);
    return incoming;
  }

  /** These are being called at this moment; see `#announce`. What it gives is to be called when the server has answered. */
  expectGlare(callees: readonly string[]): () => void {
    this.#starting.add(callees);
    return () => {
      this.#starting.delete(callees);
      this.#announce();
    };
  }

  handleRing(ring: Ring): void {
    const { callId } = ring;
    if (this.#declining.has(callId)) return;
    this.#confirm(callId);
    const known = this.#byId.get(callId);
    if (known) return known.handleRing(ring);
    const { calls, clock, platform } = this.#context;
    const decline: IncomingContext['decline'] = (id, reason) => this.#decline(id, reason);
    const incoming = new IncomingCallImpl(ring, { calls, clock, decline });
    this.#byId.set(callId, incoming);
    incoming.on('ended', () => this.#forget(incoming));
    incoming.on('state', (state) => {
      if (state === 'accepted') this.take(callId);
    });
    incoming.on('accepted', () => platform.clearRing(callId));
    this.#held.add(incoming);
    this.#announce();
  }

  handleEnd({ callId, rev, reason }: CallNotifications['end-call']): void {
    const incoming = this.#byId.get(callId);
    if (incoming?.handleRev(rev)) incoming.finish(reason);
  }

  /** After a (re)connect: the server's list of calls is the truth. */
  reconcile(snapshots: readonly WireCall[]): void {
    const { calls, ended } = this.#context;
    const byId = new Map(snapshots.map((snapshot) => [snapshot.callId, snapshot]));
    const missed = [...this.#byId.values()].flatMap((incoming) => {
      const yours = byId.get(incoming.callId)?.yourState;
      if (yours === 'ringing') return [];
      const reason: EndReason = yours === 'joined-elsewhere' ? 'answered-elsewhere' : 'canceled';
      return [{ incoming, rev: incoming.rev, reason }];
    });
    clearTimeout(this.#missedTimer); // What the list before said counts no more.
    this.#missedTimer = setTimeout(() => {
      for (const { incoming, rev, reason } of missed) {
        // One that is being answered: the accept is sent again, and its answer tells. A new rev: it was rung once more.
        if (incoming.state === 'ringing' && incoming.rev === rev) incoming.finish(reason);
      }
    }, MISSED_END_MS);
    for (const snapshot of snapshots) {
      const { callId, rev, yourState } = snapshot;
      if (yourState === 'ringing' && !calls.get(callId) && ended.isNews(callId, rev)) this.handleRing(snapshot);
    }
  }

  /** The connection is closed for good. */
  close(): void {
    clearTimeout(this.#missedTimer);
    const rings = [...this.#byId.values()];
    this.#byId.clear(); // Not over: they ring on elsewhere, and here if we come back.
    for (const incoming of rings) incoming.finish('disconnected');
  }

  async #decline(callId: string, reason: 'declined' | 'busy'): Promise<void> {
    this.#declining.add(callId);
    try {
      await this.#context.connection.request('decline-call', { callId, reason });
    } catch (error) {
      if (!isOver(error)) throw error; // Declining what is over already is what was wanted.
    } finally {
      this.#declining.delete(callId);
    }
  }

  /**
   * It rings here, so that no push is needed. A page that nobody sees, perhaps without a sound, does not say so where the
   * push would show more: the worker confirms it then. Nothing hangs on the answer.
   */
  #confirm(callId: string): void {
    const { connection, platform, push } = this.#context;
    if (!platform.onScreen && push.state === 'on') return;
    connection.request('ringing', { callId }, { durable: false }).catch(() => undefined);
  }

  /**
   * A ring by somebody whom we are calling at this moment is probably glare: the answer to our start-call makes it our
   * call. Until then nobody should see it ring.
   */
  #announce(): void {
    const { platform } = this.#context;
    for (const incoming of [...this.#held]) {
      const glare = [...this.#starting].some((callees) => callees.includes(incoming.caller.userId));
      if (glare && incoming.state === 'ringing') continue;
      this.#held.delete(incoming);
      if (incoming.state !== 'ringing') continue;
      this.emit('incoming', incoming);
      if (platform.onScreen) platform.clearRing(incoming.callId); // One bell is enough.
    }
  }

  #forget(incoming: IncomingCallImpl): void {
    const { callId, rev } = incoming;
    if (this.#byId.get(callId) !== incoming) return;
    this.#byId.delete(callId);
    this.#context.ended.add(callId, rev);
    this.#context.platform.clearRing(callId);
  }
}
