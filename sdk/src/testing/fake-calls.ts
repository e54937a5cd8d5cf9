// The calls of the fake server: who rings, who is in, and when it is over. It is no reference for the rules
// (docs/protocol.md is), only enough of them for several clients to ring each other.

import type { CallMethod, ClientMethod, ClientRequests, EndReason, MediaChoice, WireCall } from '../protocol.js';
import { FakeCall, type CallWord } from './fake-call.js';
import type { FakeRooms } from './fake-rooms.js';
import type { FakeServer } from './fake-server.js';
import { afterAnswer, Refusal, type Data, type FakeSession, type Handler } from './fake-session.js';

type Started = ClientRequests['start-call']['response'];
type Server = Pick<FakeServer, 'books' | 'drainingUntil' | 'nextId' | 'now' | 'online' | 'tell' | 'tellHistory'>;

export class FakeCalls {
  readonly byId = new Map<string, FakeCall>();
  readonly #server: Server;
  readonly #rooms: FakeRooms;

  constructor(server: Server, rooms: FakeRooms) {
    this.#server = server;
    this.#rooms = rooms;
  }

  readonly handlers: { [M in ClientMethod]?: Handler } = {
    'start-call': (session, data) => this.start(session, data),
    'accept-call': (session, data) => this.#enter(session, this.of(data), true),
    'join-call': (session, data) => this.#enter(session, this.of(data), false),
    'decline-call': (session, data) => {
      const call = this.#ringing(session, data);
      afterAnswer(() => this.#decline(call, session, (data['reason'] as EndReason) ?? 'declined'));
    },
    'end-call': (session, data) => {
      const call = this.of(data);
      afterAnswer(() => {
        if (data['everyone'] === true) this.#end(call, 'hangup');
        else this.leave(call, session, call.active ? 'hangup' : 'canceled');
      });
    },
    'leave-call': (session, data) => {
      const call = this.of(data);
      afterAnswer(() => this.leave(call, session, 'hangup'));
    },
    invite: (session, data) => {
      const call = this.of(data);
      const callees = data['callees'] as string[];
      afterAnswer(() => callees.forEach((userId) => this.#ring(call, userId, session)));
    },
    ringing: (session, data) => void this.#ringing(session, data),
  };

  of(data: Data): FakeCall {
    const call = this.byId.get(String(data['callId']));
    if (!call) throw new Refusal(404, 'not-found', 'no such call');
    return call;
  }

  start(session: FakeSession, data: Data): Started {
    const requestId = String(data['requestId']);
    const before = session.answers.get(requestId);
    if (before) return before as Started;
    const { drainingUntil } = this.#server;
    if (drainingUntil !== null) {
      throw new Refusal(503, 'unavailable', 'the server stops', drainingUntil - this.#server.now());
    }
    const callees = (data['callees'] as string[]).filter((userId) => userId !== session.userId);
    const answer = this.#glare(session, callees) ?? this.#begin(session, callees, data);
    session.answers.set(requestId, answer);
    return answer;
  }

  leave(call: FakeCall, session: FakeSession, reason: EndReason): void {
    if (!call.seatOf(session)) return;
    const { userId, deviceId } = session;
    call.places.set(userId, { out: true });
    call.reasons.set(userId, reason);
    this.#server.tell(session, call, 'end-call', { reason });
    this.#rooms.leave(call, session);
    this.#tellOthers(call, session, 'participant-left', { userId, deviceId, reason });
    this.#settle(call, reason);
  }

  /** The connection of a device went (`away`), or came back. */
  setAway(session: FakeSession, away: boolean): void {
    const { userId, deviceId } = session;
    for (const call of this.byId.values()) {
      const seat = call.seatOf(session);
      if (!seat || (!away && !seat.away)) continue;
      seat.away = away;
      const method = away ? 'participant-reconnecting' : 'participant-joined';
      this.#tellOthers(call, session, method, { userId, deviceId });
    }
  }

  /** The device is not coming back. */
  drop(session: FakeSession, reason: EndReason): void {
    for (const call of [...this.byId.values()]) this.leave(call, session, reason);
  }

  /** As a welcome shows them. */
  snapshots(session: FakeSession): WireCall[] {
    return [...this.byId.values()].flatMap((call) => {
      const place = call.places.get(session.userId);
      if (!place) return [];
      const joined = call.seatOf(session) !== undefined;
      const yourState =
        'ringing' in place ? 'ringing' : 'out' in place ? 'out' : joined ? 'joined' : 'joined-elsewhere';
      const participants = [...call.places].flatMap(([userId, where]) => {
        if (!('seat' in where)) return [];
        const { name, deviceId } = where.seat.session;
        return [{ userId, name, deviceId, reconnecting: where.seat.away }];
      });
      const mediaState = joined && this.#rooms.stateFor(call, session);
      return [
        {
          callId: call.id,
          rev: call.rev,
          ...call.started,
          state: call.active ? 'active' : 'ringing',
          participants,
          yourState,
          ...(mediaState && { mediaState }),
        },
      ];
    });
  }

  /** They ring us at this moment: theirs is the call. */
  #glare(session: FakeSession, callees: string[]): Started | null {
    for (const call of this.byId.values()) {
      const mutual = callees.length === 1 && callees[0] === call.caller.userId;
      if (!mutual || !call.rings(session.userId)) continue;
      this.#enter(session, call, true);
      return { callId: call.id, roomId: call.roomId, ringUntil: call.ringUntil };
    }
    return null;
  }

  #begin(caller: FakeSession, callees: string[], data: Data): Started {
    const ringMs = 1000 * ((data['ringSeconds'] as number | undefined) ?? 30);
    const roomId = (data['roomId'] as string | undefined) ?? this.#server.nextId('room');
    const running = [...this.byId.values()].find((call) => call.roomId === roomId);
    if (running) {
      this.#enter(caller, running, false);
      return { callId: running.id, roomId, ringUntil: running.ringUntil };
    }
    const startedAt = this.#server.now();
    const call = new FakeCall({
      id: this.#server.nextId('call'),
      roomId,
      media: data['media'] as MediaChoice,
      caller,
      callees,
      startedAt,
      ringUntil: startedAt + ringMs,
      metadata: data['metadata'] as Data | undefined,
    });
    call.timer = setTimeout(() => this.#timeout(call), ringMs);
    this.byId.set(call.id, call);
    afterAnswer(() => callees.forEach((userId) => this.#ring(call, userId, caller)));
    return { callId: call.id, roomId, ringUntil: call.ringUntil };
  }

  #ring(call: FakeCall, userId: string, by: FakeSession): void {
    const place = call.places.get(userId);
    if (place && !('out' in place)) return;
    const { books } = this.#server;
    call.places.set(userId, { ringing: true });
    const silent = books.doNotDisturb.has(userId) || books.blocksOf(userId).has(by.userId);
    const devices = silent ? [] : this.#server.online(userId);
    const caller = { userId: by.userId, name: by.name };
    for (const device of devices) {
      this.#server.tell(device, call, 'call-started', { ...call.started, caller });
    }
    const state = devices.length > 0 ? 'ringing' : 'unreachable';
    this.#server.tell(by, call, 'call-ringing', { userId, devices: devices.length, via: 'socket', state });
  }

  #ringing(session: FakeSession, data: Data): FakeCall {
    const call = this.of(data);
    if (!call.rings(session.userId)) throw new Refusal(409, 'conflict', 'does not ring');
    return call;
  }

  #enter(session: FakeSession, call: FakeCall, answers: boolean): { callId: string; roomId: string } {
    const { userId, deviceId } = session;
    const rings = call.rings(userId);
    if (answers && !rings) {
      if (call.seatOf(session)) return { callId: call.id, roomId: call.roomId }; // Said again.
      throw new Refusal(409, 'conflict', 'the call does not ring here any more');
    }
    call.places.set(userId, { seat: { session, away: false } });
    call.active = true;
    call.names.set(userId, session.name);
    if (rings) call.answeredAt.set(userId, this.#server.now());
    clearTimeout(call.timer);
    afterAnswer(() => {
      for (const other of this.#server.online(userId)) {
        if (rings && other !== session) {
          this.#server.tell(other, call, 'end-call', { reason: 'answered-elsewhere' });
        }
      }
      for (const seated of call.seats) {
        if (rings) this.#server.tell(seated, call, 'call-accepted', { userId });
        this.#server.tell(seated, call, 'participant-joined', { userId, deviceId });
      }
    });
    return { callId: call.id, roomId: call.roomId };
  }

  #decline(call: FakeCall, session: FakeSession, reason: EndReason): void {
    const { userId } = session;
    this.#out(call, userId, reason, (device) => (device === session ? reason : 'declined-elsewhere'));
    this.#settle(call, reason);
  }

  #timeout(call: FakeCall): void {
    for (const userId of call.places.keys()) {
      if (call.rings(userId)) this.#out(call, userId, 'timeout', () => 'timeout');
    }
    this.#settle(call, 'timeout');
  }

  /** Nobody of this user rings any more. */
  #out(call: FakeCall, userId: string, reason: EndReason, own: (device: FakeSession) => EndReason): void {
    call.places.set(userId, { out: true });
    call.reasons.set(userId, reason);
    for (const device of this.#server.online(userId)) {
      this.#server.tell(device, call, 'end-call', { reason: own(device) });
    }
    for (const seated of call.seats) {
      this.#server.tell(seated, call, 'call-declined', { userId, reason });
    }
  }

