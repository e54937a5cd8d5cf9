// A media worker is killed under its calls: everybody in them has transports, producers and consumers again soon, no call
// is lost, and who is on another worker hears nothing of it.
import { Server, type Counts } from '../e2e/support/server.ts';
import { workers_usual } from './measure.ts';
import { Pair, type Member } from './pair.ts';
import { worldOf } from './phone.ts';
import { pause } from './random.ts';
import { Verdict, type Outcome } from './verdict.ts';

const back_ms_max = 3000;
/** Whoever is not back by then has lost the call. */
const lost_ms = 15_000;
const held = ['sessions', 'calls', 'rooms', 'peers', 'transports', 'producers', 'consumers'] as const;

export interface WorkerDeath {
  calls: number;
  /** How often a worker is killed, each time under new calls on all of them. */
  times: number;
}

export async function workerDeath({ calls, times }: WorkerDeath): Promise<Outcome> {
  const server = await Server.start(['--media-workers', String(workers_usual)]);
  const world = worldOf(server);
  const verdict = new Verdict();
  const pairs = Array.from({ length: calls }, (_, i) => new Pair(world, i));
  const members = pairs.flatMap((pair) => pair.members);
  const back: number[] = [];

  /** One worker is killed, and all are looked at. */
  const strike = async (time: number): Promise<void> => {
    const before = await server.counts();
    const victim = before.workers.find(({ routers }) => routers > 0)!;
    const places = new Map(pairs.flatMap((pair) => pair.members.map((member) => [member, pair.port])));
    for (const member of members) member.heard = 0;
    const killed = performance.now();
    process.kill(victim.pid, 'SIGKILL');
    let struck: Member[] = [];
    let again: Member[] = [];
    while (again.length < victim.routers * 2 && performance.now() < killed + lost_ms) {
      await pause(20);
      struck = members.filter((member) => member.restarts > 0);
      again = struck.filter((member) => member.wholeSince !== undefined);
    }
    back.push(...again.map((member) => member.wholeSince! - killed));
    const others = members.filter((member) => !struck.includes(member));
    const concerned = new Set(struck.map((member) => places.get(member)));
    const elsewhere = others.filter((member) => !concerned.has(places.get(member)));
    verdict.check(
      again.length === victim.routers * 2 && again.length === struck.length && concerned.size === 1,
      `kill ${time}: ${again.length} of the ${victim.routers * 2} people on that worker have all again`,
    );
    const after = await server.counts();
    const lost = held.filter((name) => after[name] !== before[name]);
    verdict.check(
      lost.length === 0,
      `calls ${before.calls} -> ${after.calls}, ${difference(lost, before, after) || 'and all else as before'}`,
    );
    const heard = others.reduce((sum, member) => sum + member.heard, 0);
    verdict.check(
      heard === 0 && elsewhere.length === others.length && others.length > 0,
      `the ${others.length} others heard ${heard === 0 ? 'nothing' : `${heard} things`}`,
    );
    const alive = await Promise.all(members.map((member) => member.isAlive()));
    verdict.check(
      alive.every(Boolean),
      `${alive.filter(Boolean).length} of ${members.length} have transports that answer`,
    );
  };

  try {
    await Promise.all(pairs.map((pair) => pair.connect()));
    for (let time = 1; time <= times; time++) {
      const begun = await Promise.all(pairs.map((pair) => pair.begin()));
      if (!begun.every(Boolean)) throw new Error('a call could not be set up');
      await pause(1000); // scores, which workers tell a moment later
      await strike(time);
      const ended = await Promise.all(pairs.map((pair) => pair.end()));
      verdict.check(ended.every(Boolean), 'all calls end when they are ended');
      await server.until((counts) => counts.workers.length === workers_usual && counts.rooms === 0, 30_000);
    }
    verdict.times('from kill -9 until somebody has all again', back, { p99: back_ms_max });
    await verdict.ends(world, pairs);
  } finally {
    verdict.check((await server.stop()) === 0, 'the server ends with 0');
  }
  return verdict;
}

const difference = (names: readonly (typeof held)[number][], before: Counts, after: Counts) =>
  names.map((name) => `${name} ${before[name]} -> ${after[name]}`).join(', ');
