// The server stops in good order: SIGTERM lets no new call begin, says so, and waits for those that are on.
import { execFile } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const binary = process.env.CARILLON_BINARY ?? new URL('../../../build/release/app/carillon', import.meta.url).pathname;
const run = promisify(execFile);
let server: Server;

const start = async (...args: string[]) => (server = await Server.start(['--media-workers', '1', ...args]));
const readiness = async () => {
  const answer = await fetch(`${server.url}/readyz`);
  return [answer.status, await answer.text()];
};

/** `count` calls of two that are on, the callers first. */
function calls(count: number): Promise<{ caller: Wire; callee: Wire; callId: string }[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const [caller, callee] = await Promise.all([
        Wire.connect(server, `caller${i}`),
        Wire.connect(server, `callee${i}`),
      ]);
      const { callId } = await caller.request('start-call', { callees: [`callee${i}`], media: 'audio' });
      await callee.request('accept-call', { callId });
      return { caller, callee, callId: callId as string };
    }),
  );
}

beforeEach(() => {
  server = undefined as never;
});
afterEach(async () => {
  await server?.stop();
});

test('SIGTERM with ten calls: no new ones, those that are on go on, exit 0 with the last', async () => {
  await start('--server-drain-seconds', '60');
  const on = await calls(10);
  const idle = await Wire.connect(server, 'idle');
  server.signal('SIGTERM');
  const { deadline, serverTime } = await idle.next('server-draining');
  expect(deadline - serverTime).toBeGreaterThan(59_000);
  expect(deadline - serverTime).toBeLessThanOrEqual(60_000);
  for (const { callee } of on) await callee.next('server-draining');

  // New calls are refused with the time to come back, to who is invited too; nothing else changes.
  const start1 = await idle.answerTo({
    request: true,
    id: 1001,
    method: 'start-call',
    data: { callees: ['callee0'], media: 'audio' },
  });
  expect(start1).toMatchObject({ errorCode: 503, data: { code: 'unavailable', retryAfterMs: expect.any(Number) } });
  expect(start1.data.retryAfterMs).toBeGreaterThan(50_000);
  await expect(on[0]!.caller.request('invite', { callId: on[0]!.callId, callees: ['idle'] })).rejects.toMatchObject({
    code: 503,
  });
  expect(on[0]!.callee.methods()).not.toContain('end-call');

  // Who comes now is served, and told.
  const late = await Wire.connect(server, 'late');
  expect(late.welcome.draining).toEqual({ deadline });
  expect(await readiness()).toEqual([503, 'draining\n']);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);

  for (const { caller, callee, callId } of on) {
    expect(server.alive).toBe(true);
    await caller.request('end-call', { callId });
    expect((await callee.next('end-call')).reason).toBe('hangup');
  }
  expect(await idle.untilClosed()).toMatchObject({ code: 1001 });
  expect(await server.exit()).toBe(0);
});

test('without calls SIGTERM stops at once', async () => {
  await start('--server-drain-seconds', '3600');
  const idle = await Wire.connect(server, 'idle');
  server.signal('SIGTERM');
  await idle.next('server-draining');
  expect(await server.exit()).toBe(0);
});

test('a call that does not end is ended at the deadline', async () => {
  await start('--server-drain-seconds', '1');
  const [only] = await calls(1);
  server.signal('SIGTERM');
  await only!.callee.next('server-draining');
  expect((await only!.callee.next('end-call')).reason).toBe('failed');
  expect(await server.exit()).toBe(0);
});

test('a second SIGTERM stops now', async () => {
  await start('--server-drain-seconds', '3600');
  const [only] = await calls(1);
  server.signal('SIGTERM');
  await only!.callee.next('server-draining');
  server.signal('SIGTERM');
  expect((await only!.callee.next('end-call')).reason).toBe('failed');
  expect(await server.exit()).toBe(0);
});

