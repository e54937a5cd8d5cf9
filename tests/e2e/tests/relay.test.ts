// The bad network of the tests itself: a network that is better than it says would make every trial with it pass.
import dgram from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Line, queueMs } from '../support/line.ts';
import { rtp, stun } from '../support/probes.ts';
import { receptionOf, type Look } from '../support/reception.ts';
import { Relay } from '../support/relay.ts';
import { usernameOf } from '../support/stun.ts';

/** With its headers 1,250 bytes: 10 ms at 1 Mbit/s. */
const bytes = 1222;

describe('a line', () => {
  test('carries at once what nothing holds up', () => {
    const line = new Line(1);
    expect(Array.from({ length: 100 }, () => line.carry(bytes, 5))).toEqual(Array(100).fill(5));
  });

  test('lets through no more than its rate, one after the other', () => {
    const line = new Line(1, { lossPercent: 0, delayMs: 0, megabits: 1 });
    expect([0, 0, 0, 25, 100].map((now) => line.carry(bytes, now))).toEqual([10, 20, 30, 40, 110]);
  });

  test('drops what finds the queue full, and takes again what finds room', () => {
    const line = new Line(1, { lossPercent: 0, delayMs: 0, megabits: 1 });
    const at = Array.from({ length: 50 }, () => line.carry(bytes, 0));
    const held = queueMs / 10 + 1; // the last one finds exactly as much before it as may be
    expect(at.filter((each) => each !== undefined)).toHaveLength(held);
    expect(at.findIndex((each) => each === undefined)).toBe(held);
    expect(line.carry(bytes, 10)).toBe(queueMs + 20);
    expect(line.carry(bytes, 10)).toBeUndefined();
    expect(line.counts).toEqual({ carried: held + 1, lost: 0, dropped: 50 - held + 1 });
  });

  test('delays after the bottleneck, and keeps the order when the way becomes shorter', () => {
    const line = new Line(1, { lossPercent: 0, delayMs: 200, megabits: 1 });
    expect(line.carry(bytes, 0)).toBe(210);
    line.quality = { lossPercent: 0, delayMs: 0, megabits: 1 };
    expect(line.carry(bytes, 50)).toBe(210);
    expect(line.carry(bytes, 250)).toBe(260);
  });

  test.each([2, 5, 10])('loses %i of a hundred, the same ones each time', (lossPercent) => {
    const lost = (seed: number) => {
      const line = new Line(seed, { lossPercent, delayMs: 0, megabits: Infinity });
      return Array.from({ length: 20_000 }, (_, n) => (line.carry(bytes, n) === undefined ? n : -1)).filter(
        (n) => n >= 0,
      );
    };
    expect(lost(7)).toEqual(lost(7));
    expect(lost(8)).not.toEqual(lost(7));
    // Five times its standard deviation, 0.21 of a hundred for 10.
    expect(Math.abs(lost(7).length / 200 - lossPercent)).toBeLessThan(1.1);
  });
});

test('the username of a binding request is found, and of nothing else', () => {
  const request = stun('server:client', 'password');
  expect(usernameOf(request)).toBe('server');
  expect(usernameOf(request.subarray(0, 20))).toBeUndefined();
  expect(usernameOf(rtp(1, 2, 3))).toBeUndefined();
  expect(usernameOf(Buffer.of(0, 1))).toBeUndefined();
});

describe('the relay', () => {
  let relay: Relay;
  /** Sends back what comes, as a media port never would. */
  const echo = dgram.createSocket('udp4');
  const clients = ['near', 'far'].map((name) => ({ name, socket: dgram.createSocket('udp4') }));
  let port = 0;

  beforeAll(async () => {
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    echo.on('message', (packet, { port, address }) => echo.send(packet, port, address));
    ({ port } = echo.address());
    relay = await Relay.start({ port, listen: '127.0.0.2', target: '127.0.0.1' });
    await relay.behind(['far']);
  });
  afterAll(async () => {
    await relay.close();
    for (const socket of [echo, ...clients.map(({ socket }) => socket)]) socket.close();
  });

  /** How long a packet of each takes there and back, in ms; undefined: longer than anybody waits. */
  const roundTrips = (waitMs: number) =>
    Promise.all(
      clients.map(async ({ name, socket }) => {
        const packet = stun(`${name}:client`, 'password');
        const began = performance.now();
        const back = new Promise<number>((resolve) =>
          socket.once('message', (answer) => {
            expect(answer).toEqual(packet);
            resolve(performance.now() - began);
          }),
        );
        socket.send(packet, port, '127.0.0.2');
        const late = new Promise<undefined>((resolve) => setTimeout(resolve, waitMs, undefined));
        const took = await Promise.race([back, late]);
        socket.removeAllListeners('message');
        return took;
      }),
    );

  test('delays who is behind the bad network, both ways, and nobody else', async () => {
    await relay.become({ lossPercent: 0, delayMs: 300, megabits: 1 });
    const [near, far] = await roundTrips(20_000);
    expect(far).toBeGreaterThanOrEqual(600);
    expect(near).toBeLessThan(far!);
  });

  test('loses what is his, and nobody else’s', async () => {
    await relay.become({ lossPercent: 100, delayMs: 0, megabits: 1 });
    const before = await relay.counts();
    const [near, far] = await roundTrips(500);
    expect(near).toBeDefined();
    expect(far).toBeUndefined();
    const { up, down } = await relay.counts();
    expect({ up: up.lost - before.up.lost, down: down.lost - before.down.lost }).toEqual({ up: 1, down: 0 });
  });
});

describe('what was received', () => {
  /** Ten times a second for five seconds: ten bytes of sound each time, a picture every second time. */
  const looks = (change: (look: Look, n: number) => Partial<Look> = () => ({})): Look[] =>
    Array.from({ length: 51 }, (_, n) => {
      const audio = { audioBytes: n * 10, audioPackets: n * 2, audioLost: 0 };
      const look = { at: 7000 + n * 100, ...audio, frames: Math.floor(n / 2), width: 640, height: 480 };
      return { ...look, ...change(look, n) };
    });

  test('all the time', () => {
    expect(receptionOf(looks())).toEqual({
      ...{ silenceMs: 100, seconds: 5, poorestBytes: 100, audioLostPercent: 0 },
      ...{ framesPerSecond: 5, freezeMs: 200, width: 640, height: 480 },
    });
  });

  test('with gaps, and packets that were lost', () => {
    const gap = (from: number, to: number, n: number) => (n < from ? n : Math.max(from, n - to + from));
    const seen = receptionOf(
      looks((_, n) => ({ audioBytes: gap(20, 32, n) * 10, audioLost: n, frames: gap(10, 30, n) })),
    );
    expect(seen).toMatchObject({ silenceMs: 1300, poorestBytes: 0, freezeMs: 2100 });
    expect(seen.audioLostPercent).toBeCloseTo(100 / 3);
    expect(receptionOf(looks().map((look) => ({ ...look, audioBytes: 0, frames: 0 })))).toMatchObject({
      ...{ silenceMs: 5000, poorestBytes: 0, framesPerSecond: 0, freezeMs: 5000 },
    });
  });
});
