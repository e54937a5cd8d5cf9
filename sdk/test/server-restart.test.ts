import { describe, expect, it } from 'vitest';
import { NO_ANSWER } from '../src/testing/index.js';
import { alive, namesInAnyOrder, sent } from './room-views.js';
import { fakeTime, flush, record, settled, wait, World } from './world.js';

fakeTime();

describe('A server that was started again', () => {
  it('has another room: everybody comes back into it, nobody leaves the call', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    const seen = record(call, 'participant-left', 'media-error', 'ended');
    const states = record(call, 'state');
    const tracks = alice.engine.capture.live;
    world.server.restart();
    await wait(3_000);
    expect([call.state, answered.state]).toEqual(['active', 'active']);
    expect(seen).toEqual([]);
    expect(states).toEqual(['state reconnecting active', 'state active reconnecting']);
    expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
    expect(namesInAnyOrder(answered, 'alice')).toEqual(['microphone', 'camera']);
    expect(alice.engine.capture.live).toEqual(tracks);
    for (const client of [alice, bob]) expect(alive(client)).toHaveLength(2);
  });

  it('gets nothing that was meant for the room before', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    world.server.override('produce', () => NO_ANSWER);
    void call.local.screen.enable().catch(() => undefined);
    await flush();
    world.server.override('produce', null);
    world.server.log.length = 0;
    world.server.restart();
    await wait(3_000);
    const ours = alive(alice).map(({ id }) => id);
    const produced = world.server.log.filter(({ userId, method }) => userId === 'alice' && method === 'produce');
    expect(produced.map(({ data }) => ours.includes(data['transportId'] as string))).toEqual([true, true, true]);
    expect(sent(alice)).toEqual(['camera', 'microphone', 'screen']);
  });

  it('may come while the room is being opened', async () => {
    const world = new World();
    const { incoming, call } = await world.ringing();
    world.server.override('join', () => NO_ANSWER);
    const answered = await settled(incoming.accept());
    const seen = record(answered, 'media-error', 'ended');
    world.server.override('join', null);
    world.server.restart();
    await wait(10_000);
    expect([call.state, answered.state]).toEqual(['active', 'active']);
    expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
    expect(namesInAnyOrder(answered, 'alice')).toEqual(['microphone', 'camera']);
    expect(seen).toEqual([]);
  });

  it('may die again before everybody is back, and its worker too', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    world.server.restart();
    await wait(400);
    world.server.restart();
    await wait(300);
    world.server.restartMedia(call.id);
    await wait(5_000);
    expect([call.state, answered.state]).toEqual(['active', 'active']);
    expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
    expect(namesInAnyOrder(answered, 'alice')).toEqual(['microphone', 'camera']);
  });

  it('has the same room when it was replaced in place: media is not touched', async () => {
    const world = new World();
    const { alice, bob, call } = await world.connected();
    const before = world.server.log.length;
    for (const user of ['alice', 'bob']) {
      const session = world.server.session(user);
      world.server.drop(session);
    }
    await wait(3_000);
    expect(call.state).toBe('active');
    for (const { engine } of [alice, bob]) {
      expect(engine.transports.map(({ state, restarts }) => [state, restarts.length])).toEqual([
        ['connected', 0],
        ['connected', 0],
      ]);
    }
    expect(world.server.log.slice(before)).toEqual([]);
  });
});
