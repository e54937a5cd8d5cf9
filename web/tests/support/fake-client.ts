// A client without a server: the tests say what the server would, and read what the session asked for.
import {
  CarillonError,
  Emitter,
  type Call,
  type CallEvents,
  type CallState,
  type CarillonClient,
  type CarillonErrorCode,
  type CarillonEvents,
  type ConnectionState,
  type Devices,
  type DevicesEvents,
  type EndReason,
  type HistoryCall,
  type HistoryEvents,
  type HistoryPage,
  type HistoryQuery,
  type IncomingCall,
  type IncomingEvents,
  type IncomingState,
  type LocalSource,
  type Me,
  type Participant,
  type Presence,
  type PresenceEvents,
  type PresenceUser,
  type PushState,
  type StartCallOptions,
} from 'carillon-sdk';

export const t0 = 1_700_000_000_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type FakeParticipant = Mutable<Participant>;

export function fakeParticipant(userId: string, rest: Partial<Participant> = {}): FakeParticipant {
  return {
    userId,
    name: userId,
    state: 'invited',
    deviceId: null,
    ringing: null,
    endReason: null,
    tracks: [],
    track: () => undefined,
    muted: false,
    cameraOn: false,
    screenOn: false,
    speaking: false,
    quality: 'unknown',
    ...rest,
  };
}

export class FakeSource implements LocalSource {
  state: LocalSource['state'] = 'off';
  muted = false;
  track = null;
  deviceId = null;
  error: CarillonError | null = null;
  failsWith: CarillonErrorCode | null = null;
  constructor(
    readonly source: LocalSource['source'],
    private readonly changed: (source: FakeSource) => void,
  ) {}
  get enabled(): boolean {
    return this.state === 'on' || this.state === 'starting';
  }
  async enable(): Promise<void> {
    if (this.failsWith) {
      this.state = 'failed';
      this.error = new CarillonError(this.failsWith, 'as the test wants');
      throw this.error;
    }
    this.state = 'on';
    this.changed(this);
  }
  async disable(): Promise<void> {
    this.state = 'off';
    this.changed(this);
  }
  async mute(): Promise<void> {
    this.muted = true;
    this.changed(this);
  }
  async unmute(): Promise<void> {
    this.muted = false;
    this.changed(this);
  }
  async switchDevice(): Promise<void> {}
  attach(): () => void {
    return () => undefined;
  }
}

