// `carillon calls`: what a running server holds, as a person and as a program asks.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const binary = process.env.CARILLON_BINARY ?? new URL('../../../build/release/app/carillon', import.meta.url).pathname;
const folder = mkdtempSync(`${tmpdir()}/carillon-calls-`);
const keyFile = `${folder}/server-key`;
const key = 'a server key of more than thirty-two letters';
let server: Server;

beforeAll(async () => {
  writeFileSync(keyFile, `${key}\n`);
  server = await Server.start(['--media-workers', '1', '--http-server-key', key]);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

/** Not the synchronous one: the server's log must be read meanwhile. */
function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(binary, ['calls', ...args], (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

test('as JSON: what GET /v1/debug/counts answers', async () => {
  const alice = await Wire.connect(server, 'alice');
  const { callId } = await alice.request('start-call', { callees: ['bob'], media: 'audio' });
  const { status, out } = await run('--json', '--url', server.url, '--server-key-file', keyFile);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    sessions: 1,
    calls: 1,
    rooms: 1,
    peers: 0,
    workers: [{ pid: expect.any(Number), routers: 1, transports: 0 }],
  });
  await alice.request('end-call', { callId });
  alice.close();
});

test('for people: a table', async () => {
  const { status, out } = await run('--url', server.url);
  expect(status).toBe(0);
  expect(out).toMatch(/^sessions +\d+$/m);
  expect(out).toMatch(/^worker pid +routers +transports$/m);
});

test('nobody serves there, or something else does: a word why, and no success', async () => {
  const nobody = await run('--url', 'http://127.0.0.1:1');
  expect(nobody.status).toBe(1);
  expect(nobody.err).toContain('http://127.0.0.1:1/v1/debug/counts');
  const elsewhere = await run('--url', `${server.url}/nowhere`);
  expect(elsewhere.status).toBe(1);
  expect(elsewhere.err).toContain('not what a carillon server answers');
  const noFile = await run('--url', server.url, '--server-key-file', `${folder}/none`);
  expect(noFile.status).toBe(2);
  expect(noFile.err).toContain(`${folder}/none`);
});
