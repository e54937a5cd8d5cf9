// A small Carillon server in memory: enough of calls and rooms for several clients to ring and see each other. It is no
// reference for the rules (docs/protocol.md is); tests may override any answer, and cut any wire.

import type {
  CallMethod,
  CallNotifications,
  ClientMethod,
  ClientRequests,
  EndReason,
  Frame,
  MediaChoice,
  NotificationMethod,
  ServerMethod,
  ServerNotifications,
  ServerRequests,
  WireCall,
  WireMediaState,
  WirePeer,
} from '../protocol.js';
import type { WebSocketFactory } from '../types.js';
import { FakeBooks } from './fake-books.js';
import { FakeSocket } from './fake-socket.js';

/** Thrown by a handler, it becomes an error answer. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    reason: string,
    readonly retryAfterMs?: number,
  ) {
    super(reason);
  }
}

type Data = Record<string, unknown>;
export type Handler = (session: FakeSession, data: Data) => unknown;

interface Seat {
  session: FakeSession;
  away: boolean;
}
/** Where a user of a call is. */
type Place = { ringing: true } | { seat: Seat } | { out: true };
interface FakeCall {
  id: string;
  roomId: string;
  media: MediaChoice;
  caller: FakeSession;
  callees: string[];
  startedAt: number;
  ringUntil: number;
  metadata: Data | undefined;
  rev: number;
  active: boolean;
  /** When each user answered, and how it ended for those for whom it is over. */
  answeredAt: Map<string, number>;
  reasons: Map<string, EndReason>;
  names: Map<string, string>;
  places: Map<string, Place>;
  timer: ReturnType<typeof setTimeout>;
  /** The room: peer ids that have joined it, and what they have there. */
  joined: Set<string>;
  transports: Map<string, { session: FakeSession; consuming: boolean }>;
  producers: Map<string, FakeServerProducer>;
  /** Consumer id → whose, and of what. */
  consumers: Map<string, { session: FakeSession; producerId: string }>;
}
interface FakeServerProducer {
  id: string;
  owner: FakeSession;
  kind: 'audio' | 'video';
  appData: Data;
  paused: boolean;
}

/** A device, for as long as its seat lasts. */
export class FakeSession {
  socket: FakeSocket | null = null;
  /** What we asked of the client and have no answer to. */
  readonly pending = new Map<number, { frame: Frame; resolve: (answer: Frame) => void }>();
  readonly answers = new Map<string, unknown>();
  graceTimer: ReturnType<typeof setTimeout> | undefined;
  watchesPresence = false;

  constructor(
    readonly userId: string,
    readonly name: string,
    readonly deviceId: string,
    readonly resumeToken: string,
  ) {}

  /** In rooms: two users may both call a device of theirs "phone". */
  get peerId(): string {
    return `${this.userId}/${this.deviceId}`;
  }
}

/** An unsigned token, as good as any for the fake. */
export function fakeToken(claims: { sub: string; name?: string; device?: string; exp?: number }): string {
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  const payload = btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (char) =>
    char === '+' ? '-' : char === '/' ? '_' : '',
  );
  return `e30.${payload}.x`;
}

