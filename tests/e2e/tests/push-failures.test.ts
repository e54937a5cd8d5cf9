// Push services that answer slowly, wrongly or never: what they say is obeyed, and nobody's phone rings too late.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { CountingListener } from '../support/counting-listener.ts';
import type { Answer } from '../support/https-listener.ts';
import { PushService, type Subscription } from '../support/push-service.ts';
import { World } from '../support/push-world.ts';
import type { Wire } from '../support/wire.ts';

let world: World;
let alice: Wire;
let stranger: Authority;
/** Its certificate is by an authority that nobody knows. */
let untrusted: PushService;
/** Takes connections and says nothing, not even hello. */
let mute: CountingListener;
let tests = 0;
const someone = (name: string) => `${name}${++tests}`;

beforeAll(async () => {
  stranger = Authority.make('Nobody knows');
  [untrusted, mute] = await Promise.all([PushService.start(stranger), CountingListener.start()]);
  world = await World.start({ services: 0, args: ['--push-allow-hosts', 'localhost'] });
  world.services.push(...(await Promise.all([1, 2, 3, 4].map(() => PushService.start(world.authority)))));
});
afterEach(() => world.empty());
afterAll(async () => {
  await world.stop();
  await untrusted.close();
  mute.close();
  stranger.remove();
});

const call = (callee: string, ringSeconds = 10): Promise<any> =>
  alice.request('start-call', { callees: [callee], media: 'audio', ringSeconds });

/** When this ring began to be sent, each time. */
const rings = ({ attempts }: Subscription, callId: string) =>
  attempts.all.filter(({ data }) => data.type === 'call-started' && data.callId === callId);

describe('what the service answers', () => {
  test.each([404, 410])('%i: the subscription is gone, and is never tried again', async (status) => {
    const bob = someone('bob');
    const token = await world.server.token(bob);
    const [phone, tablet] = [await world.away(`${bob}/phone`, { status }), await world.away(`${bob}/tablet`)];
    const registered = { type: 'webpush', subscription: tablet.json };
    const { body } = await world.rest('POST', '/v1/push/subscriptions', { token, data: registered });
    alice = await world.connect('alice');
    const first = await call(bob);
    await Promise.all([phone.attempts.next(), tablet.next('call-started')]);
    await alice.request('end-call', { callId: first.callId });
    await tablet.next('missed-call');
    const second = await call(bob);
    await tablet.next('call-started');
    await alice.request('end-call', { callId: second.callId });
    await tablet.next('missed-call');
    expect(phone.attempts.all).toHaveLength(1);
    const { ledger } = (await world.rest('GET', `/v1/calls/${first.callId}`)).body;
    expect(ledger).toContainEqual(
      expect.objectContaining({ userId: bob, deviceId: 'phone', via: 'push', why: 'gone' }),
    );
    expect((await world.rest('DELETE', `/v1/push/subscriptions/${body.id}`, { token })).status).toBe(204);
  });

  test.each<[string, () => Answer]>([
    ['429 with seconds', () => ({ status: 429, headers: { 'retry-after': '2' } })],
    ['503 with seconds', () => ({ status: 503, headers: { 'retry-after': '2' } })],
    [
      '503 with a date',
      () => ({
        status: 503,
        headers: { 'retry-after': new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000).toUTCString() },
      }),
    ],
  ])('%s: tried again then, and not before', async (_name, answer) => {
    const bob = someone('bob');
    const phone = await world.away(bob);
    phone.answers = [answer()];
    alice = await world.connect('alice');
    const { callId } = await call(bob);
    await phone.next('call-started', 8000);
    const [first, second] = rings(phone, callId);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1900);
    expect(second!.at - first!.at).toBeLessThan(7000);
  });

  test('503 until after the ring: not tried again, and the caller hears unreachable', async () => {
    const bob = someone('bob');
    const phone = await world.away(bob, { status: 503, headers: { 'retry-after': '60' } });
    alice = await world.connect('alice');
    const { callId } = await call(bob, 2);
    expect(await alice.next('call-ringing')).toMatchObject({ callId, devices: 0, state: 'unreachable' });
    expect(await alice.next('end-call')).toMatchObject({ reason: 'timeout' });
    expect(rings(phone, callId)).toHaveLength(1);
  });

  test('401 once: renewed once', async () => {
    const bob = someone('bob');
    const phone = await world.away(bob);
    phone.answers = [{ status: 401 }];
    alice = await world.connect('alice');
    await call(bob);
    await phone.next('call-started');
    const tokens = phone.attempts.all.map(({ headers }) => headers.authorization);
    expect(new Set(tokens).size).toBe(2);
  });

  test('401 always: two tries, then no more', async () => {
    const bob = someone('bob');
    const phone = await world.away(bob, { status: 401 });
    alice = await world.connect('alice');
    const { callId } = await call(bob, 2);
    expect(await alice.next('call-ringing')).toMatchObject({ state: 'unreachable' });
    await alice.next('end-call');
    expect(rings(phone, callId)).toHaveLength(2);
  });

  test.each([400, 403, 413])('%i: not tried again, and the ledger says so', async (status) => {
    const bob = someone('bob');
    const phone = await world.away(bob, { status });
    alice = await world.connect('alice');
    const { callId } = await call(bob);
    expect(await alice.next('call-ringing')).toMatchObject({ state: 'unreachable' });
    await alice.request('end-call', { callId });
    await expect
      .poll(async () => (await world.rest('GET', `/v1/calls/${callId}`)).body.ledger)
      .toMatchObject([{ userId: bob, via: 'push', why: `refused ${status}` }]);
    expect(rings(phone, callId)).toHaveLength(1);
  });

  test('a redirect is not followed', async () => {
    const inside = await CountingListener.start();
    const bob = someone('bob');
    const places = [301, 302, 307, 308].map((status) => ({ status, headers: { location: `https://${inside.host}/` } }));
    const phones = await Promise.all(places.map((place, n) => world.away(`${bob}/${n}`, place)));
    alice = await world.connect('alice');
    const { callId } = await call(bob);
    await Promise.all(phones.map((phone) => phone.attempts.next()));
    expect(await alice.next('call-ringing')).toMatchObject({ state: 'unreachable' });
    expect(phones.map((phone) => rings(phone, callId).length)).toEqual([1, 1, 1, 1]);
    expect(inside.connections).toBe(0);
    inside.close();
  });
});

