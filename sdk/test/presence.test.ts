import { describe, expect, it } from 'vitest';
import { Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

describe('Presence', () => {
  it('lists who is online and follows', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const presence = await settled(alice.carillon.watchPresence());
    expect(presence.users).toEqual([
      { userId: 'alice', name: 'ALICE', devices: 1 },
      { userId: 'bob', name: 'BOB', devices: 1 },
    ]);
    const seen = record(presence, 'changed', 'reset');
    bob.carillon.disconnect();
    await flush();
    expect(presence.user('bob')?.devices).toBe(0);
    await world.client('bob');
    expect(presence.user('bob')?.devices).toBe(1);
    expect(seen).toEqual(['changed bob', 'changed bob']);
    expect(await settled(alice.carillon.watchPresence())).toBe(presence);
  });

  it('is renewed after a reconnect', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const presence = await settled(alice.carillon.watchPresence());
    const seen = record(presence, 'reset');
    world.server.drop(world.server.session('alice'));
    bob.carillon.disconnect();
    await wait(2_000);
    expect(seen).toEqual(['reset']);
    expect(presence.user('bob')).toBeUndefined();
  });

  it('is renewed when the page comes back from where the browser had put it away', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const presence = await settled(alice.carillon.watchPresence());
    const seen = record(presence, 'reset', 'changed');
    alice.engine.page('leave');
    bob.carillon.disconnect();
    await flush();
    alice.engine.page('return');
    await flush();
    expect(seen).toEqual(['reset']);
    expect(presence.user('bob')).toBeUndefined();
    await world.client('carol');
    expect(seen).toEqual(['reset', 'changed carol']);
  });

  it('is asked for anew after the app has ended the connection', async () => {
    const world = new World();
    const { alice } = await world.pair();
    const asked = (): number => world.server.methods('alice').filter((method) => method === 'watch-presence').length;
    const presence = await settled(alice.carillon.watchPresence());
    alice.engine.page('leave');
    alice.engine.page('return');
    await flush();
    expect(asked()).toBe(2);
    alice.carillon.disconnect();
    await settled(alice.carillon.connect());
    expect(asked()).toBe(2);
    await world.client('carol');
    expect(await settled(alice.carillon.watchPresence())).toBe(presence);
    expect(asked()).toBe(3);
    expect(presence.user('carol')?.devices).toBe(1);
  });

  it('is refused with a typed error where the server does not tell', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('watch-presence', () => {
      throw new Refusal(403, 'forbidden', 'presence is off');
    });
    expect(await rejection(alice.carillon.watchPresence())).toMatchObject({ code: 'forbidden', status: 403 });
    world.server.override('watch-presence', null);
    expect((await settled(alice.carillon.watchPresence())).users).toHaveLength(2);
  });
});
