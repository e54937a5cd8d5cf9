// WebSocket conformance by a table of bytes and by three peers that share no code: raw sockets, npm `ws`, and Debian's
// python3-websockets. hostile.test.ts is about what stands inside the messages.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frame, opcode, RawSocket } from '../support/raw-socket.ts';
import { Server } from '../support/server.ts';
import { cases, request, type Case } from '../support/ws-cases.ts';

let server: Server;
let protocols: string[];

beforeAll(async () => {
  server = await Server.start(['--calls-grace-seconds', '0']);
  protocols = ['protoo', `token.${await server.token('peer')}`];
});
afterAll(async () => {
  await server.until((counts) => counts.sessions === 0);
  expect(await server.stop()).toBe(0);
});

async function play({ bytes, piece, answers = [], pongs = [], closes }: Case): Promise<void> {
  const raw = await RawSocket.open(server.wsUrl, protocols);
  try {
    await raw.send(bytes, piece);
    if (closes === undefined) {
      // It goes on: a ping behind all of it is answered last.
      await raw.send(frame(opcode.ping, 'the end'));
      await raw.until(() => String(raw.heard.at(-1)?.payload) === 'the end', 'the last pong');
      expect(raw.closeFrame).toBeUndefined();
      expect(raw.ended).toBe(false);
    } else {
      await raw.until(() => raw.closeFrame !== undefined, `close ${closes}`);
      expect(raw.closeFrame!.code).toBe(closes);
      expect(raw.heard.at(-1)!.opcode).toBe(opcode.close);
      await raw.until(() => raw.ended, 'the end of the connection');
    }
    const texts = raw.heard
      .filter((one) => one.opcode === opcode.text)
      .map((one) => JSON.parse(one.payload.toString()) as { response?: true; id?: number });
    expect(texts.filter((one) => one.response).map((one) => one.id)).toEqual(answers);
    const heardPongs = raw.heard.filter((one) => one.opcode === opcode.pong).map((one) => one.payload);
    expect(heardPongs.filter((one) => String(one) !== 'the end')).toEqual(pongs.map((one) => Buffer.from(one)));
  } finally {
    raw.end();
  }
}

describe('raw sockets', () => {
  test('the table has at least 200 cases, each with a name of its own', () => {
    expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(200);
  });

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => play(one));
});

/** What an ordinary client can be asked to send, and what must come of it: the same for every library. */
interface Outcome {
  name: string;
  answers?: number[];
  pong?: string;
  closes?: number;
}
const outcomes: Outcome[] = [
  { name: 'short', answers: [1] },
  { name: '125 bytes', answers: [1] },
  { name: '126 bytes', answers: [1] },
  { name: '65535 bytes', answers: [1] },
  { name: '65536 bytes', answers: [1] },
  { name: '65537 bytes', closes: 1009 },
  { name: 'many letters', answers: [1] },
  { name: 'in fragments', answers: [1] },
  { name: 'a hundred at once', answers: Array.from({ length: 100 }, (_, i) => i + 1) },
  { name: 'ping', pong: 'are you there?' },
  { name: 'binary', closes: 1003 },
  { name: 'not JSON', closes: 1007 },
  { name: 'close 1000', closes: 1000 },
  { name: 'close 3456', closes: 3456 },
  { name: 'close without a code', closes: 1005 },
];

