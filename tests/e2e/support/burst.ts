// Many people are called at the same moment, and all of them are away: TRIALS 6.
import type { Subscription } from './push-service.ts';
import type { World } from './push-world.ts';

/** In one call; with the caller that is the most a call takes in the tests. */
const together = 50;

/** Each has people of its own. */
let rounds = 0;

export interface Burst {
  pushes: number;
  /** From the first start-call to the last push at the service. */
  ms: number;
  /** The half of them. */
  halfMs: number;
  connections: number;
  /** Pushes of each HTTP version. */
  protocols: Record<string, number>;
  /** Pushes that came more than once: their answer was lost. The topic lets the second take the first one's place. */
  repeated: number;
  /** What devices got instead of ring, end and missed call in this order, whatever was repeated. */
  disordered: string[];
}

export async function burst(world: World, pushes: number): Promise<Burst> {
  const round = ++rounds;
  const names = Array.from({ length: pushes }, (_, n) => `away${round}-${n}`);
  // Some at a time: who registers is not what is measured.
  const devices: Subscription[] = [];
  for (let n = 0; n < names.length; n += together) {
    devices.push(...(await Promise.all(names.slice(n, n + together).map((name) => world.away(name)))));
  }
  const callers = await Promise.all(
    Array.from({ length: Math.ceil(pushes / together) }, (_, n) => world.connect(`caller${round}-${n}`)),
  );
  const before = world.service.connections;
  const begin = Date.now();
  const calls = await Promise.all(
    callers.map((caller, n) =>
      caller.request('start-call', {
        callees: names.slice(n * together, (n + 1) * together),
        media: 'audio',
        ringSeconds: 30,
      }),
    ),
  );
  const rings = await Promise.all(devices.map((device) => device.next('call-started', 30_000)));
  const connections = world.service.connections - before;
  const took = rings.map(({ at }) => at - begin).sort((x, y) => x - y);
  await Promise.all(callers.map((caller, n) => caller.request('end-call', { callId: calls[n].callId })));
  await Promise.all(devices.map((device) => device.next('missed-call', 30_000)));
  const protocols: Record<string, number> = {};
  for (const { protocol } of rings) protocols[protocol] = (protocols[protocol] ?? 0) + 1;
  return {
    pushes,
    ms: took.at(-1)!,
    halfMs: took[Math.floor(took.length / 2)]!,
    connections,
    protocols,
    repeated: devices.reduce((sum, { types }) => sum + types.length - distinct(types).length, 0),
    disordered: devices
      .map(({ types }) => distinct(types).join())
      .filter((types) => types !== 'call-started,end-call,missed-call'),
  };
}

/** Without those that are as the one before. */
const distinct = (types: string[]): string[] => types.filter((type, n) => type !== types[n - 1]);

export const told = ({ pushes, ms, halfMs, connections, protocols, repeated, disordered }: Burst): string =>
  `${pushes} pushes at once: all delivered after ${ms} ms (half after ${halfMs} ms), ${connections} connections, ` +
  `${JSON.stringify(protocols)}, ${repeated} repeated, ${disordered.length} devices out of order`;
