// So many requests of all kinds a second, sent when they are due and not when the one before has been answered: who waits
// because the server is slow is counted as waiting.
import { cpuSeconds, percentile } from '../e2e/support/process.ts';
import { Server } from '../e2e/support/server.ts';
import { dtlsParameters, rtpCapabilities, rtpParameters } from '../e2e/support/media-world.ts';
import { workers_usual } from './measure.ts';
import { Phone, worldOf, type World } from './phone.ts';
import { pause } from './random.ts';
import { Verdict, type Outcome } from './verdict.ts';

const goal = { p50: 5, p99: 50 };
/** Each pair does something five times a second. */
const per_pair_and_second = 5;
/** What is asked after the end of a call: that is answered so. */
const late = 404;

type Who = 'caller' | 'callee';
interface Step {
  who: Who;
  method: string;
  data?: (pair: Pair) => object;
  /** What the answer is for. */
  keep?: (pair: Pair, answer: any) => void;
  /** It needs none before. */
  begins?: true;
}

const ofCall = (pair: Pair) => ({ callId: pair.callId });
const call = (callee: (pair: Pair) => string): Step => ({
  who: 'caller',
  method: 'start-call',
  begins: true,
  data: (pair) => ({ callees: [callee(pair)], media: 'audio' }),
  keep: (pair, answer) => (pair.callId = answer.callId as string),
});
const transport = (who: Who, producing: boolean): Step[] => [
  {
    who,
    method: 'createWebRtcTransport',
    data: (pair) => ({ ...ofCall(pair), producing, consuming: !producing }),
    keep: (pair, answer) => (pair.transportId = answer.id as string),
  },
  {
    who,
    method: 'connectWebRtcTransport',
    data: (pair) => ({ ...ofCall(pair), transportId: pair.transportId, dtlsParameters }),
  },
];
const join = (who: Who): Step => ({ who, method: 'join', data: (pair) => ({ ...ofCall(pair), rtpCapabilities }) });
const simple = (who: Who, method: string, data: object = {}): Step => ({ who, method, data: () => data, begins: true });
const onCall = (who: Who, method: string): Step => ({ who, method, data: ofCall });

/** What each pair does again and again. */
const play: Step[] = [
  // A call with sound from the callee to the caller.
  call((pair) => pair.people.callee.user),
  onCall('callee', 'ringing'),
  onCall('callee', 'accept-call'),
  ...transport('caller', false),
  join('caller'),
  ...transport('callee', true),
  join('callee'),
  {
    who: 'callee',
    method: 'produce',
    data: (pair) => ({
      ...ofCall(pair),
      transportId: pair.transportId,
      kind: 'audio',
      rtpParameters: rtpParameters(pair.nextSsrc++, 'requests'),
    }),
    keep: (pair, answer) => (pair.producerId = answer.id as string),
  },
  { who: 'callee', method: 'pauseProducer', data: (pair) => ({ ...ofCall(pair), producerId: pair.producerId }) },
  { who: 'callee', method: 'getTransportStats', data: (pair) => ({ ...ofCall(pair), transportId: pair.transportId }) },
  { who: 'callee', method: 'restartIce', data: (pair) => ({ ...ofCall(pair), transportId: pair.transportId }) },
  onCall('caller', 'end-call'),
  onCall('callee', 'accept-call'), // too late
  // One that is declined, and one to somebody who is not there.
  call((pair) => pair.people.callee.user),
  onCall('callee', 'decline-call'),
  call(() => 'nobody'),
  onCall('caller', 'end-call'),
  // What is no call.
  simple('caller', 'get-history', { limit: 10 }),
  simple('callee', 'get-history', { missed: true }),
  simple('callee', 'set-do-not-disturb', { on: true }),
  simple('callee', 'set-do-not-disturb', { on: false }),
  simple('callee', 'block-user', { userId: 'somebody' }),
  simple('callee', 'get-blocked-users'),
  simple('callee', 'unblock-user', { userId: 'somebody' }),
  simple('caller', 'getRouterRtpCapabilities'),
  simple('callee', 'mark-history-read'),
];

/** Pairs begin at different ones, so that they do not all do the same at the same time. */
const beginnings = play.flatMap(({ begins }, i) => (begins ? [i] : []));

/** Two people, and how far they are. */
class Pair {
  readonly people: Record<Who, Phone>;
  callId = '';
  transportId = '';
  producerId = '';
  nextSsrc = 1000;
  private step = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(world: World, name: number, first: number) {
    this.people = {
      caller: new Phone(world, `caller${name}`, 'phone'),
      callee: new Phone(world, `callee${name}`, 'phone'),
    };
    for (const phone of Object.values(this.people)) phone.takesAll = true;
    this.step = first;
  }

  /** The next step, as soon as the one before, which it needs, is answered. */
  act(done: (method: string) => void): void {
    const { who, method, data, keep } = play[this.step++ % play.length]!;
    this.last = this.last.then(async () => {
      const answer = await this.people[who].ask(method, data?.(this));
      if (answer) keep?.(this, answer);
      done(method);
    });
  }
  /** Until a play is at its end, so that nothing is left of it. */
  async finish(): Promise<void> {
    while (this.step % play.length !== 0) this.act(() => {});
    await this.last;
  }
}

export interface Requests {
  seconds: number;
  perSecond: number;
}

export async function requests({ seconds, perSecond }: Requests): Promise<Outcome> {
  const server = await Server.start(['--media-workers', String(workers_usual)]);
  const world = worldOf(server);
  const verdict = new Verdict();
  const times = new Map<string, number[]>(play.map(({ method }) => [method, []]));
  try {
    const pairs: Pair[] = [];
    for (let i = 0; i < perSecond / per_pair_and_second; i++) {
      pairs.push(new Pair(world, i, beginnings[i % beginnings.length]!));
      await Promise.all(Object.values(pairs[i]!.people).map((phone) => phone.connect()));
    }
    world.tally.clear();

    const count = seconds * perSecond;
    const [began, cpu_s] = [performance.now(), cpuSeconds(server.pid)];
    for (let sent = 0; sent < count;) {
      for (; sent < count && due(sent) <= performance.now() - began; sent++) {
        const from = began + due(sent);
        pairs[sent % pairs.length]!.act((method) => times.get(method)!.push(performance.now() - from));
      }
      await pause(1);
      server.takeLog();
    }
    const took_s = (performance.now() - began) / 1000;
    const percent = ((cpuSeconds(server.pid) - cpu_s) / took_s) * 100;
    await Promise.all(pairs.map((pair) => pair.finish()));

    const all = [...times.values()].flat();
    const asked = [...times].filter(([, own]) => own.length > 0);
    verdict.check(
      all.length === count,
      `${all.length} requests of ${asked.length} kinds in ${took_s.toFixed(1)} s, ${percent.toFixed(0)} % of a core`,
    );
    verdict.times('from when each was due until its answer', all, goal);
    const slowest = asked.map(([method, own]) => ({ method, p99: percentile(own, 0.99) }));
    slowest.sort((a, b) => b.p99 - a.p99);
    verdict.say(
      `        p99 of the slowest kinds: ${slowest
        .slice(0, 4)
        .map(({ method, p99 }) => `${method} ${p99.toFixed(1)} ms`)
        .join(', ')}`,
    );
    const phones = pairs.flatMap(({ people }) => Object.values(people));
    await verdict.ends(world, phones, `accept-call ${late}`);
  } finally {
    verdict.check((await server.stop()) === 0, 'the server ends with 0');
  }
  return verdict;

  /** When a request is to be sent, in ms after the first. */
  function due(n: number): number {
    return (n * 1000) / perSecond;
  }
}
