// The program has no file descriptors left (trial 31): accepting rests and does not spin, who is connected goes on, a
// media worker that dies meanwhile comes back later, and all is well again when there are some.
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { callWithMedia } from '../support/media-world.ts';
import { pause, shareOfCore } from '../support/process.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const limit = 200;
const waiting = 300;

/** Connects and asks; resolves when there is a whole answer. */
function visitor(server: Server): { socket: Socket; answered: Promise<boolean> } {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write('GET /livez HTTP/1.1\r\nHost: h\r\n\r\n');
  const answered = new Promise<boolean>((resolve) => {
    socket.on('data', (text) => resolve(String(text).startsWith('HTTP/1.1 200')));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
  return { socket, answered };
}

test(`${waiting} clients for ${limit} descriptors`, { timeout: 120_000 }, async () => {
  const server = await Server.start(['--media-workers', '2'], { under: ['prlimit', `--nofile=${limit}:${limit}`] });
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((user) => Wire.connect(server, user)));
  await callWithMedia([alice!, bob!]);
  const idle = (await server.counts()).workers.find(({ routers }) => routers === 0)!.pid;

  const visitors = Array.from({ length: waiting }, () => visitor(server));
  let answered = 0;
  for (const { answered: done } of visitors) void done.then((yes) => (answered += yes ? 1 : 0));
  const full = 'cannot accept a connection: Too many open files';
  await expect.poll(() => server.log.filter((line) => line.includes(full)).length, { timeout: 10_000 }).toBe(1);

  // A worker that dies now cannot be replaced now.
  process.kill(idle, 'SIGKILL');
  const share = await shareOfCore(server.pid, () => pause(4000));
  const let_in = answered;
  await alice!.request('get-blocked-users');
  expect(server.log.filter((line) => line.includes(full)).length).toBeLessThanOrEqual(2);

  // Each that goes lets another in, until nobody is left who has not been answered.
  while (visitors.length > 0) {
    const next = visitors.shift()!;
    expect(await next.answered).toBe(true);
    next.socket.destroy();
  }
  expect(answered).toBe(waiting);
  const counts = await server.until(({ workers }) => workers.length === 2, 40_000);
  expect(counts).toMatchObject({ calls: 1, peers: 2, sessions: 2, transports: 4 });
  console.log(
    `${waiting} clients for ${limit} descriptors: ${let_in} let in at first, ${answered} in the end; ` +
      `while they waited the server took ${(share * 100).toFixed(1)} % of a core`,
  );
  expect(share).toBeLessThan(0.2);
  // And as before: somebody calls somebody.
  const [carol, dave] = await Promise.all(['carol', 'dave'].map((user) => Wire.connect(server, user)));
  await callWithMedia([carol!, dave!]);
  for (const wire of [alice!, bob!, carol!, dave!]) wire.close();
  expect(await server.stop()).toBe(0);
});
