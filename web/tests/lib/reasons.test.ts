import { END_REASONS } from 'carillon-sdk';
import { describe, expect, it } from 'vitest';
import { calleeWords, endWords, type EndFacts, type EndReason } from '../../src/lib/reasons';

const facts = (rest: Partial<EndFacts>): EndFacts => ({
  reason: 'hangup',
  names: ['Ben'],
  outgoing: true,
  connected: false,
  byMe: false,
  ...rest,
});
const all: readonly EndReason[] = [...END_REASONS, 'unreachable', 'forbidden'];

describe('endWords', () => {
  it('has plain words for every reason of the wire, on both sides, for one and for many', () => {
    for (const reason of all)
      for (const outgoing of [true, false])
        for (const names of [['Ben'], ['Ben', 'Mara', 'Yusuf', 'Noor'], []])
          for (const byMe of [true, false]) {
            const words = endWords(facts({ reason, outgoing, names, byMe }));
            expect(words.title).not.toBe('');
            expect(`${words.title} ${words.detail}`).not.toMatch(/undefined|null|hangup|-elsewhere/u);
          }
  });
  it('tells the caller of a decline, of a busy line and of silence apart', () => {
    expect(endWords(facts({ reason: 'declined' })).detail).toBe('Ben declined the call.');
    expect(endWords(facts({ reason: 'busy' })).detail).toBe('Ben is in another call.');
    expect(endWords(facts({ reason: 'timeout' })).title).toBe('No answer');
    expect(endWords(facts({ reason: 'unreachable' })).title).toBe('Unreachable');
  });
  it('tells the callee of a missed call, whether it rang out or was canceled', () => {
    expect(endWords(facts({ reason: 'timeout', outgoing: false })).title).toBe('Missed call');
    expect(endWords(facts({ reason: 'canceled', outgoing: false })).title).toBe('Missed call');
  });
  it('says who hung up', () => {
    expect(endWords(facts({ reason: 'hangup', byMe: true })).title).toBe('You hung up');
    expect(endWords(facts({ reason: 'hangup' })).detail).toBe('Ben hung up.');
  });
  it('offers no second call where it would make no sense', () => {
    for (const reason of ['answered-elsewhere', 'declined-elsewhere', 'removed', 'forbidden'] as const)
      expect(endWords(facts({ reason })).again).toBe(false);
    for (const reason of ['timeout', 'busy', 'failed', 'disconnected'] as const)
      expect(endWords(facts({ reason })).again).toBe(true);
  });
});

describe('calleeWords', () => {
  it('counts devices only when there are several', () => {
    expect(calleeWords('ringing', 1)).toBe('Ringing');
    expect(calleeWords('ringing', 2)).toBe('Ringing on 2 devices');
  });
});
