// What becomes of calls and rings while the connection is away.

import { describe, expect, it } from 'vitest';
import { Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, settled, wait, World } from './world.js';

fakeTime();

describe('A connection that is lost', () => {
  it('comes back by itself, with its seat, and calls go on', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    const [states, others] = [
      record(call, 'state'),
      record(answered, 'participant-reconnecting', 'participant-joined'),
    ];
    const before = alice.engine.transport('send');
    world.server.drop(world.server.session('alice'));
    await flush();
    expect(call.state).toBe('reconnecting');
    expect(answered.participant('alice')).toMatchObject({ state: 'reconnecting', quality: 'lost' });
    await wait(1_000);
    expect(states).toEqual(['state reconnecting active', 'state active reconnecting']);
    expect(others).toEqual(['participant-reconnecting alice', 'participant-joined alice']);
    expect(answered.participant('alice')?.tracks).toHaveLength(2);
    expect(alice.engine.transport('send')).toBe(before);
    expect(before.state).toBe('connected');
    expect(world.server.sockets.at(-1)!.url.searchParams.get('resume')).toBe(world.server.session('alice').resumeToken);
    expect(bob.carillon.calls).toEqual([answered]);
  });

  it('ends the call that ended meanwhile, with the reason if the server tells it', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    const session = world.server.session('alice');
    world.server.drop(session);
    world.server.calls.clear();
    await wait(700);
    world.server.notify(session, 'end-call', { callId: call.id, rev: 99, serverTime: 0, reason: 'removed' });
    await wait(1_000);
    expect(call.endReason).toBe('removed');
    expect(alice.engine.capture.live).toEqual([]);
  });

  it('ends the call that ended meanwhile as disconnected otherwise', async () => {
    const world = new World();
    const { call } = await world.connected();
    world.server.drop(world.server.session('alice'));
    world.server.calls.clear();
    await wait(2_000);
    expect(call.endReason).toBe('disconnected');
  });

  it('beyond the grace costs the call', async () => {
    const world = new World();
    const { call, answered, alice } = await world.connected();
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(11_000);
    expect(answered.endReason).toBe('disconnected');
    expect(call.state).toBe('reconnecting');
    world.server.unreachable = false;
    await wait(10_000);
    expect(call.endReason).toBe('disconnected');
    expect(alice.carillon.state).toBe('connected');
  });

  it('takes up what changed in the call meanwhile', async () => {
    const world = new World();
    const alice = await world.client('alice');
    const [bob, carol] = [await world.client('bob'), await world.client('carol')];
    const call = await settled(alice.carillon.startCall({ callees: ['bob', 'carol'] }));
    const bobs = await settled(bob.carillon.incoming[0]!.accept());
    world.server.drop(world.server.session('alice'));
    await settled(carol.carillon.incoming[0]!.accept());
    await settled(bobs.leave());
    const seen = record(call, 'participant-joined', 'participant-left');
    await wait(2_000);
    expect(seen).toEqual(['participant-joined carol', 'participant-left bob']);
  });

  it('stops what rang and rings no more, and rings what does', async () => {
    const world = new World();
    const { incoming, call, bob } = await world.ringing();
    const carol = await world.client('carol');
    world.server.drop(world.server.session('bob'));
    await settled(call.leave());
    await settled(carol.carillon.startCall({ callees: ['bob'] }));
    await wait(2_000);
    expect(incoming.endReason).toBe('canceled');
    expect(bob.carillon.incoming).toMatchObject([{ caller: { userId: 'carol' }, state: 'ringing' }]);
  });

  it('keeps ringing what rings on, once', async () => {
    const world = new World();
    const { incoming, bob } = await world.ringing();
    const seen = record(bob.carillon, 'incoming');
    world.server.drop(world.server.session('bob'));
    await wait(2_000);
    expect(seen).toEqual([]);
    expect(incoming.state).toBe('ringing');
    expect((await settled(incoming.accept())).state).toBe('active');
  });

  it('for 20 s costs a call of two, and a call of others is joined again', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    const carol = await world.client('carol');
    await settled(answered.invite(['carol']));
    await settled(carol.carillon.incoming[0]!.accept());
    const [states, seen] = [record(call, 'state', 'ended'), record(answered, 'participant-left', 'participant-joined')];
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    expect(call.state).toBe('reconnecting');
    expect(seen).toEqual(['participant-left alice disconnected']);
    world.server.unreachable = false;
    await wait(10_000);
    expect(call.state).toBe('active');
    expect(states).toEqual(['state reconnecting active', 'state active reconnecting']);
    expect(seen).toEqual(['participant-left alice disconnected', 'participant-joined alice']);
    expect(answered.participant('alice')!.tracks.map(({ source }) => source)).toEqual(['camera', 'microphone']);
    expect(call.participants.map(({ state, tracks }) => [state, tracks.length])).toEqual([
      ['joined', 2],
      ['joined', 2],
    ]);
    expect(alice.engine.capture.tracks).toHaveLength(2);
  });

  it('for longer than the seat is kept ends a call that cannot be joined again', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    const carol = await world.client('carol');
    await settled(answered.invite(['carol']));
    await settled(carol.carillon.incoming[0]!.accept());
    world.server.override('join-call', () => {
      throw new Refusal(403, 'forbidden', 'not in this call');
    });
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(12_000);
    world.server.unreachable = false;
    await wait(10_000);
    expect(call).toMatchObject({ state: 'ended', endReason: 'disconnected' });
  });
});
