// A call that rings here, until somebody decides, anywhere.

import type { Calls } from './calls.js';
import type { ServerClock } from './clock.js';
import { Emitter } from './emitter.js';
import { CarillonError } from './errors.js';
import type { LocalMediaImpl } from './local.js';
import type { CallNotifications, EndReason, MediaChoice } from './protocol.js';
import type {
  Call,
  CallMediaOptions,
  IncomingCall,
  IncomingEvents,
  IncomingState,
  Metadata,
  UserInfo,
} from './types.js';

/** What a snapshot and a call-started have in common. */
export type Ring = Omit<CallNotifications['call-started'], 'serverTime' | 'ringUntil'> & {
  ringUntil?: number;
};

export interface IncomingContext {
  readonly calls: Pick<Calls, 'accept' | 'get' | 'openLocal'>;
  readonly clock: ServerClock;
  /** Tells the server, which may have ended it already. */
  decline(callId: string, reason: 'declined' | 'busy'): Promise<void>;
}

/** The server ends the ring; should that word be lost, nobody must see it ring for ever. */
const LATE_MS = 5_000;

export class IncomingCallImpl extends Emitter<IncomingEvents> implements IncomingCall {
  readonly caller: UserInfo;
  readonly #ring: Ring;
  readonly #context: IncomingContext;
  #ringUntil: number;
  #rev: number;
  #state: IncomingState = 'ringing';
  #endReason: EndReason | null = null;
  #accepting: Promise<Call> | null = null;
  #prepared: { local: LocalMediaImpl; options: Required<CallMediaOptions> } | null = null;
  #lateTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(ring: Ring, context: IncomingContext) {
    super();
    this.#ring = ring;
    this.#context = context;
    this.caller = { userId: ring.caller.userId, name: ring.caller.name || ring.caller.userId };
    this.#ringUntil = ring.ringUntil ?? context.clock.now() + 30_000;
    this.#rev = ring.rev;
    this.#watchTheEnd();
  }

  get callId(): string {
    return this.#ring.callId;
  }
  get roomId(): string {
    return this.#ring.roomId;
  }
  get callees(): readonly string[] {
    return this.#ring.callees;
  }
  get media(): MediaChoice {
    return this.#ring.media;
  }
  get metadata(): Metadata | undefined {
    return this.#ring.metadata;
  }
  get ringUntil(): number {
    return this.#ringUntil;
  }
  get rev(): number {
    return this.#rev;
  }
  get state(): IncomingState {
    return this.#state;
  }
  get endReason(): EndReason | null {
    return this.#endReason;
  }
  get remainingMs(): number {
    return Math.max(0, this.#ringUntil - this.#context.clock.now());
  }

  prepare(options: CallMediaOptions = {}): void {
    if (this.#state !== 'ringing' || this.#prepared) return;
    const filled = this.#filled(options);
    this.#prepared = { local: this.#context.calls.openLocal(filled), options: filled };
  }

  accept(options: CallMediaOptions = {}): Promise<Call> {
    if (this.#state === 'ended') {
      return Promise.reject(new CarillonError('call-ended', `it ended: ${this.#endReason}`));
    }
    this.#accepting ??= this.#accept(options);
    return this.#accepting;
  }

  async #accept(options: CallMediaOptions): Promise<Call> {
    this.#setState('accepting');
    const local = this.#localFor(this.#filled(options));
    try {
      const call = await this.#context.calls.accept(this, local);
      this.handleAccepted(call);
      return call;
    } catch (error) {
      local.close();
      this.#accepting = null;
      // Somebody was faster; the server's own word on it came before.
      if (isOver(error)) this.finish('canceled');
      else if (this.#state === 'accepting') {
        this.#setState('ringing');
        this.#watchTheEnd(); // It may have passed while we waited for the answer.
      }
      throw error;
    }
  }

  async decline(reason: 'declined' | 'busy' = 'declined'): Promise<void> {
    if (this.#state === 'ended' || this.#state === 'accepted') return;
    const { calls, decline } = this.#context;
    // What is accepted by now, or will be in a moment, is hung up.
    const told = calls.get(this.callId)?.leave() ?? decline(this.callId, reason);
    this.finish(reason);
    await told;
  }

  // -------------------------------------------------------------------------------- what the client says

  /** Rings on: after a reconnect, or invited once more. */
  handleRing(ring: Ring): void {
    if (ring.rev <= this.#rev && ring.rev !== 0) return;
    this.#rev = ring.rev;
    if (ring.ringUntil !== undefined) this.#ringUntil = ring.ringUntil;
    this.#watchTheEnd();
  }

  /** True if it is news. */
  handleRev(rev: number): boolean {
    if (rev <= this.#rev) return false;
    this.#rev = rev;
    return true;
  }

  /** It is a call of this device now, by accept() or by glare. */
  handleAccepted(call: Call): void {
    if (this.#state === 'accepted' || this.#state === 'ended') return;
    clearTimeout(this.#lateTimer);
    this.#closePrepared();
    this.#accepting ??= Promise.resolve(call);
    this.#setState('accepted');
    this.emit('accepted', call);
  }

  finish(reason: EndReason): void {
    if (this.#state === 'ended' || this.#state === 'accepted') return;
    clearTimeout(this.#lateTimer);
    this.#closePrepared();
    this.#endReason = reason;
    this.#setState('ended');
    this.emit('ended', reason);
  }

  #filled({ audio = true, video = this.media === 'video' }: CallMediaOptions): Required<CallMediaOptions> {
    return { audio, video };
  }

  /** What was prepared, made to fit what is wanted now. */
  #localFor(wanted: Required<CallMediaOptions>): LocalMediaImpl {
    const prepared = this.#prepared;
    this.#prepared = null;
    if (!prepared) return this.#context.calls.openLocal(wanted);
    const { local, options } = prepared;
    for (const [source, is, want] of [
      [local.microphone, options.audio, wanted.audio],
      [local.camera, options.video, wanted.video],
    ] as const) {
      if (is && !want) void source.disable();
      else if (!is && want) void source.enable().catch(() => undefined); // Told by its event.
    }
    return local;
  }

  #closePrepared(): void {
    this.#prepared?.local.close();
    this.#prepared = null;
  }

  #watchTheEnd(): void {
    clearTimeout(this.#lateTimer);
    this.#lateTimer = setTimeout(() => {
      if (this.#state === 'ringing') this.finish('timeout');
    }, this.remainingMs + LATE_MS);
  }

  #setState(state: IncomingState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

/** The server knows of no such ring here any more. */
export function isOver(error: unknown): boolean {
  return error instanceof CarillonError && ['conflict', 'not-found'].includes(error.code);
}
