// The table "Account" of docs/authorisation.md: what somebody does with what is his, and what he can name of another's.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cellsOf, outcomeOf, secret, serverKey, table, token } from '../support/authorisation.ts';
import { World } from '../support/push-world.ts';
import { frame, opcode, RawSocket } from '../support/raw-socket.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

let world: World;
/** Without --dev, which turns `signaling.presence` on. */
let strict: Server;

beforeAll(async () => {
  world = await World.start({ args: ['--auth-secret', secret] });
  strict = await Server.start(['--auth-secret', secret, '--http-server-key', serverKey], { dev: false });
});
afterEach(() => world.empty());
afterAll(async () => {
  await world.stop();
  expect(await strict.stop()).toBe(0);
});

let users = 0;

/** Somebody with a thing of each kind: a phone, a tablet that is away, a missed call, and whom he has blocked. */
class Person {
  readonly user = `user${++users}`;
  readonly blocked = `blocked by ${this.user}`;
  phone!: Wire;
  subscriptionId!: string;
  callId!: string;
  private ticket!: string;
  readonly subscription;

  private constructor() {
    this.subscription = world.service.subscribe(world.vapidKey);
  }

  static async make(): Promise<Person> {
    const one = new Person();
    const tablet = await world.server.token(one.user, one.user, 'tablet');
    const data = { type: 'webpush', subscription: one.subscription.json };
    one.subscriptionId = (await world.rest('POST', '/v1/push/subscriptions', { token: tablet, data })).body.id;
    const caller = await world.connect(`caller of ${one.user}`);
    ({ callId: one.callId } = await caller.request('start-call', { callees: [one.user], media: 'audio' }));
    one.ticket = (await one.subscription.next('call-started')).data.ticket;
    one.phone = await world.connect(`${one.user}/phone`);
    await one.phone.request('block-user', { userId: one.blocked });
    await one.phone.request('get-history'); // From now on it hears of every change.
    await caller.request('end-call', { callId: one.callId });
    await one.phone.untilHeard('history-changed', ({ callId }) => callId === one.callId);
    return one;
  }

  /** All that is his, as another device of his sees it. */
  async account(): Promise<object> {
    const probe = await world.connect(`${this.user}/probe`);
    const history = await probe.request('get-history');
    const { users } = await probe.request('get-blocked-users');
    probe.close();
    await probe.untilClosed();
    const pushed = (await world.rest('GET', `/v1/tickets/${this.ticket}/call`)).status;
    return { history, users, pushed, doNotDisturb: probe.welcome.doNotDisturb, heard: this.phone.methods() };
  }

  /** His things under every name that a request might have for them. */
  get names(): object {
    const { user, callId, subscriptionId: id } = this;
    return { user, userId: user, users: [user], caller: user, deviceId: 'tablet', device: 'tablet', callId, id };
  }
}

const nobody = () => {
  const [user, callId, id] = [randomUUID(), randomUUID(), randomUUID()];
  return { user, userId: user, users: [user], deviceId: 'tablet', callId, id };
};
/** The end of a page of the history: after all that there is. */
const cursor = (callId: string) => ({ before: `${Date.now() + 60_000}.${callId}` });
const push = (one: Person, endpoint = one.subscription.endpoint) => ({
  type: 'webpush',
  subscription: { ...one.subscription.json, endpoint },
});

/** What is asked with his things, with hers, and with what nobody has. What is not here means nothing in the request. */
const data: Record<string, (he: Person, she: Person) => { his: object; hers?: object; madeUp?: object }> = {
  'register-push': (he, she) => ({
    his: push(he),
    hers: push(he, she.subscription.endpoint),
    madeUp: push(he, 'https://push.example/push/1'),
  }),
  'unregister-push': (he, she) => ({
    his: { id: he.subscriptionId },
    hers: { id: she.subscriptionId },
    madeUp: { id: randomUUID() },
  }),
  'get-history': (_, she) => ({ his: {}, hers: cursor(she.callId), madeUp: cursor(randomUUID()) }),
  'block-user': (_, she) => ({
    his: { userId: 'x' },
    hers: { userId: she.blocked },
    madeUp: { userId: randomUUID() },
  }),
  'unblock-user': (he, she) => ({
    his: { userId: he.blocked },
    hers: { userId: she.blocked },
    madeUp: { userId: randomUUID() },
  }),
  'set-do-not-disturb': () => ({ his: { on: true } }),
};

