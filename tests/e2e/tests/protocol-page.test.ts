// docs/protocol.md tells the truth: its recorded examples are read from the page and played again, frame by frame.
//
// A line `alice → {...}` is sent as it stands; `alice ← {...}` must be the next frame that comes to alice. What differs
// from run to run (ids, times, passwords) is learned the first time and must stay the same from then on. `"…"` stands
// for anything, as a field or a last element for more of them. `the worker dies` is done to it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Server } from '../support/server.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url)), 'utf8');
const blocks = [...page.matchAll(/```transcript\n([\s\S]*?)\n```/g)].map((match) => match[1]!.split('\n'));

/** Values of these fields differ from run to run. */
const learned = new Set(
  `callId roomId id transportId producerId consumerId dataProducerId dataConsumerId resumeToken ringUntil serverTime
   startedAt answeredAt endedAt next publicKey usernameFragment password ssrc port value timestamp streamId`.split(
    /\s+/,
  ),
);

interface Actor {
  socket: WebSocket;
  frames: any[];
  wake: () => void;
}

let server: Server;
const actors = new Map<string, Actor>();
const real = new Map<string, unknown>();

beforeAll(async () => {
  server = await Server.start();
});
afterAll(async () => {
  for (const actor of actors.values()) actor.socket.terminate();
  expect(await server.stop()).toBe(0);
});

async function connect(who: string, url: string, protocols: string[]): Promise<void> {
  const socket = new WebSocket(url, protocols);
  const actor: Actor = { socket, frames: [], wake: () => {} };
  socket.on('message', (text) => {
    actor.frames.push(JSON.parse((text as Buffer).toString()));
    actor.wake();
  });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  actors.set(who, actor);
}

async function nextFrame(who: string): Promise<unknown> {
  const actor = actors.get(who)!;
  const end = Date.now() + 5000;
  while (actor.frames.length === 0) {
    if (Date.now() > end) throw new Error(`nothing more comes to ${who}`);
    await new Promise<void>((resolve) => {
      actor.wake = resolve;
      setTimeout(resolve, 100);
    });
  }
  return actor.frames.shift();
}

/** The recorded value with what was learned put in. */
function current(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(current);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, current(inner)]));
  }
  return typeof value === 'string' ? (real.get(value) ?? value) : value;
}

function check(recorded: unknown, actual: unknown, path: string, key = ''): void {
  if (recorded === '…') return;
  if (Array.isArray(recorded)) {
    expect(Array.isArray(actual), path).toBe(true);
    const more = recorded.at(-1) === '…';
    const items = more ? recorded.slice(0, -1) : recorded;
    const length = (actual as unknown[]).length;
    if (more) expect(length, path).toBeGreaterThanOrEqual(items.length);
    else expect(length, `${path}.length`).toBe(items.length);
    items.forEach((item, i) => check(item, (actual as unknown[])[i], `${path}[${i}]`, key));
  } else if (recorded !== null && typeof recorded === 'object') {
    const fields = Object.keys(recorded).filter((name) => name !== '…');
    const others = Object.keys(actual ?? {});
    if ('…' in recorded) expect(others, path).toEqual(expect.arrayContaining(fields));
    else expect(others.sort(), path).toEqual([...fields].sort());
    for (const name of fields) {
      check((recorded as any)[name], (actual as any)[name], `${path}.${name}`, name);
    }
  } else if (learned.has(key) && recorded !== actual) {
    expect(typeof actual, path).toBe(typeof recorded);
    if (typeof recorded === 'string') {
      expect(actual, path).toBe(real.get(recorded) ?? actual);
      real.set(recorded, actual);
    }
  } else {
    expect(actual, path).toEqual(recorded);
  }
}

/** kill -9 of the worker that carries the room. */
async function killWorker(): Promise<void> {
  const { workers } = await server.counts();
  for (const { pid, routers } of workers) if (routers > 0) process.kill(pid, 'SIGKILL');
}

async function play(line: string): Promise<void> {
  if (line === 'the worker dies') return killWorker();
  const [, who, what] = /^(\S+) (.*)$/.exec(line)!;
  const connects = /^connects as (\S+) on (\S+)$/.exec(what!);
  if (connects) {
    const user = connects[1]!;
    const name = user[0]!.toUpperCase() + user.slice(1);
    const token = await server.token(user, name, connects[2]);
    return connect(who!, server.wsUrl, ['protoo', `token.${token}`]);
  }
  if (what === 'drops') return actors.get(who!)!.socket.terminate();
  if (what === 'closes') return actors.get(who!)!.socket.close(1000);
  if (what === 'resumes') {
    const token = [...page.matchAll(new RegExp(`${who} ← .*"resumeToken": "([^"]+)"`, 'g'))][0]![1]!;
    return connect(who!, `${server.wsUrl}?resume=${String(real.get(token))}`, ['protoo']);
  }
  const frame: unknown = JSON.parse(what!.slice(2));
  if (what!.startsWith('→ ')) actors.get(who!)!.socket.send(JSON.stringify(current(frame)));
  else check(frame, await nextFrame(who!), line.slice(0, 80));
}

test('the page has an example of every method and notification that it names', () => {
  const shown = new Set([...page.matchAll(/"method": "([^"]+)"/g)].map((match) => match[1]));
  const named = [...page.matchAll(/^### (?!No|Several|What|A |The|Other|Errors|Notif)(.+)$/gm)]
    .flatMap((match) => match[1]!.split(/, (?:and )?/))
    .filter((name) => /^[a-zA-Z-]+$/.test(name));
  expect(named.length).toBeGreaterThan(25);
  expect(named.filter((name) => !shown.has(name))).toEqual([]);
});

// One after the other, since a later example goes on where an earlier one ended.
test.each(blocks.map((lines, index) => [index + 1, lines] as const))(
  'example %i plays again',
  async (_number, lines) => {
    for (const line of lines) await play(line);
  },
);

test('nothing has come that the page does not show', () => {
  for (const [who, actor] of actors) expect(actor.frames, who).toEqual([]);
});
