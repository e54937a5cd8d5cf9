// What this side sends in a call.

import type { CarillonError } from '../errors.js';
import type { Quality } from './participant.js';

/** `failed` has an `error`; `enable()` tries again. */
export type LocalSourceState = 'off' | 'starting' | 'on' | 'failed';

/**
 * Our microphone, camera or screen in one call. Camera and screen off means the track is stopped, so the camera's light
 * goes out; camera on again uses the same producer, with no negotiation. A muted microphone stays captured, so that
 * unmuting is instant.
 */
export interface LocalSource {
  readonly source: 'microphone' | 'camera' | 'screen';
  readonly state: LocalSourceState;
  /** True while `on` or `starting`. */
  readonly enabled: boolean;
  readonly muted: boolean;
  /** Our own track, for a self view; null while off. */
  readonly track: MediaStreamTrack | null;
  /** The device in use, null while off or for a screen. */
  readonly deviceId: string | null;
  readonly error: CarillonError | null;

  /** Captures and sends. Rejects with `permission-denied`, `device-not-found`, `device-busy`, … */
  enable(options?: { deviceId?: string; audio?: boolean }): Promise<void>;
  /** Stops the capture, and sending. */
  disable(): Promise<void>;
  /** Stops sending and keeps the capture. */
  mute(): Promise<void>;
  unmute(): Promise<void>;
  /** Another camera or microphone, without renegotiation. Takes effect at once, or at the next `enable()`. */
  switchDevice(deviceId: string): Promise<void>;
  /** Shows our own track in an element, silent. Returns a function that takes it out. */
  attach(element: HTMLMediaElement): () => void;
}

export interface LocalMedia {
  readonly microphone: LocalSource;
  readonly camera: LocalSource;
  /** `enable({ audio: true })` asks for the sound of the screen too. */
  readonly screen: LocalSource;
  readonly quality: Quality;
  /** We are the one who speaks. */
  readonly speaking: boolean;
}
