// 200 people who never read, in rooms that say 100 things a second to each of them: what the server keeps for them is
// bounded, they are let go, and nobody else waits.
import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Server } from '../e2e/support/server.ts';
import { processOf } from './measure.ts';
import { Phone, worldOf } from './phone.ts';
import { pause } from './random.ts';
import { mib, Verdict, type Outcome } from './verdict.ts';

const readers = 200;
const rooms = 4; // a call holds 64
const notifications_per_second = 100;
/** What the loud one tells of himself, which makes long notifications: newPeer has it twice. */
const device = { words: 'x'.repeat(600) };
/** What the server queues for one connection is 1 MiB at the most; the connection itself is beside it. */
const kept_mib_max = 1.15;
/** A machine that does other things has such moments by itself; whoever waited for slow readers would wait for seconds. */
const slower_ms_max = 100;

const quantile = (sorted: number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]!;

/** Round trips of people elsewhere, in ms, sorted. */
class Others {
  private times: number[] = [];
  private going = true;
  private readonly ended: Promise<unknown>;

  constructor(phones: Phone[]) {
    this.ended = Promise.all(phones.map((phone) => this.call(phone)));
  }
  take(): { p50: number; p99: number; count: number } {
    const sorted = this.times.sort((a, b) => a - b);
    this.times = [];
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), count: sorted.length };
  }
  async end(): Promise<void> {
    this.going = false;
    await this.ended;
  }
  private async call(phone: Phone): Promise<void> {
    while (this.going) {
      await pause(25);
      const began = performance.now();
      await phone.ask('get-blocked-users');
      this.times.push(performance.now() - began);
    }
  }
}

/**
 * The kernel itself holds up to 36 MiB for somebody who does not read, which take minutes to fill. In a network of our own
 * (support/loopback-only.sh) it is told to hold little. Returned is what undoes it.
 */
function smallBuffers(): () => void {
  if (Object.keys(networkInterfaces()).some((name) => name !== 'lo')) return () => {};
  const limits = { tcp_rmem: '4096 65536 65536', tcp_wmem: '4096 16384 65536' };
  const before = Object.entries(limits).map(([name, limit]) => {
    const file = `/proc/sys/net/ipv4/${name}`;
    const was = readFileSync(file, 'latin1');
    writeFileSync(file, limit);
    return [file, was] as const;
  });
  return () => before.forEach(([file, was]) => writeFileSync(file, was));
}

/** A group call in which somebody comes and goes, so that everybody in it is told. */
class LoudRoom {
  private going = false;
  private running: Promise<number> = Promise.resolve(0);

  private constructor(
    private readonly host: Phone,
    private readonly loud: Phone,
    private readonly roomId: string,
    private readonly callId: string,
  ) {}

  static async open(phone: (user: string) => Promise<Phone>, number: number): Promise<LoudRoom> {
    const [host, loud] = [await phone(`host${number}`), await phone(`loud${number}`)];
    const roomId = `loud ${number}`;
    const { callId } = await host.ask('start-call', { callees: [loud.user], media: 'audio', roomId });
    await loud.ask('accept-call', { callId });
    await host.ask('join', { callId });
    return new LoudRoom(host, loud, roomId, callId as string);
  }

  async letIn(phone: Phone): Promise<void> {
    const data = { callees: [this.host.user], media: 'audio', roomId: this.roomId };
    const { callId } = await phone.ask('start-call', data);
    if (!(await phone.ask('join', { callId })) || callId !== this.callId) throw new Error('the room is full');
  }

  begin(): void {
    this.going = true;
    this.running = this.run();
  }
  /** How many notifications a second somebody in it who reads has heard. */
  end(): Promise<number> {
    this.going = false;
    return this.running;
  }

  private async run(): Promise<number> {
    const { loud, callId } = this;
    const began = Date.now();
    let heard = 0;
    this.host.onNotification = () => heard++;
    while (this.going) {
      await loud.ask('leave-call', { callId });
      await loud.ask('join-call', { callId });
      await loud.ask('join', { callId, device });
      const ahead_ms = (heard * 1000) / notifications_per_second - (Date.now() - began);
      if (ahead_ms > 0) await pause(ahead_ms);
    }
    return (heard * 1000) / (Date.now() - began);
  }
}

export async function slowReaders({ seconds }: { seconds: number }): Promise<Outcome> {
  const buffersAsBefore = smallBuffers();
  // Who does not answer a ping is let go after dead-seconds: here it is to be the queue that decides.
  const server = await Server.start(['--media-workers', '1', '--signaling-dead-seconds', '600']);
  const world = worldOf(server);
  const verdict = new Verdict();
  const phone = async (user: string, device = 'phone') => {
    const made = new Phone(world, user, device);
    await made.connect();
    return made;
  };

  try {
    const others = new Others(await Promise.all([0, 1, 2, 3].map((i) => phone(`other${i}`))));
    const loud = await Promise.all(Array.from({ length: rooms }, (_, i) => LoudRoom.open(phone, i)));
    const quiet_sessions = (await server.counts()).sessions;
    const rss_kib = () => processOf(server.pid)!.rss_kib;

    await pause(Math.max(3, seconds / 6) * 1000);
    const before = others.take();
    const end = Date.now() + seconds * 1000;
    const first_kib = rss_kib();
    for (let round = 1; round === 1 || Date.now() < end; round++) {
      const deaf = await Promise.all(Array.from({ length: readers }, (_, i) => phone(`deaf${i}`)));
      await Promise.all(deaf.map((each, i) => loud[i % rooms]!.letIn(each)));
      for (const each of deaf) each.deaf(true);
      others.take();

      const began = Date.now();
      let most_kib = 0;
      let sessions = quiet_sessions + readers;
      for (const room of loud) room.begin();
      // Until the server has let them all go; two minutes would be far too long.
      while (sessions > quiet_sessions && Date.now() - began < 120_000) {
        await pause(250);
        most_kib = Math.max(most_kib, rss_kib());
        sessions = (await server.counts()).sessions;
      }
      const rates = await Promise.all(loud.map((room) => room.end()));
      const took_s = (Date.now() - began) / 1000;
      const during = others.take();
      for (const each of deaf) each.cut();
      const kept = (most_kib - first_kib) / 1024;
      const rate = Math.min(...rates);
      verdict.check(
        rate > notifications_per_second * 0.8,
        `round ${round}: ${rate.toFixed(0)} notifications a second to each of ${readers}`,
      );
      verdict.check(
        sessions === quiet_sessions,
        `${quiet_sessions + readers - sessions} let go after ${took_s.toFixed(1)} s`,
      );
      verdict.check(
        kept <= readers * kept_mib_max,
        `at most ${(kept / readers).toFixed(2)} MiB for each of them, beside ${mib(first_kib)} MiB before`,
      );
      verdict.check(
        during.p99 < before.p99 + slower_ms_max,
        `others: p50 ${before.p50.toFixed(2)} -> ${during.p50.toFixed(2)} ms, p99 ${before.p99.toFixed(2)} -> ${during.p99.toFixed(2)} ms (${during.count} requests)`,
      );
    }
    await others.end();
    verdict.say(`RSS ${mib(first_kib)} -> ${mib(rss_kib())} MiB`);
  } finally {
    buffersAsBefore();
    verdict.check((await server.stop()) === 0, 'the server ends with 0');
  }
  return verdict;
}
