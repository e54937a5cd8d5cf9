// docs/authorisation.md tells the truth: its tables are read from the page and every cell is tried. A cell says `yes` or
// the code of the error. Here: calls, media and grants; authorisation-account.test.ts and authorisation-http.test.ts do the
// others.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callSeen, cellsOf, heardBy, outcomeOf, secret, table, token } from '../support/authorisation.ts';
import { callWithMedia, dtlsParameters, enterRoom, rtpParameters, type Held } from '../support/media-world.ts';
import { Server, type Counts } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const grants: Record<string, Record<string, unknown>> = {
  mo: { moderate: true },
  nina: { start: false, publish: false },
  nick: { accept: false },
  tom: { to: ['frank'] },
};

/** A server with everybody of these tests. */
class Cast {
  readonly people: Record<string, Wire> = {};
  private constructor(readonly server: Server) {}

  /** With --dev no limit on rings and messages comes between. */
  static async start(...args: string[]): Promise<Cast> {
    const env = { CARILLON_AUTH_SECRET: secret };
    const cast = new Cast(await Server.start(['--calls-grace-seconds', '0', ...args], { env }));
    for (const name of ['alice', 'bob', 'carol', 'dave', 'eve', 'mo', 'nina', 'nick', 'tom']) {
      const access = await token(name, { device: 'phone', calls: grants[name] });
      cast.people[name] = await Wire.open(cast.server.wsUrl, ['protoo', `token.${access}`]);
    }
    return cast;
  }

  /** alice has called the others; bob is in it, dave was and has left, carol, nina and nick ring. */
  async call(requestId?: string): Promise<{ callId: string; roomId: string }> {
    const { alice, bob, dave } = this.people as { alice: Wire; bob: Wire; dave: Wire };
    const callees = ['bob', 'carol', 'dave', 'nina', 'nick'];
    const { callId, roomId } = await alice.request('start-call', { callees, media: 'audio', requestId });
    for (const name of callees) await this.people[name]!.untilHeard('call-started', (data) => data.callId === callId);
    await bob.request('accept-call', { callId });
    await dave.request('accept-call', { callId });
    await dave.request('leave-call', { callId });
    return { callId, roomId };
  }

  async over(callId: string): Promise<void> {
    await outcomeOf(this.people.alice!.request('end-call', { callId, everyone: true }));
    await this.server.until((counts) => counts.calls === 0);
    for (const wire of Object.values(this.people)) wire.forget();
  }

  /** All that a refused request must leave as it is. */
  async state(callId: string): Promise<unknown> {
    const heard = await heardBy(this.people);
    // Routers come and go in the worker, a moment after their rooms.
    const routers = (counts: Counts) => counts.workers.reduce((sum, worker) => sum + worker.routers, 0);
    const counts = await this.server.until((now) => routers(now) === now.rooms);
    return { heard, call: await callSeen(this.server, callId), counts };
  }
}

let cast: Cast;
/** Where `calls.open-rooms` is off. */
let closed: Cast;
let server: Server;
let people: Record<string, Wire>;

beforeAll(async () => {
  cast = await Cast.start();
  closed = await Cast.start('--calls-open-rooms', 'false');
  ({ server, people } = cast);
});
afterAll(async () => {
  expect([await server.stop(), await closed.server.stop()]).toEqual([0, 0]);
});

