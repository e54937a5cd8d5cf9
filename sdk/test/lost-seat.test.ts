// We were away for longer than the seat is kept, and the connection fails again while the call is joined once more.

import { describe, expect, it } from 'vitest';
import { NO_ANSWER } from '../src/testing/index.js';
import { fakeTime, flush, record, settled, wait, World } from './world.js';

fakeTime();

/** Alice, Bob and Carol are in a call, and Alice's seat has gone; her next attempt to connect succeeds. */
async function seatless(world: World) {
  const { alice, call, answered } = await world.connected();
  const carol = await world.client('carol');
  await settled(answered.invite(['carol']));
  await settled(carol.carillon.incoming[0]!.accept());
  const lose = async (): Promise<void> => {
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    world.server.unreachable = false;
  };
  await lose();
  const joins = (): number => world.server.methods('alice').filter((method) => method === 'join-call').length;
  const returns = async (): Promise<void> => {
    await flush();
    alice.engine.changeNetwork();
    await flush();
    expect(alice.carillon.state).toBe('connected');
  };
  return { alice, call, answered, joins, lose, returns };
}

describe('A call that is joined again', () => {
  it('is joined once when the connection fails again before that', async () => {
    const world = new World();
    const { call, answered, joins, returns } = await seatless(world);
    const seen = record(call, 'state', 'ended');
    await returns();
    await wait(300);
    world.server.drop(world.server.session('alice'));
    await returns();
    expect(joins()).toBe(0);
    await wait(300);
    expect(joins()).toBe(0); // The word of its end has its time from the last welcome on.
    await wait(1_000);
    expect(joins()).toBe(1);
    expect(seen).toEqual(['state active reconnecting']);
    expect(answered.participant('alice')!.tracks).toHaveLength(2);
  });

  it('is not joined a second time when the connection fails before the answer', async () => {
    const world = new World();
    const { alice, call, answered, joins, returns } = await seatless(world);
    world.server.override('join-call', () => NO_ANSWER);
    await returns();
    await wait(600);
    expect(joins()).toBe(1);
    world.server.override('join-call', null);
    world.server.drop(world.server.session('alice'));
    const transports = alice.engine.transports.length;
    await returns();
    expect(joins()).toBe(2); // Said again, since its answer was lost.
    expect(call.state).toBe('active');
    await wait(2_000);
    expect(joins()).toBe(2);
    expect(alice.engine.transports).toHaveLength(transports + 2);
    expect(answered.participant('alice')!.tracks).toHaveLength(2);
  });

  it('is joined again as often as its seat is lost', async () => {
    const { call, joins, lose, returns } = await seatless(new World());
    await returns();
    await wait(1_000);
    expect([joins(), call.state]).toEqual([1, 'active']);
    await lose();
    await returns();
    await wait(1_000);
    expect([joins(), call.state]).toEqual([2, 'active']);
  });

  it('keeps whoever came meanwhile', async () => {
    const world = new World();
    const { call, answered, returns } = await seatless(world);
    const seen = record(call, 'participant-joined', 'participant-left');
    const dave = await world.client('dave');
    await returns();
    await wait(300);
    world.server.drop(world.server.session('alice'));
    await returns();
    await settled(answered.invite(['dave']));
    await wait(100);
    await settled(dave.carillon.incoming[0]!.accept());
    await wait(1_000);
    expect(seen).toEqual(['participant-joined dave']);
    expect(call.participant('dave')).toMatchObject({ state: 'joined' });
  });
});
