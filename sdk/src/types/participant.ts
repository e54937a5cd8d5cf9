// The others in a call, and what they send.

import type { EndReason, RingState } from '../protocol.js';
import type { UserInfo } from './user.js';

/**
 * `invited`: asked, and no device rings yet; `ringing` says what is known. `ringing`. `joining`: accepted, media not there yet. `joined`. `reconnecting`:
 * their seat is kept. `declined`, `no-answer`, `left`: not in the call now (they may be invited again, or come back).
 */
export type ParticipantState =
  'invited' | 'ringing' | 'joining' | 'joined' | 'reconnecting' | 'declined' | 'no-answer' | 'left';

export interface RingingInfo {
  /** Devices that were told, over both ways. */
  readonly devices: number;
  readonly via: 'socket' | 'push';
  /**
   * `reaching`: push services took it, and no device has confirmed yet. `ringing`: at least one does. `unreachable`: none
   * of their devices can be told now; that may change while the call rings.
   */
  readonly state: RingState;
}

/** `good`, `fair`, `poor`; `unknown` until there is something to judge; `lost` while reconnecting. */
export type Quality = 'unknown' | 'good' | 'fair' | 'poor' | 'lost';

export interface Participant extends UserInfo {
  readonly state: ParticipantState;
  /** The device they are in the call with. */
  readonly deviceId: string | null;
  /** How they are being reached, once the server has said it, in the states `invited` and `ringing`. */
  readonly ringing: RingingInfo | null;
  /** Why they are not in the call, in the states `declined`, `no-answer` and `left`. */
  readonly endReason: EndReason | null;
  readonly tracks: readonly RemoteTrack[];
  /** The track of a source, if they send it. */
  track(source: TrackSource): RemoteTrack | undefined;
  /** True if their microphone is muted or not sent at all. */
  readonly muted: boolean;
  /** True if their camera is sent and not paused. */
  readonly cameraOn: boolean;
  readonly screenOn: boolean;
  readonly speaking: boolean;
  readonly quality: Quality;
}

export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen-audio';

/** Somebody's microphone, camera or screen. */
export interface RemoteTrack {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly source: TrackSource;
  readonly track: MediaStreamTrack;
  /** The sender paused it (muted, camera off): show a picture instead of the last frame. */
  readonly muted: boolean;
  /**
   * Plays it in an element; audio goes to the selected speaker. Returns a function that takes it out again. Several
   * tracks may be attached to one element; a removed track leaves it by itself.
   */
  attach(element: HTMLMediaElement): () => void;
  /** The layers wanted of a simulcast video, 0 is the smallest. */
  setPreferredLayers(spatial: number, temporal?: number): Promise<void>;
  /** Stops receiving it (a tile out of sight) and starts again. */
  setEnabled(enabled: boolean): Promise<void>;
}
