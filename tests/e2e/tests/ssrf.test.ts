// A push endpoint comes from outside. Whatever it says, the server opens no connection inside (TRIALS 47).
// Here every address of the internet and of every inside leads to listeners of ours: run it with `npm test`, which gives
// the tests a network of their own.
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { CountingListener } from '../support/counting-listener.ts';
import { NameServer } from '../support/name-server.ts';
import { PushService } from '../support/push-service.ts';
import { World } from '../support/push-world.ts';

const everywhere = [
  ['ip', 'route', 'add', 'local', 'default', 'dev', 'lo'],
  ['ip', '-6', 'route', 'add', 'local', 'default', 'dev', 'lo'],
];
const undo = everywhere.map((command) => command.map((word) => (word === 'add' ? 'delete' : word)));
const run = ([program, ...args]: string[]) => execFileSync(program!, args, { stdio: 'pipe' });

/** Public ones: whatever else is reached is inside. */
const outside = ['8.8.4.4', '2606:4700::1111'];

let names: NameServer;
let listener: CountingListener;
let authority: Authority;
let publicService: PushService;

beforeAll(async () => {
  expect(Object.keys(networkInterfaces()), 'a network of our own: npm test -w tests/e2e').toEqual(['lo']);
  everywhere.forEach(run);
  names = await NameServer.start({
    'push.public.test': ['8.8.4.4'],
    'inside.test': ['10.0.0.5'],
    'inside6.test': ['fd00::5'],
    'loopback.test': ['127.0.0.1', '::1'],
    'mapped.test': ['::ffff:a00:5'],
    'metadata.test': ['169.254.169.254'],
    'mixed.test': ['10.0.0.6', '8.8.4.4', '::1'],
    'changing.test': (query) => (query < 2 ? ['8.8.4.4'] : ['127.0.0.1']),
    'changing-back.test': (query) => (query % 2 === 1 ? ['8.8.4.4'] : ['192.168.0.9', '::1']),
    // Names that every server may use, and a name server that lies.
    'fcm.googleapis.com': ['127.0.0.1', '::1'],
    'updates.push.services.mozilla.com': ['10.0.0.7'],
    'web.push.apple.com': ['169.254.169.254'],
  });
  listener = await CountingListener.start({ ports: [443, 80, 8443], hangUp: true });
  authority = Authority.make();
  publicService = await PushService.start(authority, { name: 'push.public.test', address: '0.0.0.0' });
});
afterAll(async () => {
  await publicService?.close();
  authority?.remove();
  listener?.close();
  names?.close();
  if (Object.keys(networkInterfaces()).join() === 'lo') undo.forEach(run);
});

const hosts = [
  'localhost',
  'localhost.',
  'LOCALHOST',
  'ip6-localhost',
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.000.000.001',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '0x7f000001',
  '2130706433',
  '017700000001',
  '0.0.0.0',
  '0',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:10.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::10.0.0.1]',
  '[2002:7f00:1::1]',
  '[fd00::1]',
  '[fe80::1]',
  '[fe80::1%25lo]',
  '[ff02::1]',
  '10.0.0.1',
  '10.1',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '198.18.0.1',
  '192.0.0.1',
  '192.0.2.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  'inside.test',
  'inside6.test',
  'loopback.test',
  'mapped.test',
  'metadata.test',
  'mixed.test',
  'changing.test',
  'changing-back.test',
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  'web.push.apple.com',
  '\u2460\u2461\u2466.\u24ea.\u24ea.\u2460',
  '127\u30020\u30020\u30021',
];
const addresses = [
  ...hosts.flatMap((host) => [`https://${host}/push/x`, `https://${host}:8443/push/x`]),
  ...['localhost', '127.0.0.1', '10.0.0.1'].flatMap((host) => [
    `http://${host}/push/x`,
    `http://${host}:8443/push/x`,
    `https://${host}:80/push/x`,
    `https://user:secret@${host}/push/x`,
    `https://fcm.googleapis.com@${host}/push/x`,
    `https://fcm.googleapis.com:443@${host}/push/x`,
    `https://${host}#@fcm.googleapis.com/push/x`,
    `https://${host}?@fcm.googleapis.com/push/x`,
    `https://${host}\\@fcm.googleapis.com/push/x`,
    `https://fcm.googleapis.com\\@${host}/push/x`,
    `https://fcm.googleapis.com%00.${host}/`,
    `https://fcm.googleapis.com%2f@${host}/`,
    `https://fcm.googleapis.com.${host}/`,
    `https:/${host}/push/x`,
    `https:${host}/push/x`,
    `//${host}/push/x`,
    ` https://${host}/push/x`,
    `https://${host}/push/x\r\nHost: fcm.googleapis.com`,
    `https://${host}\t/push/x`,
    `HTTPS://${host}/push/x`,
    `ftp://${host}/x`,
    `gopher://${host}:8443/x`,
    `dict://${host}:8443/x`,
    `ws://${host}/x`,
  ]),
  'file:///etc/passwd',
  'https://',
  'https:///push/x',
  'https://:443/x',
  'https://127.0.0.1:0/x',
  'https://127.0.0.1:65536/x',
  'https://127.0.0.1:443:8443/x',
  'https://8.8.4.4,127.0.0.1/x',
  'https://8.8.4.4 127.0.0.1/x',
  '',
];

