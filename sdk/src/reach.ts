// How a callee is being reached while the call rings: what the server last said of each way, put together. Pure.

import type { CallNotifications, RingState } from './protocol.js';
import type { RingingInfo } from './types.js';

type Word = Pick<CallNotifications['call-ringing'], 'devices' | 'via' | 'state'>;

export class Reach {
  readonly #words = new Map<Word['via'], { devices: number; state: RingState }>();

  handle({ devices, via, state }: Word): RingingInfo {
    this.#words.set(via, { devices, state: state ?? (devices > 0 ? 'ringing' : 'unreachable') });
    return this.info(via);
  }

  clear(): void {
    this.#words.clear();
  }

  /** `latest` is the way that was spoken of last; it counts when neither rings. */
  info(latest: Word['via']): RingingInfo {
    const socket = this.#words.get('socket');
    const push = this.#words.get('push');
    const rings = (word: typeof socket): boolean => word?.state === 'ringing' && word.devices > 0;
    const said = [socket, push].map((word) => word?.state);
    const state = [socket, push].some(rings) ? 'ringing' : said.includes('reaching') ? 'reaching' : 'unreachable';
    return {
      devices: (socket?.devices ?? 0) + (push?.devices ?? 0),
      via: rings(socket) ? 'socket' : rings(push) ? 'push' : latest,
      state,
    };
  }
}
