import { describe, expect, it, vi } from 'vitest';
import { KeptTracks } from '../src/kept-tracks.js';
import type { TrackSource } from '../src/types.js';
import { fakeTime, wait } from './world.js';

fakeTime();

function make() {
  const removed: string[] = [];
  const kept = new KeptTracks((consumerId) => removed.push(consumerId));
  const add = (consumerId: string, peerId: string, source: TrackSource): void =>
    kept.add({ consumerId, peerId, source });
  return { kept, removed, add };
}

/** Of bob a camera and a microphone, of carol a camera, and all of it is of the room before. */
function keeping() {
  const made = make();
  made.add('b1', 'bob', 'camera');
  made.add('b2', 'bob', 'microphone');
  made.add('c1', 'carol', 'camera');
  made.kept.keep();
  return made;
}

describe('The tracks of the room before', () => {
  it('are kept as they were there at its end', () => {
    const { kept, add, removed } = make();
    add('b1', 'bob', 'camera');
    add('b2', 'bob', 'microphone');
    kept.remove('b2');
    expect(kept.has('b1')).toBe(false);
    kept.keep();
    expect([kept.has('b1'), kept.has('b2')]).toEqual([true, false]);
    expect(removed).toEqual([]);
  });

  it('go one by one, each when the same comes from the same person', () => {
    const { kept, add, removed } = keeping();
    add('b3', 'bob', 'screen');
    expect(removed).toEqual([]);
    add('b4', 'bob', 'camera');
    expect(removed).toEqual(['b1']);
    expect([kept.has('b1'), kept.has('b2'), kept.has('b4')]).toEqual([false, true, false]);
    kept.keep();
    expect([kept.has('b1'), kept.has('b2'), kept.has('b4')]).toEqual([false, true, true]);
  });

  it('go with their person, whose new ones are not ours to remove', () => {
    const { kept, add, removed } = keeping();
    add('b4', 'bob', 'camera');
    kept.removePeer('bob');
    kept.removePeer('bob');
    expect(removed).toEqual(['b1', 'b2']);
  });

  it('go five seconds after the new room is there, and its own stay', async () => {
    const { kept, add, removed } = keeping();
    await wait(60_000);
    kept.expire();
    add('c2', 'carol', 'camera');
    await wait(4_900);
    expect(removed).toEqual(['c1']);
    await wait(200);
    expect(removed).toEqual(['c1', 'b1', 'b2']);
    expect(kept.has('c2')).toBe(false);
  });

  it('stay for the next room if that comes before', async () => {
    const { kept, add, removed } = keeping();
    kept.expire();
    add('c2', 'carol', 'camera');
    kept.keep();
    await wait(60_000);
    expect(removed).toEqual(['c1']);
    expect(['b1', 'b2', 'c2'].map((id) => kept.has(id))).toEqual([true, true, true]);
  });

  it('are nothing to anybody after the call', () => {
    const { kept, removed } = keeping();
    kept.expire();
    kept.close();
    expect(vi.getTimerCount()).toBe(0);
    kept.removePeer('bob');
    expect(removed).toEqual([]);
  });
});
