// TRIALS 6: a thousand pushes at once.
import { expect, test } from 'vitest';
import { burst, told } from '../support/burst.ts';
import { World } from '../support/push-world.ts';

test.each([
  ['HTTP/2', true, 1000],
  ['HTTP/1.1', false, 300],
])('many at once over %s', { timeout: 90_000 }, async (_name, http2Too, pushes) => {
  const world = await World.start({ http2Too });
  try {
    const figures = await burst(world, pushes);
    console.log(told(figures));
    expect(figures.disordered).toEqual([]);
    // 5 s on a machine that has nothing else to do; half of the time is the service's, which decrypts.
    expect(figures.ms).toBeLessThan(15_000);
    expect(figures.connections).toBeLessThanOrEqual(10);
    expect(Object.keys(figures.protocols)).toEqual([http2Too ? 'h2' : 'http/1.1']);
    await world.empty();
  } finally {
    await world.stop();
  }
});
