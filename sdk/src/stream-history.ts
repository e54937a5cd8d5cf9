// What changed in the streams of one participant since the last measurement. Pure.

import { NO_SAMPLE, type QualitySample } from './quality.js';
import type { StreamStats } from './types.js';

export class StreamHistory {
  /** Track id → its numbers at the last measurement. */
  #last = new Map<string | null, StreamStats>();

  /** All that was measured; what is not among it any more is over. */
  remember(streams: readonly StreamStats[]): void {
    this.#last = new Map(streams.map((stream) => [stream.trackId, stream]));
  }

  /** `moving` tells of which tracks new pictures are to be expected all the time. */
  sample(streams: readonly StreamStats[], moving: ReadonlySet<string>, roundTripMs: number | null): QualitySample {
    let [lost, received, jitterMs, frozen] = [0, 0, null as number | null, false];
    for (const now of streams) {
      const before = now.trackId === null ? undefined : this.#last.get(now.trackId);
      if (!before) continue;
      lost += Math.max(0, now.packetsLost - before.packetsLost);
      received += Math.max(0, now.packets - before.packets);
      if (now.jitterMs !== null) jitterMs = Math.max(jitterMs ?? 0, now.jitterMs);
      if (now.trackId !== null && moving.has(now.trackId) && now.frames === before.frames) {
        frozen ||= before.frames > 0;
      }
    }
    const total = lost + received;
    return { ...NO_SAMPLE, loss: total > 0 ? lost / total : null, jitterMs, roundTripMs, frozen };
  }
}
