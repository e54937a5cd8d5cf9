// Another build takes the place of the running one (SIGUSR2, `carillon upgrade`): the same process, the same workers, the
// same calls. When it cannot, the old one goes on. That media flows all the while: upgrade-media.test.ts.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { enterRoom } from '../support/media-world.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const built = process.env.CARILLON_BINARY ?? new URL('../../../build/release/app/carillon', import.meta.url).pathname;
let folder: string;
let program: string; // a copy, which may be replaced
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(`${tmpdir()}/carillon-upgrade-`);
  program = `${folder}/carillon`;
  copyFileSync(built, program);
  server = await start();
});
afterEach(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

const start = (...args: string[]) => Server.start(['--data-dir', `${folder}/data`, ...args], { program });

function upgrade(): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(built, ['upgrade', '--dev', '--data-dir', `${folder}/data`], (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

/** Puts a script where the program was. */
function replaceProgram(script: string, shell = '/bin/sh'): void {
  writeFileSync(`${program}.new`, `#!${shell}\n${script}\n`);
  chmodSync(`${program}.new`, 0o755);
  renameSync(`${program}.new`, program);
}

async function comeBack(old: Wire): Promise<Wire> {
  expect((await old.untilClosed()).code).toBe(1012);
  return Wire.open(`${server.wsUrl}?resume=${old.welcome.resumeToken}`, ['protoo']);
}

async function callOfTwo(): Promise<{ alice: Wire; bob: Wire; callId: string }> {
  const [alice, bob] = await Promise.all([Wire.connect(server, 'alice'), Wire.connect(server, 'bob')]);
  const { callId } = await alice.request('start-call', { callees: ['bob'], media: 'audio' });
  await bob.request('accept-call', { callId });
  return { alice, bob, callId };
}

test('the process, its workers and the media of a call are the same afterwards', async () => {
  const { callId, ...before } = await callOfTwo();
  let { alice, bob } = before;
  await enterRoom(alice, callId);
  await enterRoom(bob, callId);
  const held = await server.until((counts) => counts.consumers === 4);
  for (const wire of [alice, bob]) await wire.next('newDataConsumer');

  for (let time = 0; time < 3; time++) {
    expect(await upgrade()).toMatchObject({
      status: 0,
      out: expect.stringContaining(`process ${server.pid} is carillon`),
    });
    [alice, bob] = [await comeBack(alice), await comeBack(bob)];
    expect(await server.counts()).toEqual(held);
    for (const { welcome } of [alice, bob]) {
      expect(welcome.calls).toHaveLength(1);
      expect(welcome.calls[0]).toMatchObject({ callId, state: 'active', yourState: 'joined' });
      expect(welcome.calls[0].mediaState).toMatchObject({
        peers: [expect.anything()],
        transports: [expect.anything(), expect.anything()],
        producers: [expect.anything()],
        consumers: [expect.anything()],
        dataConsumers: [expect.anything()],
      });
    }
  }
  expect(alice.methods()).not.toContain('newConsumer');
  expect(alice.methods()).not.toContain('media-restart');

  // All of it can be used as before.
  const { consumers, transports } = alice.welcome.calls[0].mediaState;
  await alice.request('pauseConsumer', { callId, consumerId: consumers[0].id });
  await alice.request('resumeConsumer', { callId, consumerId: consumers[0].id });
  expect(await alice.request('getTransportStats', { callId, transportId: transports[0] })).not.toHaveLength(0);
  await bob.request('pauseProducer', { callId, producerId: consumers[0].producerId });
  await alice.next('consumerPaused');

  await alice.request('end-call', { callId });
  expect((await bob.next('end-call')).reason).toBe('hangup');
  const after = await server.until((counts) => counts.transports === 0);
  expect(after).toMatchObject({ calls: 0, rooms: 0, peers: 0, producers: 0, consumers: 0 });
  expect(after.workers.map(({ pid }) => pid)).toEqual(held.workers.map(({ pid }) => pid));
  expect(after.workers.every(({ routers, transports: left }) => routers === 0 && left === 0)).toBe(true);
});

test('a phone that rings goes on ringing, and is answered', async () => {
  const [caller, callee] = await Promise.all([Wire.connect(server, 'alice'), Wire.connect(server, 'bob')]);
  const { callId, ringUntil } = await caller.request('start-call', { callees: ['bob'], media: 'audio' });
  await callee.next('call-started');
  expect((await upgrade()).status).toBe(0);
  const [alice, bob] = [await comeBack(caller), await comeBack(callee)];
  expect(bob.welcome.calls[0]).toMatchObject({ callId, state: 'ringing', yourState: 'ringing', ringUntil });
  await bob.request('accept-call', { callId });
  await alice.next('call-accepted');
  await alice.request('end-call', { callId });
  await bob.next('end-call');
});

test('who was offered a stream and had not answered is offered it again', async () => {
  const { callId, ...before } = await callOfTwo();
  let { alice, bob } = before;
  alice.answers = false;
  await enterRoom(alice, callId);
  await enterRoom(bob, callId);
  const offered = await alice.next('newConsumer');
  expect((await upgrade()).status).toBe(0);
  [alice, bob] = [await comeBack(alice), await comeBack(bob)];
  expect(await alice.next('newConsumer')).toMatchObject({ id: offered.id, rtpParameters: offered.rtpParameters });
  expect(await server.counts()).toMatchObject({ producers: 4, consumers: 4 });
});

test('a program that does not answer well leaves the old one as it is, sockets and all', async () => {
  const { alice, bob, callId } = await callOfTwo();
  const cases: [string, string][] = [
    ['echo "carillon: not in this state" >&2; exit 1', 'not in this state'],
    ['exit 3', 'cannot take over'],
    ['kill -9 $$', 'cannot take over'],
    [`shift 2; exec "${built}" can-take-over 0/0 "$@"`, 'a restart is needed'],
    [`exec "${built}" can-take-over "$2" --dev --http-listen nowhere`, 'http-listen'],
  ];
  for (const [script, why] of cases) {
    replaceProgram(script);
    const { status, err } = await upgrade();
    expect(status).toBe(1);
    expect(err).toContain(why);
  }
  rmSync(program);
  expect((await upgrade()).err).toContain('No such file');
  writeFileSync(program, 'not a program');
  expect((await upgrade()).err).toContain('Permission denied');
  expect(alice.closed).toBeUndefined();
  await alice.request('end-call', { callId });
  await bob.next('end-call');
});

test(
  'a program that says nothing and does not end stops nothing, and has nothing of ours',
  { timeout: 30_000 },
  async () => {
    const { alice, bob, callId } = await callOfTwo();
    replaceProgram(`ls -l /proc/$$/fd > ${folder}/fds; exec 2>&-; exec sleep 1d`);
    const outcome = upgrade();
    await expect.poll(() => existsSync(`${folder}/fds`)).toBe(true);
    const refused = outcome.then(({ err }) => err);
    for (let second = 0; second < 9; second++) {
      const answer = await fetch(`${server.url}/livez`, { signal: AbortSignal.timeout(3000) });
      expect(answer.status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // it is about time
    }
    expect(await refused).toContain('does not answer in 10 s');
    expect(readFileSync(`${folder}/fds`, 'utf8')).not.toContain('socket:');
    await alice.request('end-call', { callId });
    await bob.next('end-call');
  },
);

test('a program that cannot start after all gives way to the old one, with its calls', async () => {
  const before = await callOfTwo();
  const { callId } = before;
  await enterRoom(before.alice, callId);
  const held = await server.until((counts) => counts.producers === 2);
  replaceProgram(`[ "$1" = can-take-over ] && exit 0; exec "${built}" serve --http-listen nowhere`);
  const { status, err } = await upgrade();
  expect(status).toBe(1);
  expect(err).toContain('the server goes on as it was');
  expect(err).toContain('http-listen');
  const [alice, bob] = [await comeBack(before.alice), await comeBack(before.bob)];
  expect(await server.counts()).toEqual(held);
  // The next one is as good as the first.
  replaceProgram(`exec "${built}" "$@"`);
  expect((await upgrade()).status).toBe(0);
  const again = [await comeBack(alice), await comeBack(bob)];
  expect(await server.counts()).toEqual(held);
  await again[0]!.request('end-call', { callId });
  await again[1]!.next('end-call');
});

test('a database that cannot be opened now is no reason to end', async () => {
  const before = await callOfTwo();
  renameSync(`${folder}/data/carillon.db`, `${folder}/aside`);
  mkdirSync(`${folder}/data/carillon.db`);
  const { status, err } = await upgrade();
  expect(status).toBe(1);
  expect(err).toContain('cannot open the database');
  expect(before.alice.closed).toBeUndefined();
  rmdirSync(`${folder}/data/carillon.db`);
  renameSync(`${folder}/aside`, `${folder}/data/carillon.db`);
  expect((await upgrade()).status).toBe(0);
  const [alice, bob] = [await comeBack(before.alice), await comeBack(before.bob)];
  await alice.request('end-call', { callId: before.callId });
  await bob.next('end-call');
});

test('while the database takes no writes nobody is sent away', { timeout: 30_000 }, async () => {
  const { alice, bob, callId } = await callOfTwo();
  const script = `import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('begin immediate')
print('locked', flush=True)
sys.stdin.read()`;
  const other = spawn('/usr/bin/python3', ['-c', script, `${folder}/data/carillon.db`]);
  await once(other.stdout, 'data');
  await alice.request('end-call', { callId });
  await bob.next('end-call');
  // The record waits 5 s for the lock.
  await expect.poll(() => server.log.join('\n'), { timeout: 10_000 }).toContain('takes no writes');
  const { status, err } = await upgrade();
  expect(status).toBe(1);
  expect(err).toContain('the database takes no writes');
  expect(alice.closed).toBeUndefined();
  other.stdin.end();
  await expect.poll(() => server.log.join('\n'), { timeout: 10_000 }).toContain('takes writes again');
  expect((await upgrade()).status).toBe(0);
  await Promise.all([comeBack(alice), comeBack(bob)]);
});

test('a journal that can be read and not written is no reason to end, nor to forget what is not in it', async () => {
  const { callId, ...before } = await callOfTwo();
  let { alice, bob } = before;
  mkdirSync(`${folder}/data/calls.journal.new`); // it is written anew at each start, beside the old one
  expect((await upgrade()).status).toBe(0);
  expect(server.log.join('\n')).toContain('the journal cannot be written');
  [alice, bob] = [await comeBack(alice), await comeBack(bob)];
  const { status, err } = await upgrade();
  expect(status).toBe(1);
  expect(err).toContain('the journal cannot be written');
  expect(alice.closed).toBeUndefined();

  // Nobody writes anything meanwhile: it is tried again.
  rmdirSync(`${folder}/data/calls.journal.new`);
  expect((await upgrade()).status).toBe(0);
  [alice, bob] = [await comeBack(alice), await comeBack(bob)];
  await alice.request('end-call', { callId });
  await bob.next('end-call');
  await bob.request('start-call', { callees: ['alice'], media: 'audio' });
  expect((await upgrade()).status).toBe(0);
  expect((await comeBack(bob)).welcome.calls).toMatchObject([{ state: 'ringing' }]);
});

test('a configuration that cannot be started leaves the one that was read before', async () => {
  await server.stop();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const file = `${folder}/carillon.toml`;
  const configure = (listen: string) =>
    writeFileSync(file, `[http]\nlisten = [${listen}]\n[media]\nworkers = 1\nport = 0\n`);
  configure('"127.0.0.1:0"');
  server = await Server.start(['--data-dir', `${folder}/data`, '--config', file], { program, ports: false });
  const { callId, ...before } = await callOfTwo();
  let { alice, bob } = before;
  configure(`"127.0.0.1:0", "127.0.0.1:${(taken.address() as AddressInfo).port}"`);
  const refusal = { status: 1, err: expect.stringContaining('cannot listen on') };
  expect(await upgrade()).toMatchObject(refusal);
  expect(alice.closed).toBeUndefined(); // foreseen
  replaceProgram(`[ "$1" = can-take-over ] && exit 0; exec "${built}" "$@"`);
  expect(await upgrade()).toMatchObject(refusal);
  [alice, bob] = [await comeBack(alice), await comeBack(bob)];

  configure('"127.0.0.1:0", "127.0.0.2:0"');
  expect(await upgrade()).toMatchObject({ status: 0 });
  [alice, bob] = [await comeBack(alice), await comeBack(bob)];
  await alice.request('end-call', { callId });
  await bob.next('end-call');
  taken.close();
});

test.each(['comes', 'goes'])('a configuration that %s is not for the program of before', async (which) => {
  await server.stop();
  const file = `${folder}/carillon.toml`;
  const configure = (text: string) => writeFileSync(file, text);
  const listening = '[http]\nlisten = "127.0.0.1:0"\n[media]\nworkers = 1\nport = 0\n';
  if (which === 'goes') configure(listening);
  server = await Server.start(['--data-dir', `${folder}/data`], { program, cwd: folder, ports: which === 'comes' });
  const { callId, ...before } = await callOfTwo();
  replaceProgram(`[ "$1" = can-take-over ] && exit 0; exec "${built}" serve --http-listen nowhere`);
  if (which === 'goes') renameSync(file, `${file}.old`);
  else configure('[http]\nno-such-key = 1\n');
  for (let time = 0; time < 2; time++) {
    expect(await upgrade()).toMatchObject({ status: 1, err: expect.stringContaining('the server goes on as it was') });
    [before.alice, before.bob] = [await comeBack(before.alice), await comeBack(before.bob)];
  }
  await before.alice.request('end-call', { callId });
  await before.bob.next('end-call');
});

test('a worker that dies at that moment is replaced, before or after', async () => {
  const { callId, ...before } = await callOfTwo();
  let { alice, bob } = before;
  for (const delayMs of [0, 20, 60, 100, 150, 200]) {
    const [{ pid }] = (await server.until(({ workers, rooms }) => workers.length === 1 && rooms === 1))
      .workers as unknown as [{ pid: number }];
    const upgrading = upgrade();
    await new Promise((resolve) => setTimeout(resolve, delayMs)); // the moment is what differs
    process.kill(pid, 'SIGKILL');
    expect((await upgrading).status).toBe(0);
    [alice, bob] = [await comeBack(alice), await comeBack(bob)];
    const after = await server.until(({ workers }) => workers.length === 1 && workers[0]!.routers === 1);
    expect(after.workers[0]!.pid).not.toBe(pid);
    // The room can be used: requests wait for it.
    const { id } = await alice.request('createWebRtcTransport', { callId, consuming: true });
    expect(id).toEqual(expect.any(String));
  }
  await alice.request('end-call', { callId });
  await bob.next('end-call');
  await server.until(({ calls, workers }) => calls === 0 && workers[0]!.routers === 0);
});

// Not a shell, of which some take away the dead that others leave to be taken away.
test.each([
  ['is nowhere', 'os.waitpid(pid, 0)', 'a worker does not go on'],
  ['is a corpse', 'os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)', 'worker died'],
])('of a worker that %s when the next program looks for it nothing stays open', async (_, wait, told) => {
  const open = () => readdirSync(`/proc/${server.pid}/fd`).length;
  for (let time = 0; time < 3; time++) {
    const { workers } = await server.until(({ workers: all }) => all.length === 1);
    const before = open();
    replaceProgram(
      `import os, sys
pid = ${workers[0]!.pid}
if sys.argv[1] == 'serve':
  os.kill(pid, 9)
  ${wait}
os.execv('${built}', sys.argv)`,
      '/usr/bin/python3',
    );
    expect((await upgrade()).status).toBe(0);
    await expect.poll(() => server.log.filter((line) => line.includes(told))).toHaveLength(time + 1);
    await server.until(({ workers: all }) => all.length === 1 && all[0]!.pid !== workers[0]!.pid);
    await expect.poll(open, { timeout: 5000 }).toBeLessThanOrEqual(before);
  }
});

test('a signal that comes while nobody can hear it is heard by the next program', async () => {
  for (let time = 0; time < 5; time++) {
    const { alice, callId } = await callOfTwo();
    const lines = server.log.length;
    server.signal('SIGUSR2');
    await alice.untilClosed();
    server.signal('SIGHUP');
    await expect.poll(() => server.log.slice(lines).join('\n')).toContain('upgraded to carillon');
    await expect.poll(() => server.log.slice(lines).join('\n')).toContain('read the files again');
    const again = await comeBack(alice);
    await again.request('end-call', { callId });
  }
});

/** An upgrade to a program that takes its time to start, which it begins just now. */
async function upgradeSlowly(): Promise<{ outcome: ReturnType<typeof upgrade> }> {
  const began = `${folder}/began`;
  // Not a shell: some let the signals through that we have blocked.
  replaceProgram(
    `import os, sys, time
if sys.argv[1] == 'can-take-over': sys.exit(0)
open('${began}', 'w').close()
time.sleep(0.5)
os.execv('${built}', sys.argv)`,
    '/usr/bin/python3',
  );
  const outcome = upgrade();
  await expect.poll(() => existsSync(began)).toBe(true);
  return { outcome };
}

test('a second upgrade that is asked for while the first one starts comes after it', async () => {
  const { outcome } = await upgradeSlowly();
  server.signal('SIGUSR2');
  expect(await outcome).toMatchObject({ status: 0 });
  await expect.poll(() => server.log.filter((line) => line.includes('upgraded to'))).toHaveLength(2);
});

test('SIGTERM while the new program starts finds the calls that it takes on', async () => {
  const before = await callOfTwo();
  const { outcome } = await upgradeSlowly();
  server.signal('SIGTERM');
  expect(await outcome).toMatchObject({ status: 0 });
  const [alice, bob] = [await comeBack(before.alice), await comeBack(before.bob)];
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
  await alice.request('end-call', { callId: before.callId });
  expect((await bob.next('end-call')).reason).toBe('hangup');
  expect(await server.exit()).toBe(0);
});

test('without a grace, who is sent away by an upgrade keeps his seat, whether it succeeds or not', async () => {
  await server.stop();
  server = await start('--calls-grace-seconds', '0');
  const { callId, ...before } = await callOfTwo();
  let { alice, bob } = before;
  replaceProgram('rm "$0"'); // says that it can, and is gone
  for (const status of [1, 0]) {
    expect(await upgrade()).toMatchObject({ status });
    [alice, bob] = [await comeBack(alice), await comeBack(bob)];
    expect(alice.welcome.calls).toMatchObject([{ callId, state: 'active', yourState: 'joined' }]);
    replaceProgram(`exec "${built}" "$@"`);
  }
  bob.socket.terminate();
  expect((await alice.next('end-call')).reason).toBe('disconnected');
});

test('without a grace, whose close frame nobody answers keeps his seat when the upgrade is given up', async () => {
  await server.stop();
  server = await start('--calls-grace-seconds', '0');
  const { alice, bob, callId } = await callOfTwo();
  bob.socket.pause();
  replaceProgram('rm "$0"');
  expect((await upgrade()).status).toBe(1);
  const again = await comeBack(alice);
  // The server waits for the answer for 3 s.
  await expect
    .poll(() => server.log.filter((line) => line.includes('session lost')), { timeout: 5000 })
    .toHaveLength(2);
  expect((await server.counts()).calls).toBe(1);
  bob.socket.resume();
  const back = await comeBack(bob);
  expect(back.welcome.calls).toMatchObject([{ callId, state: 'active', yourState: 'joined' }]);
  await back.request('end-call', { callId });
  await again.next('end-call');
});

/** An upgrade that asks the new program, or waits for quiet, for half a second from now on. */
async function upgradeUnderWay(at: 'asks' | 'waits'): Promise<void> {
  if (at === 'asks') {
    const asked = `${folder}/asked`;
    replaceProgram(`[ "$1" = can-take-over ] && { touch ${asked}; sleep 0.5; exit 0; }; exec "${built}" "$@"`);
    server.signal('SIGUSR2');
    await expect.poll(() => existsSync(asked)).toBe(true);
  } else {
    (await Wire.connect(server, 'slow')).socket.pause(); // does not answer the close frame
    server.signal('SIGUSR2');
    await expect.poll(() => server.log.join('\n')).toContain('takes over');
  }
}

test.each(['asks', 'waits'] as const)('SIGTERM while an upgrade %s is a drain, and no upgrade', async (at) => {
  const before = await callOfTwo();
  await upgradeUnderWay(at);
  server.signal('SIGTERM');
  await expect.poll(() => server.log.join('\n')).toContain('no upgrade');
  let { alice, bob } = before;
  if (at === 'waits') {
    [alice, bob] = [await comeBack(alice), await comeBack(bob)];
    expect(alice.welcome.draining).toEqual({ deadline: expect.any(Number) });
  } else {
    await alice.next('server-draining');
  }
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  await alice.request('end-call', { callId: before.callId });
  await bob.next('end-call');
  expect(await server.exit()).toBe(0);
  expect(server.log.join('\n')).not.toContain('upgraded to');
});

test.each(['asks', 'waits'] as const)('SIGINT while an upgrade %s is the end', async (at) => {
  await callOfTwo();
  const [worker] = (await server.counts()).workers;
  await upgradeUnderWay(at);
  process.kill(worker!.pid, 'SIGSTOP'); // the server waits for it, and its upgrade is quiet meanwhile
  server.signal('SIGINT');
  expect(await server.exit()).toBe(0);
  expect(server.log.join('\n')).not.toContain('upgraded to');
});

test('many at once are one, and a server that drains is not replaced', async () => {
  const { alice, bob, callId } = await callOfTwo();
  for (let i = 0; i < 20; i++) server.signal('SIGUSR2');
  const back = [await comeBack(alice), await comeBack(bob)];
  await expect.poll(() => readFileSync(`${folder}/data/carillon.upgrade`, 'utf8')).toContain('"upgraded":true');
  server.signal('SIGTERM');
  await Promise.all(back.map((wire) => wire.next('server-draining')));
  expect((await upgrade()).err).toContain('the server drains');
  await back[0]!.request('end-call', { callId });
  expect(await server.exit()).toBe(0);
});

test('the commands of the systemd unit start a server and upgrade it', async () => {
  const unit = readFileSync(new URL('../../../deploy/carillon.service', import.meta.url), 'utf8');
  writeFileSync(`${folder}/secret`, randomBytes(32).toString('hex'));
  writeFileSync(
    `${folder}/carillon.toml`,
    `[http]\nlisten = "127.0.0.1:0"\n[media]\nworkers = 1\nport = 0\n[data]\ndir = "${folder}/service"\n` +
      `[auth]\nsecret-file = "${folder}/secret"\n`,
  );
  const command = (key: string) => {
    const [path, ...args] = new RegExp(`^${key}=(.*)$`, 'm').exec(unit)![1]!.split(' ');
    expect(path).toBe('/usr/bin/carillon');
    expect(args.join(' ')).toContain('--config /etc/carillon/carillon.toml');
    return args.map((arg) => arg.replace('/etc/carillon', folder));
  };
  const service = spawn(program, command('ExecStart'), { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines: string[] = [];
  service.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const heard = (words: string) => expect.poll(() => lines.join(''), { timeout: 10_000 }).toContain(words);
  await heard('serving on');
  const out = await promisify(execFile)(program, command('ExecReload'));
  expect(out.stdout).toContain(`process ${service.pid} is carillon`);
  await heard('upgraded to carillon');
  const ended = new Promise((resolve) => service.on('exit', resolve));
  service.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('a second server on its folder is turned away before it looks at the database', async () => {
  const database = { CARILLON_DATA_DATABASE: 'postgresql://nobody@127.0.0.1:1/none' };
  const other = Server.start(['--data-dir', `${folder}/data`], { env: database });
  await expect(other).rejects.toThrow('carillon.pid: another carillon runs on this folder');
  expect((await upgrade()).status).toBe(0); // the file still says which process it is
});

test('without a server there is nothing to upgrade', async () => {
  expect(await server.stop()).toBe(0);
  const { status, err } = await upgrade();
  expect(status).toBe(1);
  expect(err).toContain('no server runs on');
});
