// What the parts of a room are given by the room, for tests of each part alone.

import type { RequestOptions } from '../src/connection.js';
import type { Tell } from '../src/emitter.js';
import type { EngineTransportOptions } from '../src/engine.js';
import { CarillonError } from '../src/index.js';
import type { MediaLink } from '../src/media-link.js';
import type { ClientMethod } from '../src/protocol.js';
import { FakeEngine, type FakeTransport } from '../src/testing/index.js';
import { Deferred } from '../src/waiting.js';

export interface Question {
  method: ClientMethod;
  data: object;
  options: RequestOptions;
  answer(answer?: object): void;
  refuse(code: 'conflict' | 'not-found' | 'rate-limited'): void;
}

/** A server that answers when the test does, over a connection that obeys the signal. */
export class Questions {
  readonly asked: Question[] = [];

  readonly request: MediaLink['request'] = <M extends ClientMethod>(
    method: M,
    data: object,
    options: RequestOptions = {},
  ) => {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason as CarillonError);
    const { promise, resolve, reject } = new Deferred<object>();
    signal?.addEventListener('abort', () => reject(signal.reason as CarillonError));
    const answer = (value = {}): void => resolve(value);
    const refuse = (code: 'conflict'): void => reject(new CarillonError(code, 'as the test wants', 400));
    this.asked.push({ method, data, options, answer, refuse });
    return promise;
  };
  readonly requestOwn = this.request;

  get methods(): ClientMethod[] {
    return this.asked.map(({ method }) => method);
  }
  get last(): Question {
    return this.asked.at(-1)!;
  }
}

/** Notes what a part tells: the event and its words. */
export function listen<Events extends { [K in keyof Events]: unknown[] }>(): { told: string[]; tell: Tell<Events> } {
  const told: string[] = [];
  return {
    told,
    tell: (event, ...args) => {
      const words = args.filter((arg) => typeof arg !== 'object');
      told.push([event, ...words].join(' '));
    },
  };
}

/** A transport whose path connects only when the test says so. */
export function fakeTransport(
  direction: 'send' | 'recv',
  options: Partial<EngineTransportOptions> = {},
): FakeTransport {
  const engine = new FakeEngine();
  engine.connects = false;
  engine.createTransport({
    direction,
    transport: { id: `${direction}-1` } as EngineTransportOptions['transport'],
    iceServers: [],
    connect: () => Promise.resolve(),
    produce: () => Promise.resolve('producer-1'),
    ...options,
  });
  return engine.transport(direction);
}
