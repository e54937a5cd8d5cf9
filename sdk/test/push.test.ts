import { describe, expect, it } from 'vitest';
import type { Carillon, CarillonOptions } from '../src/index.js';
import { FakePush, Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

const KEY = 'BServerKey';

async function client(options: Partial<CarillonOptions> = {}): Promise<{
  world: World;
  push: FakePush;
  carillon: Carillon;
}> {
  const world = new World();
  const push = new FakePush();
  const { carillon } = await world.client('alice', { push, ...options });
  return { world, push, carillon };
}

/** Push is on, and the page was loaded anew since. */
async function enabled(): Promise<{ world: World; push: FakePush; carillon: Carillon; id: string }> {
  const { world, push, carillon } = await client();
  const { id } = await settled(carillon.enablePush());
  return { world, push, carillon, id };
}

describe('Turning push on', () => {
  it('asks the person, subscribes with the key of the server, and registers', async () => {
    const { world, push, carillon } = await client();
    const seen = record(carillon, 'push-state');
    expect(carillon.pushState).toBe('off');
    const registration = await settled(carillon.enablePush());
    expect(push.log).toEqual(['ask', `subscribe /carillon-sw.js ${KEY}`]);
    expect(registration).toEqual({ id: 'push-1', type: 'webpush' });
    expect([...world.server.books.registrations.values()]).toMatchObject([
      {
        userId: 'alice',
        deviceId: carillon.me!.deviceId,
        target: { subscription: { endpoint: 'https://push.test/1', keys: { p256dh: 'p256dh', auth: 'auth' } } },
        confirmsRinging: true,
      },
    ]);
    expect(carillon.pushState).toBe('on');
    expect(seen).toEqual(['push-state on']);
  });

  it('asks before it does anything else, or the browser would not count it as part of the click', async () => {
    const { push, carillon } = await client();
    void carillon.enablePush();
    expect(push.log).toEqual(['ask']);
    await flush();
  });

  it('takes another address of the worker, or a registration of the app', async () => {
    const { push, carillon } = await client();
    await settled(carillon.enablePush({ serviceWorker: '/app/worker.js' }));
    await settled(carillon.disablePush());
    await settled(carillon.enablePush({ serviceWorker: {} as ServiceWorkerRegistration }));
    expect(push.log.filter((line) => line.startsWith('subscribe'))).toEqual([
      `subscribe /app/worker.js ${KEY}`,
      `subscribe registration ${KEY}`,
    ]);
  });

  it('says that the browser cannot', async () => {
    const push = new FakePush();
    push.supported = false;
    const { carillon } = await client({ push });
    expect(carillon.pushState).toBe('unsupported');
    expect(await rejection(carillon.enablePush())).toMatchObject({ code: 'push-unsupported' });
    expect(push.log).toEqual([]);
  });

  it.each([
    ['denied', 'denied'],
    ['default', 'off'],
  ] as const)('says that the person said %s, and makes nothing', async (answer, state) => {
    const { world, push, carillon } = await client();
    push.answer = answer;
    expect(await rejection(carillon.enablePush())).toMatchObject({ code: 'permission-denied' });
    expect(carillon.pushState).toBe(state);
    expect(push.current).toBeNull();
    expect(world.server.books.registrations.size).toBe(0);
  });

  it('says that the server has no push', async () => {
    const { world, push, carillon } = await client();
    world.server.books.publicKey = null;
    expect(await rejection(carillon.enablePush())).toMatchObject({ code: 'unavailable', status: 503 });
    expect(carillon.pushState).toBe('unavailable');
    expect(push.current).toBeNull();
  });

  it('says that the browser failed', async () => {
    const { push, carillon } = await client();
    push.subscribing = 'fails';
    expect(await rejection(carillon.enablePush())).toMatchObject({ code: 'push-failed' });
    expect(carillon.pushState).toBe('off');
    push.subscribing = 'works';
    await settled(carillon.enablePush());
    expect(carillon.pushState).toBe('on');
  });

  it('does not wait for ever for a subscription', async () => {
    const { push, carillon } = await client();
    push.subscribing = 'hangs';
    const outcome = rejection(carillon.enablePush());
    await wait(20_000);
    expect(await outcome).toMatchObject({ code: 'push-failed' });
  });

  it('leaves nothing half done when the server refuses', async () => {
    const { world, push, carillon } = await client();
    world.server.override('register-push', () => {
      throw new Refusal(400, 'bad-request', 'no such push service is allowed');
    });
    expect(await rejection(carillon.enablePush())).toMatchObject({ code: 'bad-request' });
    expect(push.current).toBeNull();
    expect(push.remembered).toBeNull();
    expect(carillon.pushState).toBe('off');
  });

  it('makes one registration of two clicks', async () => {
    const { world, carillon } = await client();
    const [first, second] = [carillon.enablePush(), carillon.enablePush()];
    expect(await settled(first)).toEqual(await settled(second));
    expect(world.server.books.registrations.size).toBe(1);
  });
});

describe('Push that is on', () => {
  it('is registered again at each connect, for the device that it is then', async () => {
    const { world, push, id } = await enabled();
    const next = await world.client('alice', { push });
    expect(next.carillon.pushState).toBe('on');
    expect(world.server.books.registrations.get(id)).toMatchObject({ deviceId: next.carillon.me!.deviceId });
    expect(world.server.books.registrations.size).toBe(1);
    expect(push.log.filter((line) => line === 'ask')).toHaveLength(1);
  });

  it('moves to the user who is here now', async () => {
    const { world, push, id } = await enabled();
    await world.client('bob', { push });
    expect(world.server.books.registrations.get(id)).toMatchObject({ userId: 'bob' });
  });

  it('subscribes anew when the server has another key', async () => {
    const { world, push } = await enabled();
    world.server.books.publicKey = 'BOtherKey';
    const { carillon } = await world.client('alice', { push });
    expect(push.current?.publicKey).toBe('BOtherKey');
    expect(push.remembered).toBe('BOtherKey');
    expect(carillon.pushState).toBe('on');
  });

  it('subscribes anew when the browser has lost its subscription', async () => {
    const { world, push } = await enabled();
    push.current = null;
    const { carillon } = await world.client('alice', { push });
    expect(push.current).not.toBeNull();
    expect(carillon.pushState).toBe('on');
  });

  it('keeps its hands off a subscription that the app has made for another server', async () => {
    const world = new World();
    const push = new FakePush();
    push.permission = 'granted';
    const theirs = (push.current = push.make('BTheirKey'));
    const { carillon } = await world.client('alice', { push });
    expect(push.current).toBe(theirs);
    expect(world.server.books.registrations.size).toBe(0);
    expect(carillon.pushState).toBe('off');
  });

  it('knows its own subscription by the key when the page may not store anything', async () => {
    const { world, push } = await enabled();
    push.remembered = null;
    const { carillon } = await world.client('alice', { push });
    expect(carillon.pushState).toBe('on');
  });

  it('costs a browser that never turned it on not one request', async () => {
    const { world, push } = await client();
    push.permission = 'granted';
    await world.client('bob', { push });
    expect(world.server.methods('bob')).toEqual(['getRouterRtpCapabilities']);
  });

  it('is tried again at the next connect when the server failed', async () => {
    const { world, push } = await enabled();
    world.server.override('register-push', () => {
      throw new Error('database gone');
    });
    const { carillon } = await world.client('alice', { push });
    expect(carillon.pushState).toBe('off');
    world.server.override('register-push', null);
    world.server.drop(world.server.session(carillon.me!.deviceId));
    await wait(2_000);
    expect(carillon.pushState).toBe('on');
  });

  it('is registered with the new address when the browser changes it', async () => {
    const { world, push, id } = await enabled();
    push.current = push.make(KEY);
    push.say({ type: 'carillon-subscription' });
    await flush();
    const addresses = [...world.server.books.registrations.values()].map(({ target }) => target);
    expect(addresses).toContainEqual(
      expect.objectContaining({
        subscription: expect.objectContaining({ endpoint: 'https://push.test/2' }) as unknown,
      }),
    );
    expect(world.server.books.registrations.get(id)).toBeDefined();
  });

  it('is denied as soon as the person blocks it, and on again when it is allowed', async () => {
    const { push, carillon } = await enabled();
    const seen = record(carillon, 'push-state');
    push.setPermission('denied');
    expect(carillon.pushState).toBe('denied');
    push.setPermission('granted');
    await flush();
    expect(seen).toEqual(['push-state denied', 'push-state on']);
  });
});

describe('Turning push off', () => {
  it('tells the server and the browser', async () => {
    const { world, push, carillon } = await enabled();
    await settled(carillon.disablePush());
    expect(world.server.books.registrations.size).toBe(0);
    expect(push.current).toBeNull();
    expect(carillon.pushState).toBe('off');
    const { carillon: next } = await world.client('alice', { push });
    expect(next.pushState).toBe('off');
    expect(world.server.books.registrations.size).toBe(0);
  });

  it('works in a page that did not turn it on itself', async () => {
    const { world, push } = await enabled();
    const { carillon } = await world.client('alice', { push });
    await settled(carillon.disablePush());
    expect(world.server.books.registrations.size).toBe(0);
  });

  it('works here even when the server does not answer', async () => {
    const { world, push, carillon } = await enabled();
    world.server.override('unregister-push', () => {
      throw new Refusal(404, 'not-found', 'no such id');
    });
    await settled(carillon.disablePush());
    expect(push.current).toBeNull();
    expect(carillon.pushState).toBe('off');
  });
});

describe('Turning push off while the server is away', () => {
  it('does not wait for it', async () => {
    const { world, push, carillon } = await enabled();
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await flush();
    await settled(carillon.disablePush());
    expect([carillon.pushState, push.current, push.remembered]).toEqual(['off', null, null]);
  });
});

describe('The push of a native wrapper', () => {
  it('is registered by its token, again at each connect, until it is given up', async () => {
    const push = new FakePush();
    push.supported = false;
    const { world, carillon } = await client({ push });
    const registration = await settled(carillon.registerPush({ type: 'fcm', token: 'token-1' }));
    expect(registration).toEqual({ id: 'push-1', type: 'fcm' });
    expect(carillon.pushState).toBe('on');
    world.server.books.registrations.clear();
    world.server.drop(world.server.session('alice'));
    await wait(2_000);
    expect([...world.server.books.registrations.values()]).toMatchObject([
      { target: { type: 'fcm', token: 'token-1' }, confirmsRinging: true },
    ]);
    await settled(carillon.disablePush());
    expect(world.server.books.registrations.size).toBe(0);
    expect(carillon.pushState).toBe('unsupported');
  });
});
