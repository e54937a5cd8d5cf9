// Cameras, microphones and speakers.

import type { Emitter } from '../emitter.js';

export type DeviceKind = 'microphone' | 'camera' | 'speaker';

export interface DeviceInfo {
  readonly kind: DeviceKind;
  readonly deviceId: string;
  /** Empty until the person has allowed the use once. */
  readonly label: string;
}

export type DevicesEvents = {
  /** Something was plugged in or out, got its label, or was selected. */
  changed: [];
  /** A selected or used device is gone; what used it went on with the default one, or is off. */
  lost: [device: DeviceInfo];
};

export interface Devices extends Emitter<DevicesEvents> {
  /** As last listed; empty before the first `refresh()`. */
  readonly cameras: readonly DeviceInfo[];
  readonly microphones: readonly DeviceInfo[];
  readonly speakers: readonly DeviceInfo[];
  /** Null: the system's default. */
  readonly selected: Readonly<Record<DeviceKind, string | null>>;
  /** Can this browser send sound to a chosen speaker? Share a screen? */
  readonly canSelectSpeaker: boolean;
  readonly canShareScreen: boolean;
  /** Asks the browser again. */
  refresh(): Promise<void>;
  /** Used from now on, in running calls too. Null: the system's default. */
  select(kind: DeviceKind, deviceId: string | null): Promise<void>;
}
