import { describe, expect, it } from 'vitest';
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
});
