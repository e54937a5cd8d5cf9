// A ring finds people who have no page open: what is sent through Web Push, when, and what takes it back.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Subscription } from '../support/push-service.ts';
import { World } from '../support/push-world.ts';
import { Wire } from '../support/wire.ts';

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.empty());
afterAll(() => world.stop());

/** People of one test only, so that none of them has devices from another. */
let tests = 0;
const someone = (name: string) => `${name}${++tests}`;

async function ring(caller: Wire, callee: string, more: object = {}): Promise<any> {
  return caller.request('start-call', { callees: [callee], media: 'audio', ringSeconds: 10, ...more });
}

describe('registering', () => {
  const webpush = () => {
    const subscription = world.service.subscribe(world.vapidKey);
    return { type: 'webpush', subscription: subscription.json };
  };

  test('the key is a point on P-256, the same by socket and REST, and stays the same', async () => {
    const alice = await world.connect('alice');
    const { publicKey } = await alice.request('get-push-key');
    expect(Buffer.from(publicKey, 'base64url')).toHaveLength(65);
    expect(await world.rest('GET', '/v1/push/key')).toEqual({ status: 200, body: { publicKey } });
  });

  test('the same subscription again is the same; a user may have several; only his own can be taken away', async () => {
    const [bob, eve] = await Promise.all([world.connect(someone('bob')), world.connect(someone('eve'))]);
    const [phone, laptop] = [webpush(), webpush()];
    const { id } = await bob.request('register-push', phone);
    expect(await bob.request('register-push', phone)).toEqual({ id });
    const other = await bob.request('register-push', laptop);
    expect(other.id).not.toBe(id);
    await expect(eve.request('unregister-push', { id })).rejects.toMatchObject({ code: 404, name: 'not-found' });
    expect(await bob.request('unregister-push', { id })).toEqual({});
    await expect(bob.request('unregister-push', { id })).rejects.toMatchObject({ code: 404, name: 'not-found' });
    expect(await bob.request('unregister-push', other)).toEqual({});
  });

  test('by REST with the token of the user', async () => {
    const bob = someone('bob');
    const [token, foreign] = await Promise.all([world.server.token(bob), world.server.token(someone('eve'))]);
    const data = webpush();
    const path = '/v1/push/subscriptions';
    const { status, body } = await world.rest('POST', path, { token, data });
    expect(status).toBe(201);
    expect(await (await world.connect(bob)).request('register-push', data)).toEqual({ id: body.id });
    expect((await world.rest('POST', path, { data })).status).toBe(401);
    expect((await world.rest('DELETE', `${path}/${body.id}`)).status).toBe(401);
    const none = await world.rest('DELETE', `${path}/${body.id}`, { token: foreign });
    expect(none).toMatchObject({ status: 404, body: { error: { code: 'not-found' } } });
    expect((await world.rest('DELETE', `${path}/${body.id}`, { token })).status).toBe(204);
    expect((await world.rest('DELETE', `${path}/${body.id}`, { token })).status).toBe(404);
  });

  const point = Buffer.alloc(65, 1).fill(4, 0, 1).toString('base64url');
  test.each<[string, (data: any) => void, number, string]>([
    ['no type', (data) => delete data.type, 400, 'data.type'],
    ['another type', (data) => (data.type = 'pigeon'), 400, 'data.type'],
    ['no subscription', (data) => delete data.subscription, 400, 'data.subscription'],
    ['no endpoint', (data) => delete data.subscription.endpoint, 400, 'data.subscription.endpoint'],
    ['no keys', (data) => delete data.subscription.keys, 400, 'data.subscription.keys'],
    ['a short p256dh', (data) => (data.subscription.keys.p256dh = 'BAAA'), 400, 'data.subscription.keys.p256dh'],
    ['a p256dh that is no point', (data) => (data.subscription.keys.p256dh = point), 400, 'keys.p256dh'],
    [
      'an auth of 15 bytes',
      (data) => (data.subscription.keys.auth = 'A'.repeat(20)),
      400,
      'data.subscription.keys.auth',
    ],
    ['a host that is not allowed', (data) => (data.subscription.endpoint = 'https://example.org/x'), 403, 'endpoint'],
  ])('refused with its place: %s', async (_name, spoil, code, where) => {
    const user = someone('bob');
    const bob = await world.connect(user);
    const data = webpush();
    spoil(data);
    const path = where.replaceAll('.', '\\.');
    await expect(bob.request('register-push', data)).rejects.toMatchObject({
      code,
      reason: expect.stringMatching(path),
    });
    const token = await world.server.token(user);
    expect((await world.rest('POST', '/v1/push/subscriptions', { token, data })).status).toBe(code);
  });

  test('a browser that changes its user takes its subscription along', async () => {
    const [bob, carol] = [someone('bob'), someone('carol')];
    const browser = await world.away(bob);
    const data = { type: 'webpush', subscription: browser.json };
    await (await world.connect(carol)).request('register-push', data);
    await world.empty();
    const alice = await world.connect('alice');
    const { callId } = await ring(alice, bob);
    expect(await alice.next('call-ringing')).toMatchObject({ callId, userId: bob, devices: 0, state: 'unreachable' });
    await ring(alice, carol);
    await browser.next('call-started');
    expect(browser.types).toEqual(['call-started']);
  });

  test('33 subscriptions of one user: the longest unused goes', async () => {
    const bob = someone('bob');
    const all: Subscription[] = [];
    for (let n = 0; n < 33; n++) all.push(await world.away(bob));
    const alice = await world.connect('alice');
    await ring(alice, bob);
    await Promise.all(all.slice(1).map((subscription) => subscription.next('call-started')));
    expect(all[0]!.attempts.all).toEqual([]);
  });
});

