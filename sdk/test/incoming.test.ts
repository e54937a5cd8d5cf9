// One call that rings here, decided at the wrong moment or not at all.

import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { Refusal } from '../src/testing/index.js';
import { ring, ringsHere } from './rings-here.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

describe('A call that rings', () => {
  it('rings for as long as the latest word of it says', async () => {
    const { incoming } = ringsHere();
    const now = Date.now();
    incoming.handleRing(ring('a', { rev: 5, ringUntil: now + 5_000 }));
    const call = incoming.get('a')!;
    incoming.handleRing(ring('a', { rev: 4, ringUntil: now + 60_000 }));
    expect(call.ringUntil).toBe(now + 5_000);
    incoming.handleRing(ring('a', { rev: 6, ringUntil: now + 30_000 }));
    expect([call.ringUntil, call.remainingMs]).toEqual([now + 30_000, 30_000]);
    await wait(34_000);
    expect(call.state).toBe('ringing');
    await wait(1_000);
    expect(call.endReason).toBe('timeout');
  });

  it('is remembered by the word that ended it', () => {
    const { incoming, ended } = ringsHere();
    incoming.handleRing(ring('a'));
    incoming.handleEnd({ callId: 'a', rev: 7, serverTime: 0, reason: 'canceled' });
    expect([7, 8].map((rev) => ended.isNews('a', rev))).toEqual([false, true]);
  });

  it('is not accepted when it is over', () => {
    const { incoming } = ringsHere();
    incoming.handleRing(ring('a'));
    const call = incoming.get('a')!;
    const seen = record(call, 'state', 'accepted', 'ended');
    call.finish('canceled');
    call.handleAccepted({} as never);
    call.finish('timeout');
    expect(seen).toEqual(['state ended', 'ended canceled']);
    expect(call.endReason).toBe('canceled');
  });

  it('does not ring for ever when its end passed while it was being answered', async () => {
    const { incoming, accepted, captured } = ringsHere();
    incoming.handleRing(ring('a', { ringUntil: Date.now() + 5_000 }));
    const call = incoming.get('a')!;
    const outcome = rejection(call.accept());
    await wait(15_000);
    accepted.reject(new CarillonError('timeout', 'no answer'));
    expect(await outcome).toMatchObject({ code: 'timeout' });
    expect(call.state).toBe('ringing');
    expect(captured.live).toBe(0);
    await wait(5_000);
    expect(call.endReason).toBe('timeout');
  });
});

describe('Accepting', () => {
  it.each([
    [429, 'rate-limited'],
    [500, 'internal'],
    [403, 'forbidden'],
  ])('that the server refuses with %d leaves it ringing', async (status, code) => {
    const world = new World();
    const { incoming, bob } = await world.ringing();
    world.server.override('accept-call', () => {
      throw new Refusal(status, code, 'not now');
    });
    const seen = record(incoming, 'state', 'ended');
    expect(await rejection(incoming.accept())).toMatchObject({ code });
    expect(seen).toEqual(['state accepting', 'state ringing']);
    expect(bob.engine.capture.live).toEqual([]);
    world.server.override('accept-call', null);
    expect((await settled(incoming.accept())).state).toBe('active');
  });

  it('what became our call by glare gives that call', async () => {
    const world = new World();
    const { bob, incoming } = await world.ringing();
    const call = await settled(bob.carillon.startCall({ callees: ['alice'] }));
    expect(incoming.state).toBe('accepted');
    expect(await settled(incoming.accept())).toBe(call);
    expect(incoming.state).toBe('accepted');
    expect(world.server.methods('bob')).not.toContain('accept-call');
    expect(bob.carillon.calls).toEqual([call]);
  });
});

describe('Declining', () => {
  it('while the accept is under way hangs up what was accepted', async () => {
    const { bob, call, incoming } = await new World().ringing();
    const seen = record(bob.carillon, 'call');
    const accepting = rejection(incoming.accept());
    await settled(incoming.decline());
    expect(((await accepting) as CarillonError).code).toBe('call-ended');
    expect(incoming.endReason).toBe('declined');
    expect(seen).toEqual([]);
    expect(bob.carillon.calls).toEqual([]);
    expect(bob.engine.capture.live).toEqual([]);
    expect(call.state).toBe('ended');
  });

  it('while the connection is away is said when it is back, and it does not ring meanwhile', async () => {
    const world = new World();
    const { bob, call, incoming } = await world.ringing();
    const seen = record(bob.carillon, 'incoming');
    world.server.drop(world.server.session('bob'));
    await flush();
    const told = incoming.decline();
    await wait(1_000);
    await settled(told);
    expect(seen).toEqual([]);
    expect(call.endReason).toBe('declined');
  });
});
