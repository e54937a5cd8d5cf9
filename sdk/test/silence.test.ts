import { describe, expect, it } from 'vitest';
import { Silence } from '../src/silence.js';

/** What each look says, `!` for the one that hears the silence begin. */
function looks(bytes: number[]): string {
  const silence = new Silence();
  return bytes.map((each) => (silence.look(each) ? '!' : silence.silent ? 's' : '.')).join('');
}

describe('Silence', () => {
  it('is three looks without a byte after four with more and more, and is told once', () => {
    expect(looks([1, 2, 3, 4, 4, 4, 4, 4, 4])).toBe('......!ss');
    expect(looks([1, 2, 3, 4, 4, 4, 5, 5])).toBe('........');
  });
  it('is over with the next byte, and may come again', () => {
    expect(looks([1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 8, 8, 8])).toBe('......!......!');
  });
  it('is nothing new to somebody who gets little anyway', () => {
    expect(looks([0, 0, 0, 0, 0, 0])).toBe('......');
    expect(looks([1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4])).toBe('............');
  });
  it('is not a restart of the counters', () => {
    expect(looks([100, 200, 300, 400, 5, 10, 20, 20, 20, 20])).toBe('.........!');
  });
});
