// What we send in a room, as the server has it: each producer is announced, paused and closed there, and has a score.

import type { Tell } from './emitter.js';
import type { EngineProducer, EngineProduceParameters } from './engine.js';
import { CarillonError } from './errors.js';
import type { MediaRequest } from './media-link.js';
import type { ClientRequests, MediaNotifications } from './protocol.js';
import type { RoomRequests } from './room-requests.js';
import type { CallTimings } from './types.js';

/** A `produce` that came too often is sent so many times, each when the server has said; when it says nothing, after this. */
const PRODUCE_TURNS = 5;
const PRODUCE_AGAIN_MS = 500;
const PRODUCE_AGAIN_MAX_MS = 5_000;

export type ProducerEvents = {
  /** Ours, as the server receives it. */
  'own-score': [score: number];
  timing: [step: keyof CallTimings];
};

export interface ProducersContext {
  readonly requests: Pick<RoomRequests, 'request' | 'requestOwn'>;
  readonly tell: Tell<ProducerEvents>;
}

export class RoomProducers {
  readonly #context: ProducersContext;
  /** Those that the server has. */
  readonly #ids = new Set<string>();
  /** Requests without an answer. */
  readonly #announcing = new Set<Promise<unknown>>();

  constructor(context: ProducersContext) {
    this.#context = context;
  }

  /** Tells the server of a producer; answers its id. */
  async announce(transportId: string, parameters: EngineProduceParameters): Promise<string> {
    const { source, ...rest } = parameters;
    const appData = source.startsWith('screen')
      ? { source: 'screensharing', share: true }
      : { source: parameters.kind };
    const announcing = this.#produce({ transportId, ...rest, appData });
    this.#announcing.add(announcing);
    try {
      const { id } = await announcing;
      this.#ids.add(id);
      return id;
    } finally {
      this.#announcing.delete(announcing);
      if (this.#announcing.size === 0 && this.#ids.size > 0) this.#context.tell('timing', 'produced');
    }
  }

  /** Somebody who turns his camera on and off again and again waits for a moment, instead of losing it. */
  async #produce(data: MediaRequest<'produce'>): Promise<ClientRequests['produce']['response']> {
    for (let turn = 1; ; turn++) {
      try {
        return await this.#context.requests.requestOwn('produce', data);
      } catch (error) {
        const tooOften = error instanceof CarillonError && error.code === 'rate-limited';
        if (!tooOften || turn === PRODUCE_TURNS) throw error;
        const waitMs = Math.min(error.retryAfterMs ?? PRODUCE_AGAIN_MS, PRODUCE_AGAIN_MAX_MS);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  async setPaused(producer: EngineProducer, paused: boolean): Promise<void> {
    if (paused) producer.pause();
    else producer.resume();
    const method = paused ? 'pauseProducer' : 'resumeProducer';
    await this.#context.requests.requestOwn(method, { producerId: await producer.id });
  }

  async close(producer: EngineProducer): Promise<void> {
    producer.close();
    const producerId = await producer.id;
    this.#ids.delete(producerId);
    await this.#context.requests.requestOwn('closeProducer', { producerId });
  }

  handleScore({ producerId, score }: MediaNotifications['producerScore']): void {
    if (!this.#ids.has(producerId) || score.length === 0) return;
    // Of the layers only those that are sent count: a layer switched off has score 0.
    this.#context.tell('own-score', Math.max(...score.map((stream) => stream.score)));
  }

  /** A produce whose answer was lost left a producer that nobody here knows: its picture would stand still for ever. */
  async closeForgotten(standing: readonly string[]): Promise<void> {
    await Promise.allSettled([...this.#announcing]);
    for (const producerId of standing) {
      if (this.#ids.has(producerId)) continue;
      await this.#context.requests.request('closeProducer', { producerId }).catch(() => undefined);
    }
  }
}
