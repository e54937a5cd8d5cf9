// The ticket in a push: what a phone woken from sleep may do with it, in one round trip and without a login.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Subscription } from '../support/push-service.ts';
import { World } from '../support/push-world.ts';
import type { Wire } from '../support/wire.ts';

let world: World;
let alice: Wire;
let phone: Subscription;
let tablet: Subscription;
let bob: string;
let callId: string;
let ringUntil: number;
/** The ticket that the phone got, and the tablet's. */
let ticket: string;
let other: string;
let tests = 0;

beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.empty());
afterAll(() => world.stop());

async function ringing(ringSeconds = 10): Promise<void> {
  bob = `bob${++tests}`;
  [phone, tablet] = await Promise.all([world.away(`${bob}/phone`), world.away(`${bob}/tablet`)]);
  alice = await world.connect('alice');
  ({ callId, ringUntil } = await alice.request('start-call', { callees: [bob], media: 'audio', ringSeconds }));
  const messages = await Promise.all([phone, tablet].map((device) => device.next('call-started')));
  [ticket, other] = messages.map(({ data }) => data.ticket as string) as [string, string];
}

const ask = (of = ticket) => world.rest('GET', `/v1/tickets/${of}/call`);
const confirm = (of = ticket) => world.rest('POST', `/v1/tickets/${of}/ringing`);
const decline = (of = ticket) => world.rest('POST', `/v1/tickets/${of}/decline`);

test('it tells the state, confirms that it rings, and declines', async () => {
  await ringing();
  const { status, body } = await ask();
  const { serverTime, ...rest } = body;
  expect([status, rest]).toEqual([200, { callId, state: 'ringing', ringUntil }]);
  expect(Math.abs(serverTime - Date.now())).toBeLessThan(5000);

  expect(await confirm()).toMatchObject({ status: 200, body: { callId, state: 'ringing' } });
  expect(await confirm()).toMatchObject({ status: 200 }); // Twice is once.

  const declined = { status: 200, body: { callId, state: 'ended', reason: 'declined' } };
  expect(await decline()).toMatchObject(declined);
  expect(await alice.next('call-declined')).toMatchObject({ callId, userId: bob, reason: 'declined' });
  expect(await alice.next('end-call')).toMatchObject({ callId, reason: 'declined' });
  expect((await tablet.next('end-call')).data.reason).toBe('declined-elsewhere');
  expect(await decline()).toMatchObject(declined); // An answer that was lost.
  expect(await ask()).toMatchObject(declined);
  expect([...phone.types, ...tablet.types]).not.toContain('missed-call');
});

test('he has declined on another device: 409, and nothing happens twice', async () => {
  await ringing();
  expect((await decline(other)).status).toBe(200);
  expect((await decline()).status).toBe(409);
  expect((await ask()).body).toMatchObject({ callId, state: 'ended' });
  await alice.next('end-call');
  expect(alice.methods().filter((method) => method === 'call-declined')).toHaveLength(1);
});

test('answered on another device: active, and nothing to decline', async () => {
  await ringing();
  const laptop = await world.connect(`${bob}/laptop`);
  await laptop.next('call-started');
  await laptop.request('accept-call', { callId });
  const active = { callId, state: 'active', reason: 'answered-elsewhere' };
  expect(await ask()).toMatchObject({ status: 200, body: active });
  expect((await decline()).status).toBe(409);
  expect(await laptop.request('end-call', { callId })).toEqual({});
  expect((await ask()).body.state).toBe('ended');
});

test.each([
  ['canceled', () => alice.request('end-call', { callId })],
  ['timeout', () => alice.next('end-call')],
])('a late push asks, and learns that the call is over: %s', async (reason, end) => {
  await ringing(reason === 'timeout' ? 2 : 10);
  await end();
  expect(await ask()).toMatchObject({ status: 200, body: { callId, state: 'ended', reason, ringUntil } });
  expect((await decline()).status).toBe(409);
});

