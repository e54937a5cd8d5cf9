// The list of calls afterwards: who called, what was missed, what has been seen, and what the operator can look up.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pause } from '../support/process.ts';
import { World } from '../support/push-world.ts';
import type { Wire } from '../support/wire.ts';

let world: World;
let tests = 0;
let alice: Wire;
let bob: Wire;

beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.empty());
afterAll(() => world.stop());

/** Two people of one test only, whose lists are empty. */
async function people(): Promise<{ a: string; b: string }> {
  tests += 1;
  const [a, b] = [`alice${tests}`, `bob${tests}`];
  [alice, bob] = await Promise.all([world.connect(a), world.connect(b)]);
  // Who has read his history hears when it changes.
  await Promise.all([alice.request('get-history'), bob.request('get-history')]);
  return { a, b };
}

/** Calls are listed by the millisecond in which they began: no two of them begin in the same. */
const begins = (): Promise<void> => pause(2);
async function answered(): Promise<string> {
  await begins();
  const { callId } = await alice.request('start-call', { callees: [bob.welcome.userId], media: 'video' });
  await bob.next('call-started');
  await bob.request('accept-call', { callId });
  await alice.next('call-accepted');
  await alice.request('end-call', { callId });
  await bob.next('end-call');
  return callId as string;
}
async function missed(): Promise<string> {
  await begins();
  const { callId } = await alice.request('start-call', { callees: [bob.welcome.userId], media: 'audio' });
  await bob.next('call-started');
  await alice.request('end-call', { callId });
  await bob.next('end-call');
  return callId as string;
}
async function declined(): Promise<string> {
  await begins();
  const { callId } = await alice.request('start-call', { callees: [bob.welcome.userId], media: 'audio' });
  await bob.next('call-started');
  await bob.request('decline-call', { callId });
  await alice.next('end-call');
  return callId as string;
}
/** The record is written beside the call: its news come a moment later. */
const written = (wire: Wire, callId: string): Promise<any> =>
  wire.untilHeard('history-changed', (data) => data.callId === callId);
/** News of several calls within a second are one word, without their ids. */
const listed = async (wire: Wire, callId: string): Promise<void> => {
  const newest = async () => (await wire.request('get-history', { limit: 1 })).calls[0]?.callId as string | undefined;
  for (const end = Date.now() + 5000; (await newest()) !== callId;) {
    if (Date.now() > end) throw new Error(`${callId} is not in the list`);
    await pause(10);
  }
};

