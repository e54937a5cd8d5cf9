// Who this client is, as far as token and server have told.

import { claimsOf } from './claims.js';
import { CarillonError } from './errors.js';
import type { SessionNotifications } from './protocol.js';
import type { Me, TokenSource } from './types.js';

export class Identity {
  #name: string | null = null;
  #me: Me | null = null;
  /** This device in rooms; another one when the seat was lost and the server took us for new. */
  peerId = '';

  /** Null until the first welcome. */
  get me(): Me | null {
    return this.#me;
  }

  /** For what there can be only after a welcome. */
  require(): Me {
    if (!this.#me) throw new CarillonError('invalid-state', 'connect() first');
    return this.#me;
  }

  /** The same source; what it gives is looked at for our name, which the welcome does not repeat. */
  reading(source: TokenSource): TokenSource {
    const read = (token: string): string => {
      const name = claimsOf(token)?.['name'];
      this.#name = typeof name === 'string' && name !== '' ? name : null;
      return token;
    };
    return typeof source === 'function' ? async () => read(await source()) : read(source);
  }

  handleWelcome({ userId, deviceId, peerId }: SessionNotifications['welcome']): void {
    this.peerId = peerId ?? deviceId;
    this.#me = { userId, deviceId, name: this.#name ?? userId };
  }
}