export class FakeServer {
  /** How long a dropped seat is kept. */
  graceMs = 10_000;
  /** Offset of our clock to the client's. */
  clockOffsetMs = 0;
  /** New sockets break before they open. */
  unreachable = false;
  /** New sockets are closed with this at once. */
  refuseWith: { code: number; reason: string } | null = null;
  /** No welcome is sent. */
  mute = false;
  /** Packets are lost: new sockets neither open nor fail. What is not given up by the end of it opens then. */
  get swallows(): boolean {
    return this.#swallowed !== null;
  }
  set swallows(on: boolean) {
    const waiting = this.#swallowed ?? [];
    this.#swallowed = on ? waiting : null;
    if (!on) for (const socket of waiting.filter(({ readyState }) => readyState === 0)) this.#accept(socket);
  }
  #swallowed: FakeSocket[] | null = null;
  readonly sessions: FakeSession[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly calls = new Map<string, FakeCall>();
  /** Until when it drains; null: it does not. */
  drainingUntil: number | null = null;
  /** Push registrations, call records, blocks. */
  readonly books = new FakeBooks();
  /** All requests that came in, in order. */
  readonly log: { userId: string; deviceId: string; method: string; data: Data }[] = [];
  readonly #overrides = new Map<string, Handler>();
  #next = 1;

  /** For `CarillonOptions.createWebSocket`. */
  readonly createWebSocket: WebSocketFactory = (url, protocols) => {
    const socket = new FakeSocket(new URL(url), protocols);
    this.sockets.push(socket);
    setTimeout(() => this.#accept(socket), 0);
    return socket;
  };

  now(): number {
    return Date.now() + this.clockOffsetMs;
  }

  /** Answers a method in another way from now on; what the handler throws is the refusal. */
  override(method: ClientMethod, handler: Handler | null): void {
    if (handler) this.#overrides.set(method, handler);
    else this.#overrides.delete(method);
  }

  /** The session of a device, or the first of a user. */
  session(userOrDevice: string): FakeSession {
    const found = this.sessions.find(({ userId, deviceId }) => deviceId === userOrDevice || userId === userOrDevice);
    if (!found) throw new Error(`${userOrDevice} is not here`);
    return found;
  }

  methods(userId: string): string[] {
    return this.log.filter((entry) => entry.userId === userId).map(({ method }) => method);
  }

  // ---------------------------------------------------------------------------------------- the wire

  notify<M extends NotificationMethod>(session: FakeSession, method: M, data: ServerNotifications[M]): void {
    session.socket?.serverSend({ notification: true, method, data });
  }

  /** A notification about a call, with the next rev. */
  tell<M extends CallMethod>(
    session: FakeSession,
    call: FakeCall,
    method: M,
    data: Omit<CallNotifications[M], 'callId' | 'rev' | 'serverTime'>,
  ): void {
    const header = { callId: call.id, rev: ++call.rev, serverTime: this.now() };
    session.socket?.serverSend({ notification: true, method, data: { ...header, ...data } });
  }

  request<M extends ServerMethod>(session: FakeSession, method: M, data: ServerRequests[M]): Promise<Frame> {
    const id = this.#next++;
    return new Promise((resolve) => {
      const frame: Frame = { request: true, id, method, data };
      session.pending.set(id, { frame, resolve });
      session.socket?.serverSend(frame);
    });
  }

  /** The wire breaks; the seat is kept for the grace time. */
  drop(session: FakeSession): void {
    const { socket } = session;
    session.socket = null;
    if (socket) {
      socket.listener = null;
      socket.serverClose(1006);
    }
    this.#away(session);
  }

  /**
   * The process is gone and another one is in its place at once. Seats and calls were written down, rooms were not.
   * `code`: how the sockets end; 1006 for a crash.
   */
  restart(code = 1006): void {
    for (const call of this.calls.values()) this.#newRoom(call);
    for (const session of this.sessions) {
      const { socket } = session;
      session.socket = null;
      session.pending.clear();
      if (!socket) continue;
      socket.listener = null;
      socket.serverClose(code);
      this.#away(session);
    }
  }

  /** The media worker of a call dies, and another one carries it from now on. */
  restartMedia(callId: string): void {
    const call = this.#call({ callId });
    this.#newRoom(call);
    for (const session of this.#seats(call)) this.notify(session, 'media-restart', { callId });
  }

  #newRoom(call: FakeCall): void {
    for (const { session } of call.consumers.values()) {
      for (const [id, { frame }] of session.pending) {
        if ('method' in frame && frame.method === 'newConsumer') session.pending.delete(id);
      }
    }
    call.joined.clear();
    call.transports.clear();
    call.producers.clear();
    call.consumers.clear();
  }

  /** Begins to stop at `deadline`, or goes on after all (null). */
  drain(deadline: number | null): void {
    this.drainingUntil = deadline;
    for (const session of this.sessions) {
      this.notify(session, 'server-draining', { deadline, serverTime: this.now() });
    }
  }

  /** The path loses everything, and only a timeout tells. */
  freeze(session: FakeSession): void {
    const { socket } = session;
    session.socket = null;
    if (socket) socket.dead = true;
    this.#away(session);
  }

  #accept(socket: FakeSocket): void {
    if (this.#swallowed) return void this.#swallowed.push(socket);
    if (this.unreachable) return socket.serverClose(1006);
    const token = socket.protocols.find((one) => one.startsWith('token.'))?.slice(6) ?? '';
    const resume = socket.url.searchParams.get('resume');
    const known = this.sessions.some(({ resumeToken }) => resumeToken === resume);
    if (!known && (token === '' || hasExpired(token))) return socket.serverClose(1006); // 401, which nobody is shown.
    socket.serverOpen();
    if (this.refuseWith) return socket.serverClose(this.refuseWith.code, this.refuseWith.reason);
    if (this.mute) return;
    const session = this.#seatFor(token, resume);
    session.socket = socket;
    socket.listener = {
      onFrame: (frame) => this.#handle(session, frame),
      onClose: (code) => {
        if (session.socket !== socket) return; // The seat has moved on.
        session.socket = null;
        if (code === 1000 || code === 1001) this.#gone(session, 'hangup');
        else this.#away(session);
      },
    };
    this.notify(session, 'welcome', {
      userId: session.userId,
      deviceId: session.deviceId,
      peerId: session.peerId,
      resumeToken: session.resumeToken,
      resumeGraceMs: this.graceMs,
      serverTime: this.now(),
      iceServers: [],
      calls: this.#snapshots(session),
      doNotDisturb: this.books.doNotDisturb.has(session.userId),
      ...(this.drainingUntil !== null && { draining: { deadline: this.drainingUntil } }),
    });
    for (const { frame } of session.pending.values()) socket.serverSend(frame); // Asked before, not answered.
    this.#tellPresence(session);
  }

  #seatFor(token: string, resume: string | null): FakeSession {
    const known = this.sessions.find(({ resumeToken }) => resumeToken === resume);
    if (known) {
      clearTimeout(known.graceTimer);
      for (const call of this.calls.values()) {
        const place = call.places.get(known.userId);
        if (place && 'seat' in place && place.seat.session === known && place.seat.away) {
          place.seat.away = false;
          const { userId, deviceId } = known;
          this.#tellOthers(call, known, 'participant-joined', { userId, deviceId });
        }
      }
      return known;
    }
    const claims = claimsOf(token);
    const session = new FakeSession(
      claims.sub,
      claims.name ?? claims.sub,
      claims.device ?? `${claims.sub}-${this.#next++}`,
      `resume-${this.#next++}`,
    );
    this.sessions.push(session);
    return session;
  }

  #handle(session: FakeSession, frame: Frame): void {
    if ('response' in frame) {
      session.pending.get(frame.id)?.resolve(frame);
      session.pending.delete(frame.id);
    } else if ('request' in frame) {
      const { id, method } = frame;
      const data = frame.data as Data;
      this.log.push({ userId: session.userId, deviceId: session.deviceId, method, data });
      const { socket } = session;
      const send = (answer: unknown): void => {
        if (answer !== NO_ANSWER) socket?.serverSend({ response: true, id, ok: true, data: answer ?? {} });
      };
      const refuse = (error: unknown): void => {
        const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal', String(error));
        const { status: errorCode, message: errorReason, code, retryAfterMs } = refusal;
        const more = { code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
        socket?.serverSend({ response: true, id, ok: false, errorCode, errorReason, data: more });
      };
      try {
        const handler = this.#overrides.get(method) ?? this.#handlers[method as ClientMethod];
        if (!handler) throw new Refusal(400, 'bad-request', `unknown method ${method}`);
        // Answer first, then act: what a handler has to tell it leaves for after.
        const answer = handler(session, data);
        if (answer instanceof Promise) answer.then(send, refuse);
        else send(answer);
      } catch (error) {
        refuse(error);
      }
    }
  }

  /** After the answer has left. */
  #then(act: () => void): void {
    queueMicrotask(act);
  }

