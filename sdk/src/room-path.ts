// One path of the media: a transport, mended by restarts of ICE for as long as its room stands.

import type { Tell } from './emitter.js';
import type { EngineTransport, EngineTransportState } from './engine.js';
import { CarillonError } from './errors.js';
import type { RoomRequests } from './room-requests.js';
import type { TransportStats } from './types.js';

export type PathEvents = {
  error: [error: CarillonError];
};

export interface PathContext {
  readonly requests: Pick<RoomRequests, 'requestOwn'>;
  readonly tell: Tell<PathEvents>;
  /** Without it there is nobody to ask for a restart. */
  hasSignalling(): boolean;
  onState(state: EngineTransportState): void;
}

/** A path that is `disconnected` often heals by itself within a second; a restart then only costs. */
const DISCONNECTED_PATIENCE_MS = 1_000;
/** After a restart of ICE, the time to connect before the next one; doubles up to the second. */
const RESTART_FIRST_MS = 4_000;
const RESTART_MAX_MS = 30_000;
/** Restarts in vain after which the app is told. */
const RESTARTS_BEFORE_TELLING = 3;

export class RoomPath {
  readonly #transport: EngineTransport;
  readonly #context: PathContext;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** In vain, one after the other. */
  #restarts = 0;
  #restarting = false;

  constructor(transport: EngineTransport, context: PathContext) {
    this.#transport = transport;
    this.#context = context;
    transport.on('state', (state) => this.#handleState(state));
  }

  get state(): EngineTransportState {
    return this.#transport.state;
  }
  /** One without tracks stays `new` and says nothing. */
  get used(): boolean {
    return this.state !== 'new' && this.state !== 'closed';
  }
  /** It stood, or was about to, and does not. */
  get lost(): boolean {
    return this.state === 'disconnected' || this.state === 'failed';
  }

  get #closed(): boolean {
    return this.state === 'closed';
  }

  restart(afterMs = 0): void {
    if (this.#restarting) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#restart(), afterMs);
  }

  /** Null: nobody knows. */
  getStats(): Promise<TransportStats | null> {
    return this.#transport.getStats().catch(() => null);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#transport.close();
  }

  #handleState(state: EngineTransportState): void {
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#restarts = 0;
    } else if (state === 'failed') this.restart();
    else if (state === 'disconnected') this.restart(DISCONNECTED_PATIENCE_MS);
    this.#context.onState(state);
  }

  async #restart(): Promise<void> {
    const { requests, tell, hasSignalling } = this.#context;
    if (this.#closed || !hasSignalling()) return;
    this.#restarting = true;
    this.#restarts++;
    try {
      const answer = await requests.requestOwn('restartIce', { transportId: this.#transport.id });
      if (!this.#closed) await this.#transport.restartIce(answer.iceParameters ?? answer);
    } catch {
      // The next restart is the answer, below; the signalling reports its own trouble.
    } finally {
      this.#restarting = false;
    }
    if (this.#closed || this.state === 'connected') return;
    if (this.#restarts === RESTARTS_BEFORE_TELLING) {
      tell('error', new CarillonError('media-failed', 'the media path cannot be restored'));
    }
    this.restart(Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** (this.#restarts - 1)));
  }
}
