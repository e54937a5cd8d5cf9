// What one room asks of the server about what it has there. It ends with the room: said again after a reconnect, it would
// be heard in another one.

import type { RequestOptions } from './connection.js';
import type { CarillonError } from './errors.js';
import type { MediaLink, MediaRequest } from './media-link.js';
import { isRoomGone } from './media-words.js';
import type { ClientMethod, ClientRequests } from './protocol.js';

export class RoomRequests {
  readonly #link: Pick<MediaLink, 'request'>;
  readonly #onDoubt: () => void;
  readonly #abort = new AbortController();

  /** `onDoubt`: the server has no such room or transport any more, and has not said so yet. */
  constructor(link: Pick<MediaLink, 'request'>, onDoubt: () => void) {
    this.#link = link;
    this.#onDoubt = onDoubt;
  }

  request<M extends ClientMethod>(
    method: M,
    data: MediaRequest<M>,
    options: RequestOptions = {},
  ): Promise<ClientRequests[M]['response']> {
    return this.#link.request(method, data, { ...options, signal: this.#abort.signal });
  }

  /** About something that the server gave us: that it does not know it, or has no worker for it, says more. */
  async requestOwn<M extends ClientMethod>(
    method: M,
    data: MediaRequest<M>,
    options: RequestOptions = {},
  ): Promise<ClientRequests[M]['response']> {
    try {
      return await this.request(method, data, options);
    } catch (error) {
      if (isRoomGone(error)) this.#onDoubt();
      throw error;
    }
  }

  /** Whoever waits gets this error, and so does whoever asks from now on. */
  close(error: CarillonError): void {
    this.#abort.abort(error);
  }
}
