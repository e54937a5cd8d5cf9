// Thousands who connect within a minute, over TLS: how long until each is welcome, nobody is refused below the limit of
// connections, and who comes above it is told when to come back.
import { Crowd, type Refusal } from '../e2e/support/crowd.ts';
import { cpuSeconds } from '../e2e/support/process.ts';
import { workers_usual } from './measure.ts';
import { secret, Started } from './started.ts';
import { Verdict, type Outcome } from './verdict.ts';

const p99_ms_max = 500;
/** The limit is so far above the clients, for whoever asks for counts; then more come than that. */
const spare = 10;
/** No more than the server answers at a time when it is full: others are not told. */
const surplus = 30;
const surplus_seconds = 3;

export async function connects({ clients, seconds }: { clients: number; seconds: number }): Promise<Outcome> {
  const limit = clients + spare;
  const args = ['--media-workers', String(workers_usual), '--limits-connections', String(limit)];
  const started = await Started.start(args, { tls: true });
  const { server, ca } = started;
  const verdict = new Verdict();
  let crowd: Crowd | undefined;
  try {
    crowd = await Crowd.gather(server.wsUrl, { secret, ca });
    const cpu_s = cpuSeconds(server.pid);
    const { times, refused, seconds: took_s } = await crowd.open(clients, seconds);
    const percent = ((cpuSeconds(server.pid) - cpu_s) / took_s) * 100;
    verdict.check(
      times.length === clients && refused.length === 0,
      `${times.length} of ${clients} connected over TLS in ${took_s.toFixed(1)} s, ${told(refused)}; ${percent.toFixed(0)} % of a core`,
    );
    verdict.times('from when each was due until welcome', times, { p99: p99_ms_max });

    const above = await crowd.open(surplus, surplus_seconds);
    const clean = above.refused.filter(({ status, retryAfter }) => status === 503 && Number(retryAfter) > 0);
    verdict.check(
      above.times.length <= spare && clean.length === surplus - above.times.length,
      `${surplus} more at a limit of ${limit}: ${above.times.length} connected, ${told(above.refused)}`,
    );
    const { status } = await started.get('/livez');
    const lost = await crowd.lost();
    verdict.check(status === 200 && lost === 0, `/livez answers ${status} meanwhile; ${lost} of those before dropped`);

    await crowd.close();
    const left = await started.left();
    verdict.check(left.length === 0, `left over: ${left.join(', ') || 'nothing'}`);
  } finally {
    crowd?.disband();
    verdict.check((await server.stop()) === 0, 'the server ends with 0');
  }
  return verdict;
}

/** How many were refused in which way. */
function told(refused: Refusal[]): string {
  const ways = new Map<string, number>();
  for (const { status, retryAfter, error } of refused) {
    const way = error ?? `${status}${retryAfter ? ` with Retry-After: ${retryAfter}` : ''}`;
    ways.set(way, (ways.get(way) ?? 0) + 1);
  }
  return [...ways].map(([way, times]) => `${times} refused (${way})`).join(', ') || 'none refused';
}
