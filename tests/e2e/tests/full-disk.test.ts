// No space is left where the server has its data: it serves all the same, and keeps the calls that it had.
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

let disk: string;
let server: Server;

beforeEach(() => {
  disk = mkdtempSync(`${tmpdir()}/carillon-disk-`);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', disk]);
});
afterEach(async () => {
  await server.stop();
  execFileSync('umount', [disk]);
  rmdirSync(disk);
});

const start = () => Server.start(['--data-dir', disk]);

function fill(): void {
  const file = openSync(`${disk}/fill`, 'w');
  const block = Buffer.alloc(4096, 1);
  expect(() => {
    for (;;) writeSync(file, block);
  }).toThrow('ENOSPC');
  closeSync(file);
}

test('after a kill it starts with the calls of before, is not upgraded, and is when there is space', async () => {
  server = await start();
  const [first, second] = await Promise.all([Wire.connect(server, 'alice'), Wire.connect(server, 'bob')]);
  const { callId } = await first.request('start-call', { callees: ['bob'], media: 'audio' });
  await second.request('accept-call', { callId });
  await server.kill();
  rmSync(`${disk}/carillon.pid`); // a number that is there is written over, without more space
  fill();

  server = await start();
  expect(server.log.join('\n')).toContain('carillon.pid: No space left on device');
  expect(server.log.join('\n')).toContain('the journal cannot be written');
  const comeBack = (old: Wire) => Wire.open(`${server.wsUrl}?resume=${old.welcome.resumeToken}`, ['protoo']);
  let [alice, bob] = await Promise.all([comeBack(first), comeBack(second)]);
  expect(alice.welcome.calls).toMatchObject([{ callId, state: 'active', yourState: 'joined' }]);
  server.signal('SIGUSR2');
  await expect.poll(() => server.log.join('\n')).toContain('no upgrade, this program goes on: the journal cannot be');
  expect(alice.closed).toBeUndefined();

  rmSync(`${disk}/fill`);
  server.signal('SIGUSR2');
  await expect.poll(() => server.log.join('\n')).toContain('upgraded to carillon');
  expect(existsSync(`${disk}/carillon.pid`)).toBe(true);
  [alice, bob] = await Promise.all([comeBack(alice), comeBack(bob)]);
  await alice.request('end-call', { callId });
  await bob.next('end-call');
});
