import { describe, expect, it, vi } from 'vitest';
import { Emitter } from '../src/index.js';

class Bell extends Emitter<{ ring: [loud: number] }> {
  ring(loud: number): void {
    this.emit('ring', loud);
  }
}

describe('An emitter', () => {
  it('tells all who listen, until they stop', () => {
    const bell = new Bell();
    const heard: string[] = [];
    const stop = bell.on('ring', (loud) => heard.push(`a${loud}`));
    bell.on('ring', (loud) => heard.push(`b${loud}`));
    bell.once('ring', (loud) => heard.push(`once${loud}`));
    bell.ring(1);
    stop();
    stop();
    bell.ring(2);
    expect(heard).toEqual(['a1', 'b1', 'once1', 'b2']);
  });

  it('counts the same listener given twice as two', () => {
    const bell = new Bell();
    const listener = vi.fn();
    bell.on('ring', listener);
    const stop = bell.on('ring', listener);
    bell.ring(1);
    stop();
    bell.ring(2);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('lets a listener stop others and itself while it tells', () => {
    const bell = new Bell();
    const heard: string[] = [];
    const stop = bell.on('ring', () => {
      heard.push('first');
      stop();
    });
    bell.on('ring', () => heard.push('second'));
    bell.ring(1);
    bell.ring(2);
    expect(heard).toEqual(['first', 'second', 'second']);
  });

  it('reports what a listener throws and tells the others all the same', () => {
    const reported: VoidFunction[] = [];
    vi.stubGlobal('queueMicrotask', (report: VoidFunction) => reported.push(report));
    const bell = new Bell();
    const second = vi.fn();
    bell.on('ring', () => {
      throw new Error('the app has a bug');
    });
    bell.on('ring', second);
    bell.ring(1);
    vi.unstubAllGlobals();
    expect(second).toHaveBeenCalledWith(1);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toThrow('the app has a bug');
  });
});
