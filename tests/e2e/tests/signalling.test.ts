// Calls as docs/protocol.md has them, seen from outside with nothing but JSON over a WebSocket.
import { once } from 'node:events';
import WebSocket from 'ws';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Server } from '../support/server.ts';
import { Wire, WireError } from '../support/wire.ts';

let server: Server;
const open: Wire[] = [];

beforeAll(async () => {
  server = await Server.start();
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

async function devices(...names: string[]): Promise<Wire[]> {
  const wires = await Promise.all(
    names.map((name) => {
      const [user, device] = name.split('/');
      return Wire.connect(server, user!, { device });
    }),
  );
  open.push(...wires);
  return wires;
}
/** Every test ends with an empty server: nothing of a call stays. */
afterEach(everybodyLeaves);
async function everybodyLeaves(): Promise<void> {
  for (const wire of open.splice(0)) wire.close();
  const counts = await server.until((c) => c.sessions === 0 && c.calls === 0);
  expect(counts).toMatchObject({ users: 0, calls: 0, rooms: 0, peers: 0, transports: 0 });
  expect(counts.workers.every((worker) => worker.routers === 0 && worker.transports === 0)).toBe(true);
}

test('the first word to a device is welcome, with who it is and what is on', async () => {
  const [alice] = await devices('alice/phone');
  expect(alice!.heard[0]!.method).toBe('welcome');
  expect(alice!.welcome).toMatchObject({ userId: 'alice', deviceId: 'phone', calls: [], resumeGraceMs: 10_000 });
  expect(alice!.welcome.resumeToken.length).toBeGreaterThanOrEqual(22);
  expect(Math.abs(alice!.welcome.serverTime - Date.now())).toBeLessThan(5000);
});

test('ring, accept, end: each side hears what the contract says', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const started = await alice!.request('start-call', { callees: ['bob'], media: 'video', metadata: { topic: 'tea' } });
  expect(started.ringUntil - Date.now()).toBeGreaterThan(28_000);
  const ring = await bob!.next('call-started');
  expect(ring).toMatchObject({
    callId: started.callId,
    roomId: started.roomId,
    caller: { userId: 'alice', name: 'ALICE' },
    callees: ['bob'],
    media: 'video',
    ringUntil: started.ringUntil,
    metadata: { topic: 'tea' },
  });
  expect(await alice!.next('call-ringing')).toMatchObject({ userId: 'bob', devices: 1, via: 'socket' });

  expect(await bob!.request('accept-call', { callId: started.callId })).toEqual({
    callId: started.callId,
    roomId: started.roomId,
  });
  expect(await alice!.next('call-accepted')).toMatchObject({ callId: started.callId, userId: 'bob' });
  expect(await server.counts()).toMatchObject({ calls: 1, rooms: 1 });

  expect(await alice!.request('end-call', { callId: started.callId })).toEqual({});
  expect(await bob!.next('end-call')).toMatchObject({ callId: started.callId, reason: 'hangup' });
});

test('decline: the caller hears call-declined, and last of all end-call', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await bob!.next('call-started');
  expect(await bob!.request('decline-call', { callId })).toEqual({});
  expect(await alice!.next('call-declined')).toMatchObject({ callId, userId: 'bob', reason: 'declined' });
  expect(await alice!.next('end-call')).toMatchObject({ callId, reason: 'declined' });
  await bob!.next('end-call');
});

test('no answer: the server cancels by itself when ringSeconds are over', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const begin = Date.now();
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio', ringSeconds: 1 });
  expect(await bob!.next('end-call')).toMatchObject({ callId, reason: 'timeout' });
  expect(await alice!.next('end-call')).toMatchObject({ callId, reason: 'timeout' });
  const took = Date.now() - begin;
  expect(took).toBeGreaterThanOrEqual(990);
  await expect(bob!.request('accept-call', { callId })).rejects.toThrow();
});

test('the caller cancels: the callee hears canceled', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await bob!.next('call-started');
  await alice!.request('end-call', { callId });
  expect(await bob!.next('end-call')).toMatchObject({ callId, reason: 'canceled' });
});