/** TRIALS 28: each of these for every person of the crowd, whose call times out or is cancelled at any moment. */
const troubles: Record<string, Answer | Answer[]> = {
  '500': { status: 500 },
  '500 thrice, then taken': [{ status: 500 }, { status: 500 }, { status: 500 }, { status: 201 }],
  '503': { status: 503 },
  '429, 1 s': { status: 429, headers: { 'retry-after': '1' } },
  '413': { status: 413 },
  '401': { status: 401 },
  'slow, 0.9 s': { status: 201, delayMs: 900 },
  'slow, 5 s': { status: 201, delayMs: 5000 },
  never: { status: 201, manner: 'never' },
  'half a response': { status: 201, manner: 'half' },
  'a body without end': { status: 201, manner: 'trickle' },
  'a body of 64 MB': { status: 201, manner: 'huge' },
  'a reset': { status: 201, manner: 'reset' },
  'a wrong certificate': { status: 201 },
  'no handshake': { status: 201 },
};

test('0 late rings, whatever the services do', async () => {
  const perTrouble = 6;
  const ringSeconds = 3;
  alice = await world.connect('alice');
  // How late the clock of this process may be, measured meanwhile: it is as busy as everybody.
  let lag = 0;
  let last = Date.now();
  const clock = setInterval(() => {
    lag = Math.max(lag, Date.now() - last - 10);
    last = Date.now();
  }, 10);
  const crowd = await Promise.all(
    Object.entries(troubles).flatMap(([name, answer]) =>
      Array.from({ length: perTrouble }, async (_, n) => {
        const bob = someone('crowd');
        const otherwise = Array.isArray(answer) ? answer.at(-1)! : answer;
        // What harms the whole connection comes from hosts of its own.
        const own: Record<string, PushService> = {
          'a wrong certificate': untrusted,
          'a reset': world.services[1]!,
          'a body of 64 MB': world.services[3]!,
        };
        const service = own[name] ?? world.service;
        const phone = name === 'no handshake' ? await registerMute(bob) : await world.away(bob, otherwise, service);
        if (Array.isArray(answer)) phone.answers = [...answer];
        // Half of them are cancelled, at moments spread over the ring.
        return { name, bob, phone, cancelAfter: n % 2 === 0 ? undefined : 150 + ((n * 911) % 2500) };
      }),
    ),
  );
  const ended = await Promise.all(
    crowd.map(async ({ bob, cancelAfter, ...rest }) => {
      const caller = await world.connect(`caller-of-${bob}`);
      const { callId, ringUntil } = await caller.request('start-call', { callees: [bob], media: 'audio', ringSeconds });
      if (cancelAfter !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, cancelAfter));
        await caller.request('end-call', { callId });
      } else {
        await caller.next('end-call', 10_000);
      }
      return { ...rest, callId, endedAt: Math.min(ringUntil as number, Date.now()) };
    }),
  );
  // Long enough for a try that was still to come: as long as a ring, at least.
  const until = Date.now() + 3500;
  await expect.poll(() => Date.now(), { timeout: 10_000, interval: 100 }).toBeGreaterThan(until);
  clearInterval(clock);
  const table = Object.keys(troubles).map((name) => {
    const mine = ended.filter((each) => each.name === name);
    const sent = mine.flatMap(({ phone, callId, endedAt }) => rings(phone, callId).map(({ at }) => at - endedAt));
    return {
      name,
      calls: mine.length,
      tries: sent.length,
      taken: mine.filter(({ phone }) => phone.types.includes('call-started')).length,
      late: sent.filter((after) => after > lag + 50).length,
    };
  });
  console.log(`late rings, with ${lag} ms of this process's own lag`);
  console.table(table);
  expect(table.filter(({ late }) => late > 0)).toEqual([]);
  expect(table.find(({ name }) => name === '500')!.tries).toBeGreaterThan(perTrouble);
  expect(mute.connections).toBeGreaterThan(0);

  async function registerMute(bob: string): Promise<Subscription> {
    const phone = world.service.subscribe(world.vapidKey);
    const subscription = { ...phone.json, endpoint: `https://${mute.host}/push/x${bob}` };
    const token = await world.server.token(bob);
    const data = { type: 'webpush', subscription };
    expect((await world.rest('POST', '/v1/push/subscriptions', { token, data })).status).toBe(201);
    return phone;
  }
}, 60_000);

