// The client: joins connection, calls, devices and presence, and routes what comes in to whom it concerns.

import { CallImpl, type CallContext, type CallTerms } from './call.js';
import { BrowserEngine } from './browser-engine.js';
import { BrowserPush } from './browser-push.js';
import { claimsOf } from './claims.js';
import { Clicks } from './clicks.js';
import { ServerClock } from './clock.js';
import { Connection } from './connection.js';
import { DevicesImpl } from './devices.js';
import { Emitter } from './emitter.js';
import type { MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import { HistoryImpl } from './history.js';
import { IncomingCallImpl, type IncomingContext, type Ring } from './incoming.js';
import { LocalMediaImpl, type LocalContext } from './local.js';
import { CallMedia } from './media.js';
import { PresenceImpl } from './presence.js';
import { PushImpl } from './push.js';
import type { PushPlatform } from './push-platform.js';
import { Standing } from './standing.js';
import type {
  CallHeader,
  CallMethod,
  CallNotifications,
  EndReason,
  MediaMethod,
  MediaNotifications,
  ServerNotifications,
  ServerRequests,
  SessionNotifications,
  WireCall,
  WireIceServer,
} from './protocol.js';
import type {
  Call,
  CallMediaOptions,
  CarillonClient,
  CarillonEvents,
  CarillonOptions,
  ConnectionState,
  Devices,
  EnablePushOptions,
  History,
  IncomingCall,
  Me,
  Presence,
  PushRegistration,
  PushState,
  PushTarget,
  StartCallOptions,
  TokenSource,
  VideoSettings,
} from './types.js';

/** Ended calls that late words may still be about. More would only be memory. */
const REMEMBERED_ENDS = 64;
/** After a resume, the words that we missed follow the welcome at once; this is generous. */
const MISSED_END_MS = 500;
/** For a probe of the signalling while media has gone: then a reconnect for nothing is the smaller evil. */
const DOUBT_TIMEOUT_MS = 600;
const METADATA_BYTES_MAX = 4096;

export class Carillon extends Emitter<CarillonEvents> implements CarillonClient {
  readonly #options: CarillonOptions;
  readonly #engine: MediaEngine;
  readonly #connection: Connection;
  readonly #devices: DevicesImpl;
  readonly #clock = new ServerClock();
  readonly #presence = new PresenceImpl();
  readonly #history: HistoryImpl;
  readonly #platform: PushPlatform;
  readonly #push: PushImpl;
  readonly #clicks: Clicks;
  readonly #standing: Standing;
  readonly #video: VideoSettings;
  #watchingPresence: Promise<void> | null = null;
  #me: Me | null = null;
  #peerId = '';
  #tokenName: string | null = null;
  #iceServers: WireIceServer[] = [];
  #engineLoading: Promise<void> | null = null;
  /** By id: calls of this device, and those whose accept is not answered yet. */
  readonly #calls = new Map<string, CallImpl>();
  readonly #published = new Set<CallImpl>();
  readonly #incoming = new Map<string, IncomingCallImpl>();
  /** Incoming calls that the app has not been told of. */
  readonly #held = new Set<IncomingCallImpl>();
  /** Callees of the start-calls that have no answer yet. */
  readonly #starting = new Set<readonly string[]>();
  /** Ended call → the last rev heard of it. */
  readonly #ends = new Map<string, number>();
  #returnsAfterCache = false;

  constructor(options: CarillonOptions) {
    super();
    this.#options = { ...options, token: this.#noticingName(options.token) };
    this.#video = { width: 1280, height: 720, frameRate: 30, simulcast: true, ...options.video };
    this.#engine = options.engine ?? new BrowserEngine();
    this.#devices = new DevicesImpl(this.#engine.capture, (kind, deviceId) => this.#switchDevice(kind, deviceId));
    this.#connection = new Connection(this.#options, {
      onWelcome: (welcome, resumed) => this.#handleWelcome(welcome, resumed),
      onNotification: (method, data) => this.#handleNotification(method as keyof ServerNotifications, data),
      onRequest: (method, data) => this.#handleRequest(method as keyof ServerRequests, data),
    });
    this.#connection.on('state', (state, error) => this.#handleConnection(state, error));
    this.#connection.on('reconnect-scheduled', (attempt, delayMs, error) =>
      this.emit('reconnect-scheduled', attempt, delayMs, error),
    );
    const request: Connection['request'] = (method, data, how) => this.#connection.request(method, data, how);
    this.#history = new HistoryImpl({ request });
    const platform = (this.#platform = options.push ?? new BrowserPush());
    this.#history.on('changed', () => {
      if (this.#history.unread === 0) platform.clearMissed();
    });
    this.#push = new PushImpl({ platform, request });
    this.#push.on('state', (state) => this.emit('push-state', state));
    this.#standing = new Standing({ request });
    this.#standing.on('do-not-disturb', (on) => this.emit('do-not-disturb', on));
    this.#standing.on('draining', (deadline) => this.emit('server-draining', deadline));
    this.#clicks = this.#followClicks();
    this.#engine.onNetwork((what) => this.#handleNetwork(what));
    this.#engine.onPage((what) => this.#handlePage(what));
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }
  get me(): Me | null {
    return this.#me;
  }
  get devices(): Devices {
    return this.#devices;
  }
  get calls(): readonly Call[] {
    return [...this.#published];
  }
  get incoming(): readonly IncomingCall[] {
    return [...this.#incoming.values()].filter((incoming) => !this.#held.has(incoming));
  }
  get history(): History {
    return this.#history;
  }
  get pushState(): PushState {
    return this.#push.state;
  }

  async connect(): Promise<Me> {
    this.#engine.prepare?.(); // Beside the connection: whoever opens the page to answer waits for both.
    await this.#connection.connect();
    if (!this.#me) throw new CarillonError('closed', 'the connection was closed meanwhile');
    return this.#me;
  }

  disconnect(): void {
    this.#connection.close();
  }

  serverNow(): number {
    return this.#clock.now();
  }

  enablePush(options: EnablePushOptions = {}): Promise<PushRegistration> {
    return this.#push.enable(options);
  }
  disablePush(): Promise<void> {
    return this.#push.disable();
  }
  registerPush(target: PushTarget): Promise<PushRegistration> {
    return this.#push.registerTarget(target);
  }

  get doNotDisturb(): boolean {
    return this.#standing.doNotDisturb;
  }
  get drainingUntil(): number | null {
    return this.#standing.drainingUntil;
  }
  setDoNotDisturb(on: boolean): Promise<void> {
    return this.#standing.setDoNotDisturb(on);
  }
  blockUser(userId: string): Promise<void> {
    return this.#standing.block(userId, true);
  }
  unblockUser(userId: string): Promise<void> {
    return this.#standing.block(userId, false);
  }
  blockedUsers(): Promise<string[]> {
    return this.#standing.blockedUsers();
  }

  async startCall(options: StartCallOptions): Promise<Call> {
    const { callees, media = 'audio', roomId, ringSeconds, metadata } = options;
    checkStart(options);
    const started = performance.now();
    const { audio = true, video = media === 'video' } = options;
    const local = this.#openLocal({ audio, video }); // While it rings, not after.
    this.#starting.add(callees);
    try {
      const answer = await this.#connection.request('start-call', {
        callees,
        media,
        ...(roomId !== undefined && { roomId }),
        ...(ringSeconds !== undefined && { ringSeconds }),
        ...(metadata !== undefined && { metadata }),
        requestId: crypto.randomUUID(),
      });
      const known = this.#calls.get(answer.callId);
      if (known) {
        local.close(); // The room's call, and we are in it already.
        return known;
      }
      const call = this.#callFrom(answer, options, local);
      call.timings.start = started;
      call.mark('answered');
      this.#publish(call);
      this.#openRoom(call);
      return call;
    } catch (error) {
      local.close();
      throw error;
    } finally {
      this.#starting.delete(callees);
      this.#announceHeld();
    }
  }

  async joinCall(callId: string, options: CallMediaOptions = {}): Promise<Call> {
    const known = this.#calls.get(callId);
    if (known) return known;
    const ringing = this.#incoming.get(callId);
    if (ringing) return ringing.accept(options);
    const terms: CallTerms = {
      id: callId,
      roomId: '',
      media: options.video ? 'video' : 'audio',
      outgoing: false,
      caller: { userId: '', name: '' },
      callees: [],
      ringUntil: null,
      metadata: undefined,
      rev: 0,
    };
    const local = this.#openLocal({ audio: options.audio ?? true, video: options.video ?? false });
    this.#ends.delete(callId); // We come back: what is said of it from now on counts.
    return this.#enter('join-call', terms, local);
  }

  async watchPresence(): Promise<Presence> {
    this.#watchingPresence ??= this.#watchPresence();
    try {
      await this.#watchingPresence;
    } catch (error) {
      this.#watchingPresence = null;
      throw error;
    }
    return this.#presence;
  }

  async #watchPresence(): Promise<void> {
    const { users } = await this.#connection.request('watch-presence', {});
    this.#presence.handleList(users);
  }

  // --------------------------------------------------------------------------------- calls come and go

  /** The answer to start-call, made a call: a new one, or by glare the one that rings here already. */
  #callFrom(
    answer: { callId: string; roomId: string; ringUntil: number },
    options: StartCallOptions,
    local: LocalMediaImpl,
  ): CallImpl {
    const incoming = this.#incoming.get(answer.callId);
    const me = this.#requireMe();
    const call = this.#newCall(
      {
        id: answer.callId,
        roomId: answer.roomId,
        media: incoming?.media ?? options.media ?? 'audio',
        outgoing: !incoming,
        caller: incoming?.caller ?? me,
        callees: incoming?.callees ?? options.callees,
        ringUntil: answer.ringUntil ?? null,
        metadata: incoming?.metadata ?? options.metadata,
        rev: incoming?.rev ?? 0,
      },
      local,
    );
    if (incoming) {
      this.#incoming.delete(answer.callId);
      call.markAccepted(this.serverNow());
      incoming.handleAccepted(call);
    }
    return call;
  }

  /** Accept and join: we enter a call that exists. All that this needs leaves in one burst. */
  async #enter(method: 'accept-call' | 'join-call', terms: CallTerms, local: LocalMediaImpl): Promise<CallImpl> {
    const call = this.#newCall(terms, local);
    call.mark('start');
    const entered = this.#connection.request(method, { callId: terms.id });
    const opened = call.mediaSide.open();
    opened.catch(() => undefined); // If entering failed that says it all; else #openRoom() asks again.
    try {
      const { roomId } = await entered;
      call.mark('answered');
      if (call.ended) throw new CarillonError('call-ended', `it ended: ${call.endReason}`);
      call.setRoomId(roomId);
      call.markAccepted(this.serverNow());
      this.#publish(call);
      this.#openRoom(call);
      return call;
    } catch (error) {
      this.#forget(call);
      call.finish('failed');
      throw error;
    }
  }

  async #accept(incoming: IncomingCallImpl, local: LocalMediaImpl): Promise<CallImpl> {
    const { callId, roomId, caller, callees, media, metadata, ringUntil, rev } = incoming;
    const terms = { id: callId, roomId, media, outgoing: false, caller, callees, metadata, rev };
    const call = await this.#enter('accept-call', { ...terms, ringUntil }, local);
    this.#incoming.delete(callId);
    return call;
  }

  #newCall(terms: CallTerms, local: LocalMediaImpl): CallImpl {
    const media = new CallMedia({
      callId: terms.id,
      request: (method, data, options) => this.#connection.request(method, data, options),
      loadEngine: () => this.#loadEngine(),
      // Not while it waits to reconnect: everybody's media goes when a server does, and all must not come at once.
      doubtNetwork: () => this.state === 'connected' && this.#connection.probe(DOUBT_TIMEOUT_MS),
      engine: this.#engine,
      iceServers: this.#iceServers,
      device: this.#options.device,
      video: this.#video,
    });
    const me = (): Me => this.#requireMe();
    const peerId = (): string => this.#peerId;
    const context: CallContext = {
      get me() {
        return me();
      },
      get peerId() {
        return peerId();
      },
      serverNow: () => this.serverNow(),
      request: (method, data) => this.#connection.request(method, data),
      attach: (element, track, onFirstFrame) =>
        this.#engine.capture.attach(element, track, { silent: false, onFirstFrame }),
    };
    const call = new CallImpl(terms, context, local, media);
    this.#calls.set(terms.id, call);
    return call;
  }

  #publish(call: CallImpl): void {
    call.on('ended', (reason) => this.#handleEnded(call, reason));
    this.#published.add(call);
    this.emit('call', call);
  }

  #openRoom(call: CallImpl): void {
    call.local.attachMedia(call.mediaSide);
    call.mediaSide.open().catch((error: unknown) => call.handleMediaFailure(error));
  }

  #handleEnded(call: CallImpl, reason: EndReason): void {
    this.#forget(call);
    this.emit('call-ended', call, reason);
  }

  #forget(call: CallImpl): void {
    this.#published.delete(call);
    if (this.#calls.get(call.id) === call) this.#calls.delete(call.id);
    this.#remember(call.id, call.rev);
  }

  #remember(callId: string, rev: number): void {
    this.#ends.delete(callId);
    this.#ends.set(callId, rev);
    for (const oldest of this.#ends.keys()) {
      if (this.#ends.size <= REMEMBERED_ENDS) break;
      this.#ends.delete(oldest);
    }
  }

  #openLocal(options: CallMediaOptions): LocalMediaImpl {
    const context: LocalContext = {
      capture: this.#engine.capture,
      video: this.#video,
      preferred: (kind) => this.#devices.selected[kind],
    };
    const local = new LocalMediaImpl(context);
    local.on('device-lost', (kind, deviceId) => this.#devices.handleLost(kind, deviceId));
    // The first capture also tells the names of all devices.
    local.on('captured', () => void this.#devices.refresh().catch(() => undefined));
    local.open(options);
    return local;
  }

  // ------------------------------------------------------------------------------- what the server says

  #handleNotification(method: keyof ServerNotifications, data: unknown): void {
    if (method in CALL_METHODS) {
      this.#handleCall(method as CallMethod, data as CallHeader);
    } else if (method in MEDIA_METHODS) {
      const { callId } = data as { callId?: string };
      const call = this.#callOf(callId);
      const media = data as MediaNotifications[MediaMethod];
      call?.mediaSide.handleNotification(method as MediaMethod, media);
    } else if (method === 'media-restart') {
      this.#callOf((data as SessionNotifications['media-restart']).callId)?.mediaSide.restart();
    } else if (method === 'server-draining') {
      this.#standing.handleDraining((data as SessionNotifications['server-draining']).deadline);
    } else if (method === 'presence') {
      this.#presence.handleChange(data as SessionNotifications['presence']);
    } else if (method === 'history-changed') {
      this.#history.handleChanged(data as SessionNotifications['history-changed']);
    }
  }

  #handleCall(method: CallMethod, data: CallHeader): void {
    this.#clock.handle(data.serverTime);
    const { callId, rev } = data;
    const call = this.#calls.get(callId);
    const incoming = this.#incoming.get(callId);
    call?.handleNotification(method, data as CallNotifications[typeof method]);
    if (incoming && method === 'end-call' && incoming.handleRev(rev)) {
      this.#endIncoming(incoming, (data as CallNotifications['end-call']).reason);
    }
    if (method === 'call-started' && !call && rev > (this.#ends.get(callId) ?? -1)) {
      this.#handleRing(data as CallNotifications['call-started']);
    }
  }

  #handleRing(ring: Ring): void {
    this.#confirm(ring.callId);
    const known = this.#incoming.get(ring.callId);
    if (known) return known.handleRing(ring);
    const context: IncomingContext = {
      serverNow: () => this.serverNow(),
      openLocal: (options) => this.#openLocal(options),
      accept: (incoming, local) => this.#accept(incoming, local),
      decline: async (callId, reason) => {
        await this.#connection.request('decline-call', { callId, reason }).catch(ignoreLate);
      },
    };
    const incoming = new IncomingCallImpl(ring, context);
    this.#incoming.set(ring.callId, incoming);
    incoming.on('ended', (reason) => {
      this.#forgetIncoming(incoming);
      if (reason !== 'disconnected') this.#platform.clearRing(incoming.callId); // Then it rings on, elsewhere.
    });
    incoming.on('accepted', () => this.#platform.clearRing(incoming.callId));
    this.#held.add(incoming);
    this.#announceHeld();
  }

  /**
   * It rings here, so that no push is needed. A page that nobody sees, perhaps without a sound, does not say so where the
   * push would show more: the worker confirms it then. Nothing hangs on the answer.
   */
  #confirm(callId: string): void {
    if (!this.#platform.onScreen && this.#push.state === 'on') return;
    this.#connection.request('ringing', { callId }, { durable: false }).catch(() => undefined);
  }

  /**
   * A ring by somebody whom we are calling at this moment is probably glare: the answer to our start-call makes it our
   * call. Until then nobody should see it ring.
   */
  #announceHeld(): void {
    for (const incoming of [...this.#held]) {
      const glare = [...this.#starting].some((callees) => callees.includes(incoming.caller.userId));
      if (glare && incoming.state === 'ringing') continue;
      this.#held.delete(incoming);
      if (incoming.state !== 'ringing') continue;
      this.emit('incoming', incoming);
      if (this.#platform.onScreen) this.#platform.clearRing(incoming.callId); // One bell is enough.
      this.#clicks.handleRing(incoming.callId);
    }
  }

  #endIncoming(incoming: IncomingCallImpl, reason: EndReason): void {
    incoming.finish(reason);
    this.#forgetIncoming(incoming);
  }

  #forgetIncoming(incoming: IncomingCallImpl): void {
    if (this.#incoming.get(incoming.callId) !== incoming) return;
    this.#incoming.delete(incoming.callId);
    this.#remember(incoming.callId, incoming.rev);
  }

  async #handleRequest(method: keyof ServerRequests, data: unknown): Promise<unknown> {
    if (method !== 'newConsumer') {
      throw new CarillonError('forbidden', `${method} is not taken here`, 403);
    }
    const consumer = data as ServerRequests['newConsumer'];
    const call = this.#callOf(consumer.callId);
    if (!call) throw new CarillonError('not-found', 'no such call here', 404);
    await call.mediaSide.handleNewConsumer(consumer);
    return {};
  }

  /** Media methods may leave out the call while there is only one. */
  #callOf(callId: string | undefined): CallImpl | undefined {
    if (callId !== undefined) return this.#calls.get(callId);
    return this.#calls.size === 1 ? [...this.#calls.values()][0] : undefined;
  }

  // ------------------------------------------------------------------------------------ the connection

  #handleWelcome(welcome: SessionNotifications['welcome'], resumed: boolean): void {
    const { userId, deviceId } = welcome;
    this.#peerId = welcome.peerId ?? deviceId;
    this.#me = { userId, deviceId, name: this.#tokenName ?? userId };
    this.#iceServers = welcome.iceServers ?? [];
    this.#clock.handle(welcome.serverTime);
    void this.#loadEngine().catch(() => undefined); // Asked again, and told, when a call needs it.
    this.#reconcile(welcome.calls ?? []);
    if (resumed && this.#watchingPresence) void this.#watchPresence().catch(() => undefined);
    this.#push.handleConnected();
    this.#standing.handleWelcome(welcome);
    if (resumed) this.#history.handleReconnected();
    this.#clicks.handleWelcome();
  }

  #handleConnection(state: ConnectionState, error: CarillonError | null): void {
    const up = state === 'connected';
    for (const call of [...this.#calls.values()]) {
      if (state === 'closed') call.finish(error ? 'disconnected' : 'hangup');
      else if (!up) call.handleSignalling(false);
    }
    if (state === 'closed') {
      for (const incoming of [...this.#incoming.values()]) {
        this.#endIncoming(incoming, 'disconnected');
      }
      this.#watchingPresence = null;
    }
    this.emit('state', state, error);
  }

  /** After a (re)connect: the server's list of calls is the truth. */
  #reconcile(snapshots: readonly WireCall[]): void {
    const byId = new Map(snapshots.map((snapshot) => [snapshot.callId, snapshot]));
    for (const call of [...this.#published]) {
      const snapshot = byId.get(call.id);
      if (snapshot?.yourState === 'joined') {
        call.reconcile(snapshot);
        call.handleSignalling(true);
      } else {
        // Gone. Its end-call, with the reason, follows if the server still knows it.
        setTimeout(() => this.#afterLoss(call, snapshot), MISSED_END_MS);
      }
    }
    for (const call of this.#calls.values()) {
      if (this.#published.has(call)) continue;
      const snapshot = byId.get(call.id); // Its accept is under way, or has arrived and only the answer was lost.
      if (snapshot?.yourState === 'joined') call.reconcile(snapshot);
      call.handleSignalling(true);
    }
    for (const incoming of [...this.#incoming.values()]) {
      if (incoming.state === 'accepting') continue; // Its accept is sent again, and the answer tells.
      const yours = byId.get(incoming.callId)?.yourState;
      if (yours === 'ringing') continue;
      const reason = yours === 'joined-elsewhere' ? 'answered-elsewhere' : 'canceled';
      setTimeout(() => incoming.finish(reason), MISSED_END_MS);
    }
    for (const snapshot of snapshots) {
      if (this.#calls.has(snapshot.callId)) continue;
      const news = snapshot.rev > (this.#ends.get(snapshot.callId) ?? -1);
      if (snapshot.yourState === 'ringing' && news) this.#handleRing(snapshot);
      else if (snapshot.yourState === 'joined' && this.#ends.has(snapshot.callId)) {
        // We hung up while the connection was down: say it again.
        this.#connection.request('end-call', { callId: snapshot.callId }).catch(() => undefined);
      }
    }
  }

  /** We were away for longer than the seat is kept. A call of others that is still on is joined again; else it is over. */
  #afterLoss(call: CallImpl, snapshot: WireCall | undefined): void {
    if (call.ended || this.state !== 'connected') return; // Of the next welcome, if any, the same is asked.
    if (snapshot?.yourState !== 'out' || snapshot.state !== 'active') return call.finish('disconnected');
    const joined = this.#connection.request('join-call', { callId: call.id });
    call.mediaSide.restart(); // In one burst, as when a call is entered.
    call.reconcile(snapshot);
    joined.then(
      () => call.handleSignalling(true),
      () => call.finish('disconnected'),
    );
  }

  #handleNetwork(what: 'changed' | 'doubtful'): void {
    this.#connection.probe();
    if (what === 'doubtful') return;
    for (const call of this.#calls.values()) call.handleNetworkChange();
  }

  #handlePage(what: 'leave' | 'return'): void {
    if (what === 'return') {
      if (this.#returnsAfterCache) void this.connect().catch(() => undefined);
      this.#returnsAfterCache = false;
      return;
    }
    if (this.state === 'idle' || this.state === 'closed') return;
    this.#returnsAfterCache = true;
    // In this order: should the close be lost with the page, the hang-ups have gone before.
    for (const call of this.#calls.values()) {
      this.#connection.notifyNow('end-call', { callId: call.id });
    }
    this.disconnect();
  }

  /** Once per page, as soon as there is a server to ask: it costs 30 ms that no call should pay. */
  #loadEngine(): Promise<void> {
    if (this.#engine.loaded) return Promise.resolve();
    this.#engineLoading ??= this.#connection
      .request('getRouterRtpCapabilities', {})
      .then((answer) => this.#engine.load(answer.routerRtpCapabilities ?? answer))
      .finally(() => (this.#engineLoading = null));
    return this.#engineLoading;
  }

  #followClicks(): Clicks {
    const { incoming, calls } = { incoming: this.#incoming, calls: this.#calls };
    const connection = this.#connection;
    const clicks = new Clicks({
      platform: this.#platform,
      ringing: (callId) => {
        const call = incoming.get(callId);
        return call?.state === 'ringing' && !this.#held.has(call) ? call : undefined;
      },
      joined: (callId) => calls.has(callId),
      get connected() {
        return connection.state === 'connected';
      },
      get alive() {
        return connection.state !== 'closed';
      },
      probe: () => connection.probe(),
      subscriptionChanged: () => this.#push.handleSubscription(),
    });
    clicks.on('click', (click) => this.emit('notification', click));
    return clicks;
  }

  async #switchDevice(kind: 'microphone' | 'camera', deviceId: string | null): Promise<void> {
    const sources = [...this.#published].map((call) => call.local[kind]);
    await Promise.all(sources.map((source) => source.switchDevice(deviceId)));
  }

  #requireMe(): Me {
    if (!this.#me) throw new CarillonError('invalid-state', 'connect() first');
    return this.#me;
  }

  /** The welcome does not repeat the name that the token gave us. */
  #noticingName(source: TokenSource): TokenSource {
    const notice = (token: string): string => {
      const name = claimsOf(token)?.['name'];
      this.#tokenName = typeof name === 'string' && name !== '' ? name : null;
      return token;
    };
    return typeof source === 'function' ? async () => notice(await source()) : notice(source);
  }
}

/** Every word about calls and media; `in` asks them. */
const CALL_METHODS: Record<CallMethod, true> = {
  'call-started': true,
  'call-ringing': true,
  'call-accepted': true,
  'call-declined': true,
  'participant-joined': true,
  'participant-left': true,
  'participant-reconnecting': true,
  'end-call': true,
};
const MEDIA_METHODS: Record<MediaMethod, true> = {
  newPeer: true,
  peerClosed: true,
  producerScore: true,
  consumerScore: true,
  consumerPaused: true,
  consumerResumed: true,
  consumerClosed: true,
  consumerLayersChanged: true,
  activeSpeaker: true,
};

/** Declining what is over already is what was wanted. */
function ignoreLate(error: unknown): void {
  const late = error instanceof CarillonError && ['conflict', 'not-found'].includes(error.code);
  if (!late) throw error;
}

function checkStart({ callees, ringSeconds, metadata }: StartCallOptions): void {
  const wrong = (reason: string): never => {
    throw new CarillonError('invalid-argument', reason);
  };
  if (!Array.isArray(callees) || callees.length === 0) wrong('callees: expected at least one');
  if (ringSeconds !== undefined && !(ringSeconds >= 1 && ringSeconds <= 120)) {
    wrong('ringSeconds: expected 1 to 120');
  }
  if (metadata !== undefined) {
    const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length;
    if (bytes > METADATA_BYTES_MAX) wrong(`metadata: ${bytes} bytes, at most 4096`);
  }
}
