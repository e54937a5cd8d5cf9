// What a process holds, as the kernel says, and what the server says of itself: one line of a table each time.
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Counts, Server } from '../e2e/support/server.ts';
import { pause } from './random.ts';

export interface Process {
  pid: number;
  rss_kib: number;
  pss_kib: number;
  fds: number;
  threads: number;
}

export interface Sample {
  at: number; // ms since the epoch
  server: Process;
  counts: Counts;
  workers: Process[];
}

const number = (text: string, name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);

/** undefined: there is no such process any more. */
export function processOf(pid: number): Process | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return {
      pid,
      rss_kib: number(status, 'VmRSS'),
      pss_kib: number(rollup, 'Pss'),
      fds: readdirSync(`/proc/${pid}/fd`).length,
      threads: number(status, 'Threads'),
    };
  } catch {
    return undefined;
  }
}

export async function sample(server: Server): Promise<Sample> {
  const counts = await server.counts();
  const own = processOf(server.pid);
  if (!own) throw new Error('the server is gone');
  const workers = counts.workers.map(({ pid }) => processOf(pid)).filter((worker) => worker !== undefined);
  return { at: Date.now(), server: own, counts, workers };
}

const objects = ['sessions', 'users', 'calls', 'rooms', 'peers', 'transports', 'producers', 'consumers'] as const;

/** Each sample as a line of a CSV file. */
export class Table {
  private readonly began = Date.now();

  constructor(readonly file: string) {
    const worker = (n: number) =>
      ['pid', 'rss_kib', 'fds', 'routers', 'transports'].map((name) => `worker${n}_${name}`);
    const columns = [
      'seconds',
      'phase',
      'rss_kib',
      'pss_kib',
      'fds',
      'threads',
      ...objects,
      ...worker(0),
      ...worker(1),
    ];
    writeFileSync(file, `${columns.join(',')}\n`);
  }

  add(phase: string, { at, server, counts, workers }: Sample): void {
    const line: (string | number)[] = [((at - this.began) / 1000).toFixed(1), phase];
    line.push(server.rss_kib, server.pss_kib, server.fds, server.threads, ...objects.map((name) => counts[name]));
    for (const { pid, rss_kib, fds } of workers) {
      const held = counts.workers.find((worker) => worker.pid === pid)!;
      line.push(pid, rss_kib, fds, held.routers, held.transports);
    }
    appendFileSync(this.file, `${line.join(',')}\n`);
  }
}

/** How many the server is started with. */
export const workers_usual = 2;

/** What is still there; empty when the server holds nothing of anybody. */
export function leftovers(counts: Counts): string[] {
  const own = objects.filter((name) => counts[name] > 0).map((name) => `${counts[name]} ${name}`);
  const workers = counts.workers.flatMap(({ pid, routers, transports }) =>
    routers + transports > 0 ? [`worker ${pid}: ${routers} routers, ${transports} transports`] : [],
  );
  const missing = counts.workers.length < workers_usual ? ['a worker too few'] : [];
  return [...own, ...workers, ...missing];
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The server at rest: everything has ended, and has been over for `settle_ms`. Medians of nine looks. */
export async function atRest(server: Server, settle_ms: number): Promise<Sample & { left: string[] }> {
  // A seat is kept for ten seconds; a request of media may wait for twenty; a half-open connection five.
  const end = Date.now() + 60_000;
  while (leftovers(await server.counts()).length > 0 && Date.now() < end) await pause(500);
  await pause(settle_ms);
  const looks: Sample[] = [];
  for (let i = 0; i < 9; i++) {
    looks.push(await sample(server));
    await pause(300);
  }
  const last = looks.at(-1)!;
  const middle = (of: (one: Sample) => Process | undefined): Process => {
    const seen = looks.map(of).filter((one) => one !== undefined);
    const field = (name: keyof Process) => median(seen.map((one) => one[name]));
    return {
      pid: seen[0]!.pid,
      rss_kib: field('rss_kib'),
      pss_kib: field('pss_kib'),
      fds: field('fds'),
      threads: field('threads'),
    };
  };
  return {
    ...last,
    server: middle((one) => one.server),
    workers: last.workers.map(({ pid }) => middle((one) => one.workers.find((worker) => worker.pid === pid))),
    left: leftovers(last.counts),
  };
}

/** By how much RSS grows: the line of least squares through the samples, in MiB an hour. */
export function slope(samples: Sample[]): number {
  const points = samples.map(({ at, server }) => ({ x: at / 3_600_000, y: server.rss_kib / 1024 }));
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, p) => sum + of(p), 0) / points.length;
  const [x, y] = [mean((p) => p.x), mean((p) => p.y)];
  return mean((p) => (p.x - x) * (p.y - y)) / mean((p) => (p.x - x) ** 2);
}
