// protoo over one open WebSocket: requests with an answer in time, in both directions, and notifications.
// It knows nothing of calls and does not reconnect; connection.ts does. Frames: docs/protocol.md.

import { CarillonError, type CarillonErrorCode, type ServerErrorCode } from './errors.js';
import type { ErrorFrame, Frame } from './protocol.js';
import type { WebSocketLike } from './types.js';

export interface ProtooHandlers {
  /** Its result is the answer; what it throws becomes an error answer. */
  onRequest(method: string, data: unknown): Promise<unknown>;
  onNotification(method: string, data: unknown): void;
}

interface Pending {
  resolve(data: unknown): void;
  reject(error: CarillonError): void;
  timer: ReturnType<typeof setTimeout>;
}

const OPEN = 1;

export class Protoo {
  readonly #socket: WebSocketLike;
  readonly #handlers: ProtooHandlers;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #framesIn = 0;

  constructor(socket: WebSocketLike, handlers: ProtooHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.onmessage = (event) => this.#handleText(event.data);
  }

  /** How many frames have come in: a sign of life. */
  get framesIn(): number {
    return this.#framesIn;
  }

  request(method: string, data: unknown, timeoutMs: number): Promise<unknown> {
    if (this.#socket.readyState !== OPEN) {
      return Promise.reject(new CarillonError('disconnected', `not connected: ${method}`));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new CarillonError('timeout', `no answer to ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      this.#send({ request: true, id, method, data });
    });
  }

  notify(method: string, data: unknown): void {
    if (this.#socket.readyState === OPEN) this.#send({ notification: true, method, data });
  }

  /** The socket is gone: whoever waits learns it. */
  fail(error: CarillonError): void {
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(error);
    }
    this.#pending.clear();
  }

  #send(frame: Frame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #handleText(text: unknown): void {
    const frame = parseFrame(text);
    if (!frame) return; // Not ours to judge: a newer server may say what we do not know.
    this.#framesIn++;
    if ('request' in frame) void this.#answer(frame.id, frame.method, frame.data);
    else if ('notification' in frame) this.#handlers.onNotification(frame.method, frame.data);
    else {
      const pending = this.#pending.get(frame.id);
      if (!pending) return;
      this.#pending.delete(frame.id);
      clearTimeout(pending.timer);
      if (frame.ok) pending.resolve(frame.data);
      else pending.reject(serverError(frame));
    }
  }

  async #answer(id: number, method: string, data: unknown): Promise<void> {
    let frame: Frame;
    try {
      const answer = (await this.#handlers.onRequest(method, data)) ?? {};
      frame = { response: true, id, ok: true, data: answer };
    } catch (error) {
      const known = error instanceof CarillonError ? error : undefined;
      frame = {
        response: true,
        id,
        ok: false,
        errorCode: known?.status ?? 500,
        errorReason: known?.reason ?? String(error),
      };
    }
    if (this.#socket.readyState === OPEN) this.#send(frame);
  }
}

/** The parts of a frame that we rely on are checked here; the rest is trusted, since it comes from our server. */
export function parseFrame(text: unknown): Frame | null {
  if (typeof text !== 'string') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const frame = value as Record<string, unknown>;
  const data = frame['data'] ?? {};
  const { id, method } = frame;
  if (frame['request'] === true) {
    if (typeof id !== 'number' || typeof method !== 'string') return null;
    return { request: true, id, method, data };
  }
  if (frame['notification'] === true) {
    return typeof method === 'string' ? { notification: true, method, data } : null;
  }
  if (frame['response'] === true && typeof id === 'number') {
    if (frame['ok'] === true) return { response: true, id, ok: true, data };
    const { errorCode, errorReason } = frame;
    return {
      response: true,
      id,
      ok: false,
      errorCode: typeof errorCode === 'number' ? errorCode : 500,
      errorReason: typeof errorReason === 'string' ? errorReason : 'no reason given',
      data: data as ErrorFrame['data'] & object,
    };
  }
  return null;
}

const BY_STATUS: { [status: number]: ServerErrorCode } = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  413: 'too-large',
  415: 'unsupported',
  429: 'rate-limited',
  503: 'unavailable',
};

function serverError(frame: ErrorFrame): CarillonError {
  const code = frame.data?.code ?? BY_STATUS[frame.errorCode] ?? 'internal';
  const wait = frame.data?.retryAfterMs;
  const retryAfterMs = typeof wait === 'number' && wait >= 0 ? wait : undefined;
  return new CarillonError(code as CarillonErrorCode, frame.errorReason, frame.errorCode, undefined, retryAfterMs);
}
