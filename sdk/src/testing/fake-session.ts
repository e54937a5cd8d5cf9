// A device at the fake server, and how what it asks is answered.

import type { Frame } from '../protocol.js';
import type { FakeSocket } from './fake-socket.js';

export type Data = Record<string, unknown>;
/** Its result is the answer, or a promise of it; a `Refusal` that it throws is the error. */
export type Handler = (session: FakeSession, data: Data) => unknown;

/** A handler that returns this leaves the client waiting. */
export const NO_ANSWER = Symbol('no answer');

/** Thrown by a handler, it becomes an error answer. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    reason: string,
    readonly retryAfterMs?: number,
  ) {
    super(reason);
  }
}

/** Answer first, then act: what a handler has to tell it leaves for after the answer. */
export function afterAnswer(act: () => void): void {
  queueMicrotask(act);
}

/** A device, for as long as its seat lasts. */
export class FakeSession {
  socket: FakeSocket | null = null;
  /** What we asked of the client and have no answer to. */
  readonly pending = new Map<number, { frame: Frame; resolve: (answer: Frame) => void }>();
  readonly answers = new Map<string, unknown>();
  graceTimer: ReturnType<typeof setTimeout> | undefined;
  watchesPresence = false;

  constructor(
    readonly userId: string,
    readonly name: string,
    readonly deviceId: string,
    readonly resumeToken: string,
  ) {}

  /** In rooms: two users may both call a device of theirs "phone". */
  get peerId(): string {
    return `${this.userId}/${this.deviceId}`;
  }
}
