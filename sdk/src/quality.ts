// From numbers to a mark that a person understands. Pure.

import type { Quality } from './types.js';

/** What is known of a stream or of a path at one moment; null: not known. */
export interface QualitySample {
  /** mediasoup's score, 0 to 10: of the sender's uplink and of our downlink, whichever is worse. */
  score: number | null;
  /** Share of packets lost since the last sample, 0 to 1. */
  loss: number | null;
  jitterMs: number | null;
  roundTripMs: number | null;
  /** Pictures stopped although the camera is on. */
  frozen: boolean;
}

export const NO_SAMPLE: QualitySample = {
  score: null,
  loss: null,
  jitterMs: null,
  roundTripMs: null,
  frozen: false,
};

type Level = 'good' | 'fair' | 'poor';
const ORDER: readonly Level[] = ['poor', 'fair', 'good'];

/**
 * Each number alone may make it worse, none makes it better. The limits: opus with FEC hides up to 3 % loss and people
 * hear 10 %; ITU-T G.114 calls 150 ms one way (300 there and back) good and 400 (800) the end of what can be used.
 */
export function judge(sample: QualitySample): Level | 'unknown' {
  const levels: Level[] = [];
  if (sample.score !== null) levels.push(atLeast(sample.score, 8, 5));
  if (sample.loss !== null) levels.push(atMost(sample.loss, 0.03, 0.1));
  if (sample.jitterMs !== null) levels.push(atMost(sample.jitterMs, 40, 120));
  if (sample.roundTripMs !== null) levels.push(atMost(sample.roundTripMs, 300, 800));
  if (sample.frozen) levels.push('poor');
  if (levels.length === 0) return 'unknown';
  return ORDER[Math.min(...levels.map((level) => ORDER.indexOf(level)))] ?? 'unknown';
}

function atLeast(value: number, good: number, fair: number): Level {
  return value >= good ? 'good' : value >= fair ? 'fair' : 'poor';
}
function atMost(value: number, good: number, fair: number): Level {
  return value <= good ? 'good' : value <= fair ? 'fair' : 'poor';
}

/** A mark that gets worse at once and better only when it stayed better, so that it does not flicker. */
export class QualityMark {
  #quality: Exclude<Quality, 'lost'> = 'unknown';
  #betterInARow = 0;

  get quality(): Exclude<Quality, 'lost'> {
    return this.#quality;
  }

  /** Takes a sample; true if the mark changed. */
  update(sample: QualitySample): boolean {
    const next = judge(sample);
    if (next === 'unknown' || next === this.#quality) {
      this.#betterInARow = 0;
      return false;
    }
    const better = this.#quality !== 'unknown' && ORDER.indexOf(next) > ORDER.indexOf(this.#quality);
    if (better && ++this.#betterInARow < BETTER_SAMPLES) return false;
    this.#betterInARow = 0;
    this.#quality = next;
    return true;
  }
}

/** Samples come every two seconds: six seconds of better before the mark follows. */
const BETTER_SAMPLES = 3;
