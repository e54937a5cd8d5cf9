import { describe, expect, it } from 'vitest';
import { fakeToken, NO_ANSWER } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, wait, World, type Client } from './world.js';

fakeTime();

/** Media comes in on both of its paths, or none does. */
function flows({ engine }: Client, on: boolean): void {
  for (const transport of engine.transports) transport.bytesPerLook = on ? 1000 : 0;
}

describe('A path that dies in silence', () => {
  it('is noticed when the network changes, well before any timeout', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    world.server.freeze(world.server.session('alice'));
    alice.engine.changeNetwork('doubtful');
    await wait(4_000);
    expect(call.state).toBe('active');
    expect(world.server.sockets).toHaveLength(3);
  });

  it('is noticed by the request that gets no answer', async () => {
    const world = new World();
    const { alice } = await world.connected();
    world.server.freeze(world.server.session('alice'));
    const outcome = rejection(alice.carillon.watchPresence());
    await wait(16_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    await wait(1_000);
    expect(alice.carillon.state).toBe('connected');
    expect(world.server.sockets).toHaveLength(3);
  });

  it('is not assumed while other words come in', async () => {
    const world = new World();
    const { alice } = await world.connected();
    world.server.override('watch-presence', () => NO_ANSWER);
    const outcome = rejection(alice.carillon.watchPresence());
    await wait(10_000);
    const presence = { userId: 'x', name: 'x', devices: 1 };
    world.server.notify(world.server.session('alice'), 'presence', presence);
    await wait(6_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    expect(world.server.sockets).toHaveLength(2);
  });

  it('is noticed when media stops, and both ways are restarted on the new connection', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    flows(alice, true);
    await wait(3_000);
    world.server.freeze(world.server.session('alice'));
    flows(alice, false);
    await wait(2_700);
    expect(world.server.sockets).toHaveLength(3);
    expect(call.state).toBe('active');
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([1, 1]);
    const asked = () => world.server.log.filter(({ method }) => method === 'requestConsumerKeyFrame').length;
    expect(asked()).toBe(0);
    flows(alice, true);
    await wait(500);
    expect(asked()).toBe(1); // of the picture; the sound needs none
  });

  it('is not assumed when media stops and the server answers', async () => {
    const world = new World();
    const { alice } = await world.connected();
    flows(alice, true);
    await wait(3_000);
    flows(alice, false);
    await wait(10_000);
    expect(world.server.sockets).toHaveLength(2);
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([0, 0]);
  });

  it('is tried every few seconds while packets are lost, and no late attempt takes the seat', async () => {
    const world = new World();
    const { call, alice, bob } = await world.connected();
    const seen = record(bob.carillon.calls[0]!, 'participant-left');
    const before = world.server.sockets.length;
    flows(alice, true);
    await wait(3_000);
    world.server.freeze(world.server.session('alice'));
    world.server.swallows = true;
    flows(alice, false);
    const tried = (state: number) =>
      world.server.sockets.slice(before).filter(({ readyState }) => readyState === state).length;
    let together = 0;
    // Between two attempts there is a pause, whose length is random.
    for (let ms = 0; ms < 8_000 || (tried(0) === 0 && ms < 16_000); ms += 100) {
      await wait(100);
      together = Math.max(together, tried(0));
    }
    expect(world.server.sockets.length - before).toBeGreaterThanOrEqual(2);
    expect(together).toBe(1);
    expect(tried(0)).toBe(1);
    world.server.swallows = false;
    await flush();
    expect(tried(1)).toBe(1);
    expect(call.state).toBe('active');
    expect(seen).toEqual([]);
  });

  it('does not wait for a token that is not needed to take the seat back', async () => {
    const world = new World();
    let hangs = false;
    const token = () => (hangs ? new Promise<string>(() => undefined) : Promise.resolve(fakeToken({ sub: 'alice' })));
    const { carillon } = await world.client('alice', { token });
    hangs = true;
    world.server.drop(world.server.session('alice'));
    await wait(2_000);
    expect(carillon.state).toBe('connected');
  });

  it('does not hang up when it comes back to life: the old socket is closed only after the seat has moved', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    const old = world.server.session('alice').socket!;
    alice.engine.changeNetwork('doubtful');
    old.dead = true; // Frames are lost, and the server has not noticed.
    await wait(3_000);
    expect(old.readyState).toBe(1);
    old.dead = false;
    await wait(1_000);
    expect(old.readyState).toBe(3);
    expect(call.state).toBe('active');
  });
});
