// `carillon keys`: the pair that browsers subscribe with.
import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from '../support/push-world.ts';

const built = fileURLToPath(new URL('../../../build/release/app/carillon', import.meta.url));
const carillon = process.env.CARILLON_BINARY ?? built;
const run = promisify(execFile);
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/carillon-keys-`);
  file = `${folder}/vapid.pem`;
});
afterAll(() => rm(folder, { recursive: true }));

test('it writes a key that only its owner reads, once, and a server pushes with it', async () => {
  const { stdout } = await run(carillon, ['keys', '--vapid-key-file', file]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const pem = await readFile(file, 'utf8');
  const { x, y } = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' });
  const halves = [Buffer.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')];
  const publicKey = Buffer.concat(halves).toString('base64url');
  expect(stdout).toContain(publicKey);
  expect(stdout).toContain(`vapid-key-file = "${file}"`);

  await expect(run(carillon, ['keys', '--vapid-key-file', file])).rejects.toMatchObject({ code: 2 });
  expect(await readFile(file, 'utf8')).toBe(pem);

  const world = await World.start({ args: ['--push-vapid-key-file', file] });
  try {
    expect(world.vapidKey).toBe(publicKey);
    const phone = await world.away('bob');
    const alice = await world.connect('alice');
    await alice.request('start-call', { callees: ['bob'], media: 'audio' });
    await phone.next('call-started');
    await world.empty();
  } finally {
    await world.stop();
  }
});
