import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

describe('A refusal', () => {
  it('says when to come back, if the server does', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('start-call', () => {
      throw new Refusal(429, 'rate-limited', 'too many rings', 12_000);
    });
    const error = await rejection(alice.carillon.startCall({ callees: ['bob'] }));
    expect(error).toBeInstanceOf(CarillonError);
    expect(error).toMatchObject({ code: 'rate-limited', status: 429, retryAfterMs: 12_000 });
    world.server.override('start-call', () => {
      throw new Refusal(429, 'rate-limited', 'too many rings');
    });
    const other = await rejection(alice.carillon.startCall({ callees: ['bob'] }));
    expect((other as CarillonError).retryAfterMs).toBeUndefined();
  });

  it.each([-1, '5', null, Number.NaN])('with a time of %s says no time', async (retryAfterMs) => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('start-call', () => {
      throw new Refusal(429, 'rate-limited', 'too many rings', retryAfterMs as number);
    });
    const error = await rejection(alice.carillon.startCall({ callees: ['bob'] }));
    expect((error as CarillonError).retryAfterMs).toBeUndefined();
  });
});

describe('A server that is about to stop', () => {
  it('says so, refuses new calls, and goes on with those that are on', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    const seen = record(alice.carillon, 'server-draining');
    const deadline = world.server.now() + 30_000;
    world.server.drain(deadline);
    await flush();
    expect(seen).toEqual([`server-draining ${deadline}`]);
    expect(alice.carillon.drainingUntil).toBe(deadline);
    expect(call.state).toBe('active');
    const error = await rejection(alice.carillon.startCall({ callees: ['carol'] }));
    expect(error).toMatchObject({ code: 'unavailable', status: 503 });
    expect((error as CarillonError).retryAfterMs).toBeGreaterThan(29_000);
    world.server.drain(null);
    await flush();
    expect(seen).toEqual([`server-draining ${deadline}`, 'server-draining']);
    expect(alice.carillon.drainingUntil).toBeNull();
  });

  it('says so to whoever connects meanwhile, and no more when another has taken over', async () => {
    const world = new World();
    const deadline = world.server.now() + 30_000;
    world.server.drain(deadline);
    const { carillon } = world.make('alice');
    const seen = record(carillon, 'server-draining');
    void carillon.connect();
    await flush();
    expect(seen).toEqual([`server-draining ${deadline}`]);
    world.server.drainingUntil = null;
    world.server.restart(1012);
    await wait(600);
    expect(seen).toEqual([`server-draining ${deadline}`, 'server-draining']);
  });
});

describe('Do not disturb', () => {
  it('is known from the welcome, and changed for all devices', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const seen = record(bob.carillon, 'do-not-disturb');
    const changes: boolean[] = [];
    bob.carillon.on('do-not-disturb', (on) => changes.push(on));
    await settled(bob.carillon.setDoNotDisturb(true));
    await settled(bob.carillon.setDoNotDisturb(true));
    expect(bob.carillon.doNotDisturb).toBe(true);
    expect(seen).toHaveLength(1);
    await settled(alice.carillon.startCall({ callees: ['bob'] }));
    await flush();
    expect(bob.carillon.incoming).toEqual([]);
    const phone = await world.client('bob');
    expect(phone.carillon.doNotDisturb).toBe(true);
    await settled(phone.carillon.setDoNotDisturb(false));
    world.server.drop(world.server.session('bob'));
    await wait(1_000);
    expect(changes).toEqual([true, false]);
  });

  it('stays as it was when the server refuses', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('set-do-not-disturb', () => {
      throw new Refusal(500, 'internal', 'the disk is full');
    });
    expect(await rejection(alice.carillon.setDoNotDisturb(true))).toMatchObject({ code: 'internal' });
    expect(alice.carillon.doNotDisturb).toBe(false);
  });
});

describe('A block', () => {
  it('keeps calls of that user away until it is taken back', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    await settled(bob.carillon.blockUser('alice'));
    expect(await settled(bob.carillon.blockedUsers())).toEqual(['alice']);
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    await flush();
    expect(bob.carillon.incoming).toEqual([]);
    await settled(call.leave());
    await settled(bob.carillon.unblockUser('alice'));
    expect(await settled(bob.carillon.blockedUsers())).toEqual([]);
    await settled(alice.carillon.startCall({ callees: ['bob'] }));
    await flush();
    expect(bob.carillon.incoming).toHaveLength(1);
  });

  it('needs a user', async () => {
    const { alice } = await new World().pair();
    expect(await rejection(alice.carillon.blockUser(''))).toMatchObject({ code: 'invalid-argument' });
  });
});
