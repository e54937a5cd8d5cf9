// Who is online.

import type { Emitter } from '../emitter.js';
import type { UserInfo } from './user.js';

export interface PresenceUser extends UserInfo {
  /** Devices online; 0 means offline. */
  readonly devices: number;
}

export type PresenceEvents = {
  changed: [user: PresenceUser];
  /** The whole list was renewed (after a reconnect). */
  reset: [];
};

export interface Presence extends Emitter<PresenceEvents> {
  /** All users the server told of, this one too, sorted by name. */
  readonly users: readonly PresenceUser[];
  user(userId: string): PresenceUser | undefined;
}
