// The requests that open a room: a transport for each direction, and the join. If another room takes the place of this one
// before they are answered, the answers will be about that one: it takes them over, for asked again it would be there twice.

import type { RequestOptions } from './connection.js';
import type { EngineTransport, MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import type { MediaLink, MediaRequest } from './media-link.js';
import { soon } from './media-words.js';
import type { ClientMethod, ClientRequests, WireDevice, WirePeer, WireTransport } from './protocol.js';

type Step = EngineTransport['direction'] | 'join';

interface Asked {
  answer: Promise<unknown>;
  abort: AbortController;
}
/** What one room asked, for the next. */
export type Unanswered = ReadonlyMap<Step, Asked>;

/** What the room before asked gets an answer within this time, or is asked again. */
const UNANSWERED_MS = 1_000;

export class RoomOpening {
  readonly #link: Pick<MediaLink, 'request'>;
  readonly #before: Unanswered | null;
  readonly #unanswered = new Map<Step, Asked>();
  #closed = false;

  /** `before`: of the room whose place this one takes. Null: it is the first. */
  constructor(link: Pick<MediaLink, 'request'>, before: Unanswered | null) {
    this.#link = link;
    this.#before = before;
  }

  createTransport(direction: EngineTransport['direction']): Promise<WireTransport> {
    return this.#request(direction, 'createWebRtcTransport', {
      forceTcp: false,
      producing: direction === 'send',
      consuming: direction === 'recv',
    });
  }

  /** Answers who is there. */
  async join(
    rtpCapabilities: MediaEngine['rtpCapabilities'],
    device: WireDevice | undefined,
  ): Promise<readonly WirePeer[]> {
    const data = { ...(device && { device }), rtpCapabilities };
    try {
      const { peers } = await this.#request('join', 'join', data, { refusedTwiceIsDone: true });
      return peers ?? [];
    } catch (error) {
      // The join of the room before was heard in this one, and its answer was lost.
      if (this.#before && error instanceof CarillonError && error.code === 'conflict') return [];
      throw error;
    }
  }

  /** For the room that takes the place of this one. */
  takeUnanswered(): Unanswered {
    const unanswered = new Map(this.#unanswered);
    this.#unanswered.clear();
    return unanswered;
  }

  /** Whoever still waits gets this error. */
  close(error: CarillonError): void {
    this.#closed = true;
    for (const { abort } of this.takeUnanswered().values()) abort.abort(error);
  }

  async #request<M extends ClientMethod>(
    step: Step,
    method: M,
    data: MediaRequest<M>,
    options: RequestOptions = {},
  ): Promise<ClientRequests[M]['response']> {
    type Response = ClientRequests[M]['response'];
    const asked = this.#before?.get(step);
    if (asked) {
      try {
        return (await this.#await(step, asked, soon(asked.answer, UNANSWERED_MS))) as Response;
      } catch (error) {
        if (this.#closed) throw error;
        asked.abort.abort(new CarillonError('call-ended', 'asked again'));
      }
    }
    const abort = new AbortController();
    const answer = this.#link.request(method, data, { ...options, signal: abort.signal });
    return this.#await(step, { answer, abort }, answer);
  }

  /** Until then it can be taken over. */
  async #await<T>(step: Step, asked: Asked, answer: Promise<T>): Promise<T> {
    this.#unanswered.set(step, asked);
    try {
      return await answer;
    } finally {
      this.#unanswered.delete(step);
    }
  }
}