describe('every method', () => {
  const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const firstWords = ['Calls', 'Media', 'Account'].flatMap((one) =>
    table(one).rows.map(({ name }) => name.split(' ')[0]!),
  );
  const inTables = [...new Set(firstWords)].sort();

  test('of the code has a row', () => {
    const sources = readdirSync(file('src/protocol')).filter((name) => name.endsWith('.cpp'));
    const code = sources.map((name) => readFileSync(file(`src/protocol/${name}`), 'utf8')).join('');
    const named = [...code.matchAll(/\bmethod == "([\w-]+)"|\bMethod\{"([\w-]+)"/g)].map(([, a, b]) => a ?? b!);
    expect(named.sort()).toEqual(inTables);
  });

  test('that the protocol or the SDK names, and the program knows, has a row', async () => {
    const words = new Set(readFileSync(file('docs/protocol.md'), 'utf8').match(/\b[a-z]+[A-Za-z-]*[a-z]\b/g));
    const sdk = readFileSync(file('sdk/src/protocol.ts'), 'utf8').match(
      /^export interface ClientRequests \{[^]*?^\}/m,
    )![0];
    for (const [, quoted, bare] of sdk.matchAll(/^ {2}(?:'([\w-]+)'|(\w+)): \{/gm)) words.add(quoted ?? bare!);
    const asker = await Wire.connect(server, 'asker');
    const known: string[] = [];
    for (const method of words) {
      const { errorReason } = await asker.answerTo({ request: true, id: 1, method, data: {} });
      if (!errorReason?.includes('unknown method')) known.push(method);
    }
    asker.close();
    await asker.untilClosed();
    expect(known.sort()).toEqual(inTables);
  });
});

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
  const data: Record<string, (roomId: string, requestId: string) => Record<string, unknown>> = {
    invite: () => ({ callees: ['frank'] }),
    'end-call everyone': () => ({ everyone: true }),
    'start-call its room': (roomId) => ({ callees: ['frank'], media: 'audio', roomId }),
    'start-call its room, closed': (roomId) => ({ callees: ['frank'], media: 'audio', roomId }),
    'start-call its caller': () => ({ callees: ['alice'], media: 'audio' }),
    'start-call its requestId': (_, requestId) => ({ callees: ['frank'], media: 'audio', requestId }),
  };

  test.each(cellsOf(table('Calls')))('%s by: %s is %s', async (name, column, expected) => {
    const where = name.endsWith(', closed') ? closed : cast;
    const requestId = randomUUID();
    const { callId, roomId } = await where.call(requestId);
    if (column === 'ended') await where.people.alice!.request('end-call', { callId, everyone: true });
    const who = where.people[whoIs[column]!]!;
    const before = await where.state(callId);
    const about = name.startsWith('start-call') ? {} : { callId };
    const asking = who.request(name.split(' ')[0]!, { ...about, ...data[name]?.(roomId, requestId) });
    let got = await outcomeOf(asking);
    if (got === 'yes' && name.startsWith('start-call')) {
      const started = (await asking).callId as string;
      if (started === callId) got = 'this';
      else await who.request('end-call', { callId: started, everyone: true });
    }
    const after = await where.state(callId);
    await where.over(callId);
    expect(got).toBe(expected);
    if (!['yes', 'this'].includes(expected)) expect(after).toEqual(before);
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
    const { callId } = await cast.call();
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
    const [who, held] = holdings[column]!;
    const got: Record<string, string> = {};
    const states: [method: string, before: unknown, after: unknown][] = [];
    for (const [method, data] of Object.entries(mediaData(held))) {
      const before = await cast.state(callId);
      got[method] = await outcomeOf(people[who]!.request(method, data));
      if (got[method] === 'yes') continue;
      // Some may come without an `id`, and get no answer.
      people[who]!.socket.send(JSON.stringify({ notification: true, method, data }));
      states.push([method, before, await cast.state(callId)]);
    }
    await cast.over(callId);
    expect(got).toEqual(Object.fromEntries(rows.map((row) => [row.name, row.cells[i]])));
    for (const [method, before, after] of states) expect([method, after]).toEqual([method, before]);
  });
});

describe('grants', () => {
  test.each(table('Grants').rows.map(({ name, cells }) => [name, cells[0]!, cells[1]!] as const))(
    '%s without %s: %s',
    async (method, grant, expected) => {
      const { callId, roomId } = await cast.call();
      const who = people[{ accept: 'nick', to: 'tom' }[grant] ?? 'nina']!;
      let data: object = { callId, callees: ['frank'], media: 'audio', producing: true };
      const name = method.split(' ')[0]!;
      const how = method.slice(name.length + 1);
      if (how === 'a room') data = { ...data, roomId };
      if (how === 'who rings') data = { ...data, callees: ['alice'] };
      if (how === 'somebody') data = { ...data, callees: ['bob'] };
      if (['invite', 'produce', 'createWebRtcTransport'].includes(method)) await who.request('accept-call', { callId });
      if (method === 'produce') {
        const { id } = await who.request('createWebRtcTransport', { callId, producing: true });
        await who.request('join', { callId });
        data = { callId, transportId: id, kind: 'audio', rtpParameters: rtpParameters(78, 'x') };
      }
      const before = await cast.state(callId);
      const got = await outcomeOf(who.request(name, data));
      const after = await cast.state(callId);
      await cast.over(callId);
      expect(got).toBe(expected);
      if (expected !== 'yes') expect(after).toEqual(before);
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
  await cast.over(hers.callId);
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
  await cast.over(hers.callId);
});
