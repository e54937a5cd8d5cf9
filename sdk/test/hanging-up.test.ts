import { describe, expect, it } from 'vitest';
import { Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

describe('Hanging up', () => {
  it('ends the call for both, whoever does it', async () => {
    const { call, answered, alice, bob } = await new World().connected();
    await settled(answered.leave());
    expect([call.endReason, answered.endReason]).toEqual(['hangup', 'hangup']);
    expect(alice.engine.capture.live).toEqual([]);
    expect(bob.engine.capture.live).toEqual([]);
    for (const engine of [alice.engine, bob.engine]) {
      expect(engine.transports.map(({ state }) => state)).toEqual(['closed', 'closed']);
    }
  });

  it('never fails, and is over at once, even without a connection', async () => {
    const world = new World();
    const { call } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    const leaving = call.leave();
    expect(call.state).toBe('ended');
    await wait(2_000);
    await leaving;
    await settled(call.leave());
    expect(world.server.calls.size).toBe(0);
  });

  it('for everyone asks the server first', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    world.server.override('end-call', () => {
      throw new Refusal(403, 'forbidden', 'only the caller may');
    });
    expect(await rejection(answered.end({ everyone: true }))).toMatchObject({ code: 'forbidden' });
    expect(answered.state).toBe('active');
    world.server.override('end-call', null);
    await settled(call.end({ everyone: true }));
    expect([call.endReason, answered.endReason]).toEqual(['hangup', 'hangup']);
  });

  it('disconnect() ends all calls and the connection', async () => {
    const world = new World();
    const { call, answered, alice } = await world.connected();
    alice.carillon.disconnect();
    await flush();
    expect([call.endReason, answered.endReason]).toEqual(['hangup', 'hangup']);
    expect(alice.carillon.state).toBe('closed');
  });

  it('is done for the person when the page goes away', async () => {
    const world = new World();
    const { alice, answered } = await world.connected();
    alice.engine.page('leave');
    await flush();
    expect(answered.endReason).toBe('hangup');
    expect(world.server.methods('alice')).toContain('end-call');
    alice.engine.page('return');
    await flush();
    expect(alice.carillon.state).toBe('connected');
  });

  it('a page that comes back and was not connected before stays so', async () => {
    const world = new World();
    const idle = world.make('bob');
    const { carillon, engine } = await world.client('alice');
    engine.page('leave');
    engine.page('return');
    await flush();
    expect(carillon.state).toBe('connected');
    carillon.disconnect();
    for (const page of [engine, idle.engine]) {
      page.page('leave');
      page.page('return');
    }
    await flush();
    expect([carillon.state, idle.carillon.state]).toEqual(['closed', 'idle']);
    expect(world.server.sockets).toHaveLength(2);
  });

  it('a call that rings when the page goes away rings again when it comes back', async () => {
    const { bob, call, incoming } = await new World().ringing();
    const seen = record(bob.carillon, 'incoming');
    bob.engine.page('leave');
    await flush();
    expect(incoming.endReason).toBe('disconnected');
    bob.engine.page('return');
    await flush();
    expect(seen).toEqual(['incoming']);
    await settled(bob.carillon.incoming[0]!.accept());
    expect(call.state).toBe('active');
  });
});
