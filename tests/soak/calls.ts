// Calls between two, 200 a minute, each with all that its media need: how long until both have everything of each other,
// as far as that is the server's doing (nobody hesitates, and no media flow).
import { Server } from '../e2e/support/server.ts';
import { workers_usual } from './measure.ts';
import { Pair } from './pair.ts';
import { worldOf } from './phone.ts';
import { pause } from './random.ts';
import { Verdict, type Outcome } from './verdict.ts';

const p99_ms_max = 1000;

export interface Calls {
  seconds: number;
  perMinute: number;
  /** From the set-up to the end. */
  talkSeconds?: number;
}

export async function calls({ seconds, perMinute, talkSeconds = 30 }: Calls): Promise<Outcome> {
  const server = await Server.start(['--media-workers', String(workers_usual)]);
  const world = worldOf(server);
  const verdict = new Verdict();
  const free: Pair[] = [];
  let pairs = 0;
  const gather = async (): Promise<Pair> => {
    const pair = new Pair(world, pairs++);
    await pair.connect();
    return pair;
  };

  const times: number[] = [];
  let stuck = 0;
  const one = async (due: number): Promise<void> => {
    const ready = free.pop();
    const pair = ready ?? (await gather());
    const from = ready ? due : performance.now();
    if (await pair.begin()) times.push(performance.now() - from);
    else stuck++;
    await pause(talkSeconds * 1000);
    if (!(await pair.end())) stuck++;
    free.push(pair);
  };

  try {
    const at_once = Math.ceil((perMinute / 60) * talkSeconds * 1.2) + 2;
    for (let i = 0; i < at_once; i++) free.push(await gather());
    const before = await server.counts();
    const count = Math.floor((seconds * perMinute) / 60);
    const began = performance.now();
    const going: Promise<void>[] = [];
    let most = 0;
    for (let i = 0; i < count; i++) {
      const due = began + (i * 60_000) / perMinute;
      await pause(Math.max(0, due - performance.now()));
      going.push(one(due));
      most = Math.max(most, pairs - free.length);
      server.takeLog();
    }
    const took_s = (performance.now() - began) / 1000;
    await Promise.all(going);
    verdict.check(
      times.length === count && stuck === 0,
      `${times.length} of ${count} calls set up in ${took_s.toFixed(0)} s, ${stuck} stuck; at most ${most} at once`,
    );
    verdict.times('from start-call until both have all of each other', times, { p99: p99_ms_max });
    const after = await server.until((counts) => counts.calls + counts.rooms + counts.transports === 0, 15_000);
    verdict.check(after.sessions >= before.sessions, `all are still connected: ${after.sessions} sessions`);
    await verdict.ends(world, free);
  } finally {
    verdict.check((await server.stop()) === 0, 'the server ends with 0');
  }
  return verdict;
}
