// What the README tells a stranger to type.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const carillon = process.env.CARILLON_BINARY ?? `${root}build/release/app/carillon`;
const run = promisify(execFile);
const ends = (args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  run(carillon, args).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

let folder: string;
let secretFile: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/carillon-readme-`);
  secretFile = `${folder}/token.secret`;
  await writeFile(secretFile, 'nobody would guess that this is the secret of a test');
});
afterAll(() => rm(folder, { recursive: true }));

test('./run builds what is missing and serves the web app', { timeout: 300_000 }, async () => {
  const server = await Server.run(`${root}run`);
  const page = await fetch(server.url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Carillon</title>');
  expect((await server.counts()).sessions).toBe(0);
  expect(server.log.some((line) => /anybody|--dev/.test(line))).toBe(true);
  expect(await server.stop()).toBe(0);
});

test('serve --config takes the example, and a token of `carillon token`', async () => {
  const server = await Server.start(
    ['--config', `${root}config.example.toml`, '--auth-secret-file', secretFile, '--web-dir', `${root}web/dist`],
    { dev: false },
  );
  const { code, stdout } = await ends(['token', '--user', 'alice', '--name', 'Alice', '--secret-file', secretFile]);
  expect(code).toBe(0);
  const alice = await Wire.open(server.wsUrl, ['protoo', `token.${stdout.trim()}`]);
  expect(alice.welcome).toMatchObject({ userId: 'alice' });
  alice.close();
  expect(await server.stop()).toBe(0);
});

test('check-config prints what would be used', async () => {
  const { code, stdout } = await ends([
    'check-config',
    ...['--config', `${root}config.example.toml`, '--auth-secret-file', secretFile, '--http-listen', '127.0.0.1:4711'],
  ]);
  expect(code).toBe(0);
  expect(stdout).toContain('listen = 127.0.0.1:4711');
  expect(stdout).toMatch(/^secret-file = \(set\)$/m);
  expect(stdout).toMatch(/^vapid-key-file = \(not set\)$/m);
  expect(stdout).not.toContain('nobody would guess');
});

test('an unknown key is refused with its line', async () => {
  const file = `${folder}/wrong.toml`;
  await writeFile(file, '[http]\nlisen = "127.0.0.1:8080"\n');
  const { code, stderr } = await ends(['check-config', '--config', file]);
  expect(code).toBe(2);
  expect(stderr).toContain('wrong.toml:2: http.lisen: unknown key; did you mean http.listen?');
});

test('secrets as systemd hands them to a service', async () => {
  const file = `${folder}/credentials.toml`;
  await writeFile(file, '[auth]\nsecret-file = "credential:token.secret"\n');
  const server = await Server.start(['--config', file], { dev: false, env: { CREDENTIALS_DIRECTORY: folder } });
  const { stdout } = await ends(['token', '--user', 'alice', '--secret-file', secretFile]);
  const alice = await Wire.open(server.wsUrl, ['protoo', `token.${stdout.trim()}`]);
  alice.close();
  expect(await server.stop()).toBe(0);
});

test.each([
  ['a short server key', 'server-key = "of an operator"', 'needs at least 32 bytes'],
  ['no server key', 'server-key = ""', 'needs at least 32 bytes'],
  ['one of an example', 'server-key = "change-me to 32 random bytes, please"', 'is one of an example'],
])('it does not start with %s', async (_what, line, why) => {
  const file = `${folder}/guessed.toml`;
  await writeFile(file, `[http]\n${line}\n`);
  const { code, stderr } = await ends(['serve', '--dev', '--config', file]);
  expect(code).toBe(2);
  expect(stderr).toContain(`guessed.toml:2: http.server-key: `);
  expect(stderr).toContain(why);
  expect(stderr).not.toContain('of an operator');
});