describe.each([
  ['the known services only', []],
  ['every host of the internet', ['--push-allow-hosts', '*']],
])('allowed: %s', (_what, flags) => {
  test('no connection inside', { timeout: 60_000 }, async () => {
    const world = await World.start({ services: 0, args: flags, under: names.under });
    // The server's own authority is another one for each world: this one is for the service outside.
    listener.reached.length = 0;
    const from = names.asked.length;
    try {
      const data = (endpoint: string) => ({
        type: 'webpush',
        subscription: { ...publicService.subscribe(world.vapidKey).json, endpoint },
      });
      let accepted = 0;
      const refusals = new Map<number, number>();
      // At most 32 of one user are kept.
      for (const [n, endpoint] of addresses.entries()) {
        const token = await world.server.token(`bob${Math.floor(n / 30)}`);
        const { status } = await world.rest('POST', '/v1/push/subscriptions', { token, data: data(endpoint) });
        refusals.set(status, (refusals.get(status) ?? 0) + 1);
        if (status === 201) accepted += 1;
        else expect([endpoint, status]).toEqual([endpoint, status === 403 ? 403 : 400]);
      }
      const callees = Array.from({ length: Math.ceil(addresses.length / 30) }, (_, n) => `bob${n}`);
      const alice = await world.connect('alice');
      const { callId } = await alice.request('start-call', { callees, media: 'audio', ringSeconds: 4 });
      await alice.next('end-call', 10_000);
      await world.empty();
      const { ledger } = (await world.rest('GET', `/v1/calls/${callId}`)).body;
      expect(ledger).toHaveLength(accepted);
      expect((ledger as { takenAt?: number }[]).filter(({ takenAt }) => takenAt !== undefined)).toEqual([]);
      const inside = listener.reached.filter((address) => !outside.some((each) => address.startsWith(each)));
      const asked = new Set(names.asked.slice(from)).size;
      console.log(
        `${addresses.length} addresses: ${accepted} accepted, answers ${JSON.stringify([...refusals])}, ` +
          `${asked} names asked for, ${listener.connections} connections outside, ${inside.length} inside`,
      );
      expect(inside).toEqual([]);
      // It did try what it may: the names that lie were asked for.
      expect(names.asked.slice(from)).toContain('fcm.googleapis.com');
    } finally {
      await world.stop();
    }
  });
});

test('a public address is reached: the listener could have been', async () => {
  const world = await World.start({
    services: 0,
    args: ['--push-allow-hosts', '*', '--push-ca-file', authority.file],
    under: names.under,
  });
  try {
    const phone = await world.away('bob', undefined, publicService);
    const alice = await world.connect('alice');
    const { callId } = await alice.request('start-call', { callees: ['bob'], media: 'audio', ringSeconds: 5 });
    expect((await phone.next('call-started')).data.callId).toBe(callId);
    expect(publicService.complaints).toEqual([]);
    await world.empty();
  } finally {
    await world.stop();
  }
});

test('what the operator lists by name may be inside', async () => {
  const inside = await PushService.start(authority, { name: 'inside.test', address: '0.0.0.0' });
  const world = await World.start({
    services: 0,
    args: ['--push-allow-hosts', inside.host, '--push-ca-file', authority.file],
    under: names.under,
  });
  try {
    const phone = await world.away('bob', undefined, inside);
    const alice = await world.connect('alice');
    await alice.request('start-call', { callees: ['bob'], media: 'audio', ringSeconds: 5 });
    await phone.next('call-started');
    const other = { ...phone.json, endpoint: phone.endpoint.replace(`:${inside.port}`, ':8443') };
    const token = await world.server.token('bob');
    const data = { type: 'webpush', subscription: other };
    expect((await world.rest('POST', '/v1/push/subscriptions', { token, data })).status).toBe(403);
    await world.empty();
  } finally {
    await world.stop();
    await inside.close();
  }
});