describe('a ring', () => {
  test('of somebody who is away: what is sent', async () => {
    const bob = someone('bob');
    const phone = await world.away(`${bob}/phone`);
    const alice = await world.connect('alice');
    const before = Date.now();
    const { callId, roomId, ringUntil } = await ring(alice, bob, { media: 'video', ringSeconds: 30 });
    const { data, ...rest } = await phone.next('call-started');
    const { ticket, serverTime, ...fixed } = data;
    const who = { callerId: 'alice', callerName: 'ALICE' };
    expect(fixed).toEqual({ type: 'call-started', callId, roomId, ...who, media: 'video', ringUntil });
    expect(ticket).toMatch(/^[\w.~-]{22,}$/);
    expect(serverTime).toBeGreaterThanOrEqual(before - 1000);
    expect(serverTime).toBeLessThanOrEqual(Date.now() + 1000);
    expect(Math.abs(rest.ttl - (ringUntil - rest.at) / 1000)).toBeLessThanOrEqual(1);
    expect(rest.urgency).toBe('high');
    expect(rest.topic).toMatch(/^[\w-]{1,32}$/);
    expect(rest.topic).not.toContain(callId);
    expect(rest.at - before).toBeLessThan(1500);
  });

  test('every device that is away gets one, of a long ring a short TTL when it is nearly over', async () => {
    const bob = someone('bob');
    const [phone, tablet] = await Promise.all([world.away(`${bob}/phone`), world.away(`${bob}/tablet`)]);
    const alice = await world.connect('alice');
    const { ringUntil } = await ring(alice, bob, { ringSeconds: 3 });
    const both = await Promise.all([phone, tablet].map((device) => device.next('call-started')));
    for (const { ttl, at } of both) expect(Math.abs(ttl - (ringUntil - at) / 1000)).toBeLessThanOrEqual(1);
    expect(both[0]!.data.ticket).not.toBe(both[1]!.data.ticket);
    expect(both[0]!.topic).toBe(both[1]!.topic);
  });

  test('the caller hears how far it came: reaching, then ringing; and unreachable', async () => {
    const [bob, carol] = [someone('bob'), someone('carol')];
    const phone = await world.away(`${bob}/phone`);
    const alice = await world.connect('alice');
    await ring(alice, bob);
    const heard = { userId: bob, devices: 1, via: 'push' };
    expect(await alice.next('call-ringing')).toMatchObject({ ...heard, state: 'reaching' });
    const { data } = await phone.next('call-started');
    expect((await world.rest('POST', `/v1/tickets/${data.ticket}/ringing`)).status).toBe(200);
    expect(await alice.next('call-ringing')).toMatchObject({ ...heard, state: 'ringing' });
    await ring(alice, carol);
    const nobody = { userId: carol, devices: 0, via: 'push', state: 'unreachable' };
    expect(await alice.next('call-ringing')).toMatchObject(nobody);
  });

  test('a device that is connected and says that it rings gets none; one that is silent does after 2 s', async () => {
    const bob = someone('bob');
    const names = ['says', 'pongs', 'silent', 'promised'].map((device) => `${bob}/${device}`);
    const subscriptions = names.map(() => world.service.subscribe(world.vapidKey));
    const wires = await Promise.all(names.map((name) => world.connect(name)));
    await Promise.all(
      wires.map((wire, n) =>
        wire.request('register-push', {
          ...{ type: 'webpush', subscription: subscriptions[n]!.json },
          ...(names[n]!.endsWith('promised') ? { confirmsRinging: true } : {}),
        }),
      ),
    );
    const [says, pongs, silent, promised] = subscriptions;
    wires[2]!.socket.pause(); // Reads nothing, so it answers no ping either.
    const alice = await world.connect('alice');
    const begin = Date.now();
    const { callId } = await ring(alice, bob);
    await wires[0]!.next('call-started');
    expect(await wires[0]!.request('ringing', { callId })).toEqual({});
    // An answer to a ping is no word of a client that said that it confirms by itself.
    const pushed = await Promise.all([silent!, promised!].map((each) => each.next('call-started')));
    for (const { at } of pushed) {
      expect(at - begin).toBeGreaterThanOrEqual(1900);
      expect(at - begin).toBeLessThan(4500);
    }
    await alice.request('end-call', { callId });
    await Promise.all([silent!, promised!].map((each) => each.next('end-call')));
    expect([says!.types, pongs!.types]).toEqual([[], []]);
    wires[2]!.socket.resume();
  });

  test('a connection that goes while it rings: the push goes out then', async () => {
    const bob = someone('bob');
    const laptop = world.service.subscribe(world.vapidKey);
    const wire = await world.connect(`${bob}/laptop`);
    await wire.request('register-push', { type: 'webpush', subscription: laptop.json });
    const alice = await world.connect('alice');
    const { callId } = await ring(alice, bob);
    await wire.next('call-started');
    await wire.request('ringing', { callId });
    expect(laptop.types).toEqual([]);
    wire.close();
    expect((await laptop.next('call-started')).data.callId).toBe(callId);
  });
});

