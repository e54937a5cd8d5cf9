// The system's clock jumps by an hour, ahead and back, while somebody rings and while a call is on: the ring lasts as long
// as it was to last, the call goes on, the log names the jump once, and tokens are checked by the clock as it is now. The
// next process goes on with the clock of the one before, whether it was killed or replaced.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const secret = 'a secret of an app that is long enough, for tests';
const folder = mkdtempSync(`${tmpdir()}/carillon-clock-`);
const clockFile = `${folder}/clock`;
const hour = 3600;
let server: Server;
let ahead = 0;

/** libfaketime stands between the program and the system's clock; the monotonic one is left as it is. */
const library = '/usr/$LIB/faketime/libfaketimeMT.so.1';

function setClock(seconds: number): void {
  ahead = seconds;
  writeFileSync(clockFile, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}`);
}

/** A token that runs out after so long, by the server's clock. */
const token = (user: string, seconds: number): Promise<string> =>
  new SignJWT({ device: 'phone' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt(Math.floor(Date.now() / 1000) + ahead)
    .setExpirationTime(Math.floor(Date.now() / 1000) + ahead + seconds)
    .sign(new TextEncoder().encode(secret));
const connect = async (user: string) => Wire.open(server.wsUrl, ['protoo', `token.${await token(user, hour)}`]);
const jumps = () => server.log.filter((line) => line.includes('clock jumped'));

const start = (port = '0') =>
  Server.start(['--http-listen', `127.0.0.1:${port}`, '--data-dir', `${folder}/data`], {
    dev: false,
    env: {
      CARILLON_AUTH_SECRET: secret,
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  });

beforeAll(async () => {
  setClock(0);
  server = await start();
  expect(readFileSync(`/proc/${server.pid}/maps`, 'utf8')).toContain('libfaketime');
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

test.each([
  ['an hour ahead', hour, 'jumped 3600.'],
  ['an hour back', -hour, 'jumped 3600.'],
])('%s', { timeout: 60_000 }, async (_what, by, words) => {
  const before = jumps().length;
  const [alice, bob, carol, dave] = await Promise.all(['alice', 'bob', 'carol', 'dave'].map(connect));
  const talk = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await bob!.request('accept-call', { callId: talk.callId });
  const began = performance.now();
  const ring = await carol!.request('start-call', { callees: ['dave'], media: 'audio', ringSeconds: 6 });
  await dave!.next('call-started');

  setClock(ahead + by);
  await expect.poll(() => jumps().length, { timeout: 5000 }).toBe(before + 1);
  expect(jumps().at(-1)).toContain(words);
  expect(jumps().at(-1)).toContain(by > 0 ? 'ahead' : 'back');

  const end = await carol!.next('end-call', 10_000);
  const rang = performance.now() - began;
  expect(end).toMatchObject({ callId: ring.callId, reason: 'timeout' });
  console.log(`the clock jumped by ${by} s while it rang for 6 s: it rang for ${(rang / 1000).toFixed(2)} s`);
  expect(rang).toBeGreaterThan(5900);
  expect(rang).toBeLessThan(7500);

  // By the clock as it is now: one that was made a moment ago is good, one of an hour ago has run out.
  const eve = await connect('eve');
  eve.close();
  await expect(Wire.open(server.wsUrl, ['protoo', `token.${await token('eve', -300)}`])).rejects.toMatchObject({
    code: 401,
  });
  // The record of the ring has the time that people read on their clocks.
  const { calls } = await carol!.request('get-history');
  const record = (calls as { callId: string; endedAt: number }[]).find(({ callId }) => callId === ring.callId)!;
  expect(Math.abs(record.endedAt - (Date.now() + ahead * 1000))).toBeLessThan(5000);

  // And the call has not noticed.
  expect(alice!.methods()).not.toContain('end-call');
  expect(bob!.closed).toBeUndefined();
  await alice!.request('end-call', { callId: talk.callId });
  expect(jumps()).toHaveLength(before + 1);
  for (const wire of [alice!, bob!, carol!, dave!]) wire.close();
});

async function killed(): Promise<void> {
  await server.kill();
  server = await start(new URL(server.url).port);
}
async function replaced(): Promise<void> {
  server.signal('SIGUSR2');
  await expect.poll(() => server.log.join('\n'), { timeout: 10_000 }).toContain('upgraded to carillon');
  server.takeLog();
}
const comeBack = (wire: Wire) => Wire.open(`${server.wsUrl}?resume=${wire.welcome.resumeToken}`, ['protoo']);

test.each([
  ['ten minutes ahead, then the server is killed', 600, killed],
  ['ten minutes ahead, then it is replaced', 600, replaced],
  ['ten minutes back, then it is killed', -600, killed],
  ['ten minutes back, then it is replaced', -600, replaced],
])('%s: no time has gone by for those who ring and talk', { timeout: 60_000 }, async (_what, by, nextProcess) => {
  const before = await Promise.all(['alice', 'bob', 'carol', 'dave'].map(connect));
  const [caller, callee, ringing, rung] = before as [Wire, Wire, Wire, Wire];
  const began = performance.now();
  const talk = await caller.request('start-call', { callees: ['bob'], media: 'audio' });
  await callee.request('accept-call', { callId: talk.callId });
  const ring = await ringing.request('start-call', { callees: ['dave'], media: 'audio', ringSeconds: 8 });
  await rung.next('call-started');
  const seen = jumps().length;
  setClock(ahead + by);
  await expect.poll(() => jumps().length, { timeout: 5000 }).toBe(seen + 1);
  await nextProcess();

  const [alice, bob, carol, dave] = await Promise.all(before.map(comeBack));
  const end = await carol!.next('end-call', 10_000);
  const rang = performance.now() - began;
  expect(end).toMatchObject({ callId: ring.callId, reason: 'timeout' });
  expect(rang).toBeGreaterThan(7900);
  expect(rang).toBeLessThan(9500);

  expect(alice!.methods()).not.toContain('end-call');
  await alice!.request('end-call', { callId: talk.callId });
  const lasted = performance.now() - began;
  const find = async () => {
    const { calls } = await alice!.request('get-history');
    return (calls as { callId: string; startedAt: number; answeredAt: number; endedAt: number }[]).find(
      ({ callId }) => callId === talk.callId,
    );
  };
  await expect.poll(find).toBeDefined();
  const record = (await find())!;
  expect(Math.abs(record.endedAt - (Date.now() + ahead * 1000))).toBeLessThan(2000);
  expect(Math.abs(record.endedAt - record.startedAt - lasted)).toBeLessThan(1000);
  expect(Math.abs(record.endedAt - record.answeredAt - lasted)).toBeLessThan(1000);
  for (const wire of [alice!, bob!, carol!, dave!]) wire.close();
});
