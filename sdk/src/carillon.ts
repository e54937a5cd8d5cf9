// The client: joins connection, calls, devices and what else the server keeps, and routes what comes in to whom it
// concerns.

import { BrowserEngine } from './browser-engine.js';
import { BrowserPush } from './browser-push.js';
import { Calls } from './calls.js';
import { Clicks } from './clicks.js';
import { ServerClock } from './clock.js';
import { Connection } from './connection.js';
import { DevicesImpl } from './devices.js';
import { Emitter } from './emitter.js';
import { EndedCalls } from './ended-calls.js';
import type { MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import { HistoryImpl } from './history.js';
import { Identity } from './identity.js';
import { IncomingCalls } from './incoming-calls.js';
import { PresenceImpl } from './presence.js';
import { PushImpl } from './push.js';
import type { PushPlatform } from './push-platform.js';
import { Standing } from './standing.js';
import type {
  CallHeader,
  CallMethod,
  CallNotifications,
  MediaMethod,
  MediaNotifications,
  ServerNotifications,
  ServerRequests,
  SessionNotifications,
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
} from './types.js';

export class Carillon extends Emitter<CarillonEvents> implements CarillonClient {
  readonly #engine: MediaEngine;
  readonly #connection: Connection;
  readonly #devices: DevicesImpl;
  readonly #clock = new ServerClock();
  readonly #identity = new Identity();
  readonly #presence: PresenceImpl;
  readonly #history: HistoryImpl;
  readonly #platform: PushPlatform;
  readonly #push: PushImpl;
  readonly #clicks: Clicks;
  readonly #standing: Standing;
  readonly #ended = new EndedCalls();
  readonly #calls: Calls;
  readonly #incoming: IncomingCalls;
  #returnsAfterCache = false;
  /** The page was put away and is back: for the app this connection is the one before, and something may have been missed. */
  #backFromCache = false;

  constructor(given: CarillonOptions) {
    super();
    const options = { ...given, token: this.#identity.reading(given.token) };
    const { device } = options;
    const engine = (this.#engine = options.engine ?? new BrowserEngine());
    const platform = (this.#platform = options.push ?? new BrowserPush());
    const connection = (this.#connection = new Connection(options, {
      onWelcome: (welcome, resumed) => this.#handleWelcome(welcome, resumed),
      onNotification: (method, data) => this.#handleNotification(method as keyof ServerNotifications, data),
      onRequest: (method, data) => this.#handleRequest(method as keyof ServerRequests, data),
    }));
    const video = { width: 1280, height: 720, frameRate: 30, simulcast: true, ...options.video };
    const devices = new DevicesImpl(engine.capture, (kind, deviceId) => this.#calls.switchDevice(kind, deviceId));
    const [identity, clock, ended] = [this.#identity, this.#clock, this.#ended];
    const parts = { connection, engine, devices, identity, clock, ended, device, video };
    const calls = new Calls(parts);
    const push = new PushImpl({ platform, connection });
    this.#devices = devices;
    this.#calls = calls;
    this.#push = push;
    const incoming = new IncomingCalls({ ...parts, calls, platform, push });
    this.#incoming = incoming;
    this.#presence = new PresenceImpl(connection);
    this.#history = new HistoryImpl(connection);
    this.#standing = new Standing(connection);
    this.#clicks = new Clicks({ platform, connection, calls, incoming, push });
    this.#passOn();
    engine.onNetwork((what) => this.#handleNetwork(what));
    engine.onPage((what) => this.#handlePage(what));
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }
  get me(): Me | null {
    return this.#identity.me;
  }
  get devices(): Devices {
    return this.#devices;
  }
  get calls(): readonly Call[] {
    return this.#calls.published;
  }
  get incoming(): readonly IncomingCall[] {
    return this.#incoming.announced;
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
    if (!this.me) throw new CarillonError('closed', 'the connection was closed meanwhile');
    return this.me;
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
    const answered = this.#incoming.expectGlare(options.callees);
    try {
      return await this.#calls.start(options, (callId) => this.#incoming.take(callId));
    } finally {
      answered();
    }
  }

  async joinCall(callId: string, options: CallMediaOptions = {}): Promise<Call> {
    const ringing = this.#incoming.get(callId);
    return this.#calls.get(callId) ?? ringing?.accept(options) ?? this.#calls.join(callId, options);
  }

  watchPresence(): Promise<Presence> {
    return this.#presence.watch();
  }

  // ------------------------------------------------------------------------------- what the parts say

  #passOn(): void {
    this.#connection.on('state', (state, error) => this.#handleConnection(state, error));
    this.#connection.on('reconnect-scheduled', (...args) => this.emit('reconnect-scheduled', ...args));
    this.#calls.on('call', (call) => this.emit('call', call));
    this.#calls.on('call-ended', (call, reason) => this.emit('call-ended', call, reason));
    this.#incoming.on('incoming', (incoming) => {
      this.emit('incoming', incoming);
      this.#clicks.handleRing(incoming.callId);
    });
    this.#history.on('changed', () => {
      if (this.#history.unread === 0) this.#platform.clearMissed();
    });
    this.#push.on('state', (state) => this.emit('push-state', state));
    this.#standing.on('do-not-disturb', (on) => this.emit('do-not-disturb', on));
    this.#standing.on('draining', (deadline) => this.emit('server-draining', deadline));
    this.#clicks.on('click', (click) => this.emit('notification', click));
  }

  // ------------------------------------------------------------------------------- what the server says

  #handleNotification(method: keyof ServerNotifications, data: unknown): void {
    // Every word about a call carries its rev, and nothing else does.
    if ((data as Partial<CallHeader> | undefined)?.rev !== undefined) {
      this.#handleCall(method as CallMethod, data as CallHeader);
    } else if (method === 'media-restart') {
      this.#calls.of((data as SessionNotifications['media-restart']).callId)?.mediaSide.restart();
    } else if (method === 'server-draining') {
      this.#standing.handleDraining((data as SessionNotifications['server-draining']).deadline);
    } else if (method === 'presence') {
      this.#presence.handleChange(data as SessionNotifications['presence']);
    } else if (method === 'history-changed') {
      this.#history.handleChanged(data as SessionNotifications['history-changed']);
    } else {
      // About the media of a call. A word that is new to us gets there too, and the room passes over it.
      const media = data as MediaNotifications[MediaMethod] | undefined;
      if (media) this.#calls.of(media.callId)?.mediaSide.handleNotification(method as MediaMethod, media);
    }
  }

  #handleCall(method: CallMethod, data: CallHeader): void {
    this.#clock.handle(data.serverTime);
    const { callId, rev } = data;
    const call = this.#calls.get(callId);
    call?.handleNotification(method, data as CallNotifications[typeof method]);
    if (method === 'end-call') this.#incoming.handleEnd(data as CallNotifications['end-call']);
    if (method === 'call-started' && !call && this.#ended.isNews(callId, rev)) {
      this.#incoming.handleRing(data as CallNotifications['call-started']);
    }
  }

  async #handleRequest(method: keyof ServerRequests, data: unknown): Promise<unknown> {
    if (method !== 'newConsumer') {
      throw new CarillonError('forbidden', `${method} is not taken here`, 403);
    }
    const consumer = data as ServerRequests['newConsumer'];
    const call = this.#calls.of(consumer.callId);
    if (!call) throw new CarillonError('not-found', 'no such call here', 404);
    await call.mediaSide.handleNewConsumer(consumer);
    return {};
  }

  // ------------------------------------------------------------------------- the connection, and the page

  #handleWelcome(welcome: SessionNotifications['welcome'], resumed: boolean): void {
    this.#identity.handleWelcome(welcome);
    this.#clock.handle(welcome.serverTime);
    this.#calls.handleWelcome(welcome);
    this.#incoming.reconcile(welcome.calls ?? []);
    const missed = resumed || this.#backFromCache;
    if (missed) this.#presence.handleReconnected();
    this.#push.handleConnected();
    this.#standing.handleWelcome(welcome);
    if (missed) this.#history.handleReconnected();
    this.#clicks.handleWelcome();
  }

  #handleConnection(state: ConnectionState, error: CarillonError | null): void {
    this.#calls.handleConnection(state, error);
    if (state === 'closed') {
      this.#incoming.close();
      if (!this.#returnsAfterCache) this.#presence.handleClosed();
      this.#backFromCache = false;
    }
    this.emit('state', state, error);
  }

  #handleNetwork(what: 'changed' | 'doubtful'): void {
    this.#connection.probe();
    if (what === 'changed') this.#calls.handleNetworkChange();
  }

  #handlePage(what: 'leave' | 'return'): void {
    if (what === 'return') {
      if (!this.#returnsAfterCache) return;
      this.#returnsAfterCache = false;
      this.#backFromCache = true;
      void this.connect().catch(() => undefined);
      return;
    }
    if (this.state === 'idle' || this.state === 'closed') return;
    this.#returnsAfterCache = true;
    // In this order: should the close be lost with the page, the hang-ups have gone before.
    this.#calls.hangUpNow();
    this.disconnect();
  }
}
