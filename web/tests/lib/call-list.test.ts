import { describe, expect, it } from 'vitest';
import {
  byDay,
  clockWords,
  countWords,
  dayWords,
  lengthWords,
  outcomeWords,
  spokenOutcome,
} from '../../src/lib/call-list';

const call = { outgoing: false, missed: false, reason: 'hangup', lastedMs: null } as const;
/** A Wednesday at noon, here. */
const now = new Date(2026, 2, 18, 12).getTime();
const at = (day: number, hour: number): number => new Date(2026, 2, day, hour).getTime();

describe('what became of a call', () => {
  it.each([
    [{ missed: true, reason: 'timeout' }, 'Missed', 'Missed call'],
    [{ missed: true, reason: 'canceled' }, 'Missed', 'Missed call'],
    [{ lastedMs: 754_000 }, '13 min', 'Incoming, lasted 12 minutes 34 seconds'],
    [{ outgoing: true, lastedMs: 40_000 }, '40 s', 'Outgoing, lasted 40 seconds'],
    [{ lastedMs: 61_000, reason: 'disconnected' }, '1 min, connection lost', 'Incoming, lasted 1 minute 1 second'],
    [{ lastedMs: 61_000, reason: 'removed' }, '1 min, removed', 'Incoming, lasted 1 minute 1 second'],
    [{ reason: 'answered-elsewhere' }, 'Answered elsewhere', 'Incoming, answered elsewhere'],
    [{ reason: 'declined' }, 'Declined', 'Incoming, declined'],
    [{ reason: 'declined-elsewhere' }, 'Declined', 'Incoming, declined'],
    [{ reason: 'busy' }, 'Declined, in another call', 'Incoming, declined, in another call'],
    [{ outgoing: true, reason: 'busy' }, 'Busy', 'Outgoing, busy'],
    [{ outgoing: true, reason: 'declined' }, 'Declined', 'Outgoing, declined'],
    [{ outgoing: true, reason: 'timeout' }, 'No answer', 'Outgoing, no answer'],
    [{ outgoing: true, reason: 'canceled' }, 'Canceled', 'Outgoing, canceled'],
    [{ reason: 'failed' }, 'Failed', 'Incoming, failed'],
  ] as const)('%o', (rest, words, spoken) => {
    expect(outcomeWords({ ...call, ...rest })).toBe(words);
    expect(spokenOutcome({ ...call, ...rest })).toBe(spoken);
  });

  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [3_540_000, '59 min'],
    [3_600_000, '1 h'],
    [5_041_000, '1 h 24 min'],
  ])('that lasted %d ms', (ms, words) => expect(lengthWords(ms)).toBe(words));
});

describe('the day of a call', () => {
  it.each([
    [at(18, 0), 'Today'],
    [at(18, 23), 'Today'],
    [at(17, 23), 'Yesterday'],
    [at(17, 0), 'Yesterday'],
    [at(16, 23), 'Monday'],
    [at(12, 0), 'Thursday'],
    [at(11, 23), 'Wed, March 11'],
    [new Date(2025, 11, 31).getTime(), 'Wed, December 31, 2025'],
  ])('%#', (time, words) => expect(dayWords(time, now, 'en-US')).toBe(words));

  it('is right in the weeks in which the clocks change', () => {
    for (let day = 0; day < 366; ++day) {
      const noon = new Date(2026, 0, 1 + day, 12).getTime();
      expect(dayWords(new Date(2026, 0, day, 23, 59).getTime(), noon)).toBe('Yesterday');
      expect(dayWords(new Date(2026, 0, 1 + day, 0, 1).getTime(), noon)).toBe('Today');
    }
  });

  it('heads its calls, in their order', () => {
    const calls = [at(18, 11), at(18, 9), at(17, 9), at(11, 9)].map((startedAt) => ({ startedAt }));
    const days = byDay(calls, now, 'en-US');
    expect(days.map((day) => [day.words, day.calls.length])).toEqual([
      ['Today', 2],
      ['Yesterday', 1],
      ['Wed, March 11', 1],
    ]);
    expect(byDay([], now)).toEqual([]);
  });

  it('has a time as the language writes it', () => {
    expect(clockWords(at(18, 6), 'en-GB')).toMatch(/^0?6:00$/u);
    expect(clockWords(at(18, 18), 'en-US')).toMatch(/^6:00.PM$/u);
  });
});

describe('the number of missed calls', () => {
  it.each([
    [1, '1'],
    [99, '99'],
    [100, '99+'],
  ])('%d', (count, words) => expect(countWords(count)).toBe(words));
});
