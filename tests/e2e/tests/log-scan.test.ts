// What must never be in the log (trial 53): a server on its most talkative level lives through calls, pushes, resumes,
// refusals and faults, and then every secret that went to and fro is looked for in all that it has written.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { callWithMedia, rtpCapabilities } from '../support/media-world.ts';
import { World } from '../support/push-world.ts';
import { Wire } from '../support/wire.ts';

const secret = randomBytes(32).toString('base64');
const serverKey = randomBytes(32).toString('base64');
const turnPassword = randomBytes(12).toString('hex');
/** Everything that somebody could use, by what it is. */
const secrets: [string, string][] = [
  ['secret of tokens', secret],
  ['server key', serverKey],
  ['password of TURN', turnPassword],
];
const keep = (what: string, value: unknown): void => {
  if (typeof value !== 'string' || value.length < 8) throw new Error(`no ${what}: ${JSON.stringify(value)}`);
  secrets.push([what, value]);
};
let folder: string;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/carillon-log-`);
  writeFileSync(`${folder}/turn`, turnPassword);
  process.env.CARILLON_AUTH_SECRET = secret;
  process.env.CARILLON_HTTP_SERVER_KEY = serverKey;
  world = await World.start({
    fcm: true,
    args: [
      ...[
        '--ice-urls',
        'turn:turn.example:3478',
        '--ice-username',
        'carillon',
        '--ice-credential-file',
        `${folder}/turn`,
      ],
      ...['--limits-messages-per-second', '200', '--signaling-dead-seconds', '2', '--signaling-ping-seconds', '1'],
    ],
  });
  delete process.env.CARILLON_AUTH_SECRET;
  delete process.env.CARILLON_HTTP_SERVER_KEY;
});
afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

async function token(user: string, key = secret, expires = '1h'): Promise<string> {
  const made = await new SignJWT({ device: 'phone', name: user })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(key));
  keep(`token of ${user}`, made);
  return made;
}

/** An upgrade that is refused, or a socket that is opened and then sent these. */
async function stranger(
  url: string,
  options: { headers?: Record<string, string>; protocols?: string[] },
  ...sends: string[]
) {
  const socket = new WebSocket(url, options.protocols ?? ['protoo'], { headers: options.headers ?? {} });
  await new Promise<void>((resolve) => {
    socket.on('unexpected-response', () => resolve());
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('open', () => {
      for (const text of sends) socket.send(text);
    });
  });
  socket.terminate();
}

test('what people and strangers do', { timeout: 60_000 }, async () => {
  const { server } = world;
  const url = server.wsUrl;
  // The three ways to say who one is, a seat taken back, and welcome's secrets.
  const alice = await Wire.open(`${url}?token=${await token('alice')}`, ['protoo']);
  const bob = await Wire.open(url, ['protoo', `token.${await token('bob')}`]);
  for (const wire of [alice, bob]) {
    keep('resume token', wire.welcome.resumeToken);
    expect(wire.welcome.iceServers[0].credential).toBe(turnPassword);
  }
  await callWithMedia([alice, bob]);
  const { callId } = alice.welcome.calls[0] ?? (await bob.untilHeard('call-started', () => true));
  const transport = await alice.request('createWebRtcTransport', { callId, producing: true });
  for (const [what, value] of Object.entries({
    'ICE password': transport.iceParameters.password,
    'ICE name': transport.iceParameters.usernameFragment,
  })) {
    keep(what, value);
  }
  const restarted = await alice.request('restartIce', { callId, transportId: transport.id });
  keep('ICE password after a restart', (restarted.iceParameters ?? restarted).password);
  const resume = bob.welcome.resumeToken as string;
  bob.drop();
  const back = await Wire.open(`${url}?resume=${resume}&token=${await token('bob')}`, ['protoo']);
  keep('resume token', back.welcome.resumeToken);
  await stranger(`${url}?resume=${resume}`, {}); // used, and no token

  // Strangers: wrong, expired, forged and broken tokens, everywhere that one may be given.
  const wrong = [
    await token('eve', randomBytes(32).toString('hex')),
    await token('eve', secret, '-2h'),
    `${await token('eve')}x`,
    randomBytes(40).toString('hex'),
  ];
  for (const bad of wrong) {
    keep('wrong token', bad);
    await stranger(`${url}?token=${bad}`, {});
    await stranger(url, { protocols: ['protoo', `token.${bad}`] });
    await stranger(url, { headers: { authorization: `Bearer ${bad}` } });
    await world.rest('GET', '/v1/history', { token: bad });
    await world.rest('GET', `/v1/tickets/${bad}/call`);
    await fetch(`${server.url}/v1/debug/counts`, { headers: { authorization: `Bearer ${bad}` } });
    await fetch(`${server.url}/nowhere/${bad}?token=${bad}`);
  }
  // A session that sends its secrets where they do not belong, and nonsense around them.
  const good = await token('mallory');
  for (const text of [
    `{"request":true,"id":1,"method":"${good}","data":{}}`,
    `{"request":true,"id":1,"method":"start-call","data":{"callees":["${good}"],"media":"${good}"}}`,
    `{"request":true,"id":1,"method":"join","data":{"callId":"${good}","rtpCapabilities":"${good}"}}`,
    `not JSON ${good}`,
    `{"response":true,"id":77,"ok":false,"errorCode":500,"errorReason":"${good}"}`,
  ]) {
    const mallory = await Wire.open(url, ['protoo', `token.${good}`]);
    mallory.socket.send(text);
    mallory.socket.send('end');
    await mallory.untilClosed();
  }

  // Rings by both kinds of push, with tickets, with services that fail in every way, and what the database is given.
  const [phone, failing, gone] = [
    await world.away('carol/phone'),
    await world.away('carol/tablet', { status: 503 }),
    await world.away('carol/old', { status: 410 }),
  ];
  const android = await world.awayPhone('carol/android');
  for (const each of [phone, failing, gone]) each.secrets.forEach((one, n) => keep(`push subscription ${n}`, one));
  keep('FCM token', android.token);
  const ring = await alice.request('start-call', { callees: ['carol'], media: 'audio', metadata: { pin: good } });
  const { data } = await phone.next('call-started');
  await android.next('call-started');
  keep('ticket', data.ticket);
  await world.rest('GET', `/v1/tickets/${data.ticket}/call`);
  await world.rest('POST', `/v1/tickets/${data.ticket}/ringing`);
  await world.rest('POST', `/v1/tickets/${data.ticket}/decline`);
  await world.rest('POST', `/v1/tickets/${data.ticket}x/decline`);
  await alice.untilHeard('end-call', (end) => end.callId === ring.callId);
  const subscription = { ...phone.json, keys: { p256dh: phone.json.keys.p256dh, auth: 'short' } };
  await world.rest('POST', '/v1/push/subscriptions', { token: good, data: { type: 'webpush', subscription } });
  await world.rest('GET', '/v1/history', { token: good });
  world.fcm!.secrets.forEach((one, n) => keep(`of FCM ${n}`, one));

  // A fault in between: the worker dies, and its media is made anew.
  const { workers } = await server.counts();
  process.kill(workers[0]!.pid, 'SIGKILL');
  await back.next('media-restart');
  const anew = await back.request('createWebRtcTransport', { callId, producing: true });
  keep('ICE password anew', anew.iceParameters.password);
  await back.request('join', { callId, rtpCapabilities });
  // A session that says nothing any more, and one that floods.
  for (let id = 0; id < 5000; ++id)
    alice.socket.send(`{"request":true,"id":${id},"method":"x","data":{"t":"${good}"}}`);
  await alice.untilClosed();
  back.close();
  await server.until((counts) => counts.sessions === 0, 10_000);
});

test('none of it is in the log', () => {
  const { log } = world.server;
  const text = log.join('\n');
  const found = secrets.filter(([, value]) => text.includes(value)).map(([what]) => what);
  const shapes = [/eyJ[\w-]{10,}/, /vapid t=/, /Bearer [\w.-]{8,}/, /\bpassword=|ice-pwd|\bauth=/].filter((shape) =>
    shape.test(text),
  );
  console.log(
    `${log.length} lines of log at debug, ${secrets.length} secrets looked for: ${found.length + shapes.length} findings`,
  );
  expect(log.some((line) => line.includes('[debug]') || line.includes(' debug '))).toBe(true);
  expect(log.length).toBeGreaterThan(30);
  expect(secrets.length).toBeGreaterThan(30);
  expect([found, shapes]).toEqual([[], []]);
});
