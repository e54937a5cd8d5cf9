// The calls of this device: how each begins, that it stays what the server says it is over all reconnects, and that it is
// forgotten when it is over. What rings here and is not answered is incoming-calls.ts's matter.

import { CallImpl, type CallContext, type CallTerms } from './call.js';
import type { Connection } from './connection.js';
import type { DevicesImpl } from './devices.js';
import { Emitter } from './emitter.js';
import { MISSED_END_MS, type EndedCalls } from './ended-calls.js';
import { engineLoader } from './engine-loader.js';
import type { MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import type { IncomingCallImpl } from './incoming.js';
import { LocalMediaImpl } from './local.js';
import type { SourceContext } from './local-source.js';
import { CallMedia } from './media.js';
import type { EndReason, SessionNotifications, WireCall, WireDevice, WireIceServer } from './protocol.js';
import type { CallMediaOptions, ConnectionState, StartCallOptions } from './types.js';

export interface CallsContext extends CallContext, SourceContext {
  readonly connection: Pick<Connection, 'notifyNow' | 'probe' | 'request' | 'state'>;
  readonly engine: MediaEngine;
  readonly devices: DevicesImpl;
  readonly ended: EndedCalls;
  readonly device: WireDevice | undefined;
}

export type CallsEvents = {
  call: [call: CallImpl];
  'call-ended': [call: CallImpl, reason: EndReason];
};

/** For a probe of the signalling while media has gone: then a reconnect for nothing is the smaller evil. */
const DOUBT_TIMEOUT_MS = 600;
const METADATA_BYTES_MAX = 4096;

export class Calls extends Emitter<CallsEvents> {
  readonly #context: CallsContext;
  readonly #loadEngine: () => Promise<void>;
  /** By id: calls of this device, and those whose accept is not answered yet. */
  readonly #byId = new Map<string, CallImpl>();
  readonly #published = new Set<CallImpl>();
  /** Those whose seat was gone, and whose join is not answered yet. */
  readonly #rejoining = new Set<CallImpl>();
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #iceServers: WireIceServer[] = [];

  constructor(context: CallsContext) {
    super();
    this.#context = context;
    this.#loadEngine = engineLoader(context.engine, context.connection);
  }

  /** Those that the app has been told of. */
  get published(): readonly CallImpl[] {
    return [...this.#published];
  }

  get(callId: string): CallImpl | undefined {
    return this.#byId.get(callId);
  }

  /** Of media methods, which may leave out the call while there is only one. */
  of(callId: string | undefined): CallImpl | undefined {
    if (callId !== undefined) return this.#byId.get(callId);
    return this.#byId.size === 1 ? [...this.#byId.values()][0] : undefined;
  }

  // ------------------------------------------------------------------------------------------ they begin

  /** `takeRing`: by glare the answer names a call that rings here already; then it is that one, answered. */
  async start(
    options: StartCallOptions,
    takeRing: (callId: string) => IncomingCallImpl | undefined,
  ): Promise<CallImpl> {
    const { callees, media = 'audio', roomId, ringSeconds, metadata } = options;
    checkStart(options);
    const started = performance.now();
    const { audio = true, video = media === 'video' } = options;
    const local = this.openLocal({ audio, video }); // While it rings, not after.
    try {
      const answer = await this.#context.connection.request('start-call', {
        callees,
        media,
        roomId,
        ringSeconds,
        metadata,
        requestId: crypto.randomUUID(),
      });
      const known = this.#byId.get(answer.callId);
      if (known) {
        local.close(); // The room's call, and we are in it already.
        return known;
      }
      const ring = takeRing(answer.callId);
      const call = this.#make(
        {
          id: answer.callId,
          roomId: answer.roomId,
          media: ring?.media ?? media,
          outgoing: !ring,
          caller: ring?.caller ?? this.#context.identity.require(),
          callees: ring?.callees ?? callees,
          ringUntil: answer.ringUntil ?? null,
          metadata: ring?.metadata ?? metadata,
          rev: ring?.rev ?? 0,
        },
        local,
      );
      if (ring) {
        call.markAccepted(this.#context.clock.now());
        ring.handleAccepted(call);
      }
      call.timings.start = started;
      call.mark('answered');
      this.#publish(call);
      return call;
    } catch (error) {
      local.close();
      throw error;
    }
  }

  /** A call that is running, of which we know no more than its id. */
  async join(callId: string, { audio = true, video = false }: CallMediaOptions): Promise<CallImpl> {
    this.#context.identity.require(); // Before anything is captured.
    const terms: CallTerms = {
      id: callId,
      roomId: '',
      media: video ? 'video' : 'audio',
      outgoing: false,
      caller: { userId: '', name: '' },
      callees: [],
      ringUntil: null,
      rev: 0,
    };
    const local = this.openLocal({ audio, video });
    this.#context.ended.delete(callId);
    return this.#enter('join-call', terms, local);
  }

  accept(incoming: IncomingCallImpl, local: LocalMediaImpl): Promise<CallImpl> {
    const { callId: id, roomId, caller, callees, media, metadata, ringUntil, rev } = incoming;
    const terms = { id, roomId, media, outgoing: false, caller, callees, ringUntil, metadata, rev };
    return this.#enter('accept-call', terms, local);
  }

  /** Accept and join: we enter a call that exists. All that this needs leaves in one burst. */
  async #enter(method: 'accept-call' | 'join-call', terms: CallTerms, local: LocalMediaImpl): Promise<CallImpl> {
    const call = this.#make(terms, local);
    call.mark('start');
    const entered = this.#context.connection.request(method, { callId: terms.id });
    const opened = call.mediaSide.open();
    opened.catch(() => undefined); // If entering failed that says it all; else #publish() asks again.
    try {
      const { roomId } = await entered;
      call.mark('answered');
      if (call.ended) throw new CarillonError('call-ended', `it ended: ${call.endReason}`);
      call.setRoomId(roomId);
      call.markAccepted(this.#context.clock.now());
      this.#publish(call);
      return call;
    } catch (error) {
      this.#forget(call);
      call.finish('failed');
      throw error;
    }
  }

  /** What is captured for a call that is asked for, or may be answered. */
  openLocal(options: CallMediaOptions): LocalMediaImpl {
    const { devices } = this.#context;
    const local = new LocalMediaImpl(this.#context);
    local.on('device-lost', (kind, deviceId) => devices.handleLost(kind, deviceId));
    // The first capture also tells the names of all devices.
    local.on('captured', () => void devices.refresh().catch(() => undefined));
    local.open(options);
    return local;
  }

  #make(terms: CallTerms, local: LocalMediaImpl): CallImpl {
    const { connection, engine, device, video } = this.#context;
    const media = new CallMedia({
      request: (method, data, options) => connection.request(method, { ...data, callId: terms.id }, options),
      loadEngine: this.#loadEngine,
      // Not while it waits to reconnect: everybody's media goes when a server does, and all must not come at once.
      doubtNetwork: () => connection.state === 'connected' && connection.probe(DOUBT_TIMEOUT_MS),
      engine,
      iceServers: this.#iceServers,
      device,
      video,
    });
    const call = new CallImpl(terms, this.#context, local, media);
    this.#byId.set(terms.id, call);
    return call;
  }

  /** The app is told, and the room is opened. */
  #publish(call: CallImpl): void {
    call.on('ended', (reason) => {
      this.#forget(call);
      this.emit('call-ended', call, reason);
    });
    this.#published.add(call);
    this.emit('call', call);
    call.local.attachMedia(call.mediaSide);
    call.mediaSide.open().catch((error: unknown) => call.handleMediaFailure(error));
  }

  #forget(call: CallImpl): void {
    this.#published.delete(call);
    if (this.#byId.get(call.id) === call) this.#byId.delete(call.id);
    this.#context.ended.add(call.id, call.rev);
  }

  // ------------------------------------------------------------------------------------- they go on

  handleWelcome({ iceServers, calls }: SessionNotifications['welcome']): void {
    this.#iceServers = iceServers ?? [];
    void this.#loadEngine().catch(() => undefined); // Asked again, and told, when a call needs it.
    this.#reconcile(calls ?? []);
  }

  handleConnection(state: ConnectionState, error: CarillonError | null): void {
    for (const call of [...this.#byId.values()]) {
      if (state === 'closed') call.finish(error ? 'disconnected' : 'hangup');
      else if (state !== 'connected') call.handleSignalling(false);
    }
  }

  handleNetworkChange(): void {
    for (const call of this.#byId.values()) call.handleNetworkChange();
  }

  /** The page goes away: nobody will be here to hear an answer. */
  hangUpNow(): void {
    for (const callId of this.#byId.keys()) this.#context.connection.notifyNow('end-call', { callId });
  }

  /** In running calls too. */
  async switchDevice(kind: 'microphone' | 'camera', deviceId: string | null): Promise<void> {
    await Promise.all(this.published.map((call) => call.local[kind].switchDevice(deviceId)));
  }

  /** After a (re)connect: the server's list of calls is the truth. */
  #reconcile(snapshots: readonly WireCall[]): void {
    const { connection, ended } = this.#context;
    const byId = new Map(snapshots.map((snapshot) => [snapshot.callId, snapshot]));
    const lost: [call: CallImpl, snapshot: WireCall | undefined][] = [];
    for (const call of this.#byId.values()) {
      const snapshot = byId.get(call.id);
      const joined = snapshot?.yourState === 'joined';
      if (joined) call.reconcile(snapshot);
      // One that is not published: its accept is under way, or has arrived and only the answer was lost.
      if (joined || !this.#published.has(call)) call.handleSignalling(true);
      // Gone. Its end-call, with the reason, follows if the server still knows it.
      else if (!this.#rejoining.has(call)) lost.push([call, snapshot]);
    }
    clearTimeout(this.#lostTimer); // What the list before said counts no more.
    this.#lostTimer = setTimeout(() => {
      for (const [call, snapshot] of lost) this.#afterLoss(call, snapshot);
    }, MISSED_END_MS);
    for (const { callId, yourState } of snapshots) {
      if (yourState !== 'joined' || this.#byId.has(callId) || !ended.has(callId)) continue;
      // We hung up while the connection was down: say it again.
      connection.request('end-call', { callId }).catch(() => undefined);
    }
  }

  /** We were away for longer than the seat is kept. A call of others that is still on is joined again; else it is over. */
  #afterLoss(call: CallImpl, snapshot: WireCall | undefined): void {
    const { connection } = this.#context;
    if (call.ended || connection.state !== 'connected') return; // Of the next welcome, if any, the same is asked.
    if (snapshot?.yourState !== 'out' || snapshot.state !== 'active') return call.finish('disconnected');
    const joined = connection.request('join-call', { callId: call.id });
    this.#rejoining.add(call);
    call.mediaSide.restart(); // In one burst, as when a call is entered.
    call.reconcile(snapshot);
    joined
      .then(
        () => call.handleSignalling(true),
        () => call.finish('disconnected'),
      )
      .finally(() => this.#rejoining.delete(call));
  }
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
