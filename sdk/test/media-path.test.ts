import { describe, expect, it } from 'vitest';
import { Refusal } from '../src/testing/index.js';
import { names } from './room-views.js';
import { fakeTime, flush, record, settled, wait, World } from './world.js';

fakeTime();

describe('The path', () => {
  it('that fails is restarted at once, over the same transport', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    const states = record(call, 'state');
    alice.engine.transport('recv').setState('failed');
    await flush();
    expect(alice.engine.transport('recv').restarts).toHaveLength(1);
    expect(states).toEqual(['state reconnecting active', 'state active reconnecting']);
    expect(alice.engine.transports).toHaveLength(2);
  });

  it('that is disconnected gets a second to heal by itself', async () => {
    const { alice } = await new World().connected();
    const path = alice.engine.transport('send');
    path.setState('disconnected');
    await wait(900);
    expect(path.restarts).toHaveLength(0);
    path.setState('connected');
    await wait(5_000);
    expect(path.restarts).toHaveLength(0);
    path.setState('disconnected');
    await wait(1_100);
    expect(path.restarts).toHaveLength(1);
  });

  it('is restarted in both directions when the network changes', async () => {
    const { alice } = await new World().connected();
    alice.engine.changeNetwork();
    await flush();
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([1, 1]);
    alice.engine.changeNetwork('doubtful');
    await flush();
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([1, 1]);
  });

  it('is tried again at growing distances while it stays down, and the app is told', async () => {
    const { call, alice } = await new World().connected();
    const seen = record(call, 'media-error');
    alice.engine.connects = false;
    const path = alice.engine.transport('recv');
    path.setState('failed');
    await wait(13_000); // At 0, 4 and 12 s.
    expect(path.restarts).toHaveLength(3);
    expect(seen).toEqual(['media-error media-failed']);
    expect(call.state).toBe('reconnecting');
    path.setState('connected');
    expect(call.state).toBe('active');
    await wait(60_000);
    expect(path.restarts).toHaveLength(3);
  });

  it('is restarted after the signalling is back, if it fell with it', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    alice.engine.transport('send').setState('failed');
    await flush();
    expect(alice.engine.transport('send').restarts).toHaveLength(0);
    await wait(1_000);
    expect(alice.engine.transport('send').restarts).toHaveLength(1);
    expect(call.state).toBe('active');
  });
});

describe('After a resume', () => {
  it('what was missed of the room is taken up: closed, muted, new', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    await settled(answered.local.microphone.mute());
    await settled(answered.local.screen.enable());
    await settled(answered.local.camera.disable());
    expect(names(call, 'bob')).toEqual(['microphone', 'camera']);
    await wait(1_000);
    expect(names(call, 'bob')).toEqual(['microphone muted', 'camera muted', 'screen']);
    world.server.drop(world.server.session('alice'));
    await flush();
    await settled(answered.local.screen.disable());
    await wait(1_000);
    expect(names(call, 'bob')).toEqual(['microphone muted', 'camera muted']);
    expect(bob.engine.transports).toHaveLength(2);
    expect(alice.engine.transports).toHaveLength(2);
  });

  it('a produce whose answer was lost is made again, and the lost one is cleaned away', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    const session = world.server.session('alice');
    session.socket!.onmessage = null;
    const enabling = call.local.screen.enable();
    await flush();
    world.server.drop(session);
    let refused = 0;
    world.server.override('produce', () => {
      world.server.override('produce', null);
      refused++;
      throw new Refusal(400, 'bad-request', 'the MID is taken');
    });
    await wait(2_000);
    await enabling;
    await flush();
    expect(refused).toBe(1);
    expect(call.local.screen.state).toBe('on');
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera', 'screen']);
  });

  it('a produce that came too often is made when the server says, not at once and not never', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    let asked = 0;
    world.server.override('produce', () => {
      if (++asked === 3) world.server.override('produce', null);
      throw new Refusal(429, 'rate-limited', 'too many producers', 400);
    });
    const enabling = call.local.screen.enable();
    await wait(390);
    expect(asked).toBe(1);
    await wait(300);
    expect(asked).toBe(2);
    await wait(600);
    await enabling;
    expect(asked).toBe(3);
    expect(call.local.screen.state).toBe('on');
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera', 'screen']);
  });

  it('a produce that comes too often for ever fails at last', async () => {
    const world = new World();
    const { call } = await world.connected();
    let asked = 0;
    world.server.override('produce', () => {
      asked++;
      throw new Refusal(429, 'rate-limited', 'too many producers', 100);
    });
    const failed = expect(call.local.screen.enable()).rejects.toMatchObject({ code: 'rate-limited' });
    await wait(3_000);
    await failed;
    expect(asked).toBeLessThanOrEqual(10);
    expect(call.local.screen.state).toBe('failed');
  });
});
