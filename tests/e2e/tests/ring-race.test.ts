// TRIALS 56: three devices answer at the same moment, a thousand times. One wins, the others stop, and the push that ends
// the ring goes to the device that was away.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from '../support/push-world.ts';
import type { Wire } from '../support/wire.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const races = 1000;
/** So many at a time: each has people of its own. */
const lanes = 4;

test(
  '3 devices answer at once, 1,000 times: one wins, the others stop within 500 ms',
  { timeout: 120_000 },
  async () => {
    const stops: number[] = [];
    const winners = new Map<string, number>();
    let pushes = 0;
    const lane = async (n: number) => {
      const phone = await world.away(`bob${n}/away`);
      const alice = await world.connect(`alice${n}`);
      const names = ['phone', 'laptop', 'tablet'];
      const devices = await Promise.all(names.map((name) => world.connect(`bob${n}/${name}`)));
      for (let race = 0; race < races / lanes; race++) {
        const winner = await oneRace(alice, devices, `bob${n}`);
        winners.set(names[winner]!, (winners.get(names[winner]!) ?? 0) + 1);
      }
      // A ring that ended before its push went out needs no push that ends it; of all others each has one, after it.
      await phone.messages.until(
        (all) =>
          all
            .filter(({ data }) => data.type === 'call-started')
            .every(({ data }) => all.some((each) => each.data.type === 'end-call' && each.data.callId === data.callId)),
        10_000,
      );
      const rings = phone.messages.all.filter(({ data }) => data.type === 'call-started');
      for (const ring of rings) {
        const ends = phone.messages.all.filter(
          ({ data }) => data.type === 'end-call' && data.callId === ring.data.callId,
        );
        expect(ends.map(({ data, topic }) => [data.reason, topic])).toEqual([['answered-elsewhere', ring.topic]]);
        expect(phone.messages.all.indexOf(ends[0]!)).toBeGreaterThan(phone.messages.all.indexOf(ring));
      }
      expect(phone.types).not.toContain('missed-call');
      expect(phone.pending().filter(({ data }) => data.type === 'call-started')).toEqual([]);
      pushes += rings.length;
    };

    async function oneRace(alice: Wire, devices: Wire[], bob: string): Promise<number> {
      for (const wire of [alice, ...devices]) wire.forget();
      const { callId } = await alice.request('start-call', { callees: [bob], media: 'audio' });
      await Promise.all(devices.map((device) => device.next('call-started')));
      const begin = performance.now();
      const answers = await Promise.allSettled(devices.map((device) => device.request('accept-call', { callId })));
      const won = answers.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []));
      expect(won).toHaveLength(1);
      const losers = devices.filter((_, at) => at !== won[0]);
      const heard = await Promise.all(losers.map((device) => device.next('end-call')));
      stops.push(performance.now() - begin);
      expect(heard.map(({ reason }) => reason as string)).toEqual(['answered-elsewhere', 'answered-elsewhere']);
      expect(await alice.next('call-accepted')).toMatchObject({ callId, userId: bob });
      await alice.request('end-call', { callId });
      await devices[won[0]!]!.next('end-call');
      return won[0]!;
    }

    await Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
    stops.sort((x, y) => x - y);
    const at = (share: number) => stops[Math.floor(share * (stops.length - 1))]!.toFixed(1);
    console.log(
      `${stops.length} races: won by ${JSON.stringify([...winners])}; the others stopped after ${at(0.5)} ms (p50), ` +
        `${at(0.99)} ms (p99), ${at(1)} ms (most); ${pushes} rings pushed to the device that was away, each of them ended`,
    );
    expect(stops).toHaveLength(races);
    expect(stops.at(-1)).toBeLessThan(500);
    expect(pushes).toBeGreaterThan(0);
    await world.empty();
  },
);
