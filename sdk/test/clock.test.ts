import { describe, expect, it } from 'vitest';
import { ServerClock } from '../src/clock.js';
import { fakeTime, wait, World } from './world.js';

fakeTime();

describe('The server clock', () => {
  it('is known from its messages, however wrong ours is', async () => {
    const world = new World();
    world.server.clockOffsetMs = -7_200_000;
    const { incoming, alice } = await world.ringing();
    expect(Math.abs(alice.carillon.serverNow() - world.server.now())).toBeLessThan(100);
    expect(incoming.remainingMs).toBeGreaterThan(29_000);
    await wait(10_000);
    expect(incoming.remainingMs).toBeLessThan(20_000);
  });

  it('is ours until the server has said its own', () => {
    expect(new ServerClock().now()).toBe(Date.now());
  });

  it('is that of the message that was the least late', async () => {
    const clock = new ServerClock();
    const server = (): number => Date.now() + 60_000;
    clock.handle(server() - 300);
    clock.handle(server() - 40);
    clock.handle(server() - 900);
    expect(clock.now()).toBe(server() - 40);
    await wait(5_000);
    expect(clock.now()).toBe(server() - 40);
  });

  it.each([-3_600_000, 3_600_000])('follows when one of the two is set by %i ms', (ms) => {
    const clock = new ServerClock();
    clock.handle(Date.now());
    clock.handle(Date.now() + ms);
    expect(clock.now()).toBe(Date.now() + ms);
  });

  it('passes over a message that has no time', () => {
    const clock = new ServerClock();
    clock.handle(Date.now() + 1_000);
    for (const none of [Number.NaN, Infinity, undefined as unknown as number]) clock.handle(none);
    expect(clock.now()).toBe(Date.now() + 1_000);
  });
});