test('all devices ring, the first to accept stops the others within 500 ms', async () => {
  const [alice, phone, laptop] = await devices('alice', 'bob/phone', 'bob/laptop');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await Promise.all([phone!.next('call-started'), laptop!.next('call-started')]);
  const begin = Date.now();
  await laptop!.request('accept-call', { callId });
  expect(await phone!.next('end-call')).toMatchObject({ callId, reason: 'answered-elsewhere' });
  expect(Date.now() - begin).toBeLessThan(500);
  await expect(phone!.request('accept-call', { callId })).rejects.toThrow(WireError);
});

test('a decline on one device declines for the user', async () => {
  const [alice, phone, laptop] = await devices('alice', 'bob/phone', 'bob/laptop');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await Promise.all([phone!.next('call-started'), laptop!.next('call-started')]);
  await phone!.request('decline-call', { callId });
  expect(await laptop!.next('end-call')).toMatchObject({ callId, reason: 'declined-elsewhere' });
});

test('both call each other at once: one call, nobody hears busy', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const [a, b] = await Promise.all([
    alice!.request('start-call', { callees: ['bob'], media: 'audio' }),
    bob!.request('start-call', { callees: ['alice'], media: 'audio' }),
  ]);
  expect(a.callId).toBe(b.callId);
  await Promise.all([alice!.next('call-accepted'), bob!.next('call-accepted')]);
  expect([...alice!.methods(), ...bob!.methods()]).not.toContain('call-declined');
  expect((await server.counts()).calls).toBe(1);
});

test('an offline callee who connects while it rings is rung at once', async () => {
  const [alice] = await devices('alice');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  const [bob] = await devices('bob');
  expect(await bob!.next('call-started')).toMatchObject({ callId });
  expect(bob!.welcome.calls).toMatchObject([{ callId, state: 'ringing', yourState: 'ringing' }]);
});

test('a clean close is a hang-up at once; a drop keeps the seat and resumes', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await bob!.next('call-started');
  await bob!.request('accept-call', { callId });

  bob!.drop();
  expect(await alice!.next('participant-reconnecting')).toMatchObject({ callId, userId: 'bob' });
  const back = await Wire.open(`${server.wsUrl}?resume=${bob!.welcome.resumeToken}`, ['protoo']);
  open.push(back);
  expect(back.welcome).toMatchObject({ userId: 'bob', deviceId: bob!.welcome.deviceId });
  expect(back.welcome.calls).toMatchObject([{ callId, state: 'active', yourState: 'joined' }]);
  expect(back.welcome.resumeToken).not.toBe(bob!.welcome.resumeToken);
  expect(await alice!.next('participant-joined')).toMatchObject({ userId: 'bob' });

  back.close();
  expect(await alice!.next('end-call')).toMatchObject({ callId, reason: 'hangup' });
});

test('a resume token is good until the next one has been read', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await bob!.next('call-started');
  await bob!.request('accept-call', { callId });
  bob!.drop();
  await alice!.next('participant-reconnecting');

  // The network goes again before the pong that says that `welcome` has been read.
  const url = `${server.wsUrl}?resume=${bob!.welcome.resumeToken}`;
  const unlucky = new WebSocket(url, ['protoo'], { autoPong: false });
  await once(unlucky, 'message');
  unlucky.terminate();

  const back = await Wire.open(url, ['protoo']);
  open.push(back);
  expect(back.welcome.calls).toMatchObject([{ callId, yourState: 'joined' }]);
  // After the first answer the pong is on its way; after the second it has come.
  await back.request('set-do-not-disturb', { on: false });
  await back.request('set-do-not-disturb', { on: false });
  await expect(Wire.open(url, ['protoo'])).rejects.toMatchObject({ code: 401 });
  expect(back.closed).toBeUndefined();
});

