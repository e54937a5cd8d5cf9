// One user asks the store for more than it can give, by every way that there is: others are rung by push as before, and
// their calls are recorded.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metrics } from '../support/metrics.ts';
import { World } from '../support/push-world.ts';
import { Wire } from '../support/wire.ts';

/** As many as fill a queue of 10,000. */
const sockets = 51;
const burst = 200;

/** A user with a long history: pages of it take their time. */
async function talkative(world: World): Promise<void> {
  const mallory = await Wire.connect(world.server, 'mallory');
  for (let i = 0; i < 50; ++i) {
    const callees = Array.from({ length: 5 }, (_, n) => `nobody${n}`);
    const { callId } = await mallory.request('start-call', { callees, media: 'audio' });
    await mallory.request('end-call', { callId });
  }
  mallory.close();
}

/** All at once; resolves with the code of each answer, 0 where the socket closed: he may be slow to read so much. */
async function flood(world: World, method: string, data: (n: number) => object): Promise<{ codes: Promise<number[]> }> {
  const wires = await Promise.all(Array.from({ length: sockets }, () => Wire.connect(world.server, 'mallory')));
  const codes = Promise.all(
    wires.flatMap((wire, at) =>
      Array.from({ length: burst }, (_, n) =>
        wire.answerTo({ request: true, id: 1_000_000 + n, method, data: data(at * burst + n) }).then(
          ({ ok, errorCode }) => (ok ? 200 : errorCode!),
          () => 0,
        ),
      ),
    ),
  );
  codes.then(
    () => wires.forEach((wire) => wire.close()),
    () => {},
  );
  return { codes };
}

describe.each([
  ['with the limit', '4'],
  ['without', '0'],
])('51 sockets of one user ask 200 times each, %s', (_, limit) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({
      args: ['--limits-waiting-per-user', limit, '--log-level', 'info'],
    });
    await talkative(world);
  }, 60_000);
  afterAll(() => world.stop(), 60_000);

  test('get-history: whoever is offline is pushed all the same', async () => {
    const bob = await world.away('bob/phone');
    const alice = await world.connect('alice');
    const page = await world.server.token('alice');
    const flooding = await flood(world, 'get-history', () => ({ limit: 100 }));
    for (let i = 0; i < 5; ++i) {
      const { callId } = await alice.request('start-call', { callees: ['bob'], media: 'audio' });
      await bob.next('call-started');
      await alice.request('end-call', { callId });
      await bob.next('end-call');
    }
    const rings = alice.heard.filter(({ method }) => method === 'call-ringing').map(({ data }) => data.state);
    const codes = await flooding.codes;
    const refused = codes.filter((code) => code === 429).length;
    console.log(`${codes.length} pages: ${codes.filter((code) => code === 200).length} given, ${refused} refused`);
    expect(rings).not.toContain('unreachable');
    expect(world.server.log.join('\n')).not.toContain('nobody knows how to reach');
    const shown = (await metrics(world.server)).get('carillon_limited_total{limit="waiting-per-user"}');
    if (limit === '0') {
      expect(shown).toBe(0);
    } else {
      // Nobody else is refused, nor is he when he has his answers.
      expect(codes.filter((code) => code !== 200 && code !== 429)).toEqual([]);
      expect(refused).toBeGreaterThan(sockets * burst * 0.5);
      expect(shown).toBe(refused);
      expect((await world.rest('GET', '/v1/history?limit=100', { token: page })).status).toBe(200);
      const mallory = await world.connect('mallory');
      expect((await mallory.request('get-history', { limit: 1 })).calls).toHaveLength(1);
    }
    alice.close();
  }, 60_000);

  test.each(['block-user', 'mark-history-read'])(
    '%s: the records of others are written',
    async (method) => {
      const [alice, bob] = await Promise.all([world.connect('alice'), world.connect('bob')]);
      const flooding = await flood(world, method, (n) => ({ userId: `u${n}` }));
      const { callId } = await alice.request('start-call', { callees: ['bob'], media: 'audio' });
      await bob.next('call-started');
      await alice.request('end-call', { callId });
      const codes = await flooding.codes;
      expect(codes).toContain(200);
      await expect.poll(async () => (await world.rest('GET', `/v1/calls/${callId}`)).body.state).toBe('ended');
      await expect.poll(async () => (await bob.request('get-history', { limit: 1 })).calls[0]?.callId).toBe(callId);
      expect(world.server.log.join('\n')).not.toContain('the record of a call is not written');
      for (const wire of [alice, bob]) wire.close();
    },
    60_000,
  );
});

test('by REST too: so much at a time with WebSocket together, so much a second, and the others as before', async () => {
  const world = await World.start({
    args: ['--limits-waiting-per-user', '4', '--limits-messages-per-second', '20'],
  });
  const token = await world.server.token('mallory');
  const ask = (by = token) => world.rest('GET', '/v1/history?limit=100', { token: by });
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask()));
  const seconds = (performance.now() - began) / 1000;
  const given = answers.filter(({ status }) => status === 200).length;
  expect(given).toBeGreaterThan(0);
  expect(given).toBeLessThanOrEqual(40 + Math.ceil(20 * seconds));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const { status, body } of refused) {
    expect([status, body.error.code]).toEqual([429, 'rate-limited']);
    expect(body.error.retryAfterMs).toBeGreaterThan(0);
  }
  expect((await ask(await world.server.token('alice'))).status).toBe(200);
  const shown = await metrics(world.server);
  const counted = ['messages-per-second', 'waiting-per-user'].map((limit) =>
    shown.get(`carillon_limited_total{limit="${limit}"}`)!,
  );
  expect(counted[0]! + counted[1]!).toBe(refused.length);
  await world.stop();
});