describe('the end of a ring', () => {
  interface Case {
    what: string;
    /** Done by the caller, or by another device of the callee. */
    end: (alice: Wire, laptop: Wire, callId: string) => Promise<unknown>;
    reason: string;
    missed: boolean;
    seconds?: number;
  }
  const cases: Case[] = [
    {
      what: 'declined on another device',
      end: (_alice, laptop, callId) => laptop.request('decline-call', { callId }),
      ...{ reason: 'declined-elsewhere', missed: false },
    },
    {
      what: 'answered on another device',
      end: (_alice, laptop, callId) => laptop.request('accept-call', { callId }),
      ...{ reason: 'answered-elsewhere', missed: false },
    },
    {
      what: 'cancelled',
      end: (alice, _laptop, callId) => alice.request('end-call', { callId }),
      ...{ reason: 'canceled', missed: true },
    },
    { what: 'timed out', end: () => Promise.resolve(), reason: 'timeout', missed: true, seconds: 2 },
  ];

  test.each(cases)('$what: the push that ends it takes the place of the ring', async (each) => {
    const bob = someone('bob');
    const phone = await world.away(`${bob}/phone`);
    const [alice, laptop] = await Promise.all([world.connect('alice'), world.connect(`${bob}/laptop`)]);
    const { callId } = await ring(alice, bob, { ringSeconds: each.seconds ?? 10 });
    await laptop.next('call-started');
    const started = await phone.next('call-started');
    await each.end(alice, laptop, callId);
    const ended = await phone.next('end-call');
    const { serverTime, ...fixed } = ended.data;
    expect(fixed).toEqual({ type: 'end-call', callId, reason: each.reason });
    expect(serverTime).toBeGreaterThanOrEqual(started.data.serverTime);
    expect(ended.topic).toBe(started.topic);
    expect(ended.urgency).toBe('high');
    expect(ended.ttl).toBeGreaterThanOrEqual(1);
    if (each.missed) {
      const missed = await phone.next('missed-call');
      const { serverTime: at, ...what } = missed.data;
      expect(what).toEqual({ type: 'missed-call', callId, callerId: 'alice', callerName: 'ALICE' });
      expect(at).toBeGreaterThanOrEqual(started.data.serverTime);
      expect(missed.topic).not.toBe(started.topic);
      expect(missed.urgency).toBe('normal');
      expect(Math.abs(missed.ttl - 24 * 3600)).toBeLessThanOrEqual(60);
    }
    // Whoever was out of reach meanwhile hears of no ring.
    const left = ['end-call', ...(each.missed ? ['missed-call'] : [])];
    expect(phone.pending().map(({ data }) => data.type as string)).toEqual(left);
  });

  test('the device that answers, back on a socket, gets no push that ends it', async () => {
    const bob = someone('bob');
    const [phone, tablet] = await Promise.all([world.away(`${bob}/phone`), world.away(`${bob}/tablet`)]);
    const alice = await world.connect('alice');
    const { callId } = await ring(alice, bob);
    await Promise.all([phone, tablet].map((device) => device.next('call-started')));
    const wire = await world.connect(`${bob}/phone`);
    await wire.next('call-started');
    await wire.request('accept-call', { callId });
    expect((await tablet.next('end-call')).data.reason).toBe('answered-elsewhere');
    expect(phone.types).toEqual(['call-started']);
  });

  test('a missed call reaches a device whose ring its service did not take', async () => {
    const bob = someone('bob');
    const phone = await world.away(`${bob}/phone`);
    phone.answers = [{ status: 503, headers: { 'retry-after': '60' } }];
    const alice = await world.connect('alice');
    const { callId } = await ring(alice, bob);
    await phone.attempts.next();
    await alice.request('end-call', { callId });
    await phone.next('missed-call');
    expect(phone.types.filter((type) => type === 'call-started')).toEqual([]);
  });
});