describe('get-history', () => {
  test('an answered call, from both sides', async () => {
    const { a, b } = await people();
    const before = Date.now();
    const callId = await answered();
    await Promise.all([written(alice, callId), written(bob, callId)]);
    const [mine, his] = [await alice.request('get-history'), await bob.request('get-history')];
    expect(mine.calls).toHaveLength(1);
    const [call] = mine.calls;
    const common = { callId, media: 'video', reason: 'hangup', roomId: expect.any(String) };
    expect(call).toMatchObject({ ...common, direction: 'out', with: [{ userId: b, name: b.toUpperCase() }] });
    expect(his.calls).toMatchObject([{ ...common, direction: 'in', with: [{ userId: a, name: a.toUpperCase() }] }]);
    expect(call.startedAt).toBeGreaterThanOrEqual(before - 1000);
    expect(call.answeredAt).toBeGreaterThanOrEqual(call.startedAt);
    expect(call.endedAt).toBeGreaterThanOrEqual(call.answeredAt);
    for (const { calls, unread, next } of [mine, his]) {
      expect([unread, next, calls[0].missed]).toEqual([0, undefined, undefined]);
    }
  });

  test('missed is what he did not answer and did not decline; only that is unread', async () => {
    await people();
    const [first, second, third] = [await missed(), await declined(), await answered()];
    await listed(bob, third);
    const { calls, unread } = await bob.request('get-history');
    expect(calls.map((call: any) => [call.callId, call.reason, call.missed === true])).toEqual([
      [third, 'hangup', false],
      [second, 'declined', false],
      [first, 'canceled', true],
    ]);
    expect(calls[2].answeredAt).toBeUndefined();
    expect(unread).toBe(1);
    expect((await bob.request('get-history', { missed: true })).calls).toMatchObject([{ callId: first }]);
    expect((await alice.request('get-history', { missed: true })).calls).toEqual([]);
  });

  test('pages: newest first, each call once, while others are added', async () => {
    await people();
    const all: string[] = [];
    for (let n = 0; n < 7; n++) all.unshift(await missed());
    await listed(bob, all[0]!);
    const seen: string[] = [];
    let before: unknown;
    do {
      const { calls, next } = await bob.request('get-history', { limit: 3, ...(before ? { before } : {}) });
      expect(calls.length).toBeLessThanOrEqual(3);
      seen.push(...calls.map(({ callId }: any) => callId as string));
      if (!before) await listed(bob, await missed());
      before = next;
    } while (before);
    expect(seen).toEqual(all);
    const { calls } = await bob.request('get-history', { limit: 1 });
    const older = await bob.request('get-history', { before: calls[0].startedAt });
    expect(older.calls[0].callId).toBe(all[0]);
  });

  test.each([
    [{ limit: 0 }, 'data.limit'],
    [{ limit: 101 }, 'data.limit'],
    [{ limit: 'x' }, 'data.limit'],
    [{ before: 'nonsense' }, 'data.before'],
    [{ before: {} }, 'data.before'],
    [{ missed: 1 }, 'data.missed'],
  ])('refused with its place: %j', async (data, path) => {
    await people();
    await expect(bob.request('get-history', data)).rejects.toMatchObject({
      code: 400,
      reason: expect.stringMatching(path),
    });
  });

  test('nobody sees the calls of others', async () => {
    await people();
    await written(bob, await missed());
    const carol = await world.connect(`carol${tests}`);
    expect(await carol.request('get-history')).toMatchObject({ calls: [], unread: 0 });
  });
});

test('read on one device is read on all, and each is told', async () => {
  const { b } = await people();
  const tablet = await world.connect(`${b}/tablet`);
  await tablet.request('get-history');
  const callId = await missed();
  for (const wire of [bob, tablet]) expect((await written(wire, callId)).unread).toBe(1);
  expect((await written(alice, callId)).unread).toBe(0);
  expect(await bob.request('mark-history-read')).toEqual({});
  for (const wire of [bob, tablet])
    expect(await wire.untilHeard('history-changed', ({ unread }) => unread === 0)).toBeTruthy();
  const { calls, unread } = await tablet.request('get-history');
  expect([unread, calls[0].missed]).toEqual([0, true]);
  const again = await missed();
  expect((await written(tablet, again)).unread).toBe(1);
});

test('a call missed while nobody was connected is there when he comes', async () => {
  const { b } = await people();
  bob.close();
  await world.server.until(({ sessions }) => sessions === 1);
  const { callId } = await alice.request('start-call', { callees: [b], media: 'audio', ringSeconds: 1 });
  await alice.next('end-call');
  await written(alice, callId);
  const back = await world.connect(b);
  const { calls, unread } = await back.request('get-history');
  expect([unread, calls]).toMatchObject([1, [{ callId, missed: true, reason: 'timeout', direction: 'in' }]]);
});

test('by REST, as by socket', async () => {
  const { b } = await people();
  const first = await missed();
  const second = await answered();
  await written(bob, second);
  const token = await world.server.token(b);
  const get = (query = '') => world.rest('GET', `/v1/history${query}`, { token });
  expect(await get()).toEqual({ status: 200, body: await bob.request('get-history') });
  expect((await get('?missed=true')).body.calls).toMatchObject([{ callId: first }]);
  const { calls, next } = (await get('?limit=1')).body;
  expect(calls).toMatchObject([{ callId: second }]);
  expect((await get(`?limit=1&before=${encodeURIComponent(next)}`)).body.calls).toMatchObject([{ callId: first }]);
  expect((await get('?limit=0')).status).toBe(400);
  expect((await world.rest('GET', '/v1/history')).status).toBe(401);
});

