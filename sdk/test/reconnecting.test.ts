// When, how often and as whom a client that lost its connection comes back.

import { describe, expect, it } from 'vitest';
import { fakeToken } from '../src/testing/index.js';
import { fakeTime, flush, settled, wait, World } from './world.js';

fakeTime();

describe('A connection that is lost', () => {
  it('tries at growing distances with jitter, and tells when', async () => {
    const world = new World();
    const { carillon } = await world.client('alice');
    const delays: number[] = [];
    carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(60_000);
    const ceilings = [500, 1_000, 2_000, 4_000, 8_000, 8_000];
    ceilings.forEach((ceiling, at) => {
      expect(delays[at]).toBeGreaterThanOrEqual(ceiling / 2);
      expect(delays[at]).toBeLessThanOrEqual(ceiling);
    });
    const shares = ceilings.map((ceiling, at) => (delays[at]! / ceiling).toFixed(2));
    expect(new Set(shares).size).toBeGreaterThan(1); // All alike: once in 10^8 runs.
  });

  it('does not come back when told not to', async () => {
    const world = new World();
    const { carillon } = await world.client('alice', { reconnect: false });
    world.server.drop(world.server.session('alice'));
    await wait(60_000);
    expect(carillon.state).toBe('closed');
    expect(world.server.sockets).toHaveLength(1);
  });

  it('does not come back when the server closed with 4000', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    world.server.session('alice').socket!.serverClose(4000, 'the account is gone');
    await wait(60_000);
    expect(alice.carillon.state).toBe('closed');
    expect(call.endReason).toBe('disconnected');
    expect(world.server.sockets).toHaveLength(2);
  });

  it('keeps trying when a token cannot be had for a while', async () => {
    let works = true;
    const world = new World();
    const token = async () => {
      if (!works) throw new Error('the backend is away too');
      return 'alice';
    };
    const { carillon } = await world.client('alice', { token });
    works = false;
    world.server.graceMs = 0;
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    expect(carillon.state).toBe('reconnecting');
    works = true;
    await wait(10_000);
    expect(carillon.state).toBe('connected');
  });

  it('takes its seat back without an access token, when none can be had', async () => {
    let works = true;
    const world = new World();
    const token = async () => (works ? 'alice' : Promise.reject(new Error('the backend is away too')));
    const { carillon } = await world.client('alice', { token });
    await world.client('bob');
    const call = await settled(carillon.startCall({ callees: ['bob'] }));
    works = false;
    world.server.drop(world.server.session('alice'));
    await wait(2_000);
    expect(carillon.state).toBe('connected');
    expect(world.server.sockets.at(-1)!.protocols).toEqual(['protoo']);
    expect(call.state).toBe('ringing');
  });

  it('takes its seat back with an access token that has expired meanwhile', async () => {
    const world = new World();
    const exp = Math.floor(Date.now() / 1000) + 60;
    const { carillon } = await world.client('alice', { token: fakeToken({ sub: 'alice', exp }) });
    const { deviceId } = carillon.me!;
    await wait(61_000);
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(1_000);
    expect(carillon.state).toBe('reconnecting');
    world.server.unreachable = false;
    await wait(7_000); // The fourth attempt is made by then.
    expect([carillon.state, carillon.me!.deviceId]).toEqual(['connected', deviceId]);
  });

  it('is over when the access token has expired and the seat is gone', async () => {
    const world = new World();
    const exp = Math.floor(Date.now() / 1000) + 60;
    const { carillon } = await world.client('alice', { token: fakeToken({ sub: 'alice', exp }) });
    const errors: (string | undefined)[] = [];
    carillon.on('state', (_, error) => errors.push(error?.code));
    await wait(61_000);
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(60_000);
    expect(carillon.state).toBe('closed');
    expect(errors).toEqual(['disconnected', 'token-expired']);
  });

  it('comes back within half a second, at a random moment, to a server that was replaced (1012)', async () => {
    const delays: number[] = [];
    for (let i = 0; i < 60; i++) {
      const world = new World();
      const { carillon } = await world.client('alice');
      carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
      world.server.restart(1012);
      await wait(600);
      expect(carillon.state).toBe('connected');
      carillon.disconnect();
    }
    expect(delays).toHaveLength(60);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(500);
    // Of 60 even ones, none in a quarter of the span: once in 10^7 runs.
    for (const quarter of [0, 125, 250, 375]) {
      expect(delays.filter((delay) => delay >= quarter && delay <= quarter + 125).length).toBeGreaterThan(0);
    }
  });

  // Four hundred clients take their time on a busy machine.
  it('comes back spread out when a server fails under everybody at once', { timeout: 60_000 }, async () => {
    const world = new World();
    const delays: number[] = [];
    for (let i = 0; i < 400; i++) {
      const { carillon } = world.make(`user-${i}`);
      carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
      void carillon.connect();
    }
    await flush();
    world.server.restart();
    await wait(100);
    expect(delays).toHaveLength(400);
    // Evenly over 250 to 500 ms: 40 in each tenth, give or take five times the deviation of 6.
    for (let from = 250; from < 500; from += 25) {
      const together = delays.filter((delay) => delay >= from && delay < from + 25).length;
      expect(together).toBeGreaterThan(10);
      expect(together).toBeLessThan(70);
    }
    await wait(1_000);
    expect(world.server.sockets).toHaveLength(800);
  });

  it('backs off as usual when the server is full (1013)', async () => {
    const world = new World();
    const { carillon } = await world.client('alice');
    const delays: number[] = [];
    carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
    world.server.refuseWith = { code: 1013, reason: 'try again later' };
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    expect(delays.length).toBeLessThanOrEqual(7);
    expect(delays.length).toBeGreaterThanOrEqual(4);
    delays.slice(0, 4).forEach((delay, i) => {
      expect(delay).toBeGreaterThanOrEqual(250 * 2 ** i);
      expect(delay).toBeLessThanOrEqual(500 * 2 ** i);
    });
  });

  it('is tried again at once when the network comes back', async () => {
    const world = new World();
    const { carillon, engine } = await world.client('alice');
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    world.server.unreachable = false;
    const attempts = world.server.sockets.length;
    engine.changeNetwork();
    await flush();
    expect(world.server.sockets).toHaveLength(attempts + 1);
    expect(carillon.state).toBe('connected');
  });
});
