// What a server keeps when a call is over and a device is gone: push registrations, the history of each user, whom they
// have blocked and who wants no rings.

import type { ClientRequests, EndReason, WireHistoryCall, WirePushTarget, WireUser } from '../protocol.js';

export interface FakeRegistration {
  id: string;
  userId: string;
  deviceId: string;
  target: WirePushTarget;
  confirmsRinging: boolean;
}

/** What is known of a call when it ends. */
export interface EndedCall {
  callId: string;
  roomId: string;
  media: 'audio' | 'video';
  startedAt: number;
  endedAt: number;
  caller: string;
  people: { user: WireUser; answeredAt: number | null; reason: EndReason }[];
}

export class FakeBooks {
  /** The server's key for Web Push, base64url; null: it has none. */
  publicKey: string | null = 'BServerKey';
  readonly registrations = new Map<string, FakeRegistration>();
  /** Who wants no rings. */
  readonly doNotDisturb = new Set<string>();
  readonly #blocks = new Map<string, Set<string>>();
  /** Newest first. */
  readonly #calls = new Map<string, WireHistoryCall[]>();
  readonly #readUntil = new Map<string, number>();
  #next = 1;

  /** Whom a user has blocked; may be changed. */
  blocksOf(userId: string): Set<string> {
    let blocks = this.#blocks.get(userId);
    if (!blocks) this.#blocks.set(userId, (blocks = new Set()));
    return blocks;
  }

  register(userId: string, deviceId: string, data: Record<string, unknown>): { id: string } {
    const { confirmsRinging, ...rest } = data;
    const target = rest as unknown as WirePushTarget;
    const known = [...this.registrations.values()].find((one) => addressOf(one.target) === addressOf(target));
    const id = known?.id ?? `push-${this.#next++}`;
    this.registrations.set(id, { id, userId, deviceId, target, confirmsRinging: confirmsRinging === true });
    return { id };
  }

  /** False: the user has none of this id. */
  unregister(userId: string, id: string): boolean {
    return this.registrations.get(id)?.userId === userId && this.registrations.delete(id);
  }

  add(userId: string, call: WireHistoryCall): void {
    this.#calls.set(userId, [call, ...(this.#calls.get(userId) ?? [])]);
  }

  /** Into the book of everybody who was in it. */
  note({ people, caller, ...call }: EndedCall): void {
    const { callId, roomId, media, startedAt, endedAt } = call;
    const first = people.map(({ answeredAt }) => answeredAt).filter((at) => at !== null);
    for (const { user, answeredAt, reason } of people) {
      const outgoing = user.userId === caller;
      const answered = outgoing ? (first.length > 0 ? Math.min(...first) : null) : answeredAt;
      const missed = !outgoing && answered === null && (reason === 'timeout' || reason === 'canceled');
      this.add(user.userId, {
        callId,
        roomId,
        media,
        startedAt,
        endedAt,
        reason,
        direction: outgoing ? 'out' : 'in',
        with: people.map((one) => one.user).filter(({ userId }) => userId !== user.userId),
        ...(answered !== null && { answeredAt: answered }),
        ...(missed && { missed }),
      });
    }
  }

  list(userId: string, { before, limit = 50, missed }: ClientRequests['get-history']['data']) {
    const all = (this.#calls.get(userId) ?? []).filter((call) => !missed || call.missed);
    const from =
      typeof before === 'string'
        ? Number(before)
        : before === undefined
          ? 0
          : all.findIndex((call) => call.startedAt < before);
    const calls = from < 0 ? [] : all.slice(from, from + limit);
    const next = from + calls.length;
    return { calls, unread: this.unread(userId), ...(from >= 0 && next < all.length && { next: `${next}` }) };
  }

  unread(userId: string): number {
    const until = this.#readUntil.get(userId) ?? 0;
    return (this.#calls.get(userId) ?? []).filter((call) => call.missed && call.endedAt > until).length;
  }

  markRead(userId: string, until: number): void {
    this.#readUntil.set(userId, until);
  }
}

function addressOf(target: WirePushTarget): string {
  return target.type === 'fcm' ? target.token : target.subscription.endpoint;
}
