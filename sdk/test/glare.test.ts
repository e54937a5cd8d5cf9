import { describe, expect, it } from 'vitest';
import { Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, World } from './world.js';

fakeTime();

describe('Glare', () => {
  it('makes one call of two, already accepted, and nobody sees busy', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const seen = record(bob.carillon, 'incoming', 'call');
    const outcomes = Promise.all([
      alice.carillon.startCall({ callees: ['bob'] }),
      bob.carillon.startCall({ callees: ['alice'] }),
    ]);
    await flush();
    const [alices, bobs] = await outcomes;
    expect(alices.id).toBe(bobs.id);
    expect([alices.state, bobs.state]).toEqual(['active', 'active']);
    expect(alices.participants).toMatchObject([{ userId: 'bob', state: 'joined' }]);
    expect(bobs.participants).toMatchObject([{ userId: 'alice', state: 'joined' }]);
    expect(seen).toEqual([`call ${bobs.id}`]); // It never was seen to ring.
    expect(world.server.calls.size).toBe(1);
  });

  it('turns the call that rings here into the one we started', async () => {
    const world = new World();
    const { incoming, call, bob } = await world.ringing();
    const seen = record(incoming, 'state', 'accepted', 'ended');
    const bobs = await settled(bob.carillon.startCall({ callees: ['alice'] }));
    expect(bobs.id).toBe(call.id);
    expect(seen).toEqual(['state accepted', `accepted ${call.id}`]);
    expect(bob.carillon.incoming).toEqual([]);
    expect(call.state).toBe('active');
    // The ring is over for good: a late word about it changes nothing.
    await settled(incoming.decline());
    expect(call.state).toBe('active');
  });

  it('that came to nothing lets the other call ring', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const seen = record(bob.carillon, 'incoming');
    world.server.override('start-call', (session) => {
      if (session.userId === 'bob') throw new Refusal(429, 'rate-limited', 'too many calls');
      world.server.override('start-call', null);
      const call = world.server.startCall(session, { callees: ['bob'], media: 'audio', requestId: 'x' });
      world.server.override('start-call', () => {
        throw new Refusal(429, 'rate-limited', 'too many calls');
      });
      return call;
    });
    const alices = alice.carillon.startCall({ callees: ['bob'] });
    const bobs = rejection(bob.carillon.startCall({ callees: ['alice'] }));
    await flush();
    expect(await bobs).toMatchObject({ code: 'rate-limited' });
    await alices;
    expect(seen).toEqual(['incoming']);
  });

  it('needs no second camera', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    void alice.carillon.startCall({ callees: ['bob'], media: 'video' });
    void bob.carillon.startCall({ callees: ['alice'], media: 'video' });
    await flush();
    expect(alice.engine.capture.live).toHaveLength(2);
    expect(bob.engine.capture.live).toHaveLength(2);
  });
});
