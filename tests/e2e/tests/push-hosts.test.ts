// A push service of one's own, as UnifiedPush has them: `*.push.example.test` in `push.allow-hosts` is every name below
// that one, and not that one itself nor one that merely ends alike. All of them are names of this machine here, so whoever
// is not refused is reached.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { CountingListener } from '../support/counting-listener.ts';
import { NameServer } from '../support/name-server.ts';
import { PushService } from '../support/push-service.ts';
import { World } from '../support/push-world.ts';

const below = ['a.push.example.test', 'a.b.push.example.test'];
const alike = [
  'push.example.test',
  'evilpush.example.test',
  'a.evilpush.example.test',
  'a.push.example.test.evil.test',
  'push-example.test',
  'example.test',
];

let authority: Authority;
let names: NameServer;
let services: PushService[];
let inside: CountingListener;
const folder = mkdtempSync(`${tmpdir()}/carillon-push-hosts-`);

beforeAll(async () => {
  authority = Authority.make();
  names = await NameServer.start(Object.fromEntries([...below, ...alike].map((name) => [name, ['127.0.0.1']])));
  services = await Promise.all(below.map((name) => PushService.start(authority, { name })));
  inside = await CountingListener.start({ hangUp: true });
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
  inside.close();
  names.close();
  authority.remove();
  rmSync(folder, { recursive: true });
});

const start = (allowed: string): Promise<World> =>
  World.start({
    services: 0,
    args: ['--push-allow-hosts', allowed, '--push-ca-file', authority.file, '--data-dir', folder],
    under: names.under,
  });

/** Rings somebody who is away until it is known whether that reaches him; the caller hangs up then. */
async function ring(world: World, user: string): Promise<{ state: string; callId: string }> {
  const alice = await world.connect('alice');
  const { callId } = await alice.request('start-call', { callees: [user], media: 'audio' });
  const { state } = await alice.untilHeard('call-ringing', (data) => data.callId === callId);
  await alice.request('end-call', { callId });
  return { state: state as string, callId: callId as string };
}

test('what is below is rung, what ends alike is refused and never reached', async () => {
  const world = await start('*.push.example.test');
  try {
    for (const [n, service] of services.entries()) {
      const phone = await world.away(`below${n}`, undefined, service);
      const { callId } = await ring(world, `below${n}`);
      expect((await phone.next('call-started')).data.callId).toBe(callId);
      await phone.next('missed-call');
    }

    // By both ways of registering, at a port where somebody counts who knocks and at the one of a true service.
    const { json } = services[0]!.subscribe(world.vapidKey);
    const reached = services.map(({ connections }) => connections);
    const looked = names.asked.length;
    const eve = await world.connect('eve');
    const token = await world.server.token('eve');
    for (const name of alike) {
      const why = `subscription.endpoint: ${name} is not a push service that this server may use (push.allow-hosts)`;
      for (const port of [inside.port, services[0]!.port]) {
        const data = { type: 'webpush', subscription: { ...json, endpoint: `https://${name}:${port}/push/x` } };
        const asked = eve.request('register-push', data);
        await expect(asked).rejects.toMatchObject({ code: 403, name: 'forbidden', reason: `data.${why}` });
        const { status, body } = await world.rest('POST', '/v1/push/subscriptions', { token, data });
        expect([status, body.error]).toMatchObject([403, { code: 'forbidden', reason: `body.${why}` }]);
      }
    }
    await world.empty();
    expect((await ring(world, 'eve')).state).toBe('unreachable');
    expect(inside.connections).toBe(0);
    expect(services.map(({ connections }) => connections)).toEqual(reached);
    expect(names.asked.slice(looked)).toEqual([]);
    await world.empty();
  } finally {
    await world.stop();
  }
});

test('what was allowed once and is no more is not reached either', async () => {
  // At first all of them are names below one that is allowed.
  const before = await start('*.example.test,*.test');
  const { json } = services[0]!.subscribe(before.vapidKey);
  for (const [n, name] of alike.entries()) {
    const data = { type: 'webpush', subscription: { ...json, endpoint: `https://${name}:${inside.port}/push/${n}` } };
    const token = await before.server.token('mallory');
    expect((await before.rest('POST', '/v1/push/subscriptions', { token, data })).status).toBe(201);
  }
  await before.stop();

  const world = await start('*.push.example.test');
  try {
    const looked = names.asked.length;
    const { state, callId } = await ring(world, 'mallory');
    expect(state).toBe('unreachable');
    await world.empty();
    const { ledger } = (await world.rest('GET', `/v1/calls/${callId}`)).body;
    expect(ledger.map(({ via, why }: any) => `${via}: ${why}`)).toEqual(alike.map(() => 'push: refused address'));
    expect(inside.connections).toBe(0);
    expect(names.asked.slice(looked)).toEqual([]);
  } finally {
    await world.stop();
  }
});