export class FakeCall extends Emitter<CallEvents> {
  readonly roomId = 'room';
  readonly metadata = undefined;
  readonly timings = {};
  readonly caller = { userId: 'me', name: 'Me' };
  readonly #changed = (source: FakeSource): void => this.emit('local', source);
  readonly local = {
    microphone: new FakeSource('microphone', this.#changed),
    camera: new FakeSource('camera', this.#changed),
    screen: new FakeSource('screen', this.#changed),
    quality: 'good' as const,
    speaking: false,
  };
  state: CallState = 'calling';
  startedAt: number | null = null;
  ringUntil: number | null = t0 + 30_000;
  activeSpeaker = null;
  endReason: EndReason | null = null;
  left = 0;
  readonly invited: string[] = [];

  constructor(
    readonly id: string,
    readonly participants: FakeParticipant[],
    readonly media: 'audio' | 'video' = 'video',
    readonly outgoing = true,
  ) {
    super();
    this.local.microphone.state = 'on';
  }

  asCall(): Call {
    return this as unknown as Call;
  }
  participant(userId: string): FakeParticipant {
    return this.participants.find((one) => one.userId === userId)!;
  }
  async leave(): Promise<void> {
    this.left++;
    this.end(this.startedAt === null && this.outgoing ? 'canceled' : 'hangup');
  }
  async invite(callees: string[]): Promise<void> {
    this.invited.push(...callees);
  }

  // What the server would say.
  ring(userId: string, devices = 1, via: 'socket' | 'push' = 'socket'): void {
    const p = this.participant(userId);
    Object.assign(p, { state: 'ringing', ringing: { devices, via, state: 'ringing' } });
    this.#go('ringing');
    this.emit('ringing', p);
  }
  /** What is known before anything rings. */
  reach(userId: string, state: 'reaching' | 'unreachable', devices = 1): void {
    const p = this.participant(userId);
    Object.assign(p, { state: 'invited', ringing: { devices, via: 'push', state } });
    this.emit('participant-changed', p);
  }
  answer(userId: string, at = t0): void {
    const p = this.participant(userId);
    Object.assign(p, { state: 'joining', ringing: null });
    this.startedAt ??= at;
    this.#go('connecting');
    this.emit('accepted', p);
    Object.assign(p, { state: 'joined' });
    this.#go('active');
    this.emit('participant-joined', p);
  }
  decline(userId: string, reason: EndReason): void {
    const p = this.participant(userId);
    Object.assign(p, { state: 'declined', endReason: reason });
    this.emit('declined', p, reason);
  }
  lose(userId: string, reason: EndReason | null): void {
    const p = this.participant(userId);
    Object.assign(p, { state: 'left', endReason: reason });
    this.emit('participant-left', p, reason);
  }
  failMedia(code: CarillonErrorCode, source: FakeSource): void {
    this.emit('media-error', new CarillonError(code, 'as the test wants'), source);
  }
  end(reason: EndReason): void {
    if (this.state === 'ended') return;
    this.endReason = reason;
    this.#go('ended');
    this.emit('ended', reason);
  }
  #go(state: CallState): void {
    const before = this.state;
    this.state = state;
    this.emit('state', state, before);
  }
}

export class FakeIncoming extends Emitter<IncomingEvents> {
  readonly roomId = 'room';
  readonly metadata = undefined;
  readonly ringUntil = t0 + 30_000;
  state: IncomingState = 'ringing';
  endReason: EndReason | null = null;
  declined: string | null = null;
  answeredWith: { audio?: boolean; video?: boolean } | null = null;

  constructor(
    readonly client: FakeClient,
    readonly callId: string,
    readonly caller: { userId: string; name: string },
    readonly callees: string[],
    readonly media: 'audio' | 'video' = 'video',
  ) {
    super();
  }
  get remainingMs(): number {
    return this.ringUntil - this.client.now;
  }
  async accept(options: { audio?: boolean; video?: boolean } = {}): Promise<Call> {
    this.answeredWith = options;
    this.state = 'accepting';
    this.emit('state', 'accepting');
    await Promise.resolve();
    const call = new FakeCall(
      this.callId,
      [fakeParticipant(this.caller.userId, { name: this.caller.name, state: 'joined' })],
      this.media,
      false,
    );
    call.state = 'connecting';
    call.startedAt = this.client.now;
    this.client.calls.push(call.asCall());
    this.client.accepted.push(call);
    this.client.emitNow('call', call.asCall());
    this.state = 'accepted';
    this.client.incoming = this.client.incoming.filter((one) => one.callId !== this.callId);
    this.emit('accepted', call.asCall());
    return call.asCall();
  }
  async decline(reason: 'declined' | 'busy' = 'declined'): Promise<void> {
    this.declined = reason;
    this.end(reason);
  }
  end(reason: EndReason): void {
    this.state = 'ended';
    this.endReason = reason;
    this.client.incoming = this.client.incoming.filter((one) => one.callId !== this.callId);
    this.emit('ended', reason);
  }
}

class FakeDevices extends Emitter<DevicesEvents> {
  readonly cameras = [];
  readonly microphones = [];
  readonly speakers = [];
  readonly selected = { camera: null, microphone: null, speaker: null };
  readonly canSelectSpeaker = true;
  readonly canShareScreen = true;
  async refresh(): Promise<void> {
    this.emit('changed');
  }
  async select(): Promise<void> {}
}

class FakePresence extends Emitter<PresenceEvents> {
  users: PresenceUser[] = [];
  user(userId: string): PresenceUser | undefined {
    return this.users.find((one) => one.userId === userId);
  }
  set(users: PresenceUser[]): void {
    this.users = users;
    this.emit('reset');
  }
}

/** A call of the server's book, `number` 1 being the oldest. */
export function past(number: number, rest: Partial<HistoryCall> = {}): HistoryCall {
  return {
    callId: `past-${number}`,
    roomId: 'room',
    media: 'audio',
    outgoing: false,
    with: [{ userId: 'ben', name: 'Ben Okafor' }],
    startedAt: t0 + number * 60_000,
    answeredAt: null,
    endedAt: t0 + number * 60_000 + 30_000,
    lastedMs: null,
    reason: 'timeout',
    missed: true,
    ...rest,
  };
}

/** A history whose answers can be held back. */
export class FakeHistory extends Emitter<HistoryEvents> {
  /** Newest first. */
  calls: HistoryCall[] = [];
  unread = 0;
  readonly asked: HistoryQuery[] = [];
  read = 0;
  failsWith: CarillonErrorCode | null = null;
  #held: (() => void)[] | null = null;

  async list(query: HistoryQuery = {}): Promise<HistoryPage> {
    this.asked.push(query);
    if (this.#held) await new Promise<void>((resolve) => this.#held?.push(resolve));
    if (this.failsWith) throw new CarillonError(this.failsWith, 'as the test wants');
    const all = this.calls.filter((call) => !query.missed || call.missed);
    const from = Number(query.before ?? 0);
    const calls = all.slice(from, from + (query.limit ?? 50));
    const next = from + calls.length;
    return { calls, next: next < all.length ? `${next}` : null, unread: this.unread };
  }
  async markRead(): Promise<void> {
    this.read++;
    this.unread = 0;
    this.emit('changed', null);
  }
  add(call: HistoryCall): void {
    this.calls.unshift(call);
    if (call.missed) this.unread++;
    this.emit('changed', call.callId);
  }
  /** Tells of a change. */
  change(): void {
    this.emit('changed', null);
  }
  hold(): void {
    this.#held = [];
  }
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const resolve of held) resolve();
  }
}

export class FakeClient extends Emitter<CarillonEvents> {
  state: ConnectionState = 'idle';
  me: Me | null = null;
  now = t0;
  readonly devices = new FakeDevices() as unknown as Devices;
  readonly presence = new FakePresence();
  calls: Call[] = [];
  incoming: IncomingCall[] = [];
  readonly history = new FakeHistory();
  pushState: PushState = 'off';
  /** How enablePush() ends; set by the test. */
  onEnable: () => Promise<void> = async () => this.setPush('on');
  pushesOff = 0;
  readonly accepted: FakeCall[] = [];
  readonly started: StartCallOptions[] = [];
  disconnected = 0;
  presenceForbidden = false;
  doNotDisturb = false;
  drainingUntil: number | null = null;
  /** User ids. */
  readonly blocked = new Set<string>();
  /** What the next request about blocks or rings fails with. */
  standingFails: CarillonError | null = null;
  /** What connect() fails with, in order; then it works. */
  readonly refusals: CarillonError[] = [];
  /** How startCall() is answered; set by the test. */
  onStart: (options: StartCallOptions) => Promise<FakeCall> = (options) =>
    Promise.resolve(
      new FakeCall(
        'call-1',
        options.callees.map((id) => fakeParticipant(id)),
        options.media ?? 'audio',
      ),
    );
  lastStarted: FakeCall | undefined;

