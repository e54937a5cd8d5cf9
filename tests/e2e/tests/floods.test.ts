// Ten times what is allowed, for as long as somebody likes (trials 43 and 44): it is throttled, the others hardly notice,
// and neither the log nor memory nor the number of workers grows with it. CARILLON_SECONDS=60 is the long form.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { metrics } from '../support/metrics.ts';
import { pause, percentile, residentMiB } from '../support/process.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const seconds = Number(process.env.CARILLON_SECONDS ?? 6);
const timeout = 60_000 + 4 * seconds * 1000;

interface Heard {
  sent: number;
  answered: number;
  refused: number;
  closed: Record<string, number>;
}

/** A process that sends so many of these a second. */
function flood(server: Server, token: string, rate: number, method: string, data: object): Promise<Heard> {
  const script = fileURLToPath(new URL('../support/flood.mjs', import.meta.url));
  const args = [script, server.wsUrl, seconds, rate, token, method, JSON.stringify(data)].map(String);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, out) =>
      error ? reject(new Error(error.message)) : resolve(JSON.parse(out) as Heard),
    );
  });
}

/** How long the requests of quiet people take, asked one by one in a steady trickle. */
async function latencies(people: Wire[]): Promise<number[]> {
  const took: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let i = 0; performance.now() < end; ++i) {
    const began = performance.now();
    await people[i % people.length]!.request('get-blocked-users');
    took.push(performance.now() - began);
    await pause(5);
  }
  return took;
}

test('ten times the messages and the rings that are allowed', { timeout }, async () => {
  const [messages, rings] = [20, 60];
  const server = await Server.start([
    ...['--limits-messages-per-second', `${messages}`, '--limits-rings-per-minute-user', `${rings}`],
    // Those who measure ask more than one may.
    ...['--limits-rings-per-minute-pair', '0'],
  ]);
  const people = await Promise.all(Array.from({ length: 20 }, (_, n) => Wire.connect(server, `quiet${n}`)));
  const quiet = await latencies(people);
  const linesBefore = server.log.length;

  const [talker, ringer] = await Promise.all([server.token('talker'), server.token('ringer')]);
  const flooding = Promise.all([
    flood(server, talker, 10 * messages, 'get-blocked-users', {}),
    // Ten times the rings of a minute in every minute; each is ended by the next one of the same device.
    flood(server, ringer, (10 * rings) / 60, 'start-call', { callees: ['nobody<n>'], media: 'audio' }),
  ]);
  const during = await latencies(people);
  const [talked, rung] = await flooding;
  const lines = server.log.length - linesBefore;

  const [p99, p99Quiet] = [percentile(during, 0.99), percentile(quiet, 0.99)];
  console.log(
    `${seconds} s of ten times the allowed: of ${talked.sent} messages ${talked.answered} answered, ${talked.refused} refused, ` +
      `${talked.closed[1008] ?? 0} times thrown out; of ${rung.sent} rings ${rung.answered} went out; others' p99 ` +
      `${p99Quiet.toFixed(2)} ms quiet, ${p99.toFixed(2)} ms during (${(p99 / p99Quiet).toFixed(2)} of it); ${lines} lines of log`,
  );
  // The rate, and twice of it at once for each time that he came back.
  expect(talked.answered).toBeLessThanOrEqual(messages * (seconds + 2 + 2 * ((talked.closed[1008] ?? 0) + 1)));
  expect(talked.refused).toBeGreaterThan(0);
  expect(rung.answered).toBeLessThanOrEqual(rings * (1 + seconds / 60));
  // A line for each time that he is thrown out and comes back, and some for each call; never one for each message.
  expect(lines).toBeLessThan(20 + 6 * (rung.answered + (talked.closed[1008] ?? 0)));
  // On a machine with time it is within a tenth; this one may be compiling.
  expect(p99).toBeLessThan(Math.max(20, 5 * p99Quiet));
  const shown = await metrics(server);
  expect(shown.get('carillon_limited_total{limit="messages-per-second"}')).toBeGreaterThanOrEqual(talked.refused);
  for (const one of people) one.close();
  expect(await server.stop()).toBe(0);
});

test('a key starts calls without end: its quota holds, and nothing grows', { timeout }, async () => {
  const most = 20;
  const secret = 'a secret of an app that is long enough, for tests';
  const server = await Server.start(['--limits-rooms-per-key', `${most}`, '--media-workers', '2'], {
    env: { CARILLON_AUTH_SECRET: secret },
  });
  const token = (user: string) =>
    new SignJWT({ device: 'phone' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret));
  // What there is before: once as many calls as the key may have, so that everything has its size.
  const crowd = await Promise.all(
    Array.from({ length: 4 * most }, async (_, n) =>
      Wire.open(server.wsUrl, ['protoo', `token.${await token(`user${n}`)}`]),
    ),
  );
  const start = (wire: Wire, n: number) =>
    wire.request('start-call', { callees: [`nobody${n}`], media: 'audio', ringSeconds: 120 });
  const first = await Promise.allSettled(crowd.map(start));
  expect(first.filter(({ status }) => status === 'fulfilled')).toHaveLength(most);
  const workers = (await server.counts()).workers.map(({ pid }) => pid);
  const memory = () => residentMiB(server.pid);
  const before = memory();

  let refused = 0;
  let started = 0;
  let highest = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const tried = await Promise.allSettled(crowd.slice(most).map(start));
    refused += tried.filter(({ status }) => status === 'rejected').length;
    started += tried.filter(({ status }) => status === 'fulfilled').length;
    const { calls, rooms } = await server.counts();
    highest = Math.max(highest, calls, rooms);
    for (const wire of crowd) wire.forget();
  }
  const after = memory();
  console.log(
    `a key that may have ${most} calls: ${refused} more refused in ${seconds} s, at most ${highest} at once; ` +
      `${before.toFixed(1)} MiB before, ${after.toFixed(1)} MiB after`,
  );
  expect(started).toBe(0);
  expect(highest).toBe(most);
  expect((await server.counts()).workers.map(({ pid }) => pid)).toEqual(workers);
  expect(after).toBeLessThan(before + 4);
  expect((await metrics(server)).get('carillon_limited_total{limit="rooms-per-key"}')).toBe(3 * most + refused);
  for (const wire of crowd) wire.close();
  await server.until((counts) => counts.calls === 0 && counts.sessions === 0, 20_000);
  expect(await server.stop()).toBe(0);
});