/** Runs one outcome's action with npm `ws`. */
async function withWs({ name }: Outcome): Promise<Omit<Outcome, 'name'>> {
  const socket = new WebSocket(server.wsUrl, protocols);
  const answers: number[] = [];
  let pong: string | undefined;
  const ended = new Promise<number>((resolve, reject) => {
    socket.on('close', (code) => resolve(code));
    socket.on('error', reject);
  });
  const opened = new Promise((resolve) => socket.on('open', resolve));
  const enough = new Promise<void>((resolve) => {
    socket.on('message', (text) => {
      const heard = JSON.parse((text as Buffer).toString()) as { response?: true; id: number };
      if (heard.response && answers.push(heard.id) === (name === 'a hundred at once' ? 100 : 1)) resolve();
    });
    socket.on('pong', (payload) => {
      pong = payload.toString();
      resolve();
    });
  });
  await opened;
  const size = /^(\d+) bytes$/.exec(name)?.[1];
  if (size) socket.send(request(1, Number(size)).toString());
  else if (name === 'short') socket.send(request(1).toString());
  else if (name === 'many letters') socket.send(request(1, 200, 'ж').toString());
  else if (name === 'in fragments') {
    const whole = request(1).toString();
    for (let i = 0; i < whole.length; i += 10) socket.send(whole.slice(i, i + 10), { fin: i + 10 >= whole.length });
  } else if (name === 'a hundred at once') for (let id = 1; id <= 100; ++id) socket.send(request(id).toString());
  else if (name === 'ping') socket.ping('are you there?');
  else if (name === 'binary') socket.send(request(1));
  else if (name === 'not JSON') socket.send('hello');
  else if (name === 'close without a code') socket.close();
  else socket.close(Number(/\d+/.exec(name)![0]), 'bye');
  const code = await Promise.race([ended, enough]);
  if (code === undefined) {
    socket.close(1000);
    expect(await ended).toBe(1000);
  }
  return { answers, pong, closes: code ?? undefined };
}

describe('npm ws', () => {
  test.each(outcomes)('$name', async (outcome) => {
    const { answers = [], pong, closes } = outcome;
    expect(await withWs(outcome)).toEqual({ answers, pong, closes });
  });
});

describe('python3-websockets', () => {
  let seen: Record<string, unknown>;
  beforeAll(async () => {
    const script = fileURLToPath(new URL('../support/websockets_peer.py', import.meta.url));
    // Debian's own interpreter, which knows Debian's packages.
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, server.wsUrl, ...protocols]);
    seen = JSON.parse(stdout) as Record<string, unknown>;
  });

  test.each(outcomes)('$name', ({ name, answers = [], pong = null, closes = null }) => {
    expect(seen[name]).toEqual({ answers, pong, closes });
  });
});

describe('the upgrade', () => {
  const head = (changes: Record<string, string | undefined>, line = 'GET /ws HTTP/1.1') => {
    const fields: Record<string, string | undefined> = {
      Host: '127.0.0.1',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': protocols.join(', '),
      ...changes,
    };
    const lines = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
    return [line, ...lines, '', ''].join('\r\n');
  };
  const table: [string, Record<string, string | undefined>, string | undefined, number][] = [
    ['as it should be', {}, undefined, 101],
    [
      'names in small letters',
      { Upgrade: undefined, upgrade: 'WebSocket', Connection: 'keep-alive, upgrade' },
      undefined,
      101,
    ],
    ['without a key', { 'Sec-WebSocket-Key': undefined }, undefined, 400],
    ['with an empty key', { 'Sec-WebSocket-Key': '' }, undefined, 400],
    ['with a short key', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, undefined, 400],
    ['with a key that is no base64', { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }, undefined, 400],
    ['of version 8', { 'Sec-WebSocket-Version': '8' }, undefined, 426],
    ['without a version', { 'Sec-WebSocket-Version': undefined }, undefined, 426],
    ['with POST', {}, 'POST /ws HTTP/1.1', 405],
    ['with HTTP/1.0', {}, 'GET /ws HTTP/1.0', 400],
    ['without Host', { Host: undefined }, undefined, 400],
    ['elsewhere', {}, 'GET /elsewhere HTTP/1.1', 404],
    ['without a token', { 'Sec-WebSocket-Protocol': 'protoo' }, undefined, 401],
    ['with a bad token', { 'Sec-WebSocket-Protocol': 'protoo, token.a.b.c' }, undefined, 401],
    ['of another subprotocol', { 'Sec-WebSocket-Protocol': 'chat' }, undefined, 403],
    ['from another origin', { Origin: 'https://evil.example' }, undefined, 403],
    ['from no origin', { Origin: 'null' }, undefined, 403],
    ['with an extension', { 'Sec-WebSocket-Extensions': 'permessage-deflate' }, undefined, 101],
  ];

  test.each(table)('%s', async (_name, changes, line, status) => {
    const raw = await RawSocket.ask(Number(new URL(server.url).port), head(changes, line));
    expect(raw.status).toBe(status);
    expect(raw.headers).not.toMatch(/sec-websocket-extensions/i);
    raw.end();
  });
});
