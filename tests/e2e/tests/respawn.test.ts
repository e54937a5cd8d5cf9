// A media worker dies again and again (trial 12): the next one comes ever later, the node stays ready with the rest, a
// call on another worker does not notice, and the metrics and the log say what happens.
import { expect, test } from 'vitest';
import { callWithMedia } from '../support/media-world.ts';
import { metrics } from '../support/metrics.ts';
import { shareOfCore } from '../support/process.ts';
import { Server, type Counts } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

const kills = 10;
/** src/room/respawn.hpp: the wait after the death with this number. */
const waitMs = (death: number) => (death <= 5 ? 0 : 200 * 2 ** (death - 6));

test(`a worker is killed ${kills} times in a minute`, { timeout: 120_000 }, async () => {
  const server = await Server.start(['--media-workers', '2']);
  const [alice, bob] = await Promise.all(['alice', 'bob'].map((user) => Wire.connect(server, user)));
  await callWithMedia([alice!, bob!]);
  const spared = (await server.counts()).workers.find(({ routers }) => routers > 0)!.pid;
  const other = (counts: Counts) => counts.workers.find(({ pid }) => pid !== spared);

  const took: number[] = [];
  let ready = 0;
  const began = performance.now();
  const share = await shareOfCore(server.pid, async () => {
    for (let death = 1; death <= kills; ++death) {
      const { pid } = other(await server.until((counts) => other(counts) !== undefined, 20_000))!;
      const killed = performance.now();
      process.kill(pid, 'SIGKILL');
      const next = server.until((counts) => (other(counts)?.pid ?? pid) !== pid, 20_000);
      ready += (await fetch(`${server.url}/readyz`)).ok ? 1 : 0;
      await next;
      took.push(performance.now() - killed);
      expect(took.at(-1)).toBeGreaterThanOrEqual(waitMs(death));
    }
  });
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${kills} kills of a worker in ${seconds.toFixed(1)} s: the next one after ${took.map((ms) => Math.round(ms)).join(', ')} ms; ` +
      `ready ${ready} of ${kills} times, the server took ${(share * 100).toFixed(1)} % of a core`,
  );
  expect(seconds).toBeLessThan(60);
  expect(ready).toBe(kills);
  // Starting ten processes costs something; spinning would cost all of it.
  expect(share).toBeLessThan(0.5);

  const shown = await metrics(server);
  expect(shown.get('carillon_worker_restarts_total')).toBe(kills);
  expect(shown.get('carillon_worker_up{worker="0"}')).toBe(1);
  expect(shown.get('carillon_worker_up{worker="1"}')).toBe(1);
  expect(server.log.filter((line) => line.includes('worker died'))).toHaveLength(kills);
  expect(server.log.filter((line) => line.includes('dies again and again'))).toHaveLength(kills - 5);

  expect(await server.counts()).toMatchObject({ calls: 1, rooms: 1, peers: 2, transports: 4, sessions: 2 });
  for (const wire of [alice!, bob!]) {
    expect(wire.methods()).not.toContain('media-restart');
    wire.close();
  }
  expect(await server.stop()).toBe(0);
});
