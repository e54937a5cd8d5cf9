// The two paths of a room, one for what we send and one for what comes in: what state they are in together, and whether
// anything comes in at all. How one of them is mended is room-path.ts's matter.

import type { Tell } from './emitter.js';
import type { EngineTransport, EngineTransportState } from './engine.js';
import type { CarillonError } from './errors.js';
import { Deferred } from './media-words.js';
import { RoomPath, type PathEvents } from './room-path.js';
import type { RoomRequests } from './room-requests.js';
import { LOOK_MS, Silence } from './silence.js';
import type { TransportStats } from './types.js';

export type PathsEvents = PathEvents & {
  /** `used`, `flowing` or `lost` may have changed. */
  changed: [];
};

export interface PathsContext {
  readonly requests: Pick<RoomRequests, 'requestOwn'>;
  readonly tell: Tell<PathsEvents>;
  /** Media has gone where there was some. */
  onLoss(): void;
  /** After a silence something comes in again. */
  onReturn(): void;
}

type Direction = EngineTransport['direction'];

export class RoomPaths {
  readonly #context: PathsContext;
  readonly #transports: Record<Direction, Deferred<EngineTransport>> = { send: new Deferred(), recv: new Deferred() };
  readonly #paths = new Map<Direction, RoomPath>();
  readonly #silence = new Silence();
  #lookTimer: ReturnType<typeof setInterval> | undefined;
  #signalling: boolean;

  constructor(context: PathsContext, signalling: boolean) {
    this.#context = context;
    this.#signalling = signalling;
  }

  /** Something is sent or received, or is about to be. */
  get used(): boolean {
    return this.#some(({ used }) => used);
  }
  get flowing(): boolean {
    return this.#some(({ state }) => state === 'connected');
  }
  /** A path that stood is gone, and is being mended. */
  get lost(): boolean {
    return this.#some(({ lost }) => lost);
  }

  /** As soon as it is there. */
  transport(direction: Direction): Promise<EngineTransport> {
    return this.#transports[direction].promise;
  }

  add(transport: EngineTransport): void {
    const { requests, tell } = this.#context;
    const path = new RoomPath(transport, {
      requests,
      tell,
      hasSignalling: () => this.#signalling,
      onState: (state) => this.#handleState(state),
    });
    this.#paths.set(transport.direction, path);
    this.#transports[transport.direction].resolve(transport);
  }

  /** Those that are not there will not come. */
  fail(error: CarillonError): void {
    for (const transport of Object.values(this.#transports)) transport.reject(error);
  }

  /** The signalling connection went or came back. Media may have stood all the while. */
  handleSignalling(up: boolean): void {
    this.#signalling = up;
    if (!up) return;
    for (const path of this.#paths.values()) {
      // A path that is silent is gone as well; the browser has not noticed yet.
      const silent = path.state === 'connected' && this.#silence.silent;
      if (silent || path.lost) path.restart();
    }
  }

  /** The network may be another one now: new candidates on every path that is in use. */
  handleNetworkChange(): void {
    for (const path of this.#paths.values()) if (path.used) path.restart();
  }

  async getStats(): Promise<{ send: TransportStats | null; recv: TransportStats | null }> {
    const read = async (direction: Direction) => (await this.#paths.get(direction)?.getStats()) ?? null;
    const [send, recv] = await Promise.all([read('send'), read('recv')]);
    return { send, recv };
  }

  close(error: CarillonError): void {
    this.fail(error);
    clearInterval(this.#lookTimer);
    for (const path of this.#paths.values()) path.close();
    this.#paths.clear();
  }

  #some(is: (path: RoomPath) => boolean): boolean {
    return [...this.#paths.values()].some(is);
  }

  #handleState(state: EngineTransportState): void {
    if (state === 'disconnected' || state === 'failed') this.#context.onLoss();
    if (state === 'connected') this.#lookTimer ??= setInterval(() => void this.#look(), LOOK_MS);
    this.#context.tell('changed');
  }

  /** Is anything coming in? */
  async #look(): Promise<void> {
    const { send, recv } = await this.getStats();
    if (!this.flowing) return;
    const { silent } = this.#silence;
    if (this.#silence.look((send?.bytesReceived ?? 0) + (recv?.bytesReceived ?? 0))) this.#context.onLoss();
    if (silent && !this.#silence.silent) this.#context.onReturn();
  }
}