test('carillon drain does the same, and can undo it', async () => {
  await start('--server-drain-seconds', '3600');
  const [only] = await calls(1);
  const { caller, callee, callId } = only!;
  expect(await drain()).toContain('stops when the 1 that are on have ended');
  await callee.next('server-draining');
  await expect(callee.request('start-call', { callees: ['dave'], media: 'audio' })).rejects.toMatchObject({
    code: 503,
  });

  expect(await drain('--off')).toContain('the server takes new calls');
  expect(await callee.next('server-draining')).toMatchObject({ deadline: null });
  expect(await readiness()).toEqual([200, 'ready\n']);
  expect((await Wire.connect(server, 'late')).welcome).not.toHaveProperty('draining');
  await caller.request('end-call', { callId });
  await server.until((counts) => counts.calls === 0);
  const again = await callee.request('start-call', { callees: ['caller0'], media: 'audio' });
  await caller.request('decline-call', { callId: again.callId });
  expect(server.alive).toBe(true);
});

test('SIGTERM after a drain by command is the first, the next one stops now', async () => {
  await start('--server-drain-seconds', '3600');
  const [only] = await calls(1);
  await drain();
  const { deadline } = await only!.callee.next('server-draining');
  server.signal('SIGTERM');
  await expect.poll(() => server.log.join('\n')).toContain('the drain that is on goes on');
  expect((await Wire.connect(server, 'late')).welcome.draining).toEqual({ deadline });
  expect(only!.callee.methods()).not.toContain('end-call');

  // Undone and begun again it is another one.
  await drain('--off');
  await drain();
  server.signal('SIGTERM');
  await expect.poll(() => server.log.filter((line) => line.includes('goes on, the next'))).toHaveLength(2);
  expect(only!.callee.methods()).not.toContain('end-call');
  server.signal('SIGTERM');
  expect((await only!.callee.next('end-call')).reason).toBe('failed');
  expect(await server.exit()).toBe(0);
});

test('SIGTERM while the workers start finds the calls of before the kill', async () => {
  const folder = mkdtempSync(`${tmpdir()}/carillon-drain-`);
  await start('--data-dir', `${folder}/data`);
  const [only] = await calls(1);
  const worker = readlinkSync(`/proc/${(await server.counts()).workers[0]!.pid}/exe`);
  await server.kill();
  writeFileSync(`${folder}/worker`, `#!/bin/sh\nkill -TERM $PPID\nexec "${worker}" "$@"\n`, { mode: 0o755 });
  await start('--data-dir', `${folder}/data`, '--media-worker', `${folder}/worker`);
  const [caller, callee] = await Promise.all(
    [only!.caller, only!.callee].map((wire) =>
      Wire.open(`${server.wsUrl}?resume=${wire.welcome.resumeToken}`, ['protoo']),
    ),
  );
  await expect.poll(readiness).toEqual([503, 'draining\n']);
  await caller!.request('end-call', { callId: only!.callId });
  expect((await callee!.next('end-call')).reason).toBe('hangup');
  expect(await server.exit()).toBe(0);
  rmSync(folder, { recursive: true });
});

test('only the operator may drain', async () => {
  const key = 'a server key of more than thirty-two letters';
  server = await Server.start(['--http-server-key', key, '--auth-secret', 'a secret of more than thirty-two letters'], {
    dev: false,
  });
  const ask = (authorization: string, body: string) =>
    fetch(`${server.url}/v1/drain`, { method: 'POST', headers: { authorization }, body });
  expect((await ask('', '{"on":true}')).status).toBe(401);
  expect((await ask('Bearer wrong', '{"on":true}')).status).toBe(401);
  for (const [body, place] of [
    ['{}', 'body.on'],
    ['{"on":1}', 'body.on'],
    ['[]', 'body'],
    ['', 'body'],
  ] as const) {
    const refused = await ask(`Bearer ${key}`, body);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { error: { reason: string } }).error.reason).toContain(place);
  }
  expect(await readiness()).toEqual([200, 'ready\n']);
});

const drain = async (...args: string[]) => (await run(binary, ['drain', '--url', server.url, ...args])).stdout;
