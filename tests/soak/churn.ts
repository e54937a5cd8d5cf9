// Rooms that come and go, 50 a second: a call to somebody who is not there has a room until it is cancelled.
import { Server } from '../e2e/support/server.ts';
import { atRest, workers_usual } from './measure.ts';
import { Phone, refusals, worldOf } from './phone.ts';
import { pause } from './random.ts';
import { Verdict, type Outcome } from './verdict.ts';

const rooms_per_second = 50;
const callers = 10;

export async function churn({ seconds, tolerance = 2 }: { seconds: number; tolerance?: number }): Promise<Outcome> {
  const server = await Server.start(['--media-workers', String(workers_usual)]);
  const world = worldOf(server);
  const verdict = new Verdict();

  /** How many rooms there were a second. */
  const rounds = async (time_s: number): Promise<number> => {
    const phones = Array.from({ length: callers }, (_, i) => new Phone(world, `caller${i}`, 'phone'));
    await Promise.all(phones.map((phone) => phone.connect()));
    const began = Date.now();
    let rooms = 0;
    const one = async (phone: Phone, i: number): Promise<void> => {
      const every_ms = (1000 * callers) / rooms_per_second;
      for (let next = began + (i * every_ms) / callers; next < began + time_s * 1000; next += every_ms) {
        await pause(Math.max(0, next - Date.now()));
        const made = await phone.ask('start-call', { callees: ['nobody'], media: 'audio' });
        if (made && (await phone.ask('end-call', { callId: made.callId }))) rooms++;
      }
    };
    await Promise.all(phones.map(one));
    const took_s = (Date.now() - began) / 1000;
    for (const phone of phones) phone.close();
    server.takeLog();
    return rooms / took_s;
  };

  try {
    // What grows once: caches, the pages of the database, the heap at its fullest.
    await rounds(seconds * 0.3);
    const first = await atRest(server, 2000);
    const rate = await rounds(seconds * 0.7);
    const last = await atRest(server, 2000);
    verdict.check(
      rate > rooms_per_second * 0.9,
      `${rate.toFixed(1)} rooms made and closed a second, ${seconds} s in all`,
    );
    verdict.check(first.left.length + last.left.length === 0, `left over: ${last.left.join(', ') || 'nothing'}`);
    verdict.same('server', first.server, last.server, tolerance);
    first.workers.forEach((worker, i) => verdict.same(`worker ${i}`, worker, last.workers[i]!, tolerance));
    const refused = refusals(world);
    verdict.check(refused === 'none', `refused: ${refused}`);
  } finally {
    verdict.check((await server.stop()) === 0, 'the server ends with 0');
  }
  return verdict;
}
