// What the fake server knows of one call. Facts; fake-calls.ts has the rules, and fake-rooms.ts those of the room.

import type { CallNotifications, EndReason, MediaChoice } from '../protocol.js';
import type { Data, FakeSession } from './fake-session.js';

export interface Seat {
  session: FakeSession;
  away: boolean;
}
/** Where a user of a call is. */
export type Place = { ringing: true } | { seat: Seat } | { out: true };

export interface FakeProducerEntry {
  id: string;
  owner: FakeSession;
  kind: 'audio' | 'video';
  appData: Data;
  paused: boolean;
}

/** What a call begins with. */
export interface FakeCallTerms {
  id: string;
  roomId: string;
  media: MediaChoice;
  caller: FakeSession;
  callees: string[];
  startedAt: number;
  ringUntil: number;
  metadata: Data | undefined;
}

/** What each notification about a call says, beside its own. */
export type CallWord<M extends keyof CallNotifications> = Omit<CallNotifications[M], 'callId' | 'rev' | 'serverTime'>;

export class FakeCall {
  rev = 0;
  active = false;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When each user answered, and how it ended for those for whom it is over. */
  readonly answeredAt = new Map<string, number>();
  readonly reasons = new Map<string, EndReason>();
  readonly names = new Map<string, string>();
  readonly places = new Map<string, Place>();
  /** The room: peer ids that have joined it, and what they have there. */
  readonly joined = new Set<string>();
  readonly transports = new Map<string, { session: FakeSession; consuming: boolean }>();
  readonly producers = new Map<string, FakeProducerEntry>();
  /** Consumer id → whose, and of what. */
  readonly consumers = new Map<string, { session: FakeSession; producerId: string }>();

  constructor(readonly terms: FakeCallTerms) {
    const { caller } = terms;
    this.names.set(caller.userId, caller.name);
    this.places.set(caller.userId, { seat: { session: caller, away: false } });
  }

  get id(): string {
    return this.terms.id;
  }
  get roomId(): string {
    return this.terms.roomId;
  }
  get caller(): FakeSession {
    return this.terms.caller;
  }
  get ringUntil(): number {
    return this.terms.ringUntil;
  }

  get seats(): FakeSession[] {
    return [...this.places.values()].flatMap((place) => ('seat' in place ? [place.seat.session] : []));
  }

  rings(userId: string): boolean {
    return 'ringing' in (this.places.get(userId) ?? {});
  }

  /** Of this very device. */
  seatOf(session: FakeSession): Seat | undefined {
    const place = this.places.get(session.userId);
    return place && 'seat' in place && place.seat.session === session ? place.seat : undefined;
  }

  /** In the words of `call-started`. */
  get started(): CallWord<'call-started'> {
    const { roomId, media, callees, ringUntil, metadata, caller } = this.terms;
    const { userId, name } = caller;
    return { roomId, media, callees, ringUntil, caller: { userId, name }, ...(metadata && { metadata }) };
  }
}
