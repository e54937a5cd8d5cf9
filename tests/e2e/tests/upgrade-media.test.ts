// The server is replaced in place, again and again, while two browsers talk and others are busy: no packet is missing
// between the worker and the browsers, and nobody builds a connection anew (docs/reliability.md).
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { callWithMedia, type Held } from '../support/media-world.ts';
import { hearing, report } from '../support/pictures.ts';
import { type Stream, watchRtp } from '../support/rtp-watch.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

/** CARILLON_TIMES=20 on an idle machine gives the figures of docs/reliability.md. */
const times = Number(process.env.CARILLON_TIMES ?? 3);
const busyCalls = Number(process.env.CARILLON_BUSY_CALLS ?? 10);
/** Below the ports that the system gives out by itself. */
const mediaPort = 21_400;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start(['--media-workers', '2', '--media-port', String(mediaPort)]);
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  expect(await server.stop()).toBe(0);
});

/** One of a call that asks its worker something all the time, and comes back when it is sent away. */
class Busy {
  done = false;
  answers = 0;
  private constructor(
    private wire: Wire,
    private readonly held: Held,
  ) {}

  static async pair(number: number): Promise<Busy[]> {
    const wires = [await Wire.connect(server, `busy${number}a`), await Wire.connect(server, `busy${number}b`)];
    const held = await callWithMedia(wires);
    return wires.map((wire, i) => new Busy(wire, held[i]!));
  }

  /** A connection that is made while the program changes may be cut. */
  private async comeBack(): Promise<Wire> {
    const url = `${server.wsUrl}?resume=${this.wire.welcome.resumeToken}`;
    for (let attempt = 0; ; attempt++) {
      try {
        return await Wire.open(url, ['protoo']);
      } catch (error) {
        if (attempt === 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async work(): Promise<void> {
    while (!this.done) {
      const { callId, transportId } = this.held;
      try {
        await this.wire.request('getTransportStats', { callId, transportId });
        this.answers++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      } catch (error) {
        if (!this.wire.closed) throw error;
        this.wire = await this.comeBack();
        expect(this.wire.welcome.calls[0]).toMatchObject({ callId, yourState: 'joined' });
      }
    }
    await this.wire.request('end-call', { callId: this.held.callId }).catch(() => {});
  }
}

/** Streams of media: what flows for longer than a moment. */
const whole = (streams: Stream[], way: Stream['direction']) =>
  streams.filter(({ packets, direction }) => packets > 100 && direction === way);
const sum = (streams: Stream[], of: 'packets' | 'missing') => streams.reduce((all, stream) => all + stream[of], 0);
/** Of those that browsers get. */
const longestGap = (streams: Stream[]) => Math.max(...whole(streams, 'out').map(({ longestGapMs }) => longestGapMs));

test(`an upgrade, ${times} times: no packet is missing, no call ends`, { timeout: 400_000 }, async () => {
  const [alice, bob] = await Promise.all([
    Person.signIn(browser, server, 'Alice'),
    Person.signIn(browser, server, 'Bob'),
  ]);
  await alice.call('video', bob);
  await bob.accept();
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  const busy = (await Promise.all(Array.from({ length: busyCalls }, (_, i) => Busy.pair(i)))).flat();
  const working = Promise.all(busy.map((one) => one.work()));
  const { workers, ...counts } = await server.until(({ sessions }) => sessions === 2 + busy.length);
  const pids = workers.map(({ pid }) => pid);
  const { pid } = server;

  const run = async (each: () => Promise<void>): Promise<Stream[]> => {
    const watched = await watchRtp(mediaPort, mediaPort + 1);
    for (let time = 0; time < times; time++) {
      await each();
      await new Promise((resolve) => setTimeout(resolve, 2_000)); // what a gap is measured against is time
    }
    return watched();
  };
  const control = await run(async () => {});
  const listening = await Promise.all([hearing(alice), hearing(bob)]);
  const took: number[] = [];
  const upgraded = await run(async () => {
    const lines = server.log.length;
    const begun = Date.now();
    server.signal('SIGUSR2');
    await expect
      .poll(() => server.log.slice(lines).some((line) => line.includes('upgraded to carillon')), { timeout: 20_000 })
      .toBe(true);
    await server.until(({ sessions }) => sessions === counts.sessions, 20_000);
    took.push(Date.now() - begun);
  });

  report('everybody is back after an upgrade', took);
  const [sent, got] = [whole(upgraded, 'in'), whole(upgraded, 'out')];
  // What a browser did not send, or lost before it came to us, is missing behind us, too.
  const lost = Math.max(0, sum(got, 'missing') - sum(sent, 'missing'));
  console.log(
    `${times} upgrades: ${lost} of ${sum(got, 'packets')} packets lost, longest gap ${longestGap(upgraded)} ms; ` +
      `without: ${longestGap(control)} ms`,
  );
  expect(got.length).toBeGreaterThanOrEqual(4);
  expect(lost).toBe(0);
  for (const heard of await Promise.all(listening.map((listen) => listen()))) expect(heard.connections).toBe(0);

  // The same process, the same workers, and nobody has lost anything.
  expect(server.pid).toBe(pid);
  expect(server.alive).toBe(true);
  const after = await server.until(({ sessions }) => sessions === counts.sessions);
  expect(after).toMatchObject(counts);
  expect(after.workers.map((worker) => worker.pid)).toEqual(pids);
  for (const person of [alice, bob]) expect(await person.see('ended').count()).toBe(0);
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);

  for (const one of busy) one.done = true;
  await working;
  expect(Math.min(...busy.map(({ answers }) => answers))).toBeGreaterThan(times);
  await alice.hangUp();
  expect(await bob.endReason()).toBe('hangup');
  await server.until(({ calls, rooms, transports }) => calls === 0 && rooms === 0 && transports === 0);
});
