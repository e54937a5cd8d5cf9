import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, NO_SAMPLE, QualityMark, type QualitySample } from '../src/quality.js';

const sample = (part: Partial<QualitySample>): QualitySample => ({ ...NO_SAMPLE, ...part });

describe('A sample', () => {
  it.each([
    [{}, 'unknown'],
    [{ score: 10 }, 'good'],
    [{ score: 8 }, 'good'],
    [{ score: 7 }, 'fair'],
    [{ score: 4 }, 'poor'],
    [{ loss: 0.03 }, 'good'],
    [{ loss: 0.1 }, 'fair'],
    [{ loss: 0.11 }, 'poor'],
    [{ jitterMs: 40 }, 'good'],
    [{ jitterMs: 41 }, 'fair'],
    [{ jitterMs: 121 }, 'poor'],
    [{ roundTripMs: 300 }, 'good'],
    [{ roundTripMs: 800 }, 'fair'],
    [{ roundTripMs: 801 }, 'poor'],
    [{ score: 10, frozen: true }, 'poor'],
    [{ score: 10, loss: 0, jitterMs: 5, roundTripMs: 350 }, 'fair'],
  ] as const)('%o is %s', (part, level) => {
    expect(judge(sample(part))).toBe(level);
  });
});

describe('A mark', () => {
  it('gets worse at once and better after three samples', () => {
    const mark = new QualityMark();
    expect(mark.quality).toBe('unknown');
    expect(mark.update(sample({ score: 10 }))).toBe(true);
    expect(mark.update(sample({ score: 2 }))).toBe(true);
    expect([1, 2, 3].map(() => mark.update(sample({ score: 10 })))).toEqual([false, false, true]);
    expect(mark.quality).toBe('good');
  });

  it('starts its count again when it gets worse between', () => {
    const mark = new QualityMark();
    for (const score of [2, 10, 10, 2, 10, 10]) mark.update(sample({ score }));
    expect(mark.quality).toBe('poor');
  });

  it('ends where a steady line puts it, whatever came before', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 30 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 0, max: 10 }), (before, steady) => {
        const mark = new QualityMark();
        for (const score of before) mark.update(sample({ score }));
        for (let i = 0; i < 3; i++) mark.update(sample({ score: steady }));
        expect(mark.quality).toBe(judge(sample({ score: steady })));
      }),
    );
  });
});