/** Who is online is not asked here. */
const comparable = (answer: any): any => (answer.users?.[0]?.devices === undefined ? answer : 'people');

const allowed = ['yes', 'own', 'moves'];
const withoutGrants = { start: false, accept: false, publish: false, to: [] };

/** Sends a request through a connection that the operator has closed: `closed` if it stays without an answer. */
async function signedOut(on: Server, user: string, ended: () => Promise<unknown>, asked: object): Promise<string> {
  const raw = await RawSocket.open(on.wsUrl, ['protoo', `token.${await token(user, { device: 'raw' })}`]);
  const ask = (id: number, what: object) =>
    raw.send(frame(opcode.text, JSON.stringify({ request: true, id, ...what })));
  const answersTo = (id: number) => raw.heard.filter(({ payload }) => payload.toString().includes(`"id":${id}`));
  await ask(6, { method: 'get-blocked-users', data: {} });
  await raw.until(() => answersTo(6).length === 1, 'an answer');
  await ended();
  await raw.until(() => raw.closeFrame !== undefined, 'the close frame');
  await ask(7, asked);
  await pause(50); // Whoever answered would have by then: it takes a millisecond.
  const answers = answersTo(7);
  const { code } = raw.closeFrame!;
  raw.end();
  return answers.length === 0 && code === 4000 ? 'closed' : `${code}, ${answers.length} answers`;
}

const off = ' where it is off';
const cells = cellsOf(table('Account'));

test.each(cells.filter(([name]) => !name.endsWith(off)))('%s: %s: %s', async (method, column, expected) => {
  const [he, she] = [await Person.make(), await Person.make()];
  const { his, hers = his, madeUp = his } = data[method]?.(he, she) ?? { his: {} };
  const request = { "another's": { ...she.names, ...hers }, 'made up': { ...nobody(), ...madeUp } }[column] ?? his;
  const accounts = async () => [await he.account(), await she.account()];
  let before: object[] = [];
  let got: string;
  if (column === 'signed out') {
    const end = () => world.rest('DELETE', `/v1/users/${he.user}/sessions`);
    const ended = async () => {
      expect((await end()).body).toEqual({ sessions: 2, subscriptions: 1 });
      before = await accounts();
    };
    got = await signedOut(world.server, he.user, ended, { method, data: request });
    expect((await end()).body.subscriptions).toBe(0);
  } else {
    before = await accounts();
    const calls = column === 'no grants' ? withoutGrants : {};
    const access = await token(he.user, { device: 'asker', calls });
    const wire = await Wire.open(world.server.wsUrl, ['protoo', `token.${access}`]);
    const asking = wire.request(method, request);
    got = await outcomeOf(asking);
    if (got === 'yes' && request !== his) {
      const [answer, own] = [await asking, await wire.request(method, his)].map(comparable);
      got = method === 'register-push' && answer.id === she.subscriptionId ? 'moves' : 'own';
      if (got === 'own') expect(answer).toEqual(own);
    }
    wire.close();
    await wire.untilClosed();
  }
  const [himself, her] = await accounts();
  expect(got).toBe(expected);
  if (!allowed.includes(expected)) expect(himself).toEqual(before[0]);
  expect(her).toEqual(expected === 'moves' ? { ...before[1], pushed: 401 } : before[1]);
});

test.each(cells.filter(([name]) => name.endsWith(off)))('%s: %s: %s', async (name, column, expected) => {
  const method = name.replace(off, '');
  if (column === 'signed out') {
    const headers = { authorization: `Bearer ${serverKey}` };
    const ended = () => fetch(`${strict.url}/v1/users/someone/sessions`, { method: 'DELETE', headers });
    expect(await signedOut(strict, 'someone', ended, { method, data: {} })).toBe(expected);
    return;
  }
  const access = await token('someone', { calls: column === 'no grants' ? withoutGrants : {} });
  const wire = await Wire.open(strict.wsUrl, ['protoo', `token.${access}`]);
  const named = column === "another's" ? { userId: 'someone else' } : column === 'made up' ? nobody() : {};
  expect(await outcomeOf(wire.request(method, named))).toBe(expected);
  wire.close();
});
