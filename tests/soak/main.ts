// The command line, and the soak itself: warm-up, rest, storm, calm, rest, and the comparison (docs/soak.md).
import { mkdirSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Server } from '../e2e/support/server.ts';
import { Circle } from './circle.ts';
import { knock, strikeWorkers } from './faults.ts';
import { atRest, sample, slope, Table, workers_usual, type Sample } from './measure.ts';
import type { World } from './phone.ts';
import { pause } from './random.ts';
import { trial, trialOptions } from './trials.ts';
import { mib, Verdict, type Outcome } from './verdict.ts';

export interface Options {
  minutes: number;
  circles: number;
  seed: number;
  out: string;
  /** How far memory at the end may be above the beginning, in per cent. */
  tolerance: number;
  /** Between two faults of workers, on the average. */
  strikeSeconds: number;
  graceSeconds: number;
}

type Rest = Sample & { left: string[] };

export async function soak(options: Options): Promise<Outcome> {
  const { minutes, out } = options;
  mkdirSync(out, { recursive: true });
  const log = `${out}/server.log`;
  rmSync(log, { force: true });
  writeFileSync(log, '');
  const server = await Server.start([
    '--media-workers',
    String(workers_usual),
    '--calls-grace-seconds',
    String(options.graceSeconds),
  ]);
  const world: World = {
    server,
    seed: options.seed,
    tally: new Map(),
    grace_ms: options.graceSeconds * 1000,
    workerPorts: [],
    closing: false,
  };
  const table = new Table(`${out}/samples.csv`);
  let phase = 'warm-up';
  const loaded = new Map<string, Sample[]>();
  let looking = true;
  const look = async () => {
    for (let next = Date.now(); looking; next += 10_000) {
      while (looking && Date.now() < next) await pause(100);
      const seen = await sample(server);
      table.add(phase, seen);
      loaded.set(phase, [...(loaded.get(phase) ?? []), seen]);
      const words = server.takeLog().filter((line) => /\b(warn|warning|error|critical)\b/.test(line));
      if (words.length > 0) appendFileSync(log, `${words.join('\n')}\n`);
    }
  };
  const looker = look();
  let calls = 0;
  const struck = { killed: 0, stopped: 0 };

  /** So many minutes of calls, all at once in the biggest call at first, and with faults of workers or without. */
  const load = async (name: string, share: number, strikes: boolean): Promise<void> => {
    phase = name;
    world.closing = false;
    const end = Date.now() + share * minutes * 60_000;
    const circles = Array.from({ length: options.circles }, (_, i) => new Circle(world, i));
    await Promise.all(circles.map((circle) => circle.open()));
    const full = await Promise.all(circles.map((circle) => circle.fill()));
    await Promise.all(circles.map((circle, i) => circle.empty(full[i])));
    const running = circles.map((circle) => circle.run());
    const strangers = knock(world);
    const striking = strikes
      ? strikeWorkers(world, options.strikeSeconds * 1000, () => !world.closing && Date.now() < end)
      : undefined;
    while (Date.now() < end) await pause(100);
    world.closing = true;
    await Promise.all(running);
    await strangers;
    const hits = await striking;
    struck.killed += hits?.killed ?? 0;
    struck.stopped += hits?.stopped ?? 0;
    circles.forEach((circle) => circle.close());
    calls += circles.reduce((sum, circle) => sum + circle.calls, 0);
  };
  const rest = async (name: string): Promise<Rest> => {
    phase = name;
    const seen = await atRest(server, Math.min(15_000, minutes * 60_000 * 0.1));
    table.add(name, seen);
    console.log(
      `${new Date().toISOString()} ${name}: RSS ${mib(seen.server.rss_kib)} MiB, ${seen.server.fds} descriptors`,
    );
    return seen;
  };

  const verdict = new Verdict();
  try {
    await load('warm-up', 0.15, true);
    const first = await rest('first rest');
    await load('storm', 0.6, true);
    await load('settling', 0.05, false);
    const middle = await rest('middle rest');
    await load('calm', 0.2, false);
    const last = await rest('last rest');

    verdict.say(
      `${minutes} minutes, ${calls} calls; workers: ${struck.killed} killed, ${struck.stopped} stopped; seed ${options.seed}`,
    );
    verdict.check(
      first.left.length + last.left.length === 0,
      `left over: ${[...first.left, ...last.left].join(', ') || 'nothing'}`,
    );
    verdict.same('server', first.server, last.server, options.tolerance);
    for (const { pid } of middle.counts.workers) {
      const [before, after] = [middle, last].map((one) => one.workers.find((worker) => worker.pid === pid));
      if (before && after) verdict.same(`worker ${pid}`, before, after, options.tolerance);
      else verdict.check(false, `worker ${pid} died without being struck`);
    }
    const under = [...(loaded.get('storm') ?? []), ...(loaded.get('calm') ?? [])];
    verdict.say(`slope of the server's RSS under load: ${slope(under).toFixed(3)} MiB/h over ${under.length} samples`);
    const most = Math.max(...under.map((one) => one.server.rss_kib));
    verdict.say(
      `most under load: ${mib(most)} MiB, ${Math.max(...under.map((one) => one.counts.calls))} calls at once`,
    );
    const tally = [...world.tally].sort(([a], [b]) => a.localeCompare(b));
    writeFileSync(`${out}/answers.txt`, tally.map(([what, times]) => `${times}\t${what}\n`).join(''));
    const faults = tally.filter(([what]) => / (500|unanswered)$/.test(what));
    verdict.check(
      faults.length === 0,
      `answered 500, or never: ${faults.map(([what, times]) => `${what} (${times})`).join(', ') || 'none'}`,
    );
  } finally {
    looking = false;
    await looker;
    const status = await server.stop();
    verdict.check(status === 0, `the server ends with ${status}`);
    appendFileSync(log, `${server.takeLog().join('\n')}\n`);
  }
  writeFileSync(`${out}/verdict.txt`, `${verdict.lines.join('\n')}\n`);
  return verdict;
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string' },
      circles: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'build/soak' },
      tolerance: { type: 'string', default: '2' },
      'strike-seconds': { type: 'string', default: '90' },
      trial: { type: 'string' },
      ...trialOptions,
    },
  });
  if (values.trial !== undefined) return (await trial(values.trial, values)).ok ? 0 : 1;
  const { ok } = await soak({
    minutes: Number(values.minutes ?? 120),
    circles: Number(values.circles),
    seed: Number(values.seed),
    out: values.out,
    tolerance: Number(values.tolerance),
    strikeSeconds: Number(values['strike-seconds']),
    graceSeconds: 10,
  });
  return ok ? 0 : 1;
}
