// The tables "HTTP" and "Signed out" of docs/authorisation.md: the status of each path, by who asks.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { callSeen, cellsOf, heardBy, secret, serverKey, table, token } from '../support/authorisation.ts';
import { Authority } from '../support/certificates.ts';
import { PushService, type Subscription } from '../support/push-service.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const carillon = process.env.CARILLON_BINARY ?? file('build/release/app/carillon');
const folder = mkdtempSync(`${tmpdir()}/carillon-authorisation-`);
/** One of this machine that is not loopback: who comes from there might be anybody. */
const elsewhere = '192.0.2.7';

let server: Server;
let authority: Authority;
let service: PushService;
let url: string;
let vapidKey: string;

beforeAll(async () => {
  if (!execFileSync('ip', ['route', 'show', 'default']).includes('dev lo')) throw new Error('needs loopback-only.sh');
  execFileSync('ip', ['addr', 'replace', `${elsewhere}/32`, 'dev', 'lo']);
  authority = Authority.make();
  service = await PushService.start(authority);
  execFileSync(carillon, ['keys', '--vapid-key-file', `${folder}/vapid.pem`]);
  const args = {
    'auth-secret': secret,
    'calls-grace-seconds': '0',
    'http-listen': '0.0.0.0:0',
    'http-server-key': serverKey,
    'limits-messages-per-second': '0',
    'media-announced-address': '127.0.0.1',
    'push-allow-hosts': service.host,
    'push-ca-file': authority.file,
    'push-vapid-key-file': `${folder}/vapid.pem`,
    'push-vapid-subject': 'mailto:ops@example.org',
  };
  // Without --dev: else everybody is the operator.
  server = await Server.start(
    Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]),
    { dev: false },
  );
  url = server.url.replace('0.0.0.0', '127.0.0.1');
  vapidKey = JSON.parse((await ask('GET', '/v1/push/key')).text).publicKey;
});
afterAll(async () => {
  await Things.end();
  expect(await server.stop()).toBe(0);
  expect(service.complaints).toEqual([]);
  await service.close();
  authority.remove();
  rmSync(folder, { recursive: true });
});

interface Asked {
  bearer?: string;
  data?: unknown;
  headers?: Record<string, string>;
  from?: string;
}

/** As `fetch`, but that it tells of an upgrade, too, and can come from elsewhere. */
function ask(method: string, path: string, { bearer, data, headers, from }: Asked = {}) {
  const webSocket = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-protocol': 'protoo',
  };
  const all = {
    ...headers,
    ...(path.startsWith('/ws') ? webSocket : {}),
    ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
  };
  return new Promise<{ status: number; text: string; allows?: string }>((resolve, reject) => {
    http
      .request(from ? url.replace('127.0.0.1', from) : url + path, {
        ...{ method, path, headers: all, agent: false },
        ...(from ? { localAddress: from } : {}),
      })
      .on('upgrade', (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode!, text: '' });
      })
      .on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (more: string) => (text += more));
        const allows = response.headers['access-control-allow-methods'];
        response.on('end', () => resolve({ status: response.statusCode!, text, allows }));
      })
      .on('error', reject)
      .end(data === undefined ? undefined : JSON.stringify(data));
  });
}

const asOperator = { bearer: serverKey };

/** What somebody has while he is called: he has a phone that rings, a tablet that was rung by push, and a past. */
class Things {
  static current: Things | undefined;
  private static made = 0;
  readonly user = `user${++Things.made}`;
  readonly caller = `caller of ${this.user}`;
  readonly tablet = service.subscribe(vapidKey);
  readonly people: Record<string, Wire> = {};
  callId!: string;
  pastCallId!: string;
  /** The tablet's. */
  id!: string;
  ticket!: string;
  /** Of a device that is not registered any more. */
  voidTicket!: string;