  constructor(readonly token: () => Promise<string>) {
    super();
  }
  asClient(): CarillonClient {
    return this as unknown as CarillonClient;
  }
  emitNow<K extends keyof CarillonEvents>(event: K, ...args: CarillonEvents[K]): void {
    this.emit(event, ...args);
  }
  go(state: ConnectionState, error: CarillonError | null = null): void {
    this.state = state;
    this.emit('state', state, error);
  }
  async connect(): Promise<Me> {
    this.go('connecting');
    const refusal = this.refusals.shift();
    if (refusal) {
      this.go('closed', refusal);
      throw refusal;
    }
    await this.token();
    this.go('connected');
    const me: Me = { userId: 'me', name: 'Me', deviceId: 'device' };
    this.me = me;
    return me;
  }
  disconnect(): void {
    this.disconnected++;
    this.go('closed');
  }
  #mayFail(): void {
    if (this.standingFails) throw this.standingFails;
  }
  async setDoNotDisturb(on: boolean): Promise<void> {
    this.#mayFail();
    this.doNotDisturb = on;
    this.emit('do-not-disturb', on);
  }
  async blockUser(userId: string): Promise<void> {
    this.#mayFail();
    this.blocked.add(userId);
  }
  async unblockUser(userId: string): Promise<void> {
    this.#mayFail();
    this.blocked.delete(userId);
  }
  async blockedUsers(): Promise<string[]> {
    this.#mayFail();
    return [...this.blocked];
  }
  async startCall(options: StartCallOptions): Promise<Call> {
    this.started.push(options);
    const call = await this.onStart(options);
    this.lastStarted = call;
    this.emit('call', call.asCall());
    return call.asCall();
  }
  async watchPresence(): Promise<Presence> {
    if (this.presenceForbidden) throw new CarillonError('forbidden', 'as the test wants');
    return this.presence;
  }
  setPush(state: PushState): void {
    this.pushState = state;
    this.emit('push-state', state);
  }
  async enablePush(): Promise<{ id: string; type: 'webpush' }> {
    await this.onEnable();
    return { id: 'push-1', type: 'webpush' };
  }
  async disablePush(): Promise<void> {
    this.pushesOff++;
    this.setPush('off');
  }
  serverNow(): number {
    return this.now;
  }
  ring(
    callId: string,
    caller: { userId: string; name: string },
    options: { callees?: string[]; media?: 'audio' | 'video' } = {},
  ): FakeIncoming {
    const call = new FakeIncoming(this, callId, caller, options.callees ?? ['me'], options.media);
    this.incoming.push(call as unknown as IncomingCall);
    this.emit('incoming', call as unknown as IncomingCall);
    return call;
  }
}
