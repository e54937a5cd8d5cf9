// A small Carillon server in memory: sockets, devices and their seats, and what is asked of it; fake-calls.ts has the
// calls and fake-rooms.ts the media. Enough for several clients to ring and see each other. Tests may override any answer,
// and cut any wire.

import type {
  CallMethod,
  ClientMethod,
  ClientRequests,
  EndReason,
  Frame,
  NotificationMethod,
  ServerMethod,
  ServerNotifications,
  ServerRequests,
} from '../protocol.js';
import type { WebSocketFactory } from '../types.js';
import { FakeBooks } from './fake-books.js';
import type { CallWord, FakeCall } from './fake-call.js';
import { FakeCalls } from './fake-calls.js';
import { FakeRooms } from './fake-rooms.js';
import { afterAnswer, FakeSession, NO_ANSWER, Refusal, type Data, type Handler } from './fake-session.js';
import { FakeSocket } from './fake-socket.js';
import { hasExpired, readToken } from './fake-token.js';

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
  /** Until when it drains; null: it does not. */
  drainingUntil: number | null = null;
  /** Push registrations, call records, blocks. */
  readonly books = new FakeBooks();
  /** All requests that came in, in order. */
  readonly log: { userId: string; deviceId: string; method: string; data: Data }[] = [];
  readonly #overrides = new Map<string, Handler>();
  readonly #rooms = new FakeRooms(this);
  readonly #calls = new FakeCalls(this, this.#rooms);
  #next = 1;

  /** By id. */
  get calls(): Map<string, FakeCall> {
    return this.#calls.byId;
  }

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
  tell<M extends CallMethod>(session: FakeSession, call: FakeCall, method: M, data: CallWord<M>): void {
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
    for (const call of this.calls.values()) this.#rooms.renew(call);
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
    const call = this.callOf({ callId });
    this.#rooms.renew(call);
    for (const session of call.seats) this.notify(session, 'media-restart', { callId });
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
      calls: this.#calls.snapshots(session),
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
      this.#calls.setAway(known, false);
      return known;
    }
    const claims = readToken(token);
    const session = new FakeSession(
      claims.sub,
      claims.name ?? claims.sub,
      claims.device ?? this.nextId(claims.sub),
      this.nextId('resume'),
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
        const handler = this.#overrides.get(method) ?? this.#handlerOf(method as ClientMethod);
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

  #handlerOf(method: ClientMethod): Handler | undefined {
    return this.#handlers[method] ?? this.#calls.handlers[method] ?? this.#rooms.handlers[method];
  }

  // ------------------------------------------------------------------------------------- what it does itself

  readonly #handlers: { [M in ClientMethod]?: Handler } = {
    'watch-presence': (session) => {
      session.watchesPresence = true;
      const users = new Map<string, { userId: string; name: string; devices: number }>();
      for (const { userId, name } of this.sessions) {
        users.set(userId, { userId, name, devices: this.online(userId).length });
      }
      return { users: [...users.values()] };
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
      afterAnswer(() => this.tellHistory(userId));
    },
    'block-user': ({ userId }, data) => void this.books.blocksOf(userId).add(String(data['userId'])),
    'unblock-user': ({ userId }, data) => void this.books.blocksOf(userId).delete(String(data['userId'])),
    'get-blocked-users': ({ userId }) => ({ users: [...this.books.blocksOf(userId)] }),
    'set-do-not-disturb': ({ userId }, data) => {
      if (data['on'] === true) this.books.doNotDisturb.add(userId);
      else this.books.doNotDisturb.delete(userId);
    },
  };

  /** What createWebRtcTransport does, for tests that answer it late. */
  createTransport(session: FakeSession, data: Data): unknown {
    return this.#rooms.createTransport(session, data);
  }

  /** What start-call does, for tests that do it without a client. */
  startCall(session: FakeSession, data: Data): ClientRequests['start-call']['response'] {
    return this.#calls.start(session, data);
  }

  /** Says that the records of a user have changed. */
  tellHistory(userId: string, callId?: string): void {
    const unread = this.books.unread(userId);
    for (const device of this.online(userId)) {
      this.notify(device, 'history-changed', { unread, ...(callId !== undefined && { callId }) });
    }
  }

  /** The call that a request is about. */
  callOf(data: Data): FakeCall {
    return this.#calls.of(data);
  }

  nextId(what: string): string {
    return `${what}-${this.#next++}`;
  }

  /** The devices of a user that are connected. */
  online(userId: string): FakeSession[] {
    return this.sessions.filter((session) => session.userId === userId && session.socket !== null);
  }

  // -------------------------------------------------------------------------------------- devices come and go

  #away(session: FakeSession): void {
    this.#calls.setAway(session, true);
    session.graceTimer = setTimeout(() => this.#gone(session, 'disconnected'), this.graceMs);
  }

  #gone(session: FakeSession, reason: EndReason): void {
    clearTimeout(session.graceTimer);
    const at = this.sessions.indexOf(session);
    if (at >= 0) this.sessions.splice(at, 1);
    this.#calls.drop(session, reason);
    this.#tellPresence(session);
  }

  #tellPresence({ userId, name }: FakeSession): void {
    const devices = this.online(userId).length;
    for (const watcher of this.sessions) {
      if (watcher.watchesPresence) this.notify(watcher, 'presence', { userId, name, devices });
    }
  }
}
