// What a process uses, as Linux counts it (proc(5)): for trials that say "no spin" and "memory stays flat".
import { readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every Linux that runs Debian. */
const ticksPerSecond = 100;

/** The fields of /proc/PID/stat after the name, which may have spaces in it; [0] is the state. */
const fields = (pid: number): string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

/** Processor time of the process itself, without its children, in seconds. */
export const cpuSeconds = (pid: number): number => {
  const stat = fields(pid);
  return (Number(stat[11]) + Number(stat[12])) / ticksPerSecond;
};

/** Memory in RAM that is not of files, in MiB. */
export const residentMiB = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
};

/** How much of one core the process takes while `doing` lasts. */
export async function shareOfCore(pid: number, doing: () => Promise<unknown>): Promise<number> {
  const [began, before] = [performance.now(), cpuSeconds(pid)];
  await doing();
  return (cpuSeconds(pid) - before) / ((performance.now() - began) / 1000);
}

/** Looks at the share of a core four times a second, until stop(). */
export function watchCpu(pid: number): { stop(): { peak: number; mean: number } } {
  const shares: number[] = [];
  const [began, first] = [performance.now(), cpuSeconds(pid)];
  let [at, cpu] = [began, first];
  const timer = setInterval(() => {
    const [now, used] = [performance.now(), cpuSeconds(pid)];
    shares.push((used - cpu) / ((now - at) / 1000));
    [at, cpu] = [now, used];
  }, 250);
  return {
    stop() {
      clearInterval(timer);
      const mean = (cpuSeconds(pid) - first) / ((performance.now() - began) / 1000);
      return { peak: Math.max(mean, ...shares), mean };
    },
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Of so many values, the one that this share of them does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
}
