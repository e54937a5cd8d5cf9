// What the server pushes, read with care: a push may be of another server, or of a newer one. Pure.

import type { EndReason, MediaChoice } from '../protocol.js';

export interface RingPush {
  type: 'call-started';
  callId: string;
  callerId: string;
  callerName: string;
  media: MediaChoice;
  /** By the server's clock. */
  ringUntil: number;
  serverTime: number;
  /** Asks the state of this call, confirms the ring, declines. */
  ticket: string;
}
export interface EndPush {
  type: 'end-call';
  callId: string;
  reason: EndReason;
  serverTime: number;
}
export interface MissedPush {
  type: 'missed-call';
  callId: string;
  callerId: string;
  callerName: string;
  serverTime: number;
}
export type CallPush = RingPush | EndPush | MissedPush;

/** Null: not a push of ours. */
export function parsePush(value: unknown): CallPush | null {
  if (typeof value !== 'object' || value === null) return null;
  const push = value as Record<string, unknown>;
  const callId = text(push['callId']);
  if (callId === '') return null;
  const caller = {
    callerId: text(push['callerId']),
    callerName: tidy(text(push['callerName']) || text(push['callerId'])),
  };
  const serverTime = push['serverTime'];
  if (typeof serverTime !== 'number') return null;
  switch (push['type']) {
    case 'call-started': {
      const [ringUntil, ticket] = [push['ringUntil'], text(push['ticket'])];
      if (typeof ringUntil !== 'number' || ticket === '') return null;
      const media = push['media'] === 'video' ? 'video' : 'audio';
      return { type: 'call-started', callId, ...caller, media, ringUntil, serverTime, ticket };
    }
    case 'end-call':
      return { type: 'end-call', callId, reason: text(push['reason']) as EndReason, serverTime };
    case 'missed-call':
      return { type: 'missed-call', callId, ...caller, serverTime };
    default:
      return null;
  }
}

/** Did nobody take it, so that it counts as missed? */
export function isMissed(reason: EndReason | undefined): boolean {
  return reason === 'timeout' || reason === 'canceled';
}

/** A ring that comes a little late still rings at the server, and clocks are never quite right. */
const SLACK_MS = 5_000;
/** No push comes so late; a clock that says so is wrong. A laptop that slept over the weekend is the longest. */
const ABSURD_MS = 3 * 24 * 3600_000;

/**
 * Might the call ring still, when the server cannot be asked? `offsetMs` is what to add to our clock to have the server's,
 * if we ever heard it; null: our clock may be right or not. Push services drop what is too old, so that late is rare, and
 * a clock that makes no sense has no say.
 */
export function mayRing({ ringUntil, serverTime }: RingPush, received: number, offsetMs: number | null): boolean {
  const elapsedMs = received + (offsetMs ?? 0) - serverTime;
  if (elapsedMs <= ringUntil - serverTime + SLACK_MS) return true;
  return offsetMs === null && elapsedMs > ABSURD_MS;
}

/** Ms that it will go on ringing. What the clock says is taken only where it makes sense. */
export function remainingMs({ ringUntil, serverTime }: RingPush, now: number, offsetMs: number | null): number {
  const ringMs = Math.max(0, ringUntil - serverTime);
  const elapsedMs = now + (offsetMs ?? 0) - serverTime;
  return elapsedMs > 0 && elapsedMs < ringMs ? ringMs - elapsedMs : ringMs;
}

const NAME_LENGTH_MAX = 100;

/** A name that cannot turn the rest of the notification around. */
function tidy(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ').trim();
  const letters = [...plain];
  return letters.length > NAME_LENGTH_MAX ? `${letters.slice(0, NAME_LENGTH_MAX - 1).join('')}…` : plain;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
