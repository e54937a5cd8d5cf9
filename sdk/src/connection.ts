// The connection to the server, kept alive: fetches a token for each attempt, backs off with jitter, resumes the seat,
// and repeats requests whose answer was lost. It does not know what the messages mean, except `welcome`.

import { claimsOf } from './claims.js';
import { Emitter } from './emitter.js';
import { CarillonError } from './errors.js';
import { Protoo } from './protoo.js';
import {
  CLOSE_FINAL,
  CLOSE_RESTART,
  SUBPROTOCOL,
  type ClientMethod,
  type ClientRequests,
  type SessionNotifications,
} from './protocol.js';
import type { CarillonOptions, ConnectionState, TokenSource, WebSocketLike } from './types.js';
import { Deferred, soon } from './waiting.js';

type Welcome = SessionNotifications['welcome'];

export interface ConnectionHandlers {
  /** Before anything else is sent or handled on this connection. */
  onWelcome(welcome: Welcome, resumed: boolean): void;
  onNotification(method: string, data: unknown): void;
  onRequest(method: string, data: unknown): Promise<unknown>;
}

export type ConnectionEvents = {
  state: [state: ConnectionState, error: CarillonError | null];
  'reconnect-scheduled': [attempt: number, delayMs: number, error: CarillonError];
};

export interface RequestOptions {
  /**
   * Sent again after a reconnect if the answer was lost, and kept while there is no connection. For requests that the
   * server takes twice without harm. Default true.
   */
  durable?: boolean;
  /**
   * For requests that the server refuses the second time: if it was sent twice and is refused then, the first one had
   * arrived, and the answer is `{}`.
   */
  refusedTwiceIsDone?: boolean;
  /** When it aborts, the request is rejected with its reason, a `CarillonError`, and not sent again. */
  signal?: AbortSignal;
}

interface Outgoing {
  method: string;
  data: unknown;
  options: RequestOptions;
  deadline: number;
  /** On which connection it was sent last, and what had come in by then. */
  sent: { epoch: number; framesIn: number } | null;
  resolve(answer: unknown): void;
  reject(error: CarillonError): void;
  onAbort(): void;
  timer: ReturnType<typeof setTimeout>;
  settled: boolean;
}

/** The time for everything from opening the socket to the welcome. The server gives 5 s to say who we are. */
const WELCOME_TIMEOUT_MS = 10_000;
/** A server that is replaced in place comes back at once; its clients do so spread over this. */
const RESTART_SPREAD_MS = 500;
/** The server may learn later than we that the connection is lost, and keeps the seat from then on. */
const SEAT_SLACK_MS = 30_000;
/** A living server answers a probe well before; a dead path is worth a reconnect. */
const PROBE_TIMEOUT_MS = 3_000;
/** Not everybody has lost it, but perhaps all behind one router. */
const DEAD_PATH_SPREAD_MS = 250;
/**
 * While the seat may stand: the time for a socket to open, and for a token that is not needed to take it back. A network
 * that swallows packets would hold us up for as long as TCP waits to say it again, also when it has long come back.
 */
const OPEN_PATIENCE_MS = 2_000;
const TOKEN_PATIENCE_MS = 1_000;
/** After so many attempts it is perhaps a network on which nothing is done in that time. */
const IMPATIENT_ATTEMPTS = 12;
const OPEN = 1;

