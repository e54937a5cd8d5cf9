// Thousands who are signed in and do nothing: nobody is dropped, and each costs little memory and hardly any time.
import { Crowd } from '../e2e/support/crowd.ts';
import { cpuSeconds } from '../e2e/support/process.ts';
import { processOf, workers_usual } from './measure.ts';
import { pause } from './random.ts';
import { secret, Started } from './started.ts';
import { mib, Verdict, type Outcome } from './verdict.ts';

const each_kib_max = 40;
const core_percent_max = 5;
/** New connections a second until all are there. */
const arrivals_per_second = 250;

export interface Idle {
  clients: number;
  seconds: number;
  /** Over TLS, which takes memory too. */
  tls?: boolean;
}

export async function idle({ clients, seconds, tls = false }: Idle): Promise<Outcome> {
  const started = await Started.start(['--media-workers', String(workers_usual)], { tls });
  const { server, ca } = started;
  const verdict = new Verdict();
  let crowd: Crowd | undefined;
  try {
    crowd = await Crowd.gather(server.wsUrl, { secret, ca });
    const rss_kib = () => processOf(server.pid)!.rss_kib;
    const before_kib = rss_kib();
    const { times } = await crowd.open(clients, clients / arrivals_per_second);
    verdict.check(times.length === clients, `${times.length} of ${clients} connected${tls ? ' over TLS' : ''}`);

    // Whoever comes makes work; what is measured is what being there takes.
    await pause(1000);
    let most_kib = rss_kib();
    const [began, cpu_s] = [performance.now(), cpuSeconds(server.pid)];
    while (performance.now() - began < seconds * 1000) {
      await pause(500);
      most_kib = Math.max(most_kib, rss_kib());
    }
    const idle_s = (performance.now() - began) / 1000;
    const percent = ((cpuSeconds(server.pid) - cpu_s) / idle_s) * 100;
    const { sessions } = await started.counts();
    const lost = await crowd.lost();
    const each_kib = (most_kib - before_kib) / clients;
    verdict.check(
      lost === 0 && sessions === clients,
      `idle for ${idle_s.toFixed(0)} s: ${lost} dropped, ${sessions} sessions`,
    );
    verdict.check(
      each_kib <= each_kib_max,
      `${each_kib.toFixed(1)} KiB of RSS for each (${mib(before_kib)} -> ${mib(most_kib)} MiB)`,
    );
    verdict.time(percent <= core_percent_max, `${percent.toFixed(2)} % of a core`);

    await crowd.close();
    const left = await started.left();
    verdict.check(left.length === 0, `left over: ${left.join(', ') || 'nothing'}; RSS ${mib(rss_kib())} MiB`);
  } finally {
    crowd?.disband();
    verdict.check((await server.stop()) === 0, 'the server ends with 0');
  }
  return verdict;
}
