// Calls: how one is begun, and what it is while it lasts.

import type { Emitter } from '../emitter.js';
import type { CarillonError } from '../errors.js';
import type { EndReason, MediaChoice } from '../protocol.js';
import type { LocalMedia, LocalSource } from './local.js';
import type { Participant, Quality, RemoteTrack } from './participant.js';
import type { CallStats, CallTimings } from './stats.js';
import type { UserInfo } from './user.js';

/** What this side sends when the call connects. Both are captured while it rings; the call goes on without what fails. */
export interface CallMediaOptions {
  /** Microphone. Default true. */
  audio?: boolean;
  /** Camera. Default: true in a video call. */
  video?: boolean;
}

export interface StartCallOptions extends CallMediaOptions {
  callees: string[];
  /** Default `audio`. */
  media?: MediaChoice;
  /** 1 to 120 s. The server's default is 30. */
  ringSeconds?: number;
  /** A conversation of the app. If a call is on in it, we join that one. */
  roomId?: string;
  /** Any object up to 4 KiB as JSON; callees get it. */
  metadata?: Metadata;
}
export type Metadata = { [key: string]: unknown };

/**
 * `calling`: the server has it, nobody rings yet. `ringing`: at least one device rings. `connecting`: somebody
 * accepted, media is being set up. `active`: media flows (or there is nothing to send, and the room is joined).
 * `reconnecting`: our connection is lost and the seat is kept. `ended`.
 */
export type CallState = 'calling' | 'ringing' | 'connecting' | 'active' | 'reconnecting' | 'ended';

export type CallEvents = {
  state: [state: CallState, previous: CallState];
  /** A callee's devices ring; `participant.ringing` says how many. Until then it comes with `participant-changed`. */
  ringing: [participant: Participant];
  accepted: [participant: Participant];
  declined: [participant: Participant, reason: EndReason];
  'participant-joined': [participant: Participant];
  'participant-left': [participant: Participant, reason: EndReason | null];
  /** Their connection dropped; their seat is kept for a while. `participant-joined` comes when they are back. */
  'participant-reconnecting': [participant: Participant];
  /** Anything about a participant changed, the events above and mute, quality, speaking among it. For rendering. */
  'participant-changed': [participant: Participant];
  /** A track of somebody arrived. */
  track: [track: RemoteTrack, participant: Participant];
  'track-removed': [track: RemoteTrack, participant: Participant];
  /** The one who speaks, or null. */
  'active-speaker': [participant: Participant | null];
  /** A participant's mark changed. */
  quality: [participant: Participant, quality: Quality];
  /** Our own mark changed (how well we send). */
  'local-quality': [quality: Quality];
  /** Our microphone, camera or screen changed: on, off, muted, failed. */
  local: [source: LocalSource];
  /** Something of our media failed and the call goes on without it, for example `permission-denied`. */
  'media-error': [error: CarillonError, source: LocalSource | null];
  ended: [reason: EndReason];
};

/** A call this device takes part in. */
export interface Call extends Emitter<CallEvents> {
  readonly id: string;
  readonly roomId: string;
  readonly media: MediaChoice;
  /** Did this user ring the others? False for calls accepted or joined. */
  readonly outgoing: boolean;
  readonly caller: UserInfo;
  readonly state: CallState;
  /** All others: invited, ringing, in the call, or gone. This user is not in it; see `local`. */
  readonly participants: readonly Participant[];
  /** What this side sends. */
  readonly local: LocalMedia;
  readonly activeSpeaker: Participant | null;
  /** Server time when the first callee accepted, null before; a timer shows `carillon.serverNow() - startedAt`. */
  readonly startedAt: number | null;
  /** Server time until which it rings. */
  readonly ringUntil: number | null;
  readonly metadata: Metadata | undefined;
  readonly endReason: EndReason | null;
  /** When each step was reached, ms of `performance.now()`. */
  readonly timings: Readonly<CallTimings>;

  /** Rings more people into this call. */
  invite(callees: string[]): Promise<void>;
  /** Hangs up for this device: cancels while it rings, leaves later. Never rejects: locally it is over at once. */
  leave(): Promise<void>;
  /** As `leave()`; with `everyone` the call ends for all (caller or moderator, else it rejects `forbidden`). */
  end(options?: { everyone?: boolean }): Promise<void>;
  participant(userId: string): Participant | undefined;
  /** Raw numbers of the media path, for a bench or a debug view. */
  getStats(): Promise<CallStats>;
}
