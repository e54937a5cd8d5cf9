import { describe, expect, it } from 'vitest';
import { EndedCalls } from '../src/ended-calls.js';

describe('What is remembered of calls that are over', () => {
  it('tells the words of the end from those of what came after', () => {
    const ended = new EndedCalls();
    ended.add('call', 7);
    expect([6, 7, 8].map((rev) => ended.isNews('call', rev))).toEqual([false, false, true]);
    expect(ended.isNews('another', 0)).toBe(true);
  });

  it('takes the latest end of a call that ended twice', () => {
    const ended = new EndedCalls();
    ended.add('call', 7);
    ended.add('call', 9);
    expect(ended.isNews('call', 8)).toBe(false);
  });

  it('ends when we go back into it', () => {
    const ended = new EndedCalls();
    ended.add('call', 7);
    ended.delete('call');
    expect(ended.has('call')).toBe(false);
    expect(ended.isNews('call', 7)).toBe(true);
  });

  it('is of the last 64 only, counted from their last end', () => {
    const ended = new EndedCalls();
    for (let i = 0; i < 64; i++) ended.add(`call-${i}`, 1);
    ended.add('call-0', 2);
    ended.add('new', 1);
    expect(['call-0', 'call-1', 'call-2', 'new'].map((id) => ended.has(id))).toEqual([true, false, true, true]);
  });
});