export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: CarillonOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #random: () => number;
  #state: ConnectionState = 'idle';
  #socket: WebSocketLike | null = null;
  #protoo: Protoo | null = null;
  #resumeToken: string | null = null;
  /** How long the server keeps our seat, and since when we are gone. */
  #graceMs = 0;
  #lostAt = 0;
  /** Did this attempt get as far as an open socket? A browser does not say why one did not open. */
  #opened = false;
  #attempt = 0;
  /** Grows with each attempt and each end, so that what belongs to an older one is recognised and dropped. */
  #epoch = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #welcomeTimer: ReturnType<typeof setTimeout> | undefined;
  #waiting: Deferred<void> | null = null;
  /** Sockets that we gave up and that the server may not know to be dead. */
  #abandoned: WebSocketLike[] = [];
  /** Requests without an answer, in the order they were made. */
  readonly #outgoing = new Set<Outgoing>();

  constructor(options: CarillonOptions, handlers: ConnectionHandlers, random: () => number = Math.random) {
    super();
    this.#options = options;
    this.#handlers = handlers;
    this.#random = random;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  connect(): Promise<void> {
    if (this.#state === 'connected') return Promise.resolve();
    if (this.#waiting) return this.#waiting.promise;
    const waiting = new Deferred<void>();
    this.#waiting = waiting;
    if (this.#state === 'idle' || this.#state === 'closed') {
      this.#attempt = 0;
      this.#resumeToken = null;
      this.#setState('connecting', null);
      if (this.#waiting === waiting) void this.#open();
    }
    return waiting.promise;
  }

  /** A clean close: for the server, a hang-up. */
  close(): void {
    this.#end(new CarillonError('closed', 'disconnect() was called'), null);
  }

  request<M extends ClientMethod>(
    method: M,
    data: ClientRequests[M]['data'],
    options: RequestOptions = {},
  ): Promise<ClientRequests[M]['response']> {
    if (this.#state === 'idle' || this.#state === 'closed') {
      return Promise.reject(new CarillonError('closed', `not connected: ${method}`));
    }
    const durable = options.durable ?? true;
    if (!durable && this.#state !== 'connected') {
      return Promise.reject(new CarillonError('disconnected', `not connected: ${method}`));
    }
    const timeoutMs = this.#options.requestTimeoutMs ?? 15_000;
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason as CarillonError);
    return new Promise((resolve, reject) => {
      const outgoing: Outgoing = {
        method,
        data,
        options: { ...options, durable },
        deadline: Date.now() + timeoutMs,
        sent: null,
        settled: false,
        resolve: (answer) => {
          this.#settle(outgoing);
          resolve(answer as ClientRequests[M]['response']);
        },
        reject: (error) => {
          this.#settle(outgoing);
          reject(error);
        },
        onAbort: () => outgoing.reject(signal?.reason as CarillonError),
        timer: setTimeout(() => this.#handleLate(outgoing, timeoutMs), timeoutMs),
      };
      signal?.addEventListener('abort', outgoing.onAbort);
      this.#outgoing.add(outgoing);
      if (this.#state === 'connected') this.#transmit(outgoing);
    });
  }

  /** The last words before the page goes: no answer is awaited. */
  notifyNow(method: ClientMethod, data: unknown): void {
    // A request, since the server takes these as requests only; its answer finds nobody.
    if (this.#state === 'connected') {
      this.#protoo?.request(method, data, 1_000).catch(() => undefined);
    }
  }

  /** The network may have changed: find out at once whether the server is still there, or soon takes us back. */
  probe(timeoutMs = PROBE_TIMEOUT_MS): void {
    if (this.#state === 'reconnecting' || this.#state === 'connecting') {
      if (this.#retryTimer !== undefined) {
        clearTimeout(this.#retryTimer);
        this.#retryTimer = undefined;
        void this.#open();
      }
      return;
    }
    const protoo = this.#protoo;
    if (this.#state !== 'connected' || !protoo) return;
    const epoch = this.#epoch;
    const framesIn = protoo.framesIn;
    protoo.request('getRouterRtpCapabilities', {}, timeoutMs).catch((error: unknown) => {
      const silent = error instanceof CarillonError && error.code === 'timeout';
      if (silent && protoo.framesIn === framesIn) this.#deadPath(epoch);
    });
  }

  /** It is the way to the server that is dead, and not the server. */
  #deadPath(epoch: number): void {
    const error = new CarillonError('disconnected', 'the server does not answer');
    this.#lost(epoch, error, this.#random() * DEAD_PATH_SPREAD_MS);
  }

  async #open(): Promise<void> {
    const epoch = ++this.#epoch;
    this.#attempt++;
    let token: string | null;
    try {
      const patienceMs = this.#options.requestTimeoutMs ?? 15_000;
      token = await fetchToken(this.#options.token, this.#seatMayStand ? TOKEN_PATIENCE_MS : patienceMs);
    } catch (cause) {
      if (epoch !== this.#epoch) return;
      const error = new CarillonError('token-failed', 'no token could be fetched', undefined, cause);
      // At the first attempt the app is told; later the network may be the reason, so try again.
      if (this.#state === 'connecting' && this.#attempt === 1) return this.#end(error, error);
      if (!this.#seatMayStand) return this.#retry(error);
      token = null; // The seat can be taken back without one.
    }
    if (epoch !== this.#epoch) return;
    let socket: WebSocketLike;
    try {
      socket = this.#createSocket(token);
    } catch (cause) {
      const error = new CarillonError('invalid-argument', 'no such address', undefined, cause);
      this.#end(error, error);
      return;
    }
    this.#socket = socket;
    this.#protoo = new Protoo(socket, {
      onNotification: (method, data) => {
        if (epoch !== this.#epoch) return;
        if (method === 'welcome') this.#welcomed(data as Welcome);
        else if (this.#state === 'connected') this.#handlers.onNotification(method, data);
      },
      onRequest: (method, data) => this.#handlers.onRequest(method, data),
    });
    socket.onclose = (event) => this.#closed(epoch, event.code, event.reason);
    this.#opened = false;
    socket.onopen = () => {
      this.#opened = true;
      this.#expectWelcome(epoch);
    };
    socket.onerror = () => undefined; // `close` follows, and says as much.
    const hurries = this.#seatMayStand && this.#attempt <= IMPATIENT_ATTEMPTS;
    this.#expectWelcome(epoch, hurries ? OPEN_PATIENCE_MS : WELCOME_TIMEOUT_MS);
  }

  #expectWelcome(epoch: number, patienceMs = WELCOME_TIMEOUT_MS): void {
    clearTimeout(this.#welcomeTimer);
    this.#welcomeTimer = setTimeout(() => {
      const error = new CarillonError('timeout', 'the server sent no welcome');
      // Where nobody has answered, nobody is spared by a longer wait, and what swallowed this attempt may be over.
      this.#lost(epoch, error, this.#opened ? undefined : this.#backOffMs(0));
    }, patienceMs);
  }

  /** Then the resume token says who we are, whatever became of the access token. */
  get #seatMayStand(): boolean {
    return this.#resumeToken !== null && Date.now() - this.#lostAt < this.#graceMs + SEAT_SLACK_MS;
  }

  #createSocket(token: string | null): WebSocketLike {
    const url = webSocketUrl(this.#options.url);
    if (this.#resumeToken !== null) url.searchParams.set('resume', this.#resumeToken);
    const create = this.#options.createWebSocket ?? browserSocket;
    return create(url.href, [SUBPROTOCOL, ...(token === null ? [] : [`token.${token}`])]);
  }

  #welcomed(welcome: Welcome): void {
    if (this.#state === 'connected') return;
    clearTimeout(this.#welcomeTimer);
    const resumed = this.#resumeToken !== null;
    this.#resumeToken = welcome.resumeToken;
    this.#graceMs = welcome.resumeGraceMs;
    this.#attempt = 0;
    this.#closeAbandoned();
    const unanswered = [...this.#outgoing];
    this.#state = 'connected';
    const epoch = this.#epoch;
    this.#handlers.onWelcome(welcome, resumed);
    if (epoch !== this.#epoch) return;
    for (const outgoing of unanswered) this.#transmit(outgoing);
    this.#setState('connected', null);
    if (epoch !== this.#epoch) return;
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  #transmit(outgoing: Outgoing): void {
    const protoo = this.#protoo;
    if (!protoo || outgoing.settled) return;
    const again = outgoing.sent !== null;
    outgoing.sent = { epoch: this.#epoch, framesIn: protoo.framesIn };
    // Our own timer is the one that ends it; that of the frame only tidies up.
    const timeoutMs = Math.max(0, outgoing.deadline - Date.now()) + 1_000;
    protoo.request(outgoing.method, outgoing.data, timeoutMs).then(outgoing.resolve, (error) => {
      if (!(error instanceof CarillonError) || outgoing.settled) return;
      if (error.code === 'disconnected' && outgoing.options.durable) return; // Sent again after the next welcome.
      const refused = error.status !== undefined;
      if (again && refused && outgoing.options.refusedTwiceIsDone) outgoing.resolve({});
      else outgoing.reject(error);
    });
  }

  #handleLate(outgoing: Outgoing, timeoutMs: number): void {
    outgoing.reject(new CarillonError('timeout', `no answer to ${outgoing.method} within ${timeoutMs} ms`));
    const { sent } = outgoing;
    // If nothing at all came in meanwhile, the path is dead, not only this answer late.
    if (sent && sent.framesIn === this.#protoo?.framesIn) this.#deadPath(sent.epoch);
  }

  #settle(outgoing: Outgoing): void {
    outgoing.settled = true;
    clearTimeout(outgoing.timer);
    outgoing.options.signal?.removeEventListener('abort', outgoing.onAbort);
    this.#outgoing.delete(outgoing);
  }

  #closed(epoch: number, code: number, reason: string): void {
    if (epoch !== this.#epoch) return;
    const expired = !this.#opened && !this.#seatMayStand && hasExpired(this.#options.token);
    if (code === CLOSE_FINAL || expired) {
      const error = expired ? new CarillonError('token-expired', 'the token has expired') : finalError(reason);
      this.#end(error, error);
    } else {
      const error = new CarillonError('disconnected', `closed with ${code} ${reason}`.trim());
      this.#lost(epoch, error, code === CLOSE_RESTART ? this.#random() * RESTART_SPREAD_MS : undefined);
    }
  }

  /** The connection of this epoch is no good any more. */
  #lost(epoch: number, error: CarillonError, delayMs?: number): void {
    if (epoch !== this.#epoch) return;
    if (this.#state === 'connected') this.#lostAt = Date.now();
    this.#dropSocket(error);
    if (this.#options.reconnect === false) {
      this.#end(error, error);
      return;
    }
    const dropped = this.#epoch;
    if (this.#state === 'connected') this.#setState('reconnecting', error);
    if (dropped === this.#epoch) this.#retry(error, delayMs);
  }

  #retry(error: CarillonError, afterMs = this.#backOffMs()): void {
    const delayMs = Math.round(afterMs);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      void this.#open();
    }, delayMs);
    this.emit('reconnect-scheduled', this.#attempt + 1, delayMs, error);
  }

  /** Half fixed, half random: a thousand clients of a server that failed must not come back at the same moment. */
  #backOffMs(attempt = this.#attempt): number {
    const { firstMs = 500, maxMs = 8_000 } = this.#options.reconnect || {};
    const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 20));
    return ceiling / 2 + (this.#random() * ceiling) / 2;
  }

  #end(error: CarillonError, shown: CarillonError | null): void {
    if (this.#state === 'closed' || this.#state === 'idle') return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#dropSocket(error);
    this.#closeAbandoned();
    this.#resumeToken = null;
    for (const outgoing of [...this.#outgoing]) outgoing.reject(error);
    this.#waiting?.reject(error);
    this.#waiting = null;
    this.#setState('closed', shown); // The last: who hears it may connect again.
  }

  /** Lets go of the socket; whatever it still says belongs to an old epoch. */
  #dropSocket(error: CarillonError): void {
    this.#epoch++;
    clearTimeout(this.#welcomeTimer);
    const [socket, protoo] = [this.#socket, this.#protoo];
    this.#socket = null;
    this.#protoo = null;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    // One that opens after all would take the seat, and nobody would be there to hear it.
    if (socket.readyState < OPEN) socket.close();
    // A clean close is a hang-up. So a socket that we only gave up is closed when the seat has moved on.
    else if (socket.readyState === OPEN) this.#abandoned.push(socket);
    protoo?.fail(new CarillonError(error.code === 'closed' ? 'closed' : 'disconnected', error.reason));
    for (const outgoing of [...this.#outgoing]) {
      if (!outgoing.options.durable) outgoing.reject(error);
    }
  }

  #closeAbandoned(): void {
    for (const socket of this.#abandoned.splice(0)) socket.close(1000);
  }

  /** Whoever hears it may close or connect: what goes on after it looks whether it is still meant. */
  #setState(state: ConnectionState, error: CarillonError | null): void {
    this.#state = state;
    this.emit('state', state, error);
  }
}

async function fetchToken(source: TokenSource, timeoutMs: number): Promise<string> {
  const token: unknown = await soon(typeof source === 'function' ? source() : source, timeoutMs);
  if (typeof token !== 'string' || token === '') throw new Error('the token is empty');
  return token;
}

/** A fixed token whose time has passed will not get better by trying. The server's 401 is not shown to us. */
function hasExpired(source: TokenSource): boolean {
  if (typeof source !== 'string') return false;
  const expires = claimsOf(source)?.['exp'];
  return typeof expires === 'number' && expires * 1000 < Date.now();
}

function browserSocket(address: string, protocols: string[]): WebSocketLike {
  return new WebSocket(address, protocols) as WebSocketLike;
}

function webSocketUrl(address: string): URL {
  const base = typeof location === 'undefined' ? undefined : location.href;
  const url = new URL(address, base);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  return url;
}

function finalError(reason: string): CarillonError {
  const code = /^(unauthorized|token-expired|token-not-yet-valid|forbidden)\b/.exec(reason)?.[1];
  return new CarillonError((code as 'unauthorized' | undefined) ?? 'closed', reason || 'closed by the server');
}
