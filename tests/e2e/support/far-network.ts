// A network behind a router, as Linux makes it out of namespaces: what runs in it reaches this machine under an address of
// its own, until the router forwards nothing any more or the address is another one. Needs loopback-only.sh.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Ours, as it is seen from there. */
export const ourAddress = '10.99.0.1';

/** Namespaces live as long as a process that is in them. */
function namespace(): ChildProcess {
  return spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
}

export class FarNetwork {
  private readonly router = namespace();
  private readonly home = namespace();
  private readonly folder = mkdtempSync(`${tmpdir()}/carillon-far-`);

  private constructor() {}

  /** There are two ways from there to the router, as Wi-Fi and a mobile network would be; the first one is in use. */
  static async make(): Promise<FarNetwork> {
    const far = new FarNetwork();
    await far.ready(far.router);
    await far.ready(far.home);
    far.here(`ip link add far-router type veth peer name uplink netns ${far.router.pid}`);
    far.here(`ip addr add ${ourAddress}/24 dev far-router && ip link set far-router up`);
    far.inside(far.router, 'ip link set lo up && ip addr add 10.99.0.2/24 dev uplink && ip link set uplink up');
    far.inside(far.home, 'ip link set lo up');
    for (const way of [1, 2]) {
      far.inside(far.router, `ip link add down${way} type veth peer name way${way} netns ${far.home.pid}`);
      far.inside(far.router, `ip addr add 10.99.${way}.1/24 dev down${way} && ip link set down${way} up`);
      far.here(`ip route add 10.99.${way}.0/24 via 10.99.0.2`);
    }
    far.use(1);
    far.mend();
    return far;
  }

  /** Every packet in both directions is lost, and nobody is told. */
  cut(): void {
    this.inside(this.router, 'echo 0 > /proc/sys/net/ipv4/ip_forward');
  }
  mend(): void {
    this.inside(this.router, 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  }

  /** From the first way to the second: the address is another one, and the old one is gone. */
  move(): void {
    this.use(2);
    this.inside(this.home, 'ip link set way1 down && ip addr flush dev way1');
  }

  /** A program that starts this one in there. */
  program(path: string): string {
    const script = `${this.folder}/${path.split('/').at(-1)!}`;
    writeFileSync(script, `#!/bin/sh\nexec nsenter --net=/proc/${this.home.pid}/ns/net -- ${path} "$@"\n`);
    chmodSync(script, 0o755);
    return script;
  }

  /** Back to the first way. */
  goHome(): void {
    this.inside(this.home, 'ip addr flush dev way1 && ip addr flush dev way2');
    this.use(1);
  }

  close(): void {
    this.home.kill();
    this.router.kill(); // its end of our link goes with it, and then ours
    rmSync(this.folder, { recursive: true, force: true });
  }

  private use(way: number): void {
    this.inside(
      this.home,
      `ip addr add 10.99.${way}.2/24 dev way${way} && ip link set way${way} up && ip route replace default via 10.99.${way}.1`,
    );
  }
  private here(script: string): void {
    execFileSync('sh', ['-euc', script]);
  }
  private inside(where: ChildProcess, script: string): void {
    execFileSync('nsenter', [`--net=/proc/${where.pid}/ns/net`, 'sh', '-euc', script]);
  }

  /** unshare(1) has made the namespace when it has become what it was to start. */
  private async ready(process: ChildProcess): Promise<void> {
    for (let tries = 0; tries < 500; ++tries) {
      const name = execFileSync('cat', [`/proc/${process.pid}/comm`], { encoding: 'utf8' }).trim();
      if (name === 'sleep') return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('no network namespace of our own here');
  }
}