  static async make(): Promise<Things> {
    await Things.end();
    const one = (Things.current = new Things());
    const open = async (user: string) =>
      Wire.open(url.replace('http', 'ws') + '/ws', ['protoo', `token.${await token(user, { device: 'phone' })}`]);
    const phone = (one.people.phone = await open(one.user));
    const caller = (one.people.caller = await open(one.caller));
    const call = async () => {
      // It rings for longer than anything is asked about it.
      const data = { callees: [one.user], media: 'audio', ringSeconds: 120 };
      return (await caller.request('start-call', data)).callId;
    };
    await phone.request('get-history'); // From now on it hears of every change.
    one.pastCallId = await call();
    await caller.request('end-call', { callId: one.pastCallId });
    await phone.untilHeard('history-changed', ({ callId }) => callId === one.pastCallId);

    const watch = service.subscribe(vapidKey);
    one.id = await one.register('tablet', one.tablet);
    const watchId = await one.register('watch', watch);
    one.callId = await call();
    one.ticket = (await one.tablet.next('call-started')).data.ticket;
    one.voidTicket = (await watch.next('call-started')).data.ticket;
    // The push service has them; the server knows it when its answer is here.
    const taken = async () => (await one.seen()).ledger.filter(({ via, takenAt }: any) => via === 'push' && takenAt);
    await expect.poll(taken, { timeout: 5000 }).toHaveLength(2);
    const bearer = await one.token('watch');
    expect((await ask('DELETE', `/v1/push/subscriptions/${watchId}`, { bearer })).status).toBe(204);
    return one;
  }

  /** What `make` has made, and whatever came after. */
  static async end(): Promise<void> {
    // Before the calls end: a server that drains and has none stops.
    await ask('POST', '/v1/drain', { ...asOperator, data: { on: false } });
    const wires = Things.current ? Object.values(Things.current.people) : [];
    Things.current = undefined;
    for (const wire of wires) wire.close();
    for (const stop = Date.now() + 5000; ;) {
      const counts = JSON.parse((await ask('GET', '/v1/debug/counts', asOperator)).text);
      if (counts.sessions === 0 && counts.workers[0].routers === 0) return;
      if (Date.now() > stop) throw new Error(`the server still holds ${JSON.stringify(counts)}`);
      await pause(10);
    }
  }

  token(device: string): Promise<string> {
    return token(this.user, { device });
  }
  private async register(device: string, { json }: Subscription): Promise<string> {
    const data = { type: 'webpush', subscription: json };
    const { text } = await ask('POST', '/v1/push/subscriptions', { bearer: await this.token(device), data });
    return JSON.parse(text).id;
  }

  private seen(): Promise<any> {
    return callSeen(server, this.callId, { authorization: `Bearer ${serverKey}` });
  }

  /** All that a refused request, or that of another, must leave as it is. */
  async state(): Promise<object> {
    return {
      heard: await heardBy(this.people),
      call: await this.seen(),
      counts: (await ask('GET', '/v1/debug/counts', asOperator)).text,
      history: (await ask('GET', '/v1/history', { bearer: await this.token('laptop') })).text,
      pushed: (await ask('GET', `/v1/tickets/${this.ticket}/call`)).status,
      ready: (await ask('GET', '/readyz')).status,
    };
  }

  /** The path of a row. */
  fill(path: string): string {
    const values: Record<string, string> = {
      callId: this.callId,
      id: this.id,
      none: 'none',
      resume: this.people.phone!.welcome.resumeToken,
      ticket: this.ticket,
      userId: this.user,
      'void-ticket': this.voidTicket,
    };
    return path.replaceAll(/<([\w-]+)>/g, (_, name: string) => values[name]!);
  }

  async bearer(column: string): Promise<string | undefined> {
    const tokens: Record<string, () => string | undefined | Promise<string>> = {
      nobody: () => undefined,
      nothing: () => undefined,
      he: () => this.token('laptop'),
      'his token': () => this.token('laptop'),
      another: () => token('another', { device: 'laptop' }),
      expired: () => token(this.user, { device: 'laptop', expires: '-5m' }),
      stranger: () => token(this.user, { device: 'laptop', key: 'another secret, which is as long as that' }),
      ticket: () => this.ticket,
      operator: () => serverKey,
    };
    return tokens[column]!();
  }
}

