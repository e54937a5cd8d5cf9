// What the session says in words, and what it makes of errors. Pure.
import { CarillonError, type EndReason } from 'carillon-sdk';
import { waitWords, type EndReason as AnyEndReason, type EndWords } from '../lib/reasons';
import { TokenRefused } from './token';

export function sentence(words: EndWords): string {
  return words.detail === '' ? `${words.title}.` : `${words.title}. ${words.detail}`;
}

export function declinedLine(name: string, reason: EndReason): string {
  return reason === 'busy' ? `${name} is in another call.` : `${name} declined.`;
}

export function leftLine(name: string, reason: EndReason | null): string {
  switch (reason) {
    case 'timeout':
      return `${name} did not answer.`;
    case 'disconnected':
      return `${name} lost the connection.`;
    case 'removed':
      return `${name} was removed from the call.`;
    default:
      return `${name} left.`;
  }
}

/** How a call that could not even start is told. */
export function failureReason(error: unknown): AnyEndReason {
  if (!(error instanceof CarillonError)) return 'failed';
  switch (error.code) {
    case 'forbidden':
      return 'forbidden';
    case 'not-found':
      return 'unreachable';
    case 'busy':
    case 'rate-limited':
    case 'unavailable':
      return error.code;
    case 'disconnected':
    case 'timeout':
      return 'disconnected';
    default:
      return 'failed';
  }
}

export function failureWords(error: unknown): string {
  if (!(error instanceof CarillonError)) return 'Something went wrong.';
  switch (error.code) {
    case 'forbidden':
      return 'You are not allowed to.';
    case 'conflict':
    case 'call-ended':
    case 'invalid-state':
      return 'It is too late for that.';
    case 'disconnected':
    case 'timeout':
      return 'The server cannot be reached now.';
    case 'rate-limited':
      return `That was too often. ${waitWords(error.retryAfterMs)}`;
    case 'unavailable':
      return `The server takes no new calls now. ${waitWords(error.retryAfterMs)}`;
    default:
      return 'Something went wrong.';
  }
}

export function signInWords(error: unknown): string {
  if (error instanceof TokenRefused) {
    return error.status === 403 || error.status === 404
      ? 'This server does not let people in by name alone. Start it with --dev, or come from your own app.'
      : 'The server did not accept this name.';
  }
  if (error instanceof CarillonError && error.cause instanceof TokenRefused) return signInWords(error.cause);
  if (error instanceof CarillonError && (error.code === 'unauthorized' || error.code === 'token-failed')) {
    return 'The server did not accept the sign-in. Please try again.';
  }
  return 'The server cannot be reached. Check your connection and try again.';
}

/** The network or the server may be the reason, so the same again may work. */
export function isPassing(error: unknown): boolean {
  return error instanceof CarillonError && error.code === 'token-failed' && !(error.cause instanceof TokenRefused);
}
