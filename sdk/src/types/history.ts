// The calls that are over.

import type { Emitter } from '../emitter.js';
import type { EndReason, MediaChoice } from '../protocol.js';
import type { UserInfo } from './user.js';

export interface HistoryQuery {
  /** The `next` of the page before, or a time in ms since the epoch. */
  before?: string | number;
  /** 1 to 100; the server's default is 50. */
  limit?: number;
  /** Missed calls only. */
  missed?: boolean;
}

export interface HistoryPage {
  /** Newest first. */
  readonly calls: readonly HistoryCall[];
  /** For the next page; null: this is the last. */
  readonly next: string | null;
  readonly unread: number;
}

/** A call that is over, as it was for this user. Times are the server's. */
export interface HistoryCall {
  readonly callId: string;
  readonly roomId: string;
  readonly media: MediaChoice;
  readonly outgoing: boolean;
  /** Everybody else. */
  readonly with: readonly UserInfo[];
  readonly startedAt: number;
  /** When this user answered; in a call of his own, when anybody did. Null: never. */
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** From the answer to the end; null: never answered. */
  readonly lastedMs: number | null;
  /** How it ended for this user. */
  readonly reason: EndReason;
  readonly missed: boolean;
}

export type HistoryEvents = {
  /** A call was added (`callId`), or several, or the mark moved, or we were away. `unread` is renewed; ask for the list again. */
  changed: [callId: string | null];
};

export interface History extends Emitter<HistoryEvents> {
  /** Missed calls since the mark, as last heard; 0 before the first `list()`. */
  readonly unread: number;
  list(query?: HistoryQuery): Promise<HistoryPage>;
  /** Everything up to now is read, on all devices of this user. */
  markRead(): Promise<void>;
}