/** `GET /metrics`, or one of these after a space. */
const variants: Record<string, (things: Things) => Asked> = {
  elsewhere: () => ({ from: elsewhere }),
  'by a proxy': () => ({ headers: { 'x-forwarded-for': elsewhere } }),
  'his endpoint': ({ tablet }) => ({ data: { type: 'webpush', subscription: tablet.json } }),
};
const bodies: Record<string, () => unknown> = {
  'POST /dev/token': () => ({ user: 'somebody' }),
  'POST /v1/drain': () => ({ on: true }),
  'POST /v1/push/subscriptions': () => ({ type: 'webpush', subscription: service.subscribe(vapidKey).json }),
};

/** What is there to change something of his. All else changes nothing, whoever is let in. */
const changes = /^(DELETE|GET \/ws|POST \/v1\/(drain|tickets)|POST \/v1\/push\/subscriptions his)/;

async function statusOf(things: Things, name: string, column: string) {
  const [, method, path, how] = /^(\S+) (\S+) ?(.*)$/.exec(name)!;
  const bearer = await things.bearer(column);
  const data = bodies[`${method} ${path}`]?.();
  return ask(method!, things.fill(path!), { ...{ bearer, data }, ...variants[how!]?.(things) });
}

test.each(cellsOf(table('HTTP')))('%s by: %s is %s', async (name, column, expected) => {
  onTestFailed(() => Things.end());
  const things = Things.current ?? (await Things.make());
  const before = await things.state();
  const { status, text } = await statusOf(things, name, column);
  const mayChange = status < 400 && changes.test(name);
  const after = mayChange ? before : await things.state();
  if (mayChange) await Things.end();
  expect(String(status)).toBe(expected);
  expect(after).toEqual(before);
  // Nobody is told of his calls who does not name them.
  if (column !== 'he' && !/callId|ticket/.test(name)) {
    expect(text).not.toContain(things.pastCallId);
    expect(text).not.toContain(things.callId);
  }
});

test.each(cellsOf(table('Signed out')))('%s with: %s is %s', async (name, column, expected) => {
  const things = await Things.make();
  const ended = await ask('DELETE', `/v1/users/${things.user}/sessions`, asOperator);
  expect(JSON.parse(ended.text)).toEqual({ sessions: 1, subscriptions: 1 });
  const { status } = await statusOf(things, name, column);
  await Things.end();
  expect(String(status)).toBe(expected);
});

test('every path of the code has a row', async () => {
  const plain = (path: string) => path.replaceAll(/<[\w-]+>|\{\w+\}/g, '*').replace(/\?.*/, '');
  const sources = readdirSync(file('src/signaling')).filter((name) => name.endsWith('.cpp'));
  const code = sources.map((name) => readFileSync(file(`src/signaling/${name}`), 'utf8')).join('');
  const routes = [...code.matchAll(/\broute\(\s*"([A-Z]+)",\s*"([^"]+)"/g)].map(([, method, path]) => [method!, path!]);
  routes.push(...[...code.matchAll(/\bon_upgrade\("([^"]+)"/g)].map(([, path]) => ['GET', path!]));
  const paths = new Set(routes.map(([method, path]) => `${method} ${plain(path!)}`));
  for (const [, path] of routes) {
    const { allows } = await ask('OPTIONS', path!.replaceAll(/\{\w+\}/g, 'x'));
    if (allows) paths.add(`OPTIONS ${plain(path!)}`); // a preflight: every path says which methods it has
  }
  const rows = table('HTTP').rows.map(({ name }) => plain(name.split(' ').slice(0, 2).join(' ')));
  expect([...new Set(rows)].sort()).toEqual([...paths].sort());
});
