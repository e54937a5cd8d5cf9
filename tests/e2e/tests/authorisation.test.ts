// docs/authorisation.md tells the truth: its tables are read from the page and every cell is tried. A cell says `yes` or
// the code of the error.
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callWithMedia, dtlsParameters, enterRoom, rtpParameters, type Held } from '../support/media-world.ts';
import { Server } from '../support/server.ts';
import { Wire, WireError } from '../support/wire.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/authorisation.md', import.meta.url)), 'utf8');

interface Table {
  columns: string[];
  rows: { name: string; cells: string[] }[];
}

/** The table below this heading. */
function table(heading: string): Table {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const cellsOf = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim());
  const [head, , ...rows] = lines.map(cellsOf) as [string[], string[], ...string[][]];
  return { columns: head.slice(1), rows: rows.map(([name, ...cells]) => ({ name: name!, cells })) };
}

const secret = 'a secret of this test, which is long enough';
const serverKey = 'the key of the operator of this test';
let server: Server;
let strict: Server;
const people: Record<string, Wire> = {};

async function token(user: string, calls?: Record<string, unknown>): Promise<string> {
  return new SignJWT({ name: user, device: 'phone', ...(calls ? { calls } : {}) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
}

const grants: Record<string, Record<string, unknown>> = {
  mo: { moderate: true },
  nina: { start: false, publish: false },
  nick: { accept: false },
  tom: { to: ['frank'] },
};

beforeAll(async () => {
  const env = { CARILLON_AUTH_SECRET: secret };
  // With --dev no limit on rings and messages comes between; without it the operator needs the key.
  server = await Server.start(['--calls-grace-seconds', '0'], { env });
  strict = await Server.start(['--http-server-key', serverKey], { dev: false, env });
  for (const name of ['alice', 'bob', 'carol', 'dave', 'eve', 'mo', 'nina', 'nick', 'tom']) {
    people[name] = await Wire.open(server.wsUrl, ['protoo', `token.${await token(name, grants[name])}`]);
  }
});
afterAll(async () => {
  expect([await server.stop(), await strict.stop()]).toEqual([0, 0]);
});

const outcomeOf = async (doing: Promise<unknown>): Promise<string> =>
  doing.then(
    () => 'yes',
    (error: unknown) => {
      if (error instanceof WireError) return error.name;
      throw error;
    },
  );

/** alice has called the others; bob is in it, dave was and has left, carol, nina and nick ring. */
async function call(): Promise<string> {
  const { alice, bob, dave } = people as { alice: Wire; bob: Wire; dave: Wire };
  const callees = ['bob', 'carol', 'dave', 'nina', 'nick'];
  const { callId } = await alice.request('start-call', { callees, media: 'audio' });
  for (const name of callees) await people[name]!.untilHeard('call-started', (data) => data.callId === callId);
  await bob.request('accept-call', { callId });
  await dave.request('accept-call', { callId });
  await dave.request('leave-call', { callId });
  return callId;
}

async function over(callId: string): Promise<void> {
  await outcomeOf(people.alice!.request('end-call', { callId, everyone: true }));
  await server.until((counts) => counts.calls === 0);
  for (const wire of Object.values(people)) wire.forget();
}

const whoIs: Record<string, string> = {
  caller: 'alice',
  'in it': 'bob',
  rings: 'carol',
  'has left': 'dave',
  stranger: 'eve',
  moderator: 'mo',
  ended: 'alice',
};

describe('calls', () => {
  const { columns, rows } = table('Calls');
  const data: Record<string, Record<string, unknown>> = {
    invite: { callees: ['frank'] },
    'end-call everyone': { everyone: true },
  };
  const cells = rows.flatMap(({ name, cells }) => columns.map((column, i) => [name, column, cells[i]!] as const));

  test.each(cells)('%s by: %s is %s', async (name, column, expected) => {
    const callId = await call();
    if (column === 'ended') await people.alice!.request('end-call', { callId, everyone: true });
    const method = name.split(' ')[0]!;
    const got = await outcomeOf(people[whoIs[column]!]!.request(method, { callId, ...data[name] }));
    if (expected !== 'yes') {
      // Nothing has changed: whoever was in it is in it, and who rang rings.
      const still = await outcomeOf(people.bob!.request('ringing', { callId }));
      expect(still).toBe(column === 'ended' ? 'not-found' : 'yes');
    }
    await over(callId);
    expect(got).toBe(expected);
  });

  test('every method of calls has a row', () => {
    const named = ['accept-call', 'decline-call', 'end-call', 'invite', 'join-call', 'leave-call', 'ringing'];
    expect(rows.map((row) => row.name)).toEqual(expect.arrayContaining(named));
  });
});

/** What each media method is asked with, given what somebody holds. */
const mediaData = (held: Held): Record<string, object> => {
  const { callId, transportId, receivingId, producerId, dataProducerId, consumerId, dataConsumerId } = held;
  return {
    getRouterRtpCapabilities: { callId },
    createWebRtcTransport: { callId, producing: true },
    connectWebRtcTransport: { callId, transportId, dtlsParameters },
    restartIce: { callId, transportId: receivingId },
    join: { callId },
    produce: { callId, transportId, kind: 'audio', rtpParameters: rtpParameters(77, 'x') },
    produceData: { callId, transportId, sctpStreamParameters: { streamId: 7 } },
    pauseProducer: { callId, producerId },
    resumeProducer: { callId, producerId },
    pauseConsumer: { callId, consumerId },
    resumeConsumer: { callId, consumerId },
    setConsumerPreferredLayers: { callId, consumerId, spatialLayer: 0 },
    setConsumerPriority: { callId, consumerId, priority: 1 },
    requestConsumerKeyFrame: { callId, consumerId },
    getTransportStats: { callId, transportId },
    getProducerStats: { callId, producerId },
    getConsumerStats: { callId, consumerId },
    getDataProducerStats: { callId, dataProducerId },
    getDataConsumerStats: { callId, dataConsumerId },
    closeProducer: { callId, producerId },
  };
};

describe('media', () => {
  const { columns, rows } = table('Media');
  test('every method has a row', () => {
    expect(rows.map((row) => row.name)).toEqual(Object.keys(mediaData({} as Held)));
  });

  test.each(columns.map((column, i) => [column, i] as const))('whoever: %s', async (column, i) => {
    const callId = await call();
    const [hers, his] = [await enterRoom(people.alice!, callId), await enterRoom(people.bob!, callId)];
    for (const [wire, held] of [[people.alice!, hers] as const, [people.bob!, his] as const]) {
      held.consumerId = (await wire.untilHeard('newConsumer', (data) => data.callId === callId)).consumerId;
      held.dataConsumerId = (await wire.untilHeard('newDataConsumer', (d) => d.callId === callId)).dataConsumerId;
    }
    // "in it" asks with his own things; everybody else with hers, if he knew of them.
    const elsewhere = { ...hers, callId: 'none' };
    const made = { ...hers };
    for (const key of Object.keys(made) as (keyof Held)[]) if (key !== 'callId') made[key] = randomUUID();
    const holdings: Record<string, [string, Held]> = {
      'in it': ['bob', his],
      "another's in it": ['bob', hers],
      'made up': ['bob', made],
      rings: ['carol', hers],
      'has left': ['dave', hers],
      stranger: ['eve', hers],
      moderator: ['mo', hers],
      'no such call': ['bob', elsewhere],
      ended: ['alice', hers],
    };
    if (column === 'ended') await people.alice!.request('end-call', { callId, everyone: true });
    const before = await server.counts();
    const [who, held] = holdings[column]!;
    const got: Record<string, string> = {};
    for (const [method, data] of Object.entries(mediaData(held)))
      got[method] = await outcomeOf(people[who]!.request(method, data));
    const after = await server.counts();
    await over(callId);
    expect(got).toEqual(Object.fromEntries(rows.map((row) => [row.name, row.cells[i]])));
    if (!rows.some((row) => row.cells[i] === 'yes' && !row.name.startsWith('get'))) expect(after).toEqual(before);
  });
});

describe('grants', () => {
  test.each(table('Grants').rows.map(({ name, cells }) => [name, cells[0]!, cells[1]!] as const))(
    '%s without %s: %s',
    async (method, grant, expected) => {
      const callId = await call();
      const who = people[{ accept: 'nick', to: 'tom' }[grant] ?? 'nina']!;
      let data: object = { callId, callees: ['frank'], media: 'audio', producing: true };
      const name = method.split(' ')[0]!;
      const how = method.slice(name.length + 1);
      const { roomId } = await people.bob!.untilHeard('call-started', (started) => started.callId === callId);
      if (how === 'a room') data = { ...data, roomId };
      if (how === 'who rings') data = { ...data, callees: ['alice'] };
      if (how === 'somebody') data = { ...data, callees: ['bob'] };
      if (['invite', 'produce', 'createWebRtcTransport'].includes(method)) await who.request('accept-call', { callId });
      if (method === 'produce') {
        const { id } = await who.request('createWebRtcTransport', { callId, producing: true });
        await who.request('join', { callId });
        data = { callId, transportId: id, kind: 'audio', rtpParameters: rtpParameters(78, 'x') };
      }
      const before = await server.counts();
      const got = await outcomeOf(who.request(name, data));
      const after = await server.counts();
      await over(callId);
      expect(got).toBe(expected);
      if (expected !== 'yes') expect(after).toEqual(before);
    },
  );
});

describe('HTTP', () => {
  const { columns, rows } = table('HTTP');
  const tickets = '/v1/tickets/eyJhbGciOiJIUzI1NiJ9.e30.AAAA';
  const bearer = async (column: string): Promise<string | undefined> => {
    if (column === 'nobody') return undefined;
    if (column === 'user') return token('alice');
    if (column === 'operator') return serverKey;
    return new SignJWT({}) // "stranger": a token by another key
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('alice')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode('another secret, which is as long as that'));
  };

  test.each(rows.flatMap(({ name, cells }) => columns.map((column, i) => [name, column, cells[i]!] as const)))(
    '%s by: %s is %s',
    async (name, column, expected) => {
      const [method, path] = name.split(' ') as [string, string];
      const key = await bearer(column);
      const response = await fetch(strict.url + path.replace('/v1/tickets/<t>', tickets).replaceAll(/<\w+>/g, 'x'), {
        method,
        headers: key ? { authorization: `Bearer ${key}` } : {},
        ...(method === 'POST' ? { body: '{}' } : {}),
      });
      expect(String(response.status)).toBe(expected);
    },
  );
});

test('an id of another call says no more than one that nobody has', async () => {
  const [hers] = (await callWithMedia([people.alice!, people.bob!])) as [Held, Held];
  const madeUp = Object.fromEntries(Object.keys(hers).map((key) => [key, randomUUID()])) as unknown as Held;
  const asked = (held: Held): [string, object][] => [
    ...Object.entries(mediaData(held)),
    ...['accept-call', 'decline-call', 'end-call', 'join-call', 'leave-call', 'ringing'].map(
      (method): [string, object] => [method, { callId: held.callId }],
    ),
    ['end-call', { callId: held.callId, everyone: true }],
    ['invite', { callId: held.callId, callees: ['frank'] }],
  ];
  const answers = async (held: Held): Promise<string[]> => {
    const all = [];
    for (const [method, data] of asked(held)) {
      const answer = await people.eve!.answerTo({ request: true, id: 1_000_000, method, data });
      const text = Object.values(held).reduce(
        (text, id: string) => text.replaceAll(id, '<id>'),
        JSON.stringify(answer),
      );
      all.push(`${method}: ${text}`);
    }
    return all;
  };
  const real = await answers(hers);
  expect(real).toEqual(await answers(madeUp));
  expect(real.filter((answer) => !answer.includes('"code":"not-found"'))).toEqual([]);
  expect(real.length).toBeGreaterThan(25);
  await over(hers.callId);
});

/** Hundreds of guesses; CARILLON_GUESSES is how many in all. */
const hundreds = Number(process.env.CARILLON_GUESSES ?? 10_000) / 100;

test('ids are not guessed: no hit, one answer', { timeout: 30_000 + hundreds * 100 }, async () => {
  const [hers] = (await callWithMedia([people.alice!, people.bob!])) as [Held, Held];
  const random = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/; // 122 random bits
  for (const id of Object.values(hers)) expect(id).toMatch(random);
  const eve = people.eve!;
  const answers = new Set<string>();
  for (let i = 0; i < hundreds; ++i) {
    const asked = Array.from({ length: 100 }, async (_, k) => {
      const callId = randomUUID();
      const method = k % 2 ? 'join-call' : 'decline-call';
      const answer = await eve.answerTo({ request: true, id: 2_000_000 + i * 100 + k, method, data: { callId } });
      return JSON.stringify({ ...answer, id: 0 });
    });
    for (const answer of await Promise.all(asked)) answers.add(answer);
  }
  console.log(`${hundreds * 100} guesses of a call's id: 0 hits, ${answers.size} kind of answer`);
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).toContain('"code":"not-found"');
  await over(hers.callId);
});
