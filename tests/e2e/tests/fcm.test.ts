// The same ring through Firebase Cloud Messaging: what is sent, with whose token, and what its answers mean.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fcmError, type FakeFcm } from '../support/fake-fcm.ts';
import type { Answer } from '../support/https-listener.ts';
import { World } from '../support/push-world.ts';
import type { Wire } from '../support/wire.ts';

let world: World;
let fcm: FakeFcm;
let alice: Wire;
let tests = 0;
const someone = (name: string) => `${name}${++tests}`;

beforeAll(async () => {
  world = await World.start({ fcm: true });
  fcm = world.fcm!;
});
afterEach(() => world.empty());
afterAll(() => world.stop());

const call = (callee: string, ringSeconds = 10): Promise<any> =>
  alice.request('start-call', { callees: [callee], media: 'audio', ringSeconds });

/** As many calls at once, each of a phone of its own; resolves when all have rung. */
async function burst(size: number): Promise<void> {
  const people = Array.from({ length: size }, () => someone('crowd'));
  const phones = await Promise.all(people.map((name) => world.awayPhone(name)));
  const callers = await Promise.all(people.map((name) => world.connect(`caller-of-${name}`)));
  await Promise.all(
    callers.map((caller, n) => caller.request('start-call', { callees: [people[n]], media: 'audio', ringSeconds: 10 })),
  );
  await Promise.all(phones.map((phone) => phone.next('call-started', 8000)));
}

test('100 pushes at once: one token is asked for', async () => {
  fcm.tokenDelayMs = 300; // All of them wait for it.
  await burst(100);
  expect(fcm.tokensGiven).toHaveLength(1);
  console.log(`100 pushes through FCM: ${fcm.connections} connections, ${fcm.tokensGiven.length} token`);
  fcm.tokenDelayMs = 0;
});

test('the token is refused: one new token for all of them', async () => {
  const before = fcm.tokensGiven.length;
  fcm.revokeTokens();
  await burst(30);
  expect(fcm.tokensGiven).toHaveLength(before + 1);
});

test('refused for ever: it is renewed once, then given up', async () => {
  const bob = someone('bob');
  const phone = await world.awayPhone(bob, fcmError(401, 'UNAUTHENTICATED'));
  alice = await world.connect('alice');
  const before = fcm.tokensGiven.length;
  const { callId } = await call(bob);
  expect(await alice.next('call-ringing')).toMatchObject({ callId, state: 'unreachable' });
  expect(phone.attempts.all).toHaveLength(2);
  expect(fcm.tokensGiven.length).toBeLessThanOrEqual(before + 1);
});

test('a data message, every value a string, that lives as long as the ring', async () => {
  const bob = someone('bob');
  const phone = await world.awayPhone(`${bob}/phone`);
  alice = await world.connect('alice');
  const { callId, roomId, ringUntil } = await call(bob, 30);
  const { message, at } = await phone.next('call-started');
  const { ticket, serverTime, ...fixed } = message.data;
  const who = { callerId: 'alice', callerName: 'ALICE' };
  expect(fixed).toEqual({ type: 'call-started', callId, roomId, ...who, media: 'audio', ringUntil: String(ringUntil) });
  expect(Math.abs(Number(serverTime) - at)).toBeLessThan(5000);
  expect(message.android.priority).toBe('HIGH');
  const left = (ringUntil - at) / 1000;
  expect(Math.abs(Number.parseInt(message.android.ttl) - left)).toBeLessThanOrEqual(1);
  expect(message.apns.headers['apns-priority']).toBe('10');
  expect(Math.abs(Number(message.apns.headers['apns-expiration']) - ringUntil / 1000)).toBeLessThanOrEqual(1);
  expect(await alice.next('call-ringing')).toMatchObject({ userId: bob, devices: 1, via: 'push', state: 'reaching' });

  expect((await world.rest('POST', `/v1/tickets/${ticket}/ringing`)).status).toBe(200);
  expect(await alice.next('call-ringing')).toMatchObject({ userId: bob, devices: 1, via: 'push', state: 'ringing' });
  await alice.request('end-call', { callId });
  const ended = await phone.next('end-call');
  expect(ended.message.data).toMatchObject({ callId, reason: 'canceled' });
  expect(ended.message.android.priority).toBe('HIGH');
  const missed = await phone.next('missed-call');
  expect(missed.message.data).toMatchObject({ callId, ...who });
});

test('unregistered: it is gone, and never tried again', async () => {
  const bob = someone('bob');
  const phone = await world.awayPhone(`${bob}/phone`, fcmError(404, 'NOT_FOUND', 'UNREGISTERED'));
  alice = await world.connect('alice');
  for (let n = 0; n < 2; n++) {
    const { callId } = await call(bob);
    expect(await alice.next('call-ringing')).toMatchObject({ callId, devices: 0, state: 'unreachable' });
    await alice.request('end-call', { callId });
  }
  expect(phone.attempts.all).toHaveLength(1);
});

test.each<[string, Answer]>([
  ['the quota', fcmError(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED', { 'retry-after': '1' })],
  ['unavailable', fcmError(503, 'UNAVAILABLE', 'UNAVAILABLE', { 'retry-after': '1' })],
  ['its own fault', fcmError(500, 'INTERNAL', 'INTERNAL')],
])('tried again: %s', async (_name, answer) => {
  const bob = someone('bob');
  const phone = await world.awayPhone(bob);
  phone.answers = [answer];
  alice = await world.connect('alice');
  await call(bob);
  await phone.next('call-started', 8000);
  const [first, second] = phone.attempts.all;
  if (answer.headers?.['retry-after']) expect(second!.at - first!.at).toBeGreaterThanOrEqual(900);
});

test('an invalid argument: not tried again, and the phone stays registered', async () => {
  const bob = someone('bob');
  const phone = await world.awayPhone(bob);
  phone.answers = [fcmError(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT')];
  alice = await world.connect('alice');
  const { callId } = await call(bob);
  expect(await alice.next('call-ringing')).toMatchObject({ callId, state: 'unreachable' });
  await alice.request('end-call', { callId });
  await call(bob);
  await phone.next('call-started');
  expect(phone.attempts.all.filter(({ status }) => status === 400)).toHaveLength(1);
});

test('the token endpoint fails at first: the ring goes out as soon as there is a token', async () => {
  const bob = someone('bob');
  const phone = await world.awayPhone(bob);
  fcm.revokeTokens();
  fcm.tokenAnswers = [{ status: 500 }, { status: 503 }];
  alice = await world.connect('alice');
  await call(bob);
  await phone.next('call-started', 8000);
});

test('nothing secret is in the log', () => {
  const log = world.server.log.join('\n');
  expect(log.length).toBeGreaterThan(1000);
  expect([...fcm.secrets, 'Bearer', 'eyJ'].filter((secret) => log.includes(secret))).toEqual([]);
});