test('it is good for its own call only', async () => {
  await ringing();
  const first = ticket;
  await alice.request('end-call', { callId });
  await phone.next('end-call');
  const second = await alice.request('start-call', { callees: [bob], media: 'audio' });
  await phone.next('call-started');
  expect((await decline(first)).status).toBe(409);
  expect((await ask(first)).body).toMatchObject({ callId, state: 'ended' });
  // The other call rings on: nobody has declined it.
  expect(alice.methods()).not.toContain('call-declined');
  const fresh = phone.messages.all.findLast(({ data }) => data.type === 'call-started')!.data.ticket as string;
  expect((await ask(fresh)).body).toMatchObject({ callId: second.callId, state: 'ringing' });
});

test('it is void once its device is not registered any more, and the others are good', async () => {
  await ringing();
  const token = await world.server.token(bob, bob, 'tablet');
  expect((await confirm(other)).status).toBe(200);
  // Who registers the same again is told the id that it has.
  const data = { type: 'webpush', subscription: tablet.json };
  const { id } = (await world.rest('POST', '/v1/push/subscriptions', { token, data })).body;
  expect((await ask(other)).status).toBe(200);
  expect((await world.rest('DELETE', `/v1/push/subscriptions/${id}`, { token })).status).toBe(204);
  for (const use of [ask, confirm, decline]) {
    expect(await use(other)).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
  }
  expect((await ask()).body).toMatchObject({ state: 'ringing' });
  expect((await decline()).status).toBe(200);
});

test('it opens nothing else: no socket, no subscriptions, no history', async () => {
  await ringing();
  expect((await world.rest('GET', '/v1/history', { token: ticket })).status).toBe(401);
  const data = { type: 'webpush', subscription: phone.json };
  expect((await world.rest('POST', '/v1/push/subscriptions', { token: ticket, data })).status).toBe(401);
  await expect(
    world.connect(`${bob}/x`).then(() => fetch(`${world.server.url}/ws?token=${ticket}`)),
  ).resolves.toMatchObject({ ok: false });
});

test('what is no ticket of this server: 401', async () => {
  await ringing();
  const elsewhere = await World.start();
  try {
    const changed = [...Array(ticket.length).keys()]
      .filter((at) => at % 7 === 0 && ticket[at] !== '.')
      .map((at) => `${ticket.slice(0, at)}${ticket[at] === 'A' ? 'B' : 'A'}${ticket.slice(at + 1)}`);
    const access = await world.server.token(bob);
    const made = ['x', 'A'.repeat(64), ticket.slice(0, -4), `${ticket}AAAA`, access, ...changed];
    for (const wrong of made) {
      expect([wrong, (await ask(wrong)).status, (await decline(wrong)).status]).toEqual([wrong, 401, 401]);
    }
    expect((await elsewhere.rest('GET', `/v1/tickets/${ticket}/call`)).status).toBe(401);
    expect((await ask()).body.state).toBe('ringing');
  } finally {
    await elsewhere.stop();
  }
});

test('what nobody can check now opens nothing, and is good again afterwards', async () => {
  const folder = await mkdtemp(`${tmpdir()}/carillon-tickets-`);
  const [usual, broken] = [world, await World.start({ args: ['--data-dir', folder] })];
  world = broken;
  onTestFinished(async () => {
    world = usual;
    await broken.stop();
    await rm(folder, { recursive: true });
  });
  await ringing();
  const rename = (from: string, to: string) =>
    execFileSync('python3', [
      '-c',
      'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(f"alter table {sys.argv[2]} rename to {sys.argv[3]}")',
      `${folder}/carillon.db`,
      from,
      to,
    ]);
  rename('subscriptions', 'elsewhere');
  for (const use of [ask, confirm, decline]) {
    const { status, body } = await use();
    expect([status, body.error?.code]).toEqual([503, 'unavailable']);
    expect(body.error.retryAfterMs).toBeGreaterThan(0);
  }
  expect(alice.methods()).not.toContain('call-declined');
  rename('elsewhere', 'subscriptions');
  expect((await ask()).body).toMatchObject({ callId, state: 'ringing' });
  expect((await decline()).status).toBe(200);
  expect(await alice.next('call-declined')).toMatchObject({ callId, userId: bob });
  await broken.empty();
});
