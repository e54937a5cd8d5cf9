// The push service and the FCM that other tests stand on: they must take what is right and refuse what is not.
import { createECDH, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import ece from 'http_ece';
import { exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { FakeFcm } from '../support/fake-fcm.ts';
import { PushService, type Subscription } from '../support/push-service.ts';

let authority: Authority;
let service: PushService;
let fcm: FakeFcm;
let subscription: Subscription;
const vapid = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let vapidKey: string;

beforeAll(async () => {
  authority = Authority.make();
  [service, fcm] = await Promise.all([PushService.start(authority), FakeFcm.start(authority)]);
  const { x, y } = await exportJWK(vapid.publicKey);
  const point = [Buffer.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')];
  vapidKey = Buffer.concat(point).toString('base64url');
});
afterAll(async () => {
  await Promise.all([service.close(), fcm.close()]);
  authority.remove();
});
beforeEach(() => {
  subscription = service.subscribe(vapidKey);
  service.complaints.length = 0;
  fcm.complaints.length = 0;
});

const seconds = () => Math.floor(Date.now() / 1000);

interface Push {
  headers?: Record<string, string | undefined>;
  claims?: Record<string, unknown>;
  key?: string;
  body?: Buffer;
}

function encrypted(text: string): Buffer {
  const { p256dh, auth } = subscription.json.keys;
  const privateKey = createECDH('prime256v1');
  privateKey.generateKeys();
  return ece.encrypt(Buffer.from(text), { version: 'aes128gcm', dh: p256dh, privateKey, authSecret: auth });
}

async function headersOf({ headers = {}, claims = {}, key = vapidKey }: Push, body: Buffer) {
  const all = { aud: service.origin, exp: seconds() + 3600, sub: 'mailto:ops@example.org', ...claims };
  const token = await new SignJWT(all).setProtectedHeader({ typ: 'JWT', alg: 'ES256' }).sign(vapid.privateKey);
  const right = {
    authorization: `vapid t=${token}, k=${key}`,
    ttl: '30',
    'content-encoding': 'aes128gcm',
    'content-length': String(body.length),
  };
  return Object.fromEntries(Object.entries({ ...right, ...headers }).filter(([, value]) => value !== undefined));
}

async function push(what: Push = {}): Promise<number> {
  const body = what.body ?? encrypted('{"type":"hello"}');
  return post(subscription.endpoint, await headersOf(what, body), body);
}

function post(url: string, headers: Record<string, unknown>, body: Buffer | string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', ca: readFileSync(authority.file), headers: headers as Record<string, string> };
    const request = https.request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('the push service', () => {
  test('takes a push that is right, and its device reads it', async () => {
    expect(await push({ headers: { topic: 'a-topic', urgency: 'high' } })).toBe(201);
    const { data, ttl, urgency, topic, protocol } = await subscription.next('hello');
    const want = { data: { type: 'hello' }, ttl: 30, urgency: 'high', topic: 'a-topic', protocol: 'http/1.1' };
    expect({ data, ttl, urgency, topic, protocol }).toEqual(want);
    expect(service.complaints).toEqual([]);
  });

  test('takes it over HTTP/2', async () => {
    const session = http2.connect(service.origin, { ca: readFileSync(authority.file) });
    const body = encrypted('{"type":"hello"}');
    const stream = session.request({
      ':method': 'POST',
      ':path': new URL(subscription.endpoint).pathname,
      ...(await headersOf({}, body)),
    });
    stream.end(body);
    const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
    session.close();
    expect([status, service.complaints]).toEqual([201, []]);
    expect((await subscription.next('hello')).protocol).toBe('h2');
  });

  test.each<[string, Push, number]>([
    ['no TTL', { headers: { ttl: undefined } }, 400],
    ['a TTL that is no number', { headers: { ttl: '30s' } }, 400],
    ['a TTL below zero', { headers: { ttl: '-1' } }, 400],
    ['an Urgency that is none', { headers: { urgency: 'highest' } }, 400],
    ['a Topic of 33 characters', { headers: { topic: 'x'.repeat(33) } }, 400],
    ['a Topic that is not base64url', { headers: { topic: 'a+b' } }, 400],
    ['the older content coding', { headers: { 'content-encoding': 'aesgcm' } }, 400],
    ['a cookie', { headers: { cookie: 'a=b' } }, 400],
    ['a header of its own', { headers: { 'x-mailer': 'x' } }, 400],
    ['no Authorization', { headers: { authorization: undefined } }, 401],
    ['another audience', { claims: { aud: 'https://push.example' } }, 403],
    ['25 hours', { claims: { exp: seconds() + 25 * 3600 } }, 403],
    ['a token that is over', { claims: { exp: seconds() - 60 } }, 403],
    ['no subject', { claims: { sub: undefined } }, 403],
    ['a subject that is no address', { claims: { sub: 'ops@example.org' } }, 403],
    ['another key', { key: `B${'A'.repeat(86)}` }, 403],
    ['a body that is no message', { body: Buffer.alloc(200) }, 400],
    ['a body of 4,097 bytes', { body: Buffer.concat([randomBytes(20), Buffer.of(65, 4), randomBytes(4075)]) }, 413],
    [
      'a body for another device',
      { body: Buffer.concat([Buffer.alloc(16), Buffer.of(0, 0, 16, 0, 65, 4), randomBytes(99)]) },
      400,
    ],
  ])('refuses %s', async (_name, what, status) => {
    expect(await push(what)).toBe(status);
    expect(service.complaints).toHaveLength(1);
    expect(subscription.messages.all).toEqual([]);
  });

  test('refuses a token that another key has signed', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const claims = { aud: service.origin, exp: seconds() + 60, sub: 'mailto:ops@example.org' };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(other.privateKey);
    expect(await push({ headers: { authorization: `vapid t=${token}, k=${vapidKey}` } })).toBe(403);
  });

  test('keeps the last message of a topic, and none beyond its TTL', async () => {
    const say = (type: string, topic: string, ttl: string) =>
      push({ headers: { topic, ttl }, body: encrypted(JSON.stringify({ type })) });
    await say('ring', 'call-1', '30');
    await say('ring', 'call-2', '30');
    await say('end', 'call-1', '30');
    await say('short', 'call-3', '1');
    const types = (ms: number) => subscription.pending(Date.now() + ms).map(({ data }) => data.type as string);
    expect(types(0)).toEqual(['ring', 'end', 'short']);
    expect(types(2000)).toEqual(['ring', 'end']);
    expect(types(31_000)).toEqual([]);
  });

  test('answers as it is told to, each in its turn', async () => {
    subscription.answers = [
      { status: 503, headers: { 'retry-after': '1' } },
      { status: 201, manner: 'reset' },
    ];
    expect(await push()).toBe(503);
    await expect(push()).rejects.toThrow(/ECONNRESET/);
    expect(await push()).toBe(201);
    expect(subscription.attempts.all).toHaveLength(3);
    expect(subscription.messages.all).toHaveLength(1);
  });
});

describe('FCM', () => {
  const good = (token: string) => ({
    token,
    data: { type: 'hello' },
    android: { priority: 'HIGH', ttl: '30s' },
    apns: { headers: { 'apns-push-type': 'background', 'apns-priority': '5', 'apns-expiration': String(seconds()) } },
  });
  const assertion = (claims: Record<string, unknown> = {}) => {
    const account = JSON.parse(readFileSync(fcm.accountFile, 'utf8')) as Record<string, string>;
    const scope = 'https://www.googleapis.com/auth/firebase.messaging';
    const times = { iat: seconds(), exp: seconds() + 3600 };
    return new SignJWT({ iss: account.client_email, aud: account.token_uri, scope, ...times, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: account.private_key_id })
      .sign(createPrivateKey(account.private_key!));
  };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const askToken = async (claims?: Record<string, unknown>) => {
    const grant = encodeURIComponent('urn:ietf:params:oauth:grant-type:jwt-bearer');
    return post(fcm.tokenUri, form, `grant_type=${grant}&assertion=${await assertion(claims)}`);
  };
  const send = async (message: unknown, bearer?: string) => {
    if (!bearer) await askToken();
    const token = bearer ?? fcm.tokensGiven.at(-1)!.token;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return post(`${fcm.origin}/v1/projects/${fcm.project}/messages:send`, headers, JSON.stringify({ message }));
  };

  test('gives a token for a signed assertion, and takes a message with it', async () => {
    const phone = fcm.phone();
    expect(await send(good(phone.token))).toBe(200);
    expect((await phone.next('hello')).message.android.ttl).toBe('30s');
    expect(fcm.complaints).toEqual([]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['another scope', { scope: 'https://www.googleapis.com/auth/cloud-platform' }],
    ['another audience', { aud: 'https://oauth2.googleapis.com/token' }],
    ['two hours', { exp: seconds() + 7200 }],
    ['another issuer', { iss: 'somebody@example.org' }],
  ])('gives none for %s', async (_name, claims) => {
    expect(await askToken(claims)).toBe(400);
    expect(fcm.complaints).toHaveLength(1);
  });

  test.each<[string, (message: any) => void, number]>([
    ['a number in data', (message) => (message.data.ringUntil = 1), 400],
    ['a reserved name in data', (message) => (message.data.from = 'alice'), 400],
    ['a notification', (message) => (message.notification = { title: 'x' }), 400],
    ['a ttl without its unit', (message) => (message.android.ttl = '30'), 400],
    ['a ttl that is a number', (message) => (message.android.ttl = 30), 400],
    ['no priority', (message) => delete message.android.priority, 400],
    ['an APNs header that is a number', (message) => (message.apns.headers['apns-priority'] = 10), 400],
    ['no APNs part', (message) => delete message.apns, 400],
    ['a phone that it does not know', (message) => (message.token = 'x'), 400],
  ])('refuses %s', async (_name, spoil, status) => {
    const message = good(fcm.phone().token);
    spoil(message);
    expect(await send(message)).toBe(status);
    expect(fcm.complaints).toHaveLength(1);
  });

  test('knows its own tokens', async () => {
    const phone = fcm.phone();
    expect(await send(good(phone.token), 'ya29.guessed')).toBe(401);
    expect(fcm.complaints).toHaveLength(1);
    expect(await send(good(phone.token))).toBe(200);
    fcm.revokeTokens();
    expect(await send(good(phone.token), fcm.tokensGiven.at(-1)!.token)).toBe(401);
    expect(fcm.complaints).toHaveLength(1);
  });
});
