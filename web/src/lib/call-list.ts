// The words of the list of calls: what became of each, and on which day. Pure.
import type { EndReason } from './reasons';
import { spokenDuration } from './time';

export interface CallFacts {
  readonly outgoing: boolean;
  readonly missed: boolean;
  readonly reason: EndReason;
  /** How long people talked; null: nobody answered, or this person did not. */
  readonly lastedMs: number | null;
}

/** `40 s`, `12 min`, `1 h 24 min`: beside a time of day, `12:34` would be read as one. */
export function lengthWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** What became of a call, in two or three words. */
export function outcomeWords(call: CallFacts): string {
  if (call.missed) return 'Missed';
  if (call.lastedMs !== null) {
    const lasted = lengthWords(call.lastedMs);
    if (call.reason === 'disconnected' || call.reason === 'failed') return `${lasted}, connection lost`;
    return call.reason === 'removed' ? `${lasted}, removed` : lasted;
  }
  switch (call.reason) {
    case 'answered-elsewhere':
      return 'Answered elsewhere';
    case 'declined':
    case 'declined-elsewhere':
      return 'Declined';
    case 'busy':
      return call.outgoing ? 'Busy' : 'Declined, in another call';
    case 'failed':
    case 'disconnected':
    case 'rate-limited':
    case 'unavailable':
      return 'Failed';
    case 'removed':
      return 'Removed';
    case 'timeout':
    case 'unreachable':
      return 'No answer';
    case 'canceled':
    case 'hangup':
      return call.outgoing ? 'Canceled' : 'Not answered';
    case 'forbidden':
      return 'Not allowed';
  }
}

/** The same with its direction, for those who do not see the arrow. */
export function spokenOutcome(call: CallFacts): string {
  const way = call.outgoing ? 'Outgoing' : 'Incoming';
  if (call.missed) return 'Missed call';
  if (call.lastedMs !== null) return `${way}, lasted ${spokenDuration(call.lastedMs)}`;
  return `${way}, ${outcomeWords(call).toLowerCase()}`;
}

const day_ms = 24 * 3600_000;

/** Midnight before `at`, here. */
function startOfDay(at: number): number {
  const date = new Date(at);
  date.setHours(0, 0, 0, 0);
  return date.getTime();
}

/** `Today`, `Yesterday`, `Wednesday` within the week, `Wed 4 March`, with the year if it is another. */
export function dayWords(at: number, now: number, locale?: string): string {
  // Rounded: a day in which the clocks change has 23 or 25 hours.
  const days = Math.round((startOfDay(now) - startOfDay(at)) / day_ms);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  const format = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat(locale, options).format(at);
  if (days < 7) return format({ weekday: 'long' });
  const same_year = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format({ weekday: 'short', day: 'numeric', month: 'long', ...(same_year ? {} : { year: 'numeric' }) });
}

/** `18:04`, or `6:04 PM`, as the language has it. */
export function clockWords(at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(at);
}

export interface Day<T> {
  readonly words: string;
  readonly calls: readonly T[];
}

/** Calls in the order they come, under the day on which each began. */
export function byDay<T extends { readonly startedAt: number }>(
  calls: readonly T[],
  now: number,
  locale?: string,
): readonly Day<T>[] {
  const days: { words: string; calls: T[] }[] = [];
  for (const call of calls) {
    const words = dayWords(call.startedAt, now, locale);
    const last = days.at(-1);
    if (last?.words === words) last.calls.push(call);
    else days.push({ words, calls: [call] });
  }
  return days;
}

/** For the round mark: more than 99 says no more. */
export function countWords(count: number): string {
  return count > 99 ? '99+' : `${count}`;
}
