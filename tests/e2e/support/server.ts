// Starts the program as a user would, on free ports, and reads from its log where it serves.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Counts {
  sessions: number;
  users: number;
  calls: number;
  rooms: number;
  peers: number;
  transports: number;
  producers: number;
  consumers: number;
  workers: { pid: number; routers: number; transports: number }[];
}

/** Free ones, and one worker. */
const own = { '--http-listen': '127.0.0.1:0', '--media-port': '0', '--media-workers': '1' };

/** Those of `own` that a test does not want otherwise. */
const ownPorts = (args: string[] = []): string[] =>
  Object.entries(own).flatMap((one) => (args.includes(one[0]) ? [] : one));

export class Server {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
    private readonly lines: string[],
  ) {}

  /**
   * `args` go to `carillon serve` beside what a test needs. `under`: a command that starts it, as `nice` would;
   * `program`: a copy of it; `ports` false: a file in `args`, or in `cwd`, says where it listens. Without a `--data-dir` it gets an empty one that goes with it.
   */
  static async start(
    args: string[] = [],
    {
      dev = true,
      env = {},
      under = [],
      program: given,
      ports = true,
      cwd,
    }: {
      dev?: boolean;
      env?: NodeJS.ProcessEnv;
      under?: string[];
      program?: string;
      ports?: boolean;
      cwd?: string;
    } = {},
  ): Promise<Server> {
    const binary = given ?? process.env.CARILLON_BINARY ?? `${root}build/release/app/carillon`;
    const web = args.includes('--web-dir') ? [] : ['--web-dir', process.env.CARILLON_WEB_DIR ?? `${root}web/dist`];
    const [program, ...rest] = [
      ...under,
      binary,
      'serve',
      ...(dev ? ['--dev'] : []),
      ...(ports ? ownPorts(args) : []),
      ...web,
      ...args,
    ];
    return Server.spawn(program!, rest, env, cwd);
  }

  /** As `start`, by a program that ends up as `carillon serve --dev`. */
  static run(program: string): Promise<Server> {
    return Server.spawn(program, ownPorts(), {});
  }

  private static async spawn(program: string, args: string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Server> {
    let folder: string | undefined;
    if (!args.includes('--data-dir')) {
      folder = mkdtempSync(`${tmpdir()}/carillon-data-`);
      args = [...args, '--data-dir', folder];
    }
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd, env: { ...process.env, ...env } });
    child.on('close', () => folder && rmSync(folder, { recursive: true, force: true }));
    const lines: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      let rest = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop()!;
        lines.push(...parts);
        const serving = parts.map((line) => /serving on (https?:\S+)/.exec(line)?.[1]).find(Boolean);
        if (serving) resolve(serving);
      });
      child.on('error', reject);
      // Not `exit`: its last words may still be on their way then.
      child.on('close', (code) => reject(new Error(`carillon ended with ${code}:\n${lines.join('\n')}`)));
    });
    return new Server(child, url, lines);
  }

  get wsUrl(): string {
    return `${this.url.replace('http', 'ws')}/ws`;
  }
  get pid(): number {
    return this.process.pid!;
  }
  get log(): readonly string[] {
    return this.lines;
  }
  /** What was read of the log so far, which a server that runs for hours need not keep. */
  takeLog(): string[] {
    return this.lines.splice(0);
  }
  get alive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  async token(user: string, name = user, device?: string): Promise<string> {
    const response = await fetch(`${this.url}/dev/token`, {
      method: 'POST',
      body: JSON.stringify({ user, name, device }),
    });
    if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { token: string }).token;
  }

  async counts(): Promise<Counts> {
    return (await (await fetch(`${this.url}/v1/debug/counts`)).json()) as Counts;
  }

  /** Until `holds` is true of the server's counts; fails with the last ones after `ms`. */
  async until(holds: (counts: Counts) => boolean, ms = 5000): Promise<Counts> {
    const end = Date.now() + ms;
    for (;;) {
      const counts = await this.counts();
      if (holds(counts)) return counts;
      if (Date.now() > end) throw new Error(`the server still holds ${JSON.stringify(counts)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.kill('SIGKILL');
    await ended;
  }

  /** The exit status, once it has ended by itself. */
  async exit(): Promise<number | null> {
    if (!this.alive) return this.process.exitCode;
    return await new Promise((resolve) => this.process.on('exit', resolve));
  }

  /** The exit status; every test ends with it, so that a server that cannot stop is found. */
  async stop(): Promise<number | null> {
    if (!this.alive) return this.process.exitCode;
    const ended = this.exit();
    this.process.kill('SIGINT');
    return await ended;
  }
}
