// The name of a push service is not resolved, or only after many seconds: pushes to the others go out as ever, the log and
// the ledger say what was wrong, and nothing waits when the server stops.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { NameServer } from '../support/name-server.ts';
import { PushService } from '../support/push-service.ts';
import { World } from '../support/push-world.ts';
import { percentile } from '../support/process.ts';

const crowdSize = 20;
let authority: Authority;
let names: NameServer;
let good: PushService;
let world: World;

beforeAll(async () => {
  authority = Authority.make();
  // Four times five seconds: what a machine without a name server of its own does by default.
  names = await NameServer.start(
    { 'good.test': ['127.0.0.1'], 'silent.test': 'silence', 'unknown.test': [] },
    'timeout:5 attempts:4',
  );
  good = await PushService.start(authority, { name: 'good.test' });
  world = await World.start({
    services: 0,
    args: ['--push-allow-hosts', `${good.host},silent.test,unknown.test`, '--push-ca-file', authority.file],
    under: names.under,
  });
});
afterAll(async () => {
  await good.close();
  names.close();
  authority.remove();
});

/** Somebody whose push service has this name. */
async function awayAt(host: string, user: string): Promise<void> {
  const { json } = good.subscribe(world.vapidKey);
  const subscription = { ...json, endpoint: `https://${host}/push/${user}` };
  const token = await world.server.token(user);
  const data = { type: 'webpush', subscription };
  expect((await world.rest('POST', '/v1/push/subscriptions', { token, data })).status).toBe(201);
}

/** How long it takes from start-call until the push is there, one ring after the other. */
async function pushTimes(prefix: string, count: number): Promise<number[]> {
  const took: number[] = [];
  const alice = await world.connect('alice');
  for (let n = 0; n < count; ++n) {
    const phone = await world.away(`${prefix}${n}`, undefined, good);
    const began = Date.now();
    const { callId } = await alice.request('start-call', { callees: [`${prefix}${n}`], media: 'audio' });
    took.push((await phone.next('call-started', 5000)).at - began);
    await alice.request('end-call', { callId });
  }
  return took;
}

test('pushes to other services do not wait for a name', { timeout: 120_000 }, async () => {
  const quiet = await pushTimes('before', 20);
  const callers = [];
  for (let n = 0; n < crowdSize; ++n) {
    await awayAt(n % 2 ? 'silent.test' : 'unknown.test', `unlucky${n}`);
    callers.push(await world.connect(`caller${n}`));
  }
  // Rings of 3 s: they end while their names are still being looked for, and must not hold up the others then either.
  await Promise.all(
    callers.map((caller, n) =>
      caller.request('start-call', { callees: [`unlucky${n}`], media: 'audio', ringSeconds: 3 }),
    ),
  );
  const during = await pushTimes('during', 20);
  await Promise.all(callers.map((caller) => caller.next('end-call', 8000)));
  const after = await pushTimes('after', 20);
  const longest = (all: number[]) => percentile(all, 1);
  console.log(
    `a push while ${crowdSize} others look for names in vain: at most ${longest(quiet)} ms before, ` +
      `${longest(during)} ms while they ring, ${longest(after)} ms after`,
  );
  expect(longest(during)).toBeLessThan(1500);
  expect(longest(after)).toBeLessThan(1500);
  expect(names.asked).toContain('silent.test');

  // Named in the log, once for each ring that came to nothing, and without its endpoint.
  // Those that waited for a connection to the same service while others looked for its name have no answer, and those
  // that waited for their next try when their time was over have expired.
  const told = () => world.server.log.filter((line) => /push did not ring: (no address|no answer|expired)/.test(line));
  await expect.poll(() => told().length, { timeout: 10_000 }).toBe(crowdSize);
  expect(told().some((line) => line.includes('no address'))).toBe(true);
  expect(world.server.log.join('\n')).not.toContain('/push/unlucky');

  const began = performance.now();
  await world.empty();
  await world.stop();
  expect(performance.now() - began).toBeLessThan(12_000);
});
