// One call that rings here, decided at the wrong moment.

import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

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
