// Calls that ring here.

import type { Emitter } from '../emitter.js';
import type { EndReason, MediaChoice } from '../protocol.js';
import type { Call, CallMediaOptions, Metadata } from './call.js';
import type { UserInfo } from './user.js';

/** `ringing` → `accepting` (we wait for the server) → `accepted`, or → `ended`. */
export type IncomingState = 'ringing' | 'accepting' | 'accepted' | 'ended';

export type IncomingEvents = {
  state: [state: IncomingState];
  /** It rings no more: `canceled`, `timeout`, `answered-elsewhere`, `declined-elsewhere`, `declined`, … */
  ended: [reason: EndReason];
  /** It became a call of this device: by `accept()`, or by glare (we called them at the same moment). */
  accepted: [call: Call];
};

/** A call that rings here. */
export interface IncomingCall extends Emitter<IncomingEvents> {
  readonly callId: string;
  readonly roomId: string;
  readonly caller: UserInfo;
  /** User ids of all who are rung, this user among them. */
  readonly callees: readonly string[];
  readonly media: MediaChoice;
  /** Server time; see `remainingMs`. */
  readonly ringUntil: number;
  readonly metadata: Metadata | undefined;
  readonly state: IncomingState;
  /** Why it ended, when state is `ended`. */
  readonly endReason: EndReason | null;
  /** How much longer it rings, by the server's clock; never below 0. */
  readonly remainingMs: number;

  /**
   * Opens camera and microphone before the person has decided, so that accepting is faster; `accept()` uses them, any
   * other end closes them. For apps whose ringing screen shows a self view.
   */
  prepare(options?: CallMediaOptions): void;
  /**
   * Takes the call. Rejects with `conflict`, `not-found` or `call-ended` if another device, or the end, was faster. After
   * any other failure it rings on, and may be accepted once more.
   */
  accept(options?: CallMediaOptions): Promise<Call>;
  /**
   * Declines for the user, on all devices; hangs up when `accept()` is under way. A call that is over already is no error.
   */
  decline(reason?: 'declined' | 'busy'): Promise<void>;
}
