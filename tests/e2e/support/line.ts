// One direction of somebody's network: packets that are lost at random, a bottleneck with the queue before it that routers
// have, and a way that takes its time. What netem(8) would be told, for a kernel without it. Pure: time is an argument, in
// ms.
import { Random } from '../../soak/random.ts';

export interface Quality {
  /** Of a hundred packets. */
  lossPercent: number;
  delayMs: number;
  /** What passes in a second, 10^6 bits. */
  megabits: number;
}

export const perfect: Quality = { lossPercent: 0, delayMs: 0, megabits: Infinity };

/** Of data that waits for the bottleneck; what comes while there is more of it is dropped. */
export const queueMs = 300;
/** IPv4 and UDP. */
const headerBytes = 28;

export class Line {
  /** Packets: those that came through or will, those that were lost, and those that found the queue full. */
  readonly counts = { carried: 0, lost: 0, dropped: 0 };
  private readonly random: Random;
  private freeAt = 0;
  private lastAt = 0;

  constructor(
    seed: number,
    public quality: Quality = perfect,
  ) {
    this.random = new Random(seed);
  }

  /** When a packet with so many bytes of payload, sent at `now`, is at the other end; undefined: it never is. */
  carry(bytes: number, now: number): number | undefined {
    const { lossPercent, delayMs, megabits } = this.quality;
    if (this.random.happens(lossPercent / 100)) {
      this.counts.lost++;
      return undefined;
    }
    const begins = Math.max(now, this.freeAt);
    if (begins - now > queueMs) {
      this.counts.dropped++;
      return undefined;
    }
    this.counts.carried++;
    this.freeAt = begins + ((bytes + headerBytes) * 8) / (megabits * 1000);
    // Nobody overtakes, not even when the way becomes shorter.
    this.lastAt = Math.max(this.lastAt, this.freeAt + delayMs);
    return this.lastAt;
  }
}
