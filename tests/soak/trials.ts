// The trials by name, and how much of each is usual.
import { calls } from './calls.ts';
import { churn } from './churn.ts';
import { connects } from './connects.ts';
import { idle } from './idle.ts';
import { requests } from './requests.ts';
import { slowReaders } from './slow-readers.ts';
import type { Outcome } from './verdict.ts';
import { workerDeath } from './worker-death.ts';

export const trialOptions = {
  seconds: { type: 'string' },
  clients: { type: 'string' },
  rate: { type: 'string' },
  calls: { type: 'string' },
  times: { type: 'string' },
  tls: { type: 'boolean', default: false },
} as const;

/** As they stand on the command line; undefined: as usual. */
interface Given {
  minutes?: string;
  seconds?: string;
  clients?: string;
  rate?: string;
  calls?: string;
  times?: string;
  tls: boolean;
}

export async function trial(name: string, given: Given): Promise<Outcome> {
  const number = (text: string | undefined, usual: number) => Number(text ?? usual);
  const seconds = (usual: number) => number(given.seconds, number(given.minutes, usual / 60) * 60);
  switch (name) {
    case 'churn':
      return churn({ seconds: seconds(600) });
    case 'slow-readers':
      return slowReaders({ seconds: seconds(60) });
    case 'idle':
      return idle({ clients: number(given.clients, 5000), seconds: seconds(600), tls: given.tls });
    case 'connects':
      return connects({ clients: number(given.clients, 10_000), seconds: seconds(60) });
    case 'requests':
      return requests({ perSecond: number(given.rate, 1000), seconds: seconds(300) });
    case 'calls':
      return calls({ perMinute: number(given.rate, 200), seconds: seconds(600) });
    case 'worker-death':
      return workerDeath({ calls: number(given.calls, 20), times: number(given.times, 1) });
    default:
      throw new Error(`there is no trial "${name}"`);
  }
}
