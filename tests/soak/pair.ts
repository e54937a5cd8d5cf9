// Two people who call each other with everything that a room can hold, as clients do who want it all and are never lazy.
import { offers_of_everything, Seat } from './seat.ts';
import { Phone, type World } from './phone.ts';
import { Random } from './random.ts';

/** One of them, in the room of a call. */
export class Member {
  readonly phone: Phone;
  /** How often the room of this call was lost. */
  restarts = 0;
  /** How much was said to it, but answers. */
  heard = 0;
  /** performance.now() when it had its transports and producers, and all that the other offers; undefined: not yet. */
  wholeSince: number | undefined;
  private callId = '';
  private seat: Seat | undefined;
  private offered = 0;
  private entered = false;
  private whenWhole: (() => void) | undefined;

  constructor(world: World, user: string) {
    this.phone = new Phone(world, user, 'phone');
    this.phone.takesAll = true;
    this.phone.onNotification = (method, data) => this.hear(method, data?.callId as string | undefined);
  }

  get port(): number {
    return this.seat?.port ?? 0;
  }
  async isAlive(): Promise<boolean> {
    return (await this.seat?.isAlive()) ?? false;
  }

  async enter(callId: string): Promise<void> {
    const { phone } = this;
    const seat = new Seat(phone, new Random(phone.world.seed, phone.user), callId, true);
    this.callId = callId;
    this.seat = seat;
    this.offered = 0;
    this.entered = false;
    this.wholeSince = undefined;
    await seat.enter();
    if (this.seat !== seat) return; // the room was lost meanwhile
    this.entered = true;
    this.look();
  }
  leave(): void {
    this.callId = '';
    this.restarts = 0;
    this.wholeSince = undefined;
  }

  /** False: it has not all of the call that it enters in time. */
  whole(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.whenWhole = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  private look(): void {
    if (!this.entered || this.offered < offers_of_everything || this.wholeSince !== undefined) return;
    this.wholeSince = performance.now();
    this.whenWhole?.();
  }
  private hear(method: string, callId: string | undefined): void {
    this.heard++;
    if (callId === undefined || callId !== this.callId) return;
    if (method === 'newConsumer' || method === 'newDataConsumer') this.offered++;
    if (method === 'media-restart') {
      this.restarts++;
      void this.enter(callId);
    }
    this.look();
  }
}

/** Whoever waits for longer is stuck. */
const stuck_ms = 15_000;

export class Pair {
  readonly caller: Member;
  readonly callee: Member;
  callId = '';

  constructor(world: World, name: string | number) {
    this.caller = new Member(world, `caller${name}`);
    this.callee = new Member(world, `callee${name}`);
  }
  get members(): Member[] {
    return [this.caller, this.callee];
  }

  /** Where the worker of the room listens. */
  get port(): number {
    return this.caller.port || this.callee.port;
  }

  async connect(): Promise<void> {
    await Promise.all(this.members.map(({ phone }) => phone.connect()));
  }
  close(): void {
    for (const { phone } of this.members) phone.close();
  }

  /** True when both have everything of each other. */
  async begin(): Promise<boolean> {
    const { caller, callee } = this;
    for (const { phone } of this.members) phone.forget();
    const made = await caller.phone.ask('start-call', { callees: [callee.phone.user], media: 'video' });
    if (!made) return false;
    const callId = made.callId as string;
    this.callId = callId;
    const all = Promise.all(this.members.map((member) => member.whole(stuck_ms)));
    const entering = caller.enter(callId);
    if (!(await callee.phone.hears('call-started', callId, stuck_ms))) return false;
    const [rings, accepted] = await Promise.all([
      callee.phone.ask('ringing', { callId }),
      callee.phone.ask('accept-call', { callId }),
    ]);
    if (!rings || !accepted) return false;
    await Promise.all([entering, callee.enter(callId)]);
    return (await all).every(Boolean);
  }

  /** False: one of them does not hear that it is over. */
  async end(): Promise<boolean> {
    const { callId } = this;
    await this.caller.phone.ask('end-call', { callId });
    const heard = await Promise.all(this.members.map(({ phone }) => phone.hears('end-call', callId, stuck_ms)));
    for (const member of this.members) member.leave();
    return heard.every(Boolean);
  }
}
