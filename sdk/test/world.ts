// The ladder that tests climb: a server, clients, a ringing call, an accepted one, one with media.

import { afterEach, beforeEach, vi } from 'vitest';
import {
  Carillon,
  type Call,
  type Emitter,
  type CarillonOptions,
  type IncomingCall,
  type StartCallOptions,
} from '../src/index.js';
import { FakeEngine, FakeServer, fakeToken } from '../src/testing/index.js';

export interface Client {
  carillon: Carillon;
  engine: FakeEngine;
}

/** Time stands still between tests' own steps. Call it at the top of a test file. */
export function fakeTime(): void {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
}

/** Lets everything that is under way arrive: far more hops than any exchange has, and no timer of the product. */
export const flush = (): Promise<unknown> => vi.advanceTimersByTimeAsync(50);
export const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

export class World {
  readonly server = new FakeServer();

  make(user: string, options: Partial<CarillonOptions> = {}): Client {
    const engine = new FakeEngine();
    const carillon = new Carillon({
      url: 'wss://calls.test/ws',
      token: fakeToken({ sub: user, name: user.toUpperCase() }),
      engine,
      createWebSocket: this.server.createWebSocket,
      ...options,
    });
    return { carillon, engine };
  }

  async client(user: string, options: Partial<CarillonOptions> = {}): Promise<Client> {
    const client = this.make(user, options);
    void client.carillon.connect();
    await flush();
    return client;
  }

  async pair(): Promise<{ alice: Client; bob: Client }> {
    return { alice: await this.client('alice'), bob: await this.client('bob') };
  }

  async ringing(
    options: Partial<StartCallOptions> = {},
  ): Promise<{ alice: Client; bob: Client; call: Call; incoming: IncomingCall }> {
    const { alice, bob } = await this.pair();
    const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video', ...options }));
    await flush();
    const [incoming] = bob.carillon.incoming;
    if (!incoming) throw new Error('it does not ring');
    return { alice, bob, call, incoming };
  }

  async connected(
    options: Partial<StartCallOptions> = {},
  ): Promise<{ alice: Client; bob: Client; call: Call; answered: Call }> {
    const { alice, bob, call, incoming } = await this.ringing(options);
    const answered = await settled(incoming.accept());
    await flush();
    return { alice, bob, call, answered };
  }
}

/** The promise's end, with time running meanwhile. */
export async function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await flush();
  return promise;
}

/** What it was rejected with; fails if it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const outcome = promise.then(
    () => {
      throw new Error('it was not rejected');
    },
    (error: unknown) => error,
  );
  await flush();
  return outcome;
}

/** Notes each of these events, with the names of what they are about. */
export function record<E extends { [K in keyof E]: unknown[] }>(
  source: Emitter<E>,
  ...events: (keyof E & string)[]
): string[] {
  const seen: string[] = [];
  for (const event of events) {
    source.on(event, (...args) => {
      const words = args.map((arg) => describe(arg)).filter((word) => word !== '');
      seen.push([event, ...words].join(' '));
    });
  }
  return seen;
}

function describe(arg: unknown): string {
  if (arg === null) return '';
  if (typeof arg === 'string' || typeof arg === 'number') return `${arg}`;
  const thing = arg as { userId?: string; source?: string; code?: string; id?: string };
  return thing.userId ?? thing.source ?? thing.code ?? thing.id ?? '';
}
