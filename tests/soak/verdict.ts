// What a run says at its end: figures, and of each that has a limit whether it was kept.
import { percentile } from '../e2e/support/process.ts';
import { atRest, type Process } from './measure.ts';
import { refusals, type World } from './phone.ts';

export interface Outcome {
  ok: boolean;
  lines: string[];
}

export const mib = (kib: number): string => (kib / 1024).toFixed(2);

export class Verdict implements Outcome {
  readonly lines: string[] = [];
  ok = true;

  say(line: string): void {
    this.lines.push(line);
    console.log(line);
  }
  check(holds: boolean, line: string): void {
    this.ok &&= holds;
    this.say(`${holds ? 'ok    ' : 'FAILED'}  ${line}`);
  }
  /** As `check`, of how long something takes, which another machine or another load would change: said, not judged. */
  time(holds: boolean, line: string): void {
    this.say(`${holds ? 'ok    ' : 'slow  '}  ${line}`);
  }
  /** `most`: the goal, in ms. */
  times(what: string, values: number[], most: { p50?: number; p99: number }): void {
    if (values.length === 0) return this.check(false, `${what}: never`);
    const [p50, p99, longest] = [percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)];
    this.time(
      p50 <= (most.p50 ?? most.p99) && p99 <= most.p99,
      `${what}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(1)} ms (${values.length} times)`,
    );
  }
  /** `tolerance`: how far memory may have grown, in per cent. Descriptors and threads are to be as many as before. */
  same(what: string, first: Process, last: Process, tolerance: number): void {
    const grown = ((last.rss_kib / first.rss_kib - 1) * 100).toFixed(2);
    const [rss, pss] = (['rss_kib', 'pss_kib'] as const).map((name) => `${mib(first[name])} -> ${mib(last[name])} MiB`);
    this.check(last.rss_kib <= first.rss_kib * (1 + tolerance / 100), `${what}: RSS ${rss} (${grown} %), PSS ${pss}`);
    this.check(
      last.fds === first.fds && last.threads === first.threads,
      `${what}: ${first.fds} -> ${last.fds} descriptors, ${first.threads} -> ${last.threads} threads`,
    );
  }
  /** How a trial ends: nothing was refused but what is `expected`, and once all have hung up nothing of them is left. */
  async ends(world: World, people: Iterable<{ close(): void }>, ...expected: string[]): Promise<void> {
    const refused = refusals(world, ...expected);
    this.check(refused === 'none', `refused: ${refused}`);
    for (const each of people) each.close();
    const { left } = await atRest(world.server, 0);
    this.check(left.length === 0, `left over: ${left.join(', ') || 'nothing'}`);
  }
}
