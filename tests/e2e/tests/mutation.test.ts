// Every request of docs/protocol.md with every field gone wrong, one at a time: missing, null, of another type, huge,
// negative, deep, with NUL, beyond 2^63, NaN in letters, twice under one name, from right to left. What is wrong gets an
// error that names the place, and nothing has changed: what the server counts, and the call as its people see it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callWithMedia, type Held } from '../support/media-world.ts';
import { mutationsOf, write, type Mutation } from '../support/mutations.ts';
import { Server } from '../support/server.ts';
import { Wire, type Frame } from '../support/wire.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url)), 'utf8');

/** Method → all fields that its examples on the page have. */
const templates = new Map<string, Record<string, unknown>>();
for (const [, text] of page.matchAll(/^\w+ → (\{.*\})$/gm)) {
  const frame = JSON.parse(text!) as Frame;
  if (!frame.request || frame.method === 'fly') continue; // which is the example of an unknown method
  templates.set(frame.method!, { ...templates.get(frame.method!), ...(frame.data as Record<string, unknown>) });
}
const optionalOnPage = new Set([...page.matchAll(/`(\w+)\?/g)].map((match) => match[1]!));

const opaque = new Set(['metadata', 'appData', 'device']); // the app's own words: whatever JSON they like
const media = (method: string) => !/-/.test(method) && method !== 'ringing';
const mayBeEmpty = new Set(['label', 'protocol']);
const enums = new Set(['media', 'reason', 'kind', 'type']);
/** These change nothing of a call when they succeed. */
const harmlessMethods = /^(get|watch-|block-|unblock-|set-)/;

let server: Server;
let alice: Wire;
let bob: Wire;
let held: Held;
let played = 0;
let refused = 0;

beforeAll(async () => {
  server = await Server.start(['--calls-ring-seconds', '120']);
  alice = await Wire.connect(server, 'alice', { device: 'phone' });
  bob = await Wire.connect(server, 'bob', { device: 'phone' });
  const carol = await Wire.connect(server, 'carol', { device: 'phone' });
  [held] = (await callWithMedia([alice, bob])) as [Held, Held];
  // In two calls, so that a media method without `callId` is about neither.
  const { callId } = await alice.request('start-call', { callees: ['carol'], media: 'audio' });
  await carol.next('call-started');
  await carol.request('accept-call', { callId });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

/** What another device of hers is told of her calls: people, states, and `rev`, which grows with every word. */
async function callsOfAlice(): Promise<unknown> {
  const sessions = (await server.counts()).sessions;
  const observer = await Wire.connect(server, 'alice', { device: 'observer' });
  const { calls } = observer.welcome;
  observer.close();
  await observer.untilClosed();
  await server.until((counts) => counts.sessions === sessions);
  return calls;
}

/** A subscription that no push service has. */
const pigeon = (field: string) =>
  field === 'type' ? { subscription: { endpoint: 'http://inside.example' } } : { type: 'pigeon' };

/** The template with ids that exist, or with none that do: then even a right value does nothing. */
function data(method: string, field: string, real: boolean): Record<string, unknown> {
  const result = structuredClone(templates.get(method)!);
  if (media(method)) result.callId ??= '';
  for (const key of Object.keys(result)) {
    if (key in held) {
      const receives = method === 'restartIce' && key === 'transportId';
      result[key] = real ? held[receives ? 'receivingId' : (key as keyof Held)] : 'no-such-thing';
    }
  }
  delete result.requestId; // a repeated one is answered from memory
  if (method === 'produceData') result.sctpStreamParameters = { streamId: 100 + played, ordered: true };
  if (method === 'unregister-push') result.id = 'no-such-thing';
  if (method === 'register-push' && !real) Object.assign(result, pigeon(field));
  if (method === 'start-call' && !real) {
    if (field === 'metadata')
      result.callees = ['alice']; // nobody calls himself
    else result.metadata = { x: 'x'.repeat(5000) };
  }
  return result;
}

type Path = (string | number)[];
const named = (path: Path) => path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');

/** Every place in the data that the protocol knows. */
function places(value: unknown, path: Path = []): Path[] {
  if (path.length > 0 && opaque.has(String(path.at(-1)))) return [path];
  const inner = Array.isArray(value)
    ? value.map((item, i) => places(item, [...path, i]))
    : value !== null && typeof value === 'object'
      ? Object.entries(value).map(([key, item]) => places(item, [...path, key]))
      : [];
  return [...(path.length > 0 ? [path] : []), ...inner.flat()];
}

const at = (root: unknown, path: Path): any => path.reduce<any>((value, step) => value[step], root);

/** The request as text, with the mutation at its place. */
function mutated(id: number, method: string, body: Record<string, unknown>, path: Path, mutation: Mutation): string {
  const parent = at(body, path.slice(0, -1));
  const key = path.at(-1)!;
  if (mutation.twice && typeof key === 'string') {
    const [first, second] = mutation.twice;
    delete parent[key];
    parent['@first'] = first;
    parent['@second'] = second;
  } else if (mutation.value === undefined) {
    if (Array.isArray(parent)) parent.splice(key as number, 1);
    else delete parent[key];
  } else {
    parent[key] = mutation.value;
  }
  return write({ request: true, id, method, data: body }).replace(/"@(first|second)"/g, JSON.stringify(key));
}

async function play(method: string, path: Path, mutation: Mutation): Promise<void> {
  const top = path.length === 1 || typeof path[1] === 'number';
  const wrong = mutation.wrong && top && !(typeof path[1] === 'number' && mutation.name === 'missing');
  const body = data(method, String(path[0]), wrong || !top);
  const id = ++played;
  const what = `${method} data${named(path)} ${mutation.name}`;
  const answer = await alice.answerToText(id, mutated(id, method, body, path, mutation));
  if (answer.ok) {
    expect(wrong, `${what} was taken`).toBe(false);
    // Inside of RTP, DTLS and SCTP parameters much may be left out: then this was a right request.
    if (method === 'produce') await alice.request('closeProducer', { ...held, producerId: answer.data.producerId });
    else expect(top && !harmlessMethods.test(method), `${what} did something`).toBe(false);
    return;
  }
  ++refused;
  expect(answer.errorCode, `${what}: ${answer.errorReason}`).toBeLessThan(500);
  expect(answer.errorCode, what).toBeGreaterThanOrEqual(400);
  expect(typeof answer.data.code, what).toBe('string');
  expect(answer.errorReason!.length, what).toBeLessThan(400);
  if (wrong) expect(answer.errorReason, what).toContain(`data.${String(path[0])}`);
}

test('the page names the methods that are mutated here', () => {
  expect(templates.size).toBeGreaterThanOrEqual(30);
});

const exampleOf = (method: string) => ({ ...templates.get(method), ...(media(method) ? { callId: '' } : {}) });
const withFields = [...templates.keys()].filter((method) => places(exampleOf(method)).length > 0);

describe.each(withFields)('%s', (method) => {
  const example = exampleOf(method);
  test.each(places(example).map((path) => [`data${named(path)}`, path] as const))('%s', async (_name, path) => {
    const field = String(path.at(-1));
    const good = at(example, path);
    // What the router can do is the same in each call.
    const optional = optionalOnPage.has(field) && (field !== 'callId' || method === 'getRouterRtpCapabilities');
    const mutations = mutationsOf(good, optional, enums.has(field)).filter(
      (mutation) => !mutation.twice || typeof path.at(-1) === 'string',
    );
    for (const mutation of mutations) if (mayBeEmpty.has(field) && mutation.value === '') mutation.wrong = false;
    // Whatever was produced before has found its consumer.
    await server.until((now) => now.consumers === now.producers);
    const before = [await server.counts(), await callsOfAlice()];
    for (const mutation of mutations) await play(method, path, mutation);
    const [counts, calls] = before as [Awaited<ReturnType<Server['counts']>>, unknown];
    // Transports and data producers have no method that closes them; those of right requests stay until the room closes.
    if (['createWebRtcTransport', 'produceData'].includes(method) && path.length > 1) return;
    await server.until((now) => JSON.stringify(now) === JSON.stringify(counts));
    expect(await callsOfAlice()).toEqual(calls);
  });
});

test('after all this the server lives, everybody is connected, and the call is what it was', async () => {
  expect(played).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(900);
  expect(server.alive).toBe(true);
  expect([alice.closed, bob.closed]).toEqual([undefined, undefined]);
  expect(alice.methods()).not.toContain('end-call');
  expect(server.log.filter((line) => /\[error\]|internal/.test(line))).toEqual([]);
  const stats = await alice.request('getProducerStats', held);
  expect(Array.isArray(stats)).toBe(true);
  console.log(`${played} mutations, ${refused} refused`);
});