  // ---------------------------------------------------------------------------------------- the methods

  readonly #handlers: { [M in ClientMethod]?: Handler } = {
    'start-call': (session, data) => this.startCall(session, data),
    'accept-call': (session, data) => this.#enter(session, this.#call(data), true),
    'join-call': (session, data) => this.#enter(session, this.#call(data), false),
    'decline-call': (session, data) => {
      const call = this.#call(data);
      if (!('ringing' in (call.places.get(session.userId) ?? {}))) {
        throw new Refusal(409, 'conflict', 'does not ring');
      }
      this.#then(() => this.#decline(call, session, (data['reason'] as EndReason) ?? 'declined'));
    },
    'end-call': (session, data) => {
      const call = this.#call(data);
      this.#then(() => {
        if (data['everyone'] === true) this.#end(call, 'hangup');
        else this.#leave(call, session, call.active ? 'hangup' : 'canceled');
      });
    },
    'leave-call': (session, data) => {
      const call = this.#call(data);
      this.#then(() => this.#leave(call, session, 'hangup'));
    },
    invite: (session, data) => {
      const call = this.#call(data);
      const callees = data['callees'] as string[];
      this.#then(() => callees.forEach((userId) => this.#ring(call, userId, session)));
    },
    'watch-presence': (session) => {
      session.watchesPresence = true;
      const users = new Map<string, { userId: string; name: string; devices: number }>();
      for (const { userId, name } of this.sessions) {
        users.set(userId, { userId, name, devices: this.#online(userId).length });
      }
      return { users: [...users.values()] };
    },
    ringing: (session, data) => {
      const call = this.#call(data);
      if (!('ringing' in (call.places.get(session.userId) ?? {}))) throw new Refusal(409, 'conflict', 'does not ring');
    },
    'get-push-key': () => {
      const { publicKey } = this.books;
      if (publicKey === null) throw new Refusal(503, 'unavailable', 'no key for Web Push');
      return { publicKey };
    },
    'register-push': ({ userId, deviceId }, data) => this.books.register(userId, deviceId, data),
    'unregister-push': ({ userId }, data) => {
      if (!this.books.unregister(userId, String(data['id']))) throw new Refusal(404, 'not-found', 'no such id');
    },
    'get-history': ({ userId }, data) => this.books.list(userId, data),
    'mark-history-read': ({ userId }) => {
      this.books.markRead(userId, this.now());
      this.#then(() => this.tellHistory(userId));
    },
    'block-user': ({ userId }, data) => void this.books.blocksOf(userId).add(String(data['userId'])),
    'unblock-user': ({ userId }, data) => void this.books.blocksOf(userId).delete(String(data['userId'])),
    'get-blocked-users': ({ userId }) => ({ users: [...this.books.blocksOf(userId)] }),
    'set-do-not-disturb': ({ userId }, data) => {
      if (data['on'] === true) this.books.doNotDisturb.add(userId);
      else this.books.doNotDisturb.delete(userId);
    },
    getRouterRtpCapabilities: () => ({ codecs: [], headerExtensions: [] }),
    createWebRtcTransport: (session, data) => this.createTransport(session, data),
    connectWebRtcTransport: (session, data) => this.#checkTransport(session, data),
    getTransportStats: (session, data) => {
      this.#checkTransport(session, data);
      return { stats: [] };
    },
    restartIce: (session, data) => {
      this.#checkTransport(session, data);
      return { ...ICE, iceParameters: ICE };
    },
    join: (session, data) => {
      const call = this.#seated(session, data);
      if (call.joined.has(session.peerId)) throw new Refusal(409, 'conflict', 'joined already');
      const others = this.#inRoom(call, session);
      call.joined.add(session.peerId);
      this.#then(() => {
        this.#handOut(call, session);
        for (const other of others) {
          this.notify(other, 'newPeer', { callId: call.id, ...peerOf(session) });
        }
      });
      return { peers: others.map(peerOf) };
    },
    produce: (session, data) => {
      const call = this.#seated(session, data);
      this.#checkTransport(session, data);
      const producer: FakeServerProducer = {
        id: `producer-${this.#next++}`,
        owner: session,
        kind: data['kind'] as 'audio' | 'video',
        appData: data['appData'] as Data,
        paused: data['paused'] === true,
      };
      call.producers.set(producer.id, producer);
      this.#then(() => {
        for (const other of this.#inRoom(call, session)) this.#handOut(call, other);
      });
      return { id: producer.id, producerId: producer.id };
    },
    pauseProducer: (session, data) => this.#setPaused(session, data, true),
    resumeProducer: (session, data) => this.#setPaused(session, data, false),
    closeProducer: (session, data) => {
      const call = this.#seated(session, data);
      this.#then(() => this.#closeProducer(call, data['producerId'] as string));
    },
    pauseConsumer: () => ({}),
    resumeConsumer: () => ({}),
    setConsumerPreferredLayers: () => ({}),
    requestConsumerKeyFrame: () => ({}),
  };

  /** What createWebRtcTransport does, for tests that answer it late. */
  createTransport(session: FakeSession, data: Data): unknown {
    const call = this.#seated(session, data);
    const id = `transport-${this.#next++}`;
    call.transports.set(id, { session, consuming: data['consuming'] === true });
    this.#then(() => this.#handOut(call, session));
    return { id, transportId: id, iceParameters: ICE, iceCandidates: [], dtlsParameters: { fingerprints: [] } };
  }

  /** What start-call does, for tests that do it without a client. */
  startCall(session: FakeSession, data: Data): ClientRequests['start-call']['response'] {
    const requestId = String(data['requestId']);
    const before = session.answers.get(requestId);
    if (before) return before as ClientRequests['start-call']['response'];
    if (this.drainingUntil !== null) {
      throw new Refusal(503, 'unavailable', 'the server stops', this.drainingUntil - this.now());
    }
    const callees = (data['callees'] as string[]).filter((userId) => userId !== session.userId);
    const answer = this.#glare(session, callees) ?? this.#newCall(session, callees, data);
    session.answers.set(requestId, answer);
    return answer;
  }

  /** They ring us at this moment: theirs is the call. */
  #glare(session: FakeSession, callees: string[]): ClientRequests['start-call']['response'] | null {
    for (const call of this.calls.values()) {
      const place = call.places.get(session.userId);
      const mutual = callees.length === 1 && callees[0] === call.caller.userId;
      if (!place || !('ringing' in place) || !mutual) continue;
      this.#enter(session, call, true);
      return { callId: call.id, roomId: call.roomId, ringUntil: call.ringUntil };
    }
    return null;
  }

  #newCall(session: FakeSession, callees: string[], data: Data): ClientRequests['start-call']['response'] {
    const ringMs = 1000 * ((data['ringSeconds'] as number | undefined) ?? 30);
    const roomId = (data['roomId'] as string | undefined) ?? `room-${this.#next++}`;
    const running = [...this.calls.values()].find((call) => call.roomId === roomId);
    if (running) {
      this.#enter(session, running, false);
      return { callId: running.id, roomId, ringUntil: running.ringUntil };
    }
    const call: FakeCall = {
      id: `call-${this.#next++}`,
      roomId,
      media: data['media'] as MediaChoice,
      caller: session,
      callees,
      startedAt: this.now(),
      ringUntil: this.now() + ringMs,
      metadata: data['metadata'] as Data | undefined,
      rev: 0,
      active: false,
      answeredAt: new Map(),
      reasons: new Map(),
      names: new Map([[session.userId, session.name]]),
      places: new Map([[session.userId, { seat: { session, away: false } }]]),
      timer: setTimeout(() => this.#timeout(call), ringMs),
      joined: new Set(),
      transports: new Map(),
      producers: new Map(),
      consumers: new Map(),
    };
    this.calls.set(call.id, call);
    this.#then(() => callees.forEach((userId) => this.#ring(call, userId, session)));
    return { callId: call.id, roomId, ringUntil: call.ringUntil };
  }

  #ring(call: FakeCall, userId: string, by: FakeSession): void {
    const place = call.places.get(userId);
    if (place && !('out' in place)) return;
    call.places.set(userId, { ringing: true });
    const silent = this.books.doNotDisturb.has(userId) || this.books.blocksOf(userId).has(by.userId);
    const devices = silent ? [] : this.#online(userId);
    const caller = { userId: by.userId, name: by.name };
    for (const device of devices) {
      this.tell(device, call, 'call-started', { ...this.#startedData(call), caller });
    }
    const state = devices.length > 0 ? 'ringing' : 'unreachable';
    this.tell(by, call, 'call-ringing', { userId, devices: devices.length, via: 'socket', state });
  }

  #enter(session: FakeSession, call: FakeCall, answers: boolean): { callId: string; roomId: string } {
    const place = call.places.get(session.userId);
    const rings = !!place && 'ringing' in place;
    if (answers && !rings) {
      if (place && 'seat' in place && place.seat.session === session) {
        return { callId: call.id, roomId: call.roomId }; // Said again.
      }
      throw new Refusal(409, 'conflict', 'the call does not ring here any more');
    }
    const { userId, deviceId } = session;
    call.places.set(userId, { seat: { session, away: false } });
    call.active = true;
    call.names.set(userId, session.name);
    if (rings) call.answeredAt.set(userId, this.now());
    clearTimeout(call.timer);
    this.#then(() => {
      for (const other of this.#online(userId)) {
        if (rings && other !== session) {
          this.tell(other, call, 'end-call', { reason: 'answered-elsewhere' });
        }
      }
      for (const seated of this.#seats(call)) {
        if (rings) this.tell(seated, call, 'call-accepted', { userId });
        this.tell(seated, call, 'participant-joined', { userId, deviceId });
      }
    });
    return { callId: call.id, roomId: call.roomId };
  }

  #decline(call: FakeCall, session: FakeSession, reason: EndReason): void {
    const { userId } = session;
    call.places.set(userId, { out: true });
    call.reasons.set(userId, reason);
    for (const device of this.#online(userId)) {
      const own = device === session ? reason : 'declined-elsewhere';
      this.tell(device, call, 'end-call', { reason: own });
    }
    for (const seated of this.#seats(call)) {
      this.tell(seated, call, 'call-declined', { userId, reason });
    }
    this.#settle(call, reason);
  }

  #timeout(call: FakeCall): void {
    for (const [userId, place] of call.places) {
      if (!('ringing' in place)) continue;
      call.places.set(userId, { out: true });
      call.reasons.set(userId, 'timeout');
      for (const device of this.#online(userId)) {
        this.tell(device, call, 'end-call', { reason: 'timeout' });
      }
      for (const seated of this.#seats(call)) {
        this.tell(seated, call, 'call-declined', { userId, reason: 'timeout' });
      }
    }
    this.#settle(call, 'timeout');
  }

  #leave(call: FakeCall, session: FakeSession, reason: EndReason): void {
    const place = call.places.get(session.userId);
    if (!place || !('seat' in place) || place.seat.session !== session) return;
    const { userId, deviceId } = session;
    call.places.set(userId, { out: true });
    call.reasons.set(userId, reason);
    call.joined.delete(session.peerId);
    for (const [id, transport] of call.transports) if (transport.session === session) call.transports.delete(id);
    this.tell(session, call, 'end-call', { reason });
    for (const producer of [...call.producers.values()]) {
      if (producer.owner === session) this.#closeProducer(call, producer.id);
    }
    for (const other of this.#inRoom(call, session)) {
      this.notify(other, 'peerClosed', { callId: call.id, peerId: session.peerId });
    }
    this.#tellOthers(call, session, 'participant-left', { userId, deviceId, reason });
    this.#settle(call, reason);
  }

  /** One alone with nobody ringing is no call. */
  #settle(call: FakeCall, reason: EndReason): void {
    const rings = [...call.places.values()].some((place) => 'ringing' in place);
    const seats = this.#seats(call).length;
    if (seats < 2 && !(rings && seats === 1)) this.#end(call, reason);
  }

  #end(call: FakeCall, reason: EndReason): void {
    if (!this.calls.delete(call.id)) return;
    clearTimeout(call.timer);
    for (const [userId, place] of call.places) {
      const devices = 'seat' in place ? [place.seat.session] : 'ringing' in place ? this.#online(userId) : [];
      for (const device of devices) this.tell(device, call, 'end-call', { reason });
    }
    this.#note(call, reason);
  }

  #note(call: FakeCall, reason: EndReason): void {
    const { id: callId, roomId, media, startedAt, caller } = call;
    const people = [...call.places.keys()].map((userId) => ({
      user: { userId, name: call.names.get(userId) ?? this.#online(userId)[0]?.name ?? userId },
      answeredAt: call.answeredAt.get(userId) ?? null,
      reason: call.reasons.get(userId) ?? reason,
    }));
    this.books.note({ callId, roomId, media, startedAt, endedAt: this.now(), caller: caller.userId, people });
    for (const userId of call.places.keys()) this.tellHistory(userId, callId);
  }

  /** Says that the records of a user have changed. */
  tellHistory(userId: string, callId?: string): void {
    const unread = this.books.unread(userId);
    for (const device of this.#online(userId)) {
      this.notify(device, 'history-changed', { unread, ...(callId !== undefined && { callId }) });
    }
  }

  // ------------------------------------------------------------------------------------------ the room

  /** What the others send and this one has not been offered, once it has joined and can receive. */
  #handOut(call: FakeCall, to: FakeSession): void {
    const ready = [...call.transports.values()].some(({ session, consuming }) => session === to && consuming);
    if (!ready || !call.joined.has(to.peerId)) return;
    const offered = new Set(
      [...call.consumers.values()].flatMap((one) => (one.session === to ? [one.producerId] : [])),
    );
    for (const producer of call.producers.values()) {
      if (producer.owner !== to && !offered.has(producer.id)) this.#consume(call, to, producer);
    }
  }

  #consume(call: FakeCall, to: FakeSession, producer: FakeServerProducer): void {
    const id = `consumer-${this.#next++}`;
    call.consumers.set(id, { session: to, producerId: producer.id });
    void this.request(to, 'newConsumer', {
      callId: call.id,
      peerId: producer.owner.peerId,
      producerId: producer.id,
      id,
      consumerId: id,
      kind: producer.kind,
      rtpParameters: { codecs: [], headerExtensions: [], encodings: [], rtcp: {} },
      type: 'simple',
      producerPaused: producer.paused,
      appData: { ...producer.appData, peerId: producer.owner.peerId },
    });
  }

  #setPaused(session: FakeSession, data: Data, paused: boolean): void {
    const call = this.#seated(session, data);
    const producer = call.producers.get(data['producerId'] as string);
    if (!producer) throw new Refusal(404, 'not-found', 'no such producer');
    producer.paused = paused;
    this.#then(() => {
      for (const [consumerId, consumer] of call.consumers) {
        if (consumer.producerId !== producer.id) continue;
        const method = paused ? 'consumerPaused' : 'consumerResumed';
        this.notify(consumer.session, method, { callId: call.id, consumerId });
      }
    });
  }

  #closeProducer(call: FakeCall, producerId: string): void {
    call.producers.delete(producerId);
    for (const [consumerId, consumer] of [...call.consumers]) {
      if (consumer.producerId !== producerId) continue;
      call.consumers.delete(consumerId);
      this.notify(consumer.session, 'consumerClosed', { callId: call.id, consumerId });
    }
  }

  // ------------------------------------------------------------------------------------------ helpers

  #call(data: Data): FakeCall {
    const call = this.calls.get(String(data['callId']));
    if (!call) throw new Refusal(404, 'not-found', 'no such call');
    return call;
  }

  #seated(session: FakeSession, data: Data): FakeCall {
    const call = this.#call(data);
    if (!this.#seats(call).includes(session)) throw new Refusal(403, 'forbidden', 'not in this call');
    return call;
  }

  #checkTransport(session: FakeSession, data: Data): void {
    const { transports } = this.#seated(session, data);
    if (transports.get(String(data['transportId']))?.session !== session)
      throw new Refusal(404, 'not-found', 'no such transport');
  }

  #seats(call: FakeCall): FakeSession[] {
    return [...call.places.values()].flatMap((place) => ('seat' in place ? [place.seat.session] : []));
  }

  #inRoom(call: FakeCall, except: FakeSession): FakeSession[] {
    return this.#seats(call).filter((seat) => seat !== except && call.joined.has(seat.peerId));
  }

  #online(userId: string): FakeSession[] {
    return this.sessions.filter((session) => session.userId === userId && session.socket !== null);
  }

  #tellOthers<M extends CallMethod>(
    call: FakeCall,
    session: FakeSession,
    method: M,
    data: Omit<CallNotifications[M], 'callId' | 'rev' | 'serverTime'>,
  ): void {
    for (const seat of this.#seats(call)) if (seat !== session) this.tell(seat, call, method, data);
  }

  #away(session: FakeSession): void {
    const { userId, deviceId } = session;
    for (const call of this.calls.values()) {
      const place = call.places.get(userId);
      if (!place || !('seat' in place) || place.seat.session !== session) continue;
      place.seat.away = true;
      this.#tellOthers(call, session, 'participant-reconnecting', { userId, deviceId });
    }
    session.graceTimer = setTimeout(() => this.#gone(session, 'disconnected'), this.graceMs);
  }

  #gone(session: FakeSession, reason: EndReason): void {
    clearTimeout(session.graceTimer);
    const at = this.sessions.indexOf(session);
    if (at >= 0) this.sessions.splice(at, 1);
    for (const call of [...this.calls.values()]) this.#leave(call, session, reason);
    this.#tellPresence(session);
  }

  #tellPresence({ userId, name }: FakeSession): void {
    const devices = this.#online(userId).length;
    for (const watcher of this.sessions) {
      if (watcher.watchesPresence) this.notify(watcher, 'presence', { userId, name, devices });
    }
  }

  #startedData(call: FakeCall): Omit<CallNotifications['call-started'], 'callId' | 'rev' | 'serverTime'> {
    const { roomId, media, callees, ringUntil, metadata, caller } = call;
    const { userId, name } = caller;
    return { roomId, media, callees, ringUntil, caller: { userId, name }, ...(metadata && { metadata }) };
  }

  #snapshots(session: FakeSession): WireCall[] {
    return [...this.calls.values()].flatMap((call) => {
      const place = call.places.get(session.userId);
      if (!place) return [];
      const yourState =
        'ringing' in place
          ? 'ringing'
          : 'out' in place
            ? 'out'
            : place.seat.session === session
              ? 'joined'
              : 'joined-elsewhere';
      const participants = [...call.places].flatMap(([userId, where]) =>
        'seat' in where
          ? [
              {
                userId,
                name: where.seat.session.name,
                deviceId: where.seat.session.deviceId,
                reconnecting: where.seat.away,
              },
            ]
          : [],
      );
      const state = call.active ? 'active' : 'ringing';
      const mediaState = call.joined.has(session.peerId) && yourState === 'joined' && this.#mediaState(call, session);
      return [
        {
          callId: call.id,
          rev: call.rev,
          ...this.#startedData(call),
          state,
          participants,
          yourState,
          ...(mediaState && { mediaState }),
        },
      ];
    });
  }

  #mediaState(call: FakeCall, session: FakeSession): WireMediaState {
    return {
      peers: this.#inRoom(call, session).map(peerOf),
      transports: [...call.transports].flatMap(([id, { session: owner }]) => (owner === session ? [id] : [])),
      producers: [...call.producers.values()].filter(({ owner }) => owner === session).map(({ id }) => id),
      consumers: [...call.consumers].flatMap(([id, { session: to, producerId }]) =>
        to === session ? [{ id, producerId, producerPaused: call.producers.get(producerId)?.paused ?? false }] : [],
      ),
    };
  }
}

/** A handler that returns this leaves the client waiting. */
export const NO_ANSWER = Symbol('no answer');

const ICE = { usernameFragment: 'ufrag', password: 'password', iceLite: true };

function peerOf({ peerId, deviceId, userId, name }: FakeSession): WirePeer {
  return { id: peerId, peerId, userId, deviceId, displayName: name };
}

function hasExpired(token: string): boolean {
  const { exp } = claimsOf(token);
  return exp !== undefined && exp * 1000 < Date.now();
}

function claimsOf(token: string): { sub: string; name?: string; device?: string; exp?: number } {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as { sub: string };
  } catch {
    return { sub: token };
  }
}
