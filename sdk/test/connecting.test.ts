import { describe, expect, it, vi } from 'vitest';
import { CarillonError } from '../src/index.js';
import { fakeTime, record, rejection, settled, wait, World } from './world.js';

fakeTime();

describe('Connecting', () => {
  it('resolves with who we are', async () => {
    const { carillon } = new World().make('alice');
    const seen = record(carillon, 'state');
    const me = await settled(carillon.connect());
    expect(me).toEqual({ userId: 'alice', name: 'ALICE', deviceId: expect.any(String) as string });
    expect(seen).toEqual(['state connecting', 'state connected']);
    expect(await carillon.connect()).toEqual(me);
  });

  it('offers protoo and the token as subprotocols, and no token in the address', async () => {
    const world = new World();
    await world.client('alice', { token: 'a.b.c' });
    expect(world.server.sockets[0]).toMatchObject({ protocols: ['protoo', 'token.a.b.c'] });
    expect(world.server.sockets[0]!.url.href).toBe('wss://calls.test/ws');
  });

  it('turns an https address into a wss one', async () => {
    const world = new World();
    await world.client('alice', { url: 'https://calls.test/ws' });
    expect(world.server.sockets[0]!.url.href).toBe('wss://calls.test/ws');
  });

  it('fails for good with an address that is none', async () => {
    const { carillon } = new World().make('alice', { url: 'nowhere' });
    expect(await rejection(carillon.connect())).toMatchObject({ code: 'invalid-argument' });
    expect(carillon.state).toBe('closed');
  });

  it('asks a token function anew for each connection', async () => {
    const world = new World();
    const token = vi.fn(async () => 'fresh');
    await world.client('alice', { token });
    world.server.drop(world.server.session('fresh'));
    await wait(2_000);
    expect(token).toHaveBeenCalledTimes(2);
    expect(world.server.sockets).toHaveLength(2);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no network'))],
    ['gives nothing', () => Promise.resolve('')],
    [
      'throws at once',
      () => {
        throw new Error('bug');
      },
    ],
  ])('fails with token-failed when the token function %s', async (_, token) => {
    const { carillon } = new World().make('alice', { token });
    expect(await rejection(carillon.connect())).toMatchObject({ code: 'token-failed' });
    expect(carillon.state).toBe('closed');
  });

  it('does not wait for ever for a token', async () => {
    const { carillon } = new World().make('alice', { token: () => new Promise<string>(() => undefined) });
    const outcome = rejection(carillon.connect());
    await wait(15_000);
    expect(await outcome).toMatchObject({ code: 'token-failed' });
  });

  it('can be tried again after it failed', async () => {
    let works = false;
    const token = () => (works ? 'alice' : Promise.reject(new Error('not yet')));
    const { carillon } = new World().make('alice', { token });
    await rejection(carillon.connect());
    works = true;
    expect(await settled(carillon.connect())).toMatchObject({ userId: 'alice' });
  });

  it('keeps trying while the server cannot be reached', async () => {
    const world = new World();
    world.server.unreachable = true;
    const { carillon } = world.make('alice');
    const connecting = carillon.connect();
    await wait(20_000);
    expect(carillon.state).toBe('connecting');
    world.server.unreachable = false;
    await wait(10_000);
    expect(await connecting).toMatchObject({ userId: 'alice' });
  });

  it('gives up a server that sends no welcome, and tries another time', async () => {
    const world = new World();
    world.server.mute = true;
    const { carillon } = world.make('alice');
    void carillon.connect();
    await wait(9_000);
    expect(world.server.sockets).toHaveLength(1);
    world.server.mute = false;
    await wait(3_000);
    expect(world.server.sockets).toHaveLength(2);
    expect(carillon.state).toBe('connected');
  });

  it('stops when the server closes with 4000, and says why', async () => {
    const world = new World();
    world.server.refuseWith = { code: 4000, reason: 'token-expired: exp has passed' };
    const { carillon } = world.make('alice');
    const error = await rejection(carillon.connect());
    expect(error).toBeInstanceOf(CarillonError);
    expect(error).toMatchObject({ code: 'token-expired', reason: 'token-expired: exp has passed' });
    await wait(60_000);
    expect(world.server.sockets).toHaveLength(1);
  });

  it('is rejected when the app disconnects meanwhile', async () => {
    const { carillon } = new World().make('alice');
    const outcome = rejection(carillon.connect());
    carillon.disconnect();
    expect(await outcome).toMatchObject({ code: 'closed' });
    expect(carillon.state).toBe('closed');
  });

  it('loads the engine once, before any call', async () => {
    const world = new World();
    const { engine } = await world.client('alice');
    expect([engine.loaded, engine.loads]).toEqual([true, 1]);
    expect(world.server.methods('alice')).toEqual(['getRouterRtpCapabilities']);
    world.server.drop(world.server.session('alice'));
    await wait(2_000);
    expect(engine.loads).toBe(1);
  });
});