test('a dead service slows nobody else', async () => {
  const dead = world.services[2]!;
  const crowd = Array.from({ length: 60 }, () => someone('unlucky'));
  await Promise.all(crowd.map((user) => world.away(user, { status: 201, manner: 'never' }, dead)));
  const bob = someone('bob');
  const phone = await world.away(bob);
  alice = await world.connect('alice');
  const callers = await Promise.all(crowd.map((user) => world.connect(`caller-of-${user}`)));
  await Promise.all(
    callers.map((caller, n) => caller.request('start-call', { callees: [crowd[n]], media: 'audio', ringSeconds: 4 })),
  );
  const begin = Date.now();
  await call(bob);
  const { at } = await phone.next('call-started');
  console.log(`beside 60 pushes that nobody answers: ${at - begin} ms`);
  expect(at - begin).toBeLessThan(1500);
});

test('an answer of 64 MB does not hold up the next push to the same service', async () => {
  const greedy = world.services[3]!;
  alice = await world.connect('alice');
  for (let round = 0; round < 3; round++) {
    const mallory = someone('mallory');
    const huge = await world.away(mallory, { status: 201, manner: 'huge' }, greedy);
    const first = await call(mallory);
    await huge.attempts.next();
    await alice.request('end-call', { callId: first.callId });
    const bob = someone('bob');
    const phone = await world.away(bob, undefined, greedy);
    const { callId } = await call(bob);
    await phone.next('call-started', 3000);
    await alice.request('end-call', { callId });
  }
});