test('names as long as they may be, of four bytes a character: under 4,096 bytes', async () => {
  const name = '\u{1f514}'.repeat(32); // 128 bytes
  const alice = await world.server.token('alice', name);
  const bob = someone('bob');
  const phone = await world.away(`${bob}/phone`);
  const wire = await Wire.open(world.server.wsUrl, ['protoo', `token.${alice}`]);
  await ring(wire, bob, { roomId: 'r'.repeat(64) });
  const { data, body } = await phone.next('call-started');
  expect(data.callerName).toBe(name);
  expect(body.length).toBeLessThanOrEqual(4096);
  wire.close();
});

test('nothing secret is in the log, on its most talkative level', async () => {
  const bob = someone('bob');
  const phone = await world.away(`${bob}/phone`);
  phone.answers = [{ status: 500 }, { status: 401 }];
  const alice = await world.connect('alice');
  const { callId } = await ring(alice, bob);
  const { data } = await phone.next('call-started');
  await world.rest('GET', `/v1/tickets/${data.ticket}/call`);
  await world.rest('POST', `/v1/tickets/${data.ticket}/decline`);
  await alice.next('end-call');
  await phone.next('end-call');
  const log = world.server.log.join('\n');
  expect(log).toContain(callId); // It does say something.
  const tickets = world.service.all.flatMap(({ messages }) => messages.all.map((each) => each.data.ticket as string));
  const secrets = [
    ...world.service.all.flatMap(({ secrets: own }) => own),
    ...tickets.filter(Boolean),
    'eyJ',
    'vapid t=',
  ];
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
});
