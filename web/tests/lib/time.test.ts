import { describe, expect, it } from 'vitest';
import { formatDuration, secondsLeft, shareLeft, spokenDuration } from '../../src/lib/time';

describe('secondsLeft', () => {
  it('counts 30 down to 1 and says 0 only when the time is over', () => {
    expect(secondsLeft(30_000, 0)).toBe(30);
    expect(secondsLeft(30_000, 1)).toBe(30);
    expect(secondsLeft(30_000, 29_001)).toBe(1);
    expect(secondsLeft(30_000, 30_000)).toBe(0);
  });
  it('never goes below zero when the end of the ring is late', () => {
    expect(secondsLeft(30_000, 31_000)).toBe(0);
  });
});

describe('shareLeft', () => {
  it('goes from the whole circle to nothing', () => {
    expect(shareLeft(30, 0, 0)).toBe(1);
    expect(shareLeft(30, 0, 15)).toBe(0.5);
    expect(shareLeft(30, 0, 30)).toBe(0);
  });
  it('stays inside the circle when clocks disagree', () => {
    expect(shareLeft(30, 0, -5)).toBe(1);
    expect(shareLeft(30, 0, 99)).toBe(0);
    expect(shareLeft(0, 30, 10)).toBe(0);
  });
});

describe('formatDuration', () => {
  it.each([
    [-1, '0:00'],
    [0, '0:00'],
    [7_999, '0:07'],
    [754_000, '12:34'],
    [3_600_000, '1:00:00'],
    [3_723_000, '1:02:03'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('spokenDuration', () => {
  it.each([
    [0, '0 seconds'],
    [1_000, '1 second'],
    [61_000, '1 minute 1 second'],
    [7_322_000, '2 hours 2 minutes 2 seconds'],
  ])('%d ms is %s', (ms, text) => expect(spokenDuration(ms)).toBe(text));
});
