// One call as this device lives it. Takes in what server and media say (handle*), gives typed events out. What is true
// about ringing, answers and ends is the server's to say; this only follows, and ignores what is old.

import { ActiveSpeaker } from './active-speaker.js';
import { CallQuality } from './call-quality.js';
import type { ServerClock } from './clock.js';
import type { Connection } from './connection.js';
import { Emitter, type Tell } from './emitter.js';
import type { MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import type { Identity } from './identity.js';
import type { LocalMediaImpl } from './local.js';
import type { LocalSourceImpl } from './local-source.js';
import { asMediaError, type CallMedia } from './media.js';
import type { ParticipantImpl } from './participant.js';
import { Participants } from './participants.js';
import type { CallMethod, CallNotifications, EndReason, MediaChoice, WireCall, WirePeer } from './protocol.js';
import { RemoteTracks } from './remote-tracks.js';
import type { Call, CallEvents, CallState, CallStats, CallTimings, Metadata, Participant, UserInfo } from './types.js';

/** What a call needs of the client. */
export interface CallContext {
  readonly connection: Pick<Connection, 'request'>;
  readonly engine: Pick<MediaEngine, 'capture'>;
  readonly identity: Identity;
  readonly clock: ServerClock;
}

export interface CallTerms {
  id: string;
  roomId: string;
  media: MediaChoice;
  outgoing: boolean;
  caller: UserInfo;
  callees: readonly string[];
  ringUntil: number | null;
  metadata?: Metadata | undefined;
  /** Of the last notification that is already taken into account; 0: none. */
  rev: number;
}

export class CallImpl extends Emitter<CallEvents> implements Call {
  readonly local: LocalMediaImpl;
  readonly timings: CallTimings = {};
  readonly #context: CallContext;
  readonly #terms: CallTerms;
  /** Our own user id. */
  readonly #me: string;
  readonly #mediaSide: CallMedia;
  readonly #participants: Participants;
  readonly #tracks: RemoteTracks;
  readonly #speaker: ActiveSpeaker;
  readonly #quality: CallQuality;
  #roomId: string;
  #rev: number;
  #state: CallState;
  #accepted = false;
  #wasActive = false;
  #signalling = true;
  #startedAt: number | null = null;
  #ringUntil: number | null;
  #endReason: EndReason | null = null;

  constructor(terms: CallTerms, context: CallContext, local: LocalMediaImpl, media: CallMedia) {
    super();
    this.#terms = terms;
    this.#context = context;
    this.#me = context.identity.require().userId;
    this.#mediaSide = media;
    this.#roomId = terms.roomId;
    this.#rev = terms.rev;
    this.#ringUntil = terms.ringUntil;
    this.#state = 'calling';
    this.local = local;
    const { identity, engine } = context;
    const tell: Tell<CallEvents> = (event, ...args) => this.emit(event, ...args);
    const mark = (step: keyof CallTimings): void => this.mark(step);
    const participants = (this.#participants = new Participants(tell));
    const parts = { identity, engine, media, local, participants, tell, mark };
    this.#tracks = new RemoteTracks(parts);
    this.#speaker = new ActiveSpeaker(parts);
    this.#quality = new CallQuality(parts);
    for (const userId of [terms.caller.userId, ...terms.callees]) {
      if (userId && userId !== this.#me) participants.of(userId);
    }
    const caller = participants.get(terms.caller.userId);
    if (caller) {
      caller.name = terms.caller.name || caller.userId;
      caller.state = 'joined'; // The caller has the first seat.
    }
    media.group = participants.all.length > 1;
    this.#followLocal();
    this.#followMedia();
  }

  get id(): string {
    return this.#terms.id;
  }
  get roomId(): string {
    return this.#roomId;
  }
  get media(): MediaChoice {
    return this.#terms.media;
  }
  get outgoing(): boolean {
    return this.#terms.outgoing;
  }
  get caller(): UserInfo {
    return this.#terms.caller;
  }
  get metadata(): Metadata | undefined {
    return this.#terms.metadata;
  }
  get state(): CallState {
    return this.#state;
  }
  get participants(): readonly Participant[] {
    return this.#participants.all;
  }
  get activeSpeaker(): Participant | null {
    return this.#speaker.participant;
  }
  get startedAt(): number | null {
    return this.#startedAt;
  }
  get ringUntil(): number | null {
    return this.#ringUntil;
  }
  get endReason(): EndReason | null {
    return this.#endReason;
  }
  get ended(): boolean {
    return this.#endReason !== null;
  }
  get accepted(): boolean {
    return this.#accepted;
  }
  get rev(): number {
    return this.#rev;
  }
  get mediaSide(): CallMedia {
    return this.#mediaSide;
  }

  participant(userId: string): Participant | undefined {
    return this.#participants.get(userId);
  }

  async invite(callees: string[]): Promise<void> {
    if (this.ended) throw new CarillonError('call-ended', 'the call is over');
    if (callees.length === 0) throw new CarillonError('invalid-argument', 'nobody to invite');
    await this.#context.connection.request('invite', { callId: this.id, callees });
    if (this.ended) return; // Meanwhile.
    for (const userId of callees) {
      const participant = this.#participants.of(userId);
      // Its call-ringing may have come before we got here.
      if (participant.present || participant.state === 'ringing') continue;
      this.#participants.place(participant, 'invited');
    }
  }

  async leave(): Promise<void> {
    if (this.ended) return;
    const canceled = this.outgoing && !this.#accepted;
    const told = this.#context.connection.request('end-call', { callId: this.id });
    this.finish(canceled ? 'canceled' : 'hangup');
    await told.catch(() => undefined);
  }

  async end(options: { everyone?: boolean } = {}): Promise<void> {
    if (!options.everyone) return this.leave();
    if (this.ended) return;
    await this.#context.connection.request('end-call', { callId: this.id, everyone: true });
    this.finish('hangup');
  }

  async getStats(): Promise<CallStats> {
    return { timings: { ...this.timings }, ...(await this.#quality.stats()) };
  }

  // ------------------------------------------------------------------------------- what the server says

  handleNotification<M extends CallMethod>(method: M, data: CallNotifications[M]): void {
    if (this.ended || data.rev <= this.#rev) return; // Old news.
    this.#rev = data.rev;
    this.#handle(method, data);
  }

  #handle(method: CallMethod, data: CallNotifications[CallMethod]): void {
    switch (method) {
      case 'call-started':
        return; // We are in it: our own call, come back by glare.
      case 'call-ringing':
        return this.#handleRinging(data as CallNotifications['call-ringing']);
      case 'call-accepted':
        return this.#handleAccepted(data as CallNotifications['call-accepted']);
      case 'call-declined':
        return this.#handleDeclined(data as CallNotifications['call-declined']);
      case 'participant-joined':
        return this.#handleJoined(data as CallNotifications['participant-joined']);
      case 'participant-left':
        return this.#handleLeft(data as CallNotifications['participant-left']);
      case 'participant-reconnecting':
        return this.#handleReconnecting(data as CallNotifications['participant-reconnecting']);
      case 'end-call':
        return this.finish((data as CallNotifications['end-call']).reason);
    }
  }

  #handleRinging(word: CallNotifications['call-ringing']): void {
    const participant = this.#participants.of(word.userId);
    if (participant.present) return;
    const info = participant.reach.handle(word);
    participant.ringing = info;
    this.#participants.place(participant, info.state === 'ringing' ? 'ringing' : 'invited');
    this.#updateState();
    if (info.state === 'ringing') this.emit('ringing', participant);
  }

  #handleAccepted({ userId, serverTime }: CallNotifications['call-accepted']): void {
    this.markAccepted(serverTime);
    if (userId === this.#me) return;
    const participant = this.#participants.of(userId);
    if (!participant.present) this.#participants.place(participant, 'joining');
    this.emit('accepted', participant);
  }

  #handleDeclined({ userId, reason }: CallNotifications['call-declined']): void {
    const participant = this.#participants.of(userId);
    participant.endReason = reason;
    this.#participants.place(participant, reason === 'timeout' ? 'no-answer' : 'declined');
    this.emit('declined', participant, reason);
  }

  #handleJoined({ userId, deviceId, serverTime }: CallNotifications['participant-joined']): void {
    if (userId === this.#me) {
      // We joined a call that is on (start-call in its room, or join-call).
      if (!this.outgoing) this.markAccepted(serverTime);
      return;
    }
    if (userId !== this.caller.userId) this.markAccepted(serverTime);
    const participant = this.#participants.of(userId);
    this.#seat(participant, deviceId);
    this.emit('participant-joined', participant);
  }

  #handleLeft({ userId, deviceId, reason }: CallNotifications['participant-left']): void {
    const participant = this.#participants.get(userId);
    // With another device they may be in already.
    if (!participant || (participant.deviceId ?? deviceId) !== deviceId) return;
    this.#leave(participant, reason ?? null);
  }

  #handleReconnecting({ userId }: CallNotifications['participant-reconnecting']): void {
    const participant = this.#participants.get(userId);
    if (!participant?.present || participant.state === 'reconnecting') return;
    this.#participants.place(participant, 'reconnecting');
    this.emit('participant-reconnecting', participant);
    this.emit('quality', participant, participant.quality);
  }

  /** After a reconnect: what the server says of this call now is what counts. */
  reconcile(snapshot: WireCall): void {
    if (this.ended) return;
    this.#rev = Math.max(this.#rev, snapshot.rev);
    if (snapshot.ringUntil !== undefined) this.#ringUntil = snapshot.ringUntil;
    if (snapshot.state === 'active') this.markAccepted(this.#context.clock.now());
    const seated = new Map(snapshot.participants.map((seat) => [seat.userId, seat]));
    for (const [userId, seat] of seated) {
      if (userId === this.#me) continue;
      const participant = this.#participants.of(userId, seat.name);
      const { state } = participant;
      if (seat.reconnecting) {
        participant.deviceId = seat.deviceId;
        this.#participants.place(participant, 'reconnecting');
        if (state !== 'reconnecting') this.emit('participant-reconnecting', participant);
      } else if (state !== 'joined' || participant.deviceId !== seat.deviceId) {
        this.#seat(participant, seat.deviceId);
        this.emit('participant-joined', participant);
      }
    }
    for (const participant of this.#participants.all) {
      if (participant.present && !seated.has(participant.userId)) this.#leave(participant, null);
    }
    if (snapshot.yourState === 'joined') this.#mediaSide.reconcile(snapshot.mediaState);
    this.#updateState();
  }

  // -------------------------------------------------------------------------------- what the client says

  /** Somebody accepted, or we did: people may talk. */
  markAccepted(serverTime: number): void {
    if (this.#accepted || this.ended) return;
    this.#accepted = true;
    this.#startedAt = serverTime;
    this.mark('accepted');
    this.#quality.start();
    this.#updateState();
  }

  setRoomId(roomId: string): void {
    this.#roomId = roomId;
  }

  handleSignalling(up: boolean): void {
    if (this.#signalling === up || this.ended) return;
    this.#signalling = up;
    this.#mediaSide.handleSignalling(up);
    if (up) this.local.resend();
    this.#updateState();
  }

  handleNetworkChange(): void {
    this.#mediaSide.handleNetworkChange();
  }

  /** The room cannot be joined: a call without media is none. */
  handleMediaFailure(cause: unknown): void {
    if (this.ended) return;
    this.emit('media-error', asMediaError(cause, 'the room cannot be joined'), null);
    this.#context.connection.request('end-call', { callId: this.id }).catch(() => undefined);
    this.finish('failed');
  }

  mark(step: keyof CallTimings): void {
    this.timings[step] ??= performance.now();
  }

  /** Over, for this reason. The first one stands. */
  finish(reason: EndReason): void {
    if (this.ended) return;
    this.#endReason = reason;
    this.#quality.close();
    this.#mediaSide.close();
    this.local.close();
    this.#tracks.close();
    this.#participants.stopRinging(reason);
    this.#setState('ended');
    this.emit('ended', reason);
    this.clearListeners(); // A listener may have ended it in the midst of other news.
  }

  // ---------------------------------------------------------------------------------- what media says

  #followLocal(): void {
    this.local.on('changed', (source) => this.emit('local', source));
    this.local.on('error', (error, source: LocalSourceImpl) => this.emit('media-error', error, source));
    this.local.on('captured', () => this.mark('captured'));
    if (this.local.capturedAt !== null) this.timings.captured = this.local.capturedAt;
    // What failed before there was a call is told when the app can have listeners.
    const failed = this.local.sources.filter((source) => source.error !== null);
    if (failed.length > 0) setTimeout(() => this.#tellFailed(failed), 0);
  }

  #tellFailed(sources: readonly LocalSourceImpl[]): void {
    if (this.ended) return;
    for (const source of sources) {
      if (source.error) this.emit('media-error', source.error, source);
    }
  }

  #followMedia(): void {
    const media = this.#mediaSide;
    media.on('timing', (step) => this.mark(step));
    media.on('changed', () => this.#updateState());
    media.on('rebuilding', () => this.local.resend());
    media.on('error', (error) => this.emit('media-error', error, null));
    media.on('peer', (peer) => this.#handlePeer(peer));
  }

  #handlePeer(peer: WirePeer): void {
    const peerId = peer.peerId ?? peer.id;
    const { userId } = peer;
    if (!userId || userId === this.#me) return;
    const participant = this.#participants.of(userId, peer.displayName);
    const deviceId = peer.deviceId ?? participant.deviceId ?? peerId;
    // Whoever is in the room with us and is not the caller has accepted.
    if (userId !== this.caller.userId) this.markAccepted(this.#context.clock.now());
    const news = participant.state !== 'joined' || participant.deviceId !== deviceId;
    this.#seat(participant, deviceId);
    if (news) this.emit('participant-joined', participant);
    this.#tracks.adopt(participant, peerId);
  }

  // ------------------------------------------------------------------------------------------- inside

  /** They are in the call with this device. */
  #seat(participant: ParticipantImpl, deviceId: string): void {
    if (participant.deviceId !== null && participant.deviceId !== deviceId) {
      this.#tracks.drop(participant); // Those of the device they came from.
    }
    participant.deviceId = deviceId;
    if (participant.state !== 'joined') this.#participants.place(participant, 'joined');
    this.#growToGroup();
  }

  /** From the third person on the camera is sent in layers. It stays so: changing back would gain little. */
  #growToGroup(): void {
    const media = this.#mediaSide;
    if (media.group || this.#participants.all.filter(({ present }) => present).length < 2) return;
    media.group = true;
    this.local.camera.remake();
  }

  #leave(participant: ParticipantImpl, reason: EndReason | null): void {
    if (participant.state === 'left') return;
    this.#tracks.drop(participant);
    this.#speaker.handleLeft(participant);
    participant.deviceId = null;
    participant.endReason = reason;
    this.#participants.place(participant, 'left');
    this.emit('participant-left', participant, reason);
  }

  #updateState(): void {
    if (this.ended) return;
    const media = this.#mediaSide;
    const rebuilding = media.rebuilding && this.#wasActive; // While it rings nobody misses anything.
    if (!this.#signalling || media.lost || rebuilding) this.#setState('reconnecting');
    else if (this.#accepted) {
      // Once active it stays so: the first path stood, another may still come.
      this.#wasActive ||= media.ready;
      this.#setState(this.#wasActive ? 'active' : 'connecting');
    } else {
      const rings = this.participants.some((participant) => participant.state === 'ringing');
      this.#setState(rings || this.#state === 'ringing' ? 'ringing' : 'calling');
    }
  }

  #setState(state: CallState): void {
    if (this.#state === state) return;
    const previous = this.#state;
    this.#state = state;
    this.emit('state', state, previous);
  }
}
