// The npm package web-push-testing reads what we send: a second opinion on encryption and on who sends. It speaks plain
// HTTP, so a listener with TLS stands before it.
import { createRequire } from 'node:module';
import net from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { HttpsListener, type Incoming } from '../support/https-listener.ts';
import { World } from '../support/push-world.ts';

/** What we use of it; the package has no types. */
interface TestingServer {
  startServer(): void;
  _server: net.Server;
}
const require = createRequire(import.meta.url);
const { PushApiModel } = require('web-push-testing/src/PushApiModel') as { PushApiModel: new () => object };
const TestingServer = require('web-push-testing/src/server') as new (model: object, port: number) => TestingServer;

let authority: Authority;
let behind: TestingServer;
let plain: string;
let before: HttpsListener;
let world: World;
const statuses: number[] = [];

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function passOn({ path, headers, body }: Incoming): Promise<{ status: number }> {
  const wanted = ['ttl', 'authorization', 'content-encoding', 'content-type'];
  const response = await fetch(`${plain}${path}`, {
    method: 'POST',
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => wanted.includes(name))),
    body: new Uint8Array(body),
  });
  statuses.push(response.status);
  return { status: response.status };
}

async function ask(path: string, form: Record<string, string>): Promise<any> {
  const response = await fetch(`${plain}${path}`, { method: 'POST', body: new URLSearchParams(form) });
  return ((await response.json()) as { data: unknown }).data;
}

beforeAll(async () => {
  const port = await freePort();
  plain = `http://localhost:${port}`;
  behind = new TestingServer(new PushApiModel(), port);
  behind.startServer();
  authority = Authority.make();
  before = await HttpsListener.start(authority.issue(), passOn);
  world = await World.start({
    services: 0,
    args: ['--push-allow-hosts', before.host, '--push-ca-file', authority.file],
  });
});
afterAll(async () => {
  await world.stop();
  await before.close();
  behind._server.close();
  authority.remove();
});

test('it decrypts our ring, and verifies who sent it', async () => {
  const made = await ask('/subscribe', { userVisibleOnly: 'true', applicationServerKey: world.vapidKey });
  const { clientHash, keys } = made as { clientHash: string; keys: { p256dh: string; auth: string } };
  const token = await world.server.token('bob', 'Bob', 'phone');
  const subscription = { endpoint: `${before.origin}/notify/${clientHash}`, keys };
  const data = { type: 'webpush', subscription };
  expect(await world.rest('POST', '/v1/push/subscriptions', { token, data })).toMatchObject({ status: 201 });

  const alice = await world.connect('alice');
  const { callId } = await alice.request('start-call', { callees: ['bob'], media: 'video' });
  expect(await alice.next('call-ringing')).toMatchObject({ userId: 'bob', devices: 1, via: 'push', state: 'reaching' });
  await alice.request('end-call', { callId });
  const received = async () =>
    ((await ask('/get-notifications', { clientHash })).messages as string[]).map((text) => JSON.parse(text));
  await expect.poll(async () => (await received()).length, { timeout: 5000 }).toBe(3);
  expect(await received()).toMatchObject([
    { type: 'call-started', callId, callerId: 'alice', media: 'video' },
    { type: 'end-call', callId, reason: 'canceled' },
    { type: 'missed-call', callId, callerId: 'alice' },
  ]);
  expect(statuses).toEqual([201, 201, 201]);

  await fetch(`${plain}/expire-subscription/${clientHash}`, { method: 'POST' });
  await alice.request('start-call', { callees: ['bob'], media: 'video' });
  await alice.untilHeard('call-ringing', ({ state }) => state === 'unreachable');
  expect(statuses.at(-1)).toBe(410);
  await world.empty();
});