test('a resume token is void after the grace', async () => {
  const short = await Server.start(['--calls-grace-seconds', '1']);
  try {
    const alice = await Wire.connect(short, 'alice');
    const bob = await Wire.connect(short, 'bob');
    const { callId } = await alice.request('start-call', { callees: ['bob'], media: 'audio' });
    await bob.next('call-started');
    await bob.request('accept-call', { callId });
    const begin = Date.now();
    bob.drop();
    await alice.next('participant-reconnecting');
    expect(await alice.next('end-call')).toMatchObject({ callId, reason: 'disconnected' });
    expect(Date.now() - begin).toBeGreaterThanOrEqual(990);
    await expect(Wire.open(`${short.wsUrl}?resume=${bob.welcome.resumeToken}`, ['protoo'])).rejects.toMatchObject({
      code: 401,
    });
  } finally {
    await short.stop();
  }
});

test('a group: one declines, one joins late, one leaves, the last leaves, the room is gone', async () => {
  const [alice, bob, carol, dave] = await devices('alice', 'bob', 'carol', 'dave');
  const { callId } = await alice!.request('start-call', { callees: ['bob', 'carol', 'dave'], media: 'audio' });
  await Promise.all([bob!, carol!, dave!].map((wire) => wire.next('call-started')));
  await bob!.request('accept-call', { callId });
  expect(await alice!.next('call-accepted')).toMatchObject({ userId: 'bob' });
  await carol!.request('decline-call', { callId });
  expect(await bob!.next('call-declined')).toMatchObject({ userId: 'carol', reason: 'declined' });
  await dave!.request('accept-call', { callId });
  expect(await bob!.next('call-accepted')).toMatchObject({ userId: 'dave' });
  await carol!.request('join-call', { callId });
  expect(await bob!.next('participant-joined')).toMatchObject({ userId: 'dave' });
  expect(await bob!.next('participant-joined')).toMatchObject({ userId: 'carol' });
  await bob!.request('leave-call', { callId });
  expect(await alice!.next('participant-left')).toMatchObject({ userId: 'bob', reason: 'hangup' });
  for (const wire of [alice!, carol!, dave!]) await wire.request('leave-call', { callId });
  await server.until((counts) => counts.calls === 0 && counts.rooms === 0);
});

test('start-call with the roomId of a call that is on joins it', async () => {
  const [alice, bob, carol] = await devices('alice', 'bob', 'carol');
  const first = await alice!.request('start-call', { callees: ['bob', 'carol'], media: 'audio', roomId: 'team' });
  await bob!.next('call-started');
  await bob!.request('accept-call', { callId: first.callId });
  const second = await carol!.request('start-call', { callees: ['bob'], media: 'audio', roomId: 'team' });
  expect(second).toMatchObject({ callId: first.callId, roomId: 'team' });
  expect((await server.counts()).calls).toBe(1);
});

test('a repeated requestId has no second effect', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const data = { callees: ['bob'], media: 'audio', requestId: 'tap-1' };
  const first = await alice!.request('start-call', data);
  const again = await alice!.request('start-call', data);
  expect(again).toEqual(first);
  expect((await server.counts()).calls).toBe(1);
  await bob!.next('call-started');
});

test('the same device in a newer session closes the older one with 4000', async () => {
  const [older] = await devices('alice/phone');
  await devices('alice/phone');
  expect(await older!.untilClosed()).toMatchObject({ code: 4000 });
});

test('rev only grows, for each device and call', async () => {
  const [alice, bob] = await devices('alice', 'bob');
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await bob!.next('call-started');
  await bob!.request('accept-call', { callId });
  await alice!.next('call-accepted');
  await alice!.request('end-call', { callId });
  await bob!.next('end-call');
  for (const wire of [alice!, bob!]) {
    const revs = wire.heard.filter((frame) => frame.data?.callId === callId && frame.data.rev).map((f) => f.data.rev);
    expect(revs).toEqual([...new Set(revs)].sort((x, y) => x - y));
    expect(revs.length).toBeGreaterThan(0);
  }
});

test('presence tells who came and went', async () => {
  const [alice] = await devices('alice');
  expect(await alice!.request('watch-presence')).toMatchObject({ users: [{ userId: 'alice', devices: 1 }] });
  const [bob] = await devices('bob');
  expect(await alice!.next('presence')).toMatchObject({ userId: 'bob', name: 'BOB', devices: 1 });
  bob!.close();
  expect(await alice!.next('presence')).toMatchObject({ userId: 'bob', devices: 0 });
});
