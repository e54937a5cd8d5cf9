// Five people with seven devices who call each other again and again, each time otherwise, while now and then something
// happens to one of their connections. A call that a fault has spoilt is given up and cleared away as people would.
import { Phone, type World } from './phone.ts';
import { pause, Random } from './random.ts';
import { Seat } from './seat.ts';

export class Circle {
  readonly phones: Phone[];
  private readonly random: Random;
  private readonly faults: Random;
  private readonly seats = new Map<Phone, { callId: string; seat: Seat }>();
  private readonly names: string[];
  calls = 0;

  constructor(
    private readonly world: World,
    private readonly number: number,
  ) {
    this.names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${letter}${number}`);
    this.random = new Random(world.seed, `circle ${number}`);
    this.faults = new Random(world.seed, `faults ${number}`);
    const devices = this.names.flatMap((user, i) => (i < 2 ? ['phone', 'laptop'] : ['phone']).map((d) => [user, d]));
    this.phones = devices.map(([user, device]) => new Phone(world, user!, device!));
    for (const phone of this.phones)
      phone.onNotification = (method, data) => {
        const mine = this.seats.get(phone);
        if (!mine || mine.callId !== data?.callId) return;
        if (method === 'newConsumer') mine.seat.offered(data.consumerId as string);
        if (method === 'media-restart') void mine.seat.enter();
      };
  }

  async open(): Promise<void> {
    for (const phone of this.phones) await phone.connect();
  }
  close(): void {
    for (const phone of this.phones) phone.close();
  }

  /** Calls until the world closes; the faults go beside them. */
  async run(): Promise<void> {
    const beside = this.disturb();
    await this.sleep(3000);
    while (!this.world.closing) {
      await this.oneCall();
      await this.sleep(this.random.between(0, 4000));
    }
    await beside;
  }

  /** Everybody in one call with all that a room can hold: as much as there ever is at one time. */
  async fill(): Promise<string | undefined> {
    const [first, ...others] = this.oneOfEach();
    const callId = await this.call(first!, others);
    if (!callId) return undefined;
    for (const phone of others) await phone.ask('accept-call', { callId });
    for (const phone of [first!, ...others]) await this.sit(phone, callId, true);
    return callId;
  }
  async empty(callId: string | undefined): Promise<void> {
    if (callId) await this.phones[0]!.ask('end-call', { callId, everyone: true });
    this.seats.clear();
  }

  private oneOfEach(): Phone[] {
    return this.names.map((name) => this.phones.find((phone) => phone.user === name)!);
  }
  private devicesOf(user: string): Phone[] {
    return this.phones.filter((phone) => phone.user === user);
  }
  private async sleep(ms: number): Promise<void> {
    const end = Date.now() + ms;
    while (!this.world.closing && Date.now() < end) await pause(Math.min(500, Math.max(1, end - Date.now())));
  }

  private async oneCall(): Promise<void> {
    const { random } = this;
    const kinds = ['pair', 'pair', 'pair', 'group', 'group', 'group', 'decline', 'cancel', 'timeout', 'glare', 'room'];
    const kind = random.of([...kinds, 'moved', 'nobody', 'account']);
    const caller = random.of(this.phones);
    const callee = random.of(this.names.filter((name) => name !== caller.user));
    for (const phone of this.phones) phone.forget();
    this.calls++;
    if (kind === 'pair') await this.pair(caller, callee);
    if (kind === 'moved') await this.pair(this.phones[0]!, 'c0', true);
    if (kind === 'group') await this.group();
    if (kind === 'decline') await this.decline(caller, callee);
    if (kind === 'cancel') await this.cancel(caller, callee);
    if (kind === 'timeout') await this.timeout(caller, callee);
    if (kind === 'glare') await this.glare(caller, callee);
    if (kind === 'room') await this.conversation(caller, callee);
    if (kind === 'nobody') await this.cancel(caller, `nobody${random.whole(0, 9)}`);
    if (kind === 'account') await this.account(caller, callee);
    this.seats.clear();
    for (const phone of this.phones) {
      const left = await phone.hears('call-started', undefined, 0);
      if (left) await phone.ask('end-call', { callId: left.callId });
    }
  }

  private async call(caller: Phone, callees: readonly (Phone | string)[], more: object = {}): Promise<string> {
    const users = callees.map((callee) => (typeof callee === 'string' ? callee : callee.user));
    const data = {
      callees: users,
      media: this.random.of(['audio', 'video']),
      metadata: { soak: this.number },
      ...more,
    };
    return (await caller.ask('start-call', data))?.callId as string;
  }

  private async answered(caller: Phone, callee: string, more: object = {}): Promise<[string, Phone] | undefined> {
    const callId = await this.call(caller, [callee], more);
    const phone = this.random.of(this.devicesOf(callee));
    if (!callId || !(await phone.hears('call-started', callId))) return this.over(caller, callId);
    if (this.random.happens(0.5)) await phone.ask('ringing', { callId });
    await this.sleep(this.random.between(0, 2000));
    if (!(await phone.ask('accept-call', { callId }))) return this.over(caller, callId);
    return [callId, phone];
  }
  private async over(caller: Phone, callId: string | undefined): Promise<undefined> {
    if (callId) await caller.ask('end-call', { callId });
  }

  private async sit(phone: Phone, callId: string, everything = false): Promise<void> {
    const seat = new Seat(phone, this.random, callId, everything);
    this.seats.set(phone, { callId, seat });
    await seat.enter();
  }

  private async talk(seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!this.world.closing && Date.now() < end) {
      await this.sleep(this.random.between(300, 3000));
      const phone = this.random.of([...this.seats.keys()]);
      if (phone) await this.seats.get(phone)!.seat.fidget();
    }
  }

  private async pair(caller: Phone, callee: string, moves = false): Promise<void> {
    const { random } = this;
    const taken = await this.answered(caller, callee === 'c0' ? this.names[2]! : callee);
    if (!taken) return;
    const [callId, phone] = taken;
    await Promise.all([this.sit(caller, callId), this.sit(phone, callId)]);
    await this.talk(random.between(1, 12));
    if (moves) {
      const other = this.devicesOf(caller.user).find((device) => device !== caller)!;
      this.seats.delete(caller);
      if (await other.ask('join-call', { callId })) await this.sit(other, callId);
      await this.talk(3);
    }
    const who = random.of([caller, phone]);
    if (random.happens(0.2)) {
      who.close();
      await this.sleep(500);
      await who.connect().catch(() => {});
    } else {
      await who.ask(random.of(['end-call', 'leave-call']), { callId });
    }
    for (const each of this.phones) await each.ask('end-call', { callId });
  }

  private async group(): Promise<void> {
    const { random } = this;
    const [first, second, third, ...late] = this.oneOfEach();
    const callId = await this.call(first!, [second!, third!], { ringSeconds: 5 });
    if (!callId) return;
    await this.sit(first!, callId);
    for (const phone of [second!, third!])
      if ((await phone.hears('call-started', callId)) && (await phone.ask('accept-call', { callId })))
        await this.sit(phone, callId);
    await this.talk(random.between(1, 6));
    await first!.ask('invite', { callId, callees: late.map((phone) => phone.user) });
    for (const phone of late) {
      if (!(await phone.hears('call-started', callId))) continue;
      if (random.happens(0.3)) await phone.ask('decline-call', { callId });
      else if (await phone.ask('accept-call', { callId })) await this.sit(phone, callId);
    }
    await this.talk(random.between(1, 10));
    const leaver = random.of([second!, third!]);
    await leaver.ask('leave-call', { callId });
    this.seats.delete(leaver);
    if (random.happens(0.5) && (await leaver.ask('join-call', { callId }))) await this.sit(leaver, callId);
    await this.talk(random.between(1, 4));
    await first!.ask('end-call', { callId, everyone: random.happens(0.7) });
    for (const phone of this.phones) await phone.ask('end-call', { callId });
  }

  private async decline(caller: Phone, callee: string): Promise<void> {
    const callId = await this.call(caller, [callee]);
    const phone = this.random.of(this.devicesOf(callee));
    if (callId && (await phone.hears('call-started', callId)))
      await phone.ask('decline-call', { callId, reason: this.random.of(['declined', 'busy']) });
    await this.over(caller, callId);
  }

  private async cancel(caller: Phone, callee: string): Promise<void> {
    const callId = await this.call(caller, [callee], { requestId: `tap ${this.random.whole(0, 3)}` });
    await this.sleep(this.random.between(0, 1500));
    await this.over(caller, callId);
  }

  private async timeout(caller: Phone, callee: string): Promise<void> {
    const callId = await this.call(caller, [callee], { ringSeconds: this.random.whole(1, 3) });
    if (callId) await caller.hears('end-call', callId, 8000);
  }

  private async glare(one: Phone, user: string): Promise<void> {
    const other = this.random.of(this.devicesOf(user));
    const [first, second] = await Promise.all([this.call(one, [user]), this.call(other, [one.user])]);
    await this.talk(1);
    await one.ask('end-call', { callId: first });
    await other.ask('end-call', { callId: second });
  }

  /** A conversation of the app has one call: the second who starts one there joins the first. */
  private async conversation(caller: Phone, callee: string): Promise<void> {
    const roomId = `conversation ${this.number}`;
    const taken = await this.answered(caller, callee, { roomId });
    if (!taken) return;
    const [callId, phone] = taken;
    const third = this.random.of(this.phones.filter(({ user }) => user !== caller.user && user !== callee));
    const same = await this.call(third, [caller], { roomId });
    await Promise.all([caller, phone, third].map((each) => this.sit(each, callId)));
    await this.talk(this.random.between(1, 6));
    for (const each of [caller, phone, third]) await each.ask('end-call', { callId: same ?? callId });
    for (const each of this.phones) await each.ask('end-call', { callId });
  }

  private async account(phone: Phone, other: string): Promise<void> {
    await phone.ask('block-user', { userId: other });
    await phone.ask('set-do-not-disturb', { on: true });
    const caller = this.devicesOf(other)[0]!;
    await this.over(caller, await this.call(caller, [phone]));
    await phone.ask('get-history', { limit: this.random.whole(1, 20), missed: this.random.happens(0.5) });
    await phone.ask('mark-history-read');
    await phone.ask('unblock-user', { userId: other });
    await phone.ask('set-do-not-disturb', { on: false });
    await phone.ask('get-blocked-users');
  }

  private async disturb(): Promise<void> {
    const { faults } = this;
    while (!this.world.closing) {
      await this.sleep(faults.between(4000, 25_000));
      if (this.world.closing) break;
      const phone = faults.of(this.phones);
      const kind = faults.of(['blink', 'blink', 'blink', 'gone', 'deaf', 'babble', 'babble', 'twin', 'closed']);
      await this.fault(phone, kind).catch(() => {}); // a connection that a fault of another kind has met: the next one
      if (!phone.isConnected) await phone.connect().catch(() => {});
    }
  }

  private async fault(phone: Phone, kind: string): Promise<void> {
    const { faults } = this;
    const grace_ms = this.world.grace_ms;
    if (kind === 'blink') {
      phone.cut();
      await this.sleep(faults.between(0, 0.8) * grace_ms);
      await phone.resume();
    } else if (kind === 'gone') {
      phone.cut();
      await this.sleep(faults.between(1, 1.4) * grace_ms);
      await phone.resume();
    } else if (kind === 'deaf') {
      phone.deaf(true);
      await this.sleep(faults.between(1000, 15_000));
      phone.deaf(false);
    } else if (kind === 'babble') {
      phone.babble();
      await this.sleep(1000);
      if (!phone.isConnected) await phone.resume();
    } else if (kind === 'twin') {
      await phone.connect(); // while the old session is open
    } else {
      phone.close();
      await this.sleep(faults.between(0, 3000));
      await phone.connect();
    }
  }
}
