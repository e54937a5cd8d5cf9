import { describe, expect, it } from 'vitest';
import { StreamHistory } from '../src/stream-history.js';
import type { StreamStats } from '../src/index.js';

const stream = (trackId: string | null, given: Partial<StreamStats> = {}): StreamStats =>
  ({ kind: 'video', trackId, packets: 0, packetsLost: 0, jitterMs: null, frames: 0, ...given }) as StreamStats;
const none = new Set<string>();

describe('The history of streams', () => {
  it('knows nothing at the first measurement', () => {
    const history = new StreamHistory();
    expect(history.sample([stream('a', { packets: 100, packetsLost: 50 })], none, 20)).toEqual({
      score: null,
      loss: null,
      jitterMs: null,
      roundTripMs: 20,
      frozen: false,
    });
  });

  it('counts what was lost since the last one, over all streams', () => {
    const history = new StreamHistory();
    history.remember([stream('a', { packets: 100, packetsLost: 50 }), stream('b', { packets: 10 })]);
    const now = [
      stream('a', { packets: 190, packetsLost: 60, jitterMs: 5 }),
      stream('b', { packets: 110, jitterMs: 30 }),
    ];
    expect(history.sample(now, none, null)).toMatchObject({ loss: 10 / 200, jitterMs: 30, roundTripMs: null });
  });

  it('calls a camera frozen whose pictures stopped, and nothing else', () => {
    const history = new StreamHistory();
    history.remember([stream('a', { frames: 30 }), stream('new', { frames: 0 })]);
    const still = [stream('a', { frames: 30 }), stream('new', { frames: 0 })];
    expect(history.sample(still, new Set(['a', 'new']), null).frozen).toBe(true);
    expect(history.sample(still, new Set(['new']), null).frozen).toBe(false);
    expect(history.sample([stream('a', { frames: 31 })], new Set(['a']), null).frozen).toBe(false);
  });

  it('takes counters that went back, and streams that nobody names, for no loss', () => {
    const history = new StreamHistory();
    history.remember([stream('a', { packets: 100, packetsLost: 50 }), stream(null, { packets: 5 })]);
    expect(history.sample([stream('a'), stream(null, { packets: 9 })], none, null).loss).toBeNull();
  });

  it('keeps nothing of a stream that is gone, and begins anew should it come back', () => {
    const history = new StreamHistory();
    history.remember([stream('a', { packets: 100 })]);
    history.remember([stream('b', { packets: 100 })]);
    expect(history.sample([stream('a', { packets: 200, packetsLost: 100 })], none, null).loss).toBeNull();
  });
});