test('it is there after the server has been killed', async () => {
  const folder = await mkdtemp(`${tmpdir()}/carillon-kept-`);
  const first = await World.start({ args: ['--data-dir', folder] });
  [alice, bob] = await Promise.all([first.connect('alice'), first.connect('bob')]);
  await bob.request('get-history');
  const callId = await missed();
  await written(bob, callId);
  const phone = await first.away('bob/phone');
  const { vapidKey } = first;
  await first.kill();

  const second = await World.start({
    args: ['--data-dir', folder, '--push-allow-hosts', phone.host, '--push-ca-file', first.authority.file],
  });
  try {
    expect(second.vapidKey).toBe(vapidKey);
    bob = await second.connect('bob');
    expect(await bob.request('get-history')).toMatchObject({ calls: [{ callId, missed: true }], unread: 1 });
    alice = await second.connect('alice');
    await alice.request('start-call', { callees: ['bob'], media: 'audio' });
    await phone.next('call-started');
  } finally {
    await second.stop();
    await first.stop();
    await rm(folder, { recursive: true });
  }
});

describe('for the operator: GET /v1/calls/<callId>', () => {
  test('while it rings, while it is on, and afterwards, with the ledger', async () => {
    const { a, b } = await people();
    const phone = await world.away(`${b}/phone`);
    const get = async (callId: string) => (await world.rest('GET', `/v1/calls/${callId}`)).body;
    const metadata = { ticket: 'SUP-1' };
    const { callId, roomId } = await alice.request('start-call', { callees: [b], media: 'video', metadata });
    await bob.next('call-started');
    await bob.request('ringing', { callId });
    const { data } = await phone.next('call-started');
    expect(await get(callId)).toMatchObject({ callId, roomId, media: 'video', state: 'ringing', metadata });
    await world.rest('POST', `/v1/tickets/${data.ticket}/ringing`);
    await bob.request('accept-call', { callId });
    await phone.next('end-call');
    expect(await get(callId)).toMatchObject({ state: 'active', answeredAt: expect.any(Number) });
    await alice.request('end-call', { callId });
    await written(alice, callId);
    const record = await get(callId);
    expect(record).toMatchObject({ state: 'ended', reason: 'hangup', endedAt: expect.any(Number), metadata });
    expect(record.people).toMatchObject([
      { userId: a, name: a.toUpperCase(), role: 'caller', missed: false, inCallMs: expect.any(Number) },
      { userId: b, name: b.toUpperCase(), role: 'callee', missed: false, rangAt: expect.any(Number) },
    ]);
    const device = bob.welcome.deviceId;
    expect(record.ledger).toHaveLength(2);
    expect(record.ledger).toContainEqual(
      expect.objectContaining({ userId: b, deviceId: device, via: 'socket', decision: 'accepted' }),
    );
    expect(record.ledger).toContainEqual(
      expect.objectContaining({
        userId: b,
        deviceId: 'phone',
        via: 'push',
        type: 'webpush',
        why: 'answered-elsewhere',
      }),
    );
    for (const { toldAt, takenAt, confirmedAt } of record.ledger) {
      expect(takenAt).toBeGreaterThanOrEqual(toldAt);
      expect(confirmedAt).toBeGreaterThanOrEqual(toldAt);
    }
    expect(JSON.stringify(record)).not.toContain(phone.secrets[0]);
  });

  test('of no call: not found', async () => {
    expect(await world.rest('GET', '/v1/calls/none')).toMatchObject({
      status: 404,
      body: { error: { code: 'not-found' } },
    });
  });
});
