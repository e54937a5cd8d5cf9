// Many idle clients, in processes of their own, so that whoever measures is not held up by them (crowd.mjs).
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Refusal {
  status?: number;
  retryAfter?: string;
  error?: string;
}

export interface Opened {
  /** From when the first was due until all were in, or refused. */
  seconds: number;
  /** From when each was due until its `welcome`, in ms. */
  times: number[];
  refused: Refusal[];
}

/** How many of so many the n-th does. */
const share = (whole: number, n: number, of: number) =>
  Math.floor((whole * (n + 1)) / of) - Math.floor((whole * n) / of);

export class Crowd {
  private constructor(private readonly processes: ChildProcess[]) {}

  /** `ca`: who has signed the server's certificate. */
  static async gather(
    url: string,
    { secret, ca, processes = 2 }: { secret: string; ca?: Buffer; processes?: number },
  ): Promise<Crowd> {
    const script = fileURLToPath(new URL('crowd.mjs', import.meta.url));
    const crowd = new Crowd(Array.from({ length: processes }, () => fork(script, { execArgv: [] })));
    try {
      await crowd.tell('prepare', (n) => ({ url, secret, ca: ca?.toString(), name: `crowd${n}` }));
    } catch (error) {
      crowd.disband();
      throw error;
    }
    return crowd;
  }

  /** So many more, each a user of its own, connect within so many seconds, and stay. */
  async open(count: number, seconds: number): Promise<Opened> {
    const mine = (n: number) => share(count, n, this.processes.length);
    await this.tell('sign', (n) => ({ count: mine(n) }));
    const began = performance.now();
    const parts = await this.tell<Omit<Opened, 'seconds'>>('open', (n) => ({ count: mine(n), seconds }));
    return {
      seconds: (performance.now() - began) / 1000,
      times: parts.flatMap(({ times }) => times),
      refused: parts.flatMap(({ refused }) => refused),
    };
  }

  /** How many connections have ended without being asked to. */
  async lost(): Promise<number> {
    const parts = await this.tell<Record<string, number>>('lost');
    return parts.flatMap((part) => Object.values(part)).reduce((sum, times) => sum + times, 0);
  }

  /** All hang up. */
  async close(): Promise<void> {
    await this.tell('close');
  }

  /** The processes end, and with them whoever is still there. */
  disband(): void {
    for (const process of this.processes) process.kill('SIGKILL');
  }

  private tell<Answer>(what: string, given: (n: number) => object = () => ({})): Promise<Answer[]> {
    const one = (process: ChildProcess, n: number) =>
      new Promise<Answer>((resolve, reject) => {
        const ended = (code: number | null) => reject(new Error(`a process of clients ended with ${code}`));
        process.once('exit', ended);
        process.once('message', (answer) => {
          process.off('exit', ended);
          resolve(answer as Answer);
        });
        process.send({ what, given: given(n) });
      });
    return Promise.all(this.processes.map(one));
  }
}
