import { describe, expect, it, vi } from 'vitest';
import { ring, ringsHere, snapshot } from './rings-here.js';
import { fakeTime } from './world.js';

fakeTime();

describe('Calls that ring here', () => {
  it('are told of once, and listed until they end', () => {
    const { incoming, seen, listed } = ringsHere();
    incoming.handleRing(ring('a'));
    incoming.handleRing(ring('a', { rev: 2 }));
    expect([seen, listed()]).toEqual([['a'], ['a']]);
    incoming.handleEnd({ callId: 'a', rev: 3, serverTime: 0, reason: 'canceled' });
    expect(listed()).toEqual([]);
  });

  it('do not end by a word that is older than their ring', () => {
    const { incoming, listed } = ringsHere();
    incoming.handleRing(ring('a', { rev: 5 }));
    incoming.handleEnd({ callId: 'a', rev: 4, serverTime: 0, reason: 'canceled' });
    expect(listed()).toEqual(['a']);
  });

  it('of somebody whom we are calling are held back until that is answered', () => {
    const { incoming, seen, listed } = ringsHere();
    const answered = incoming.expectGlare(['bob']);
    incoming.handleRing(ring('a'));
    incoming.handleRing(ring('b', { caller: { userId: 'carol', name: 'Carol' } }));
    expect([seen, listed()]).toEqual([['b'], ['b']]);
    answered();
    expect(seen).toEqual(['b', 'a']);
    expect(listed()).toEqual(['a', 'b']);
  });

  it('are never told of if they become our call by glare, or end, before that', () => {
    const { incoming, seen, listed } = ringsHere();
    const answered = incoming.expectGlare(['bob']);
    incoming.handleRing(ring('a'));
    incoming.handleRing(ring('b'));
    incoming.take('a')?.handleAccepted({} as never);
    incoming.handleEnd({ callId: 'b', rev: 2, serverTime: 0, reason: 'timeout' });
    answered();
    expect([seen, listed()]).toEqual([[], []]);
  });

  it('are confirmed, unless nobody sees the page and the push shows more', () => {
    const { incoming, platform, push, asked } = ringsHere();
    platform.onScreen = false;
    incoming.handleRing(ring('a'));
    push.state = 'on';
    incoming.handleRing(ring('b'));
    platform.onScreen = true;
    incoming.handleRing(ring('c'));
    expect(asked).toEqual(['ringing a', 'ringing c']);
  });

  it('take the notification of the same call away, except when they ring on elsewhere', () => {
    const { incoming, platform } = ringsHere();
    platform.notifications = ['ring a', 'ring b'];
    incoming.handleRing(ring('a'));
    expect(platform.notifications).toEqual(['ring b']);
    platform.onScreen = false;
    incoming.handleRing(ring('b'));
    incoming.close();
    expect(platform.notifications).toEqual(['ring b']);
  });

  it('take their notification away when it is the caller who was disconnected', () => {
    const { incoming, platform } = ringsHere();
    platform.onScreen = false;
    platform.notifications = ['ring a'];
    incoming.handleRing(ring('a'));
    incoming.handleEnd({ callId: 'a', rev: 2, serverTime: 0, reason: 'disconnected' });
    expect(platform.notifications).toEqual([]);
  });

  it('ring again for whoever disconnects and comes back while they do', () => {
    const { incoming, seen, listed } = ringsHere();
    incoming.handleRing(ring('a'));
    const call = incoming.get('a')!;
    incoming.reconcile([]);
    incoming.close();
    expect(call.endReason).toBe('disconnected');
    expect(listed()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    incoming.reconcile([snapshot('a', 'ringing')]);
    expect(seen).toEqual(['a', 'a']);
    expect(listed()).toEqual(['a']);
  });
});
