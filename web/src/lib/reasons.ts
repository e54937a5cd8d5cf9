// Why a call ended, in plain words. The list of reasons is closed (docs/protocol.md).
import { listNames } from './names';

/** The reasons on the wire, and the ones that only this page knows. */
export type EndReason =
  | 'hangup'
  | 'canceled'
  | 'timeout'
  | 'declined'
  | 'busy'
  | 'answered-elsewhere'
  | 'declined-elsewhere'
  | 'disconnected'
  | 'failed'
  | 'removed'
  | 'unreachable'
  | 'forbidden'
  | 'rate-limited'
  | 'unavailable';

export interface EndFacts {
  readonly reason: EndReason;
  /** Everybody else in the call. */
  readonly names: readonly string[];
  readonly outgoing: boolean;
  /** Somebody answered, so there was a conversation. */
  readonly connected: boolean;
  /** This person pressed the button. */
  readonly byMe: boolean;
  /** When it is worth trying again, if the server said so. */
  readonly retryAfterMs?: number;
}

export interface EndWords {
  readonly title: string;
  readonly detail: string;
  /** Whether to offer the same call again. */
  readonly again: boolean;
}

/** `Try again in 40 s.` */
export function waitWords(ms: number | undefined): string {
  const seconds = Math.ceil((ms ?? 0) / 1000);
  if (seconds < 2) return 'Try again in a moment.';
  return `Try again in ${seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`}.`;
}

/** What the last page of a call says. */
export function endWords(facts: EndFacts): EndWords {
  const { reason, outgoing, connected, byMe } = facts;
  const who = facts.names.length > 0 ? listNames(facts.names) : 'The other side';
  const group = facts.names.length > 1;
  switch (reason) {
    case 'hangup':
      if (byMe) return { title: group ? 'You left the call' : 'You hung up', detail: '', again: true };
      if (group) return { title: 'Call ended', detail: 'Everybody else has left.', again: true };
      return { title: 'Call ended', detail: `${who} hung up.`, again: true };
    case 'canceled':
      if (outgoing) return { title: 'Call canceled', detail: `You stopped calling ${who}.`, again: true };
      return { title: 'Missed call', detail: `${who} stopped calling before you answered.`, again: true };
    case 'timeout':
      if (!outgoing) return { title: 'Missed call', detail: `${who} called you.`, again: true };
      return { title: 'No answer', detail: group ? 'Nobody answered in time.' : `${who} did not answer.`, again: true };
    case 'declined':
      if (!outgoing) return { title: 'Call declined', detail: `You declined the call.`, again: true };
      return {
        title: 'Call declined',
        detail: group ? 'Nobody took the call.' : `${who} declined the call.`,
        again: true,
      };
    case 'busy':
      if (!outgoing) return { title: 'Call declined', detail: 'You were in another call.', again: true };
      return { title: 'Busy', detail: group ? 'Nobody is free now.' : `${who} is in another call.`, again: true };
    case 'answered-elsewhere':
      return { title: 'Answered elsewhere', detail: 'You took this call on another of your devices.', again: false };
    case 'declined-elsewhere':
      return {
        title: 'Declined elsewhere',
        detail: 'You declined this call on another of your devices.',
        again: false,
      };
    case 'disconnected':
      return connected
        ? {
            title: 'Connection lost',
            detail: byMe ? 'Your connection did not come back in time.' : 'The connection did not come back in time.',
            again: true,
          }
        : { title: 'Connection lost', detail: 'The call could not go on.', again: true };
    case 'failed':
      return {
        title: 'The call failed',
        detail: 'Something went wrong on the way. It is not your fault; try again.',
        again: true,
      };
    case 'removed':
      return { title: 'You were removed', detail: 'Somebody who runs this call took you out of it.', again: false };
    case 'unreachable':
      return {
        title: 'Unreachable',
        detail: group
          ? 'Nobody can be rung: none of them has a device online.'
          : `${who} has no device that can ring now.`,
        again: true,
      };
    case 'forbidden':
      return { title: 'Not allowed', detail: `You may not call ${who}.`, again: false };
    case 'rate-limited':
      return { title: 'Too many calls', detail: `That was too often. ${waitWords(facts.retryAfterMs)}`, again: true };
    case 'unavailable':
      return {
        title: 'No new calls now',
        detail: `The server is about to stop. ${waitWords(facts.retryAfterMs)}`,
        again: true,
      };
  }
}

/** What a person in the list of an outgoing or running call is doing. */
export type CalleeState =
  | 'calling'
  | 'offline'
  | 'reaching'
  | 'ringing'
  | 'unreachable'
  | 'accepted'
  | 'declined'
  | 'busy'
  | 'timeout'
  | 'left';

/** One line below a person's name while the call rings. */
export function calleeWords(state: CalleeState, devices: number): string {
  switch (state) {
    case 'calling':
      return 'Calling…';
    case 'offline':
      return 'Offline, rings once they are online';
    case 'ringing':
      return devices > 1 ? `Ringing on ${devices} devices` : 'Ringing';
    case 'reaching':
      return devices > 1 ? `Reaching ${devices} devices…` : 'Reaching their device…';
    case 'unreachable':
      return 'Cannot be reached now';
    case 'accepted':
      return 'Answered';
    case 'declined':
      return 'Declined';
    case 'busy':
      return 'Busy in another call';
    case 'timeout':
      return 'No answer';
    case 'left':
      return 'Left';
  }
}