  /** One alone with nobody ringing is no call. */
  #settle(call: FakeCall, reason: EndReason): void {
    const rings = [...call.places.keys()].some((userId) => call.rings(userId));
    const seats = call.seats.length;
    if (seats < 2 && !(rings && seats === 1)) this.#end(call, reason);
  }

  #end(call: FakeCall, reason: EndReason): void {
    if (!this.byId.delete(call.id)) return;
    clearTimeout(call.timer);
    for (const [userId, place] of call.places) {
      const devices = 'seat' in place ? [place.seat.session] : 'ringing' in place ? this.#server.online(userId) : [];
      for (const device of devices) this.#server.tell(device, call, 'end-call', { reason });
    }
    this.#note(call, reason);
  }

  #note(call: FakeCall, reason: EndReason): void {
    const server = this.#server;
    const { id: callId, roomId, media, startedAt, caller } = call.terms;
    const people = [...call.places.keys()].map((userId) => ({
      user: { userId, name: call.names.get(userId) ?? server.online(userId)[0]?.name ?? userId },
      answeredAt: call.answeredAt.get(userId) ?? null,
      reason: call.reasons.get(userId) ?? reason,
    }));
    server.books.note({ callId, roomId, media, startedAt, endedAt: server.now(), caller: caller.userId, people });
    for (const userId of call.places.keys()) server.tellHistory(userId, callId);
  }

  #tellOthers<M extends CallMethod>(call: FakeCall, session: FakeSession, method: M, data: CallWord<M>): void {
    for (const seat of call.seats) if (seat !== session) this.#server.tell(seat, call, method, data);
  }
}
