// One call as this device lives it. Takes in what server and media say (handle*), gives typed events out. What is true
// about ringing, answers and ends is the server's to say; this only follows, and ignores what is old.

import type { ServerClock } from './clock.js';
import type { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import type { MediaEngine } from './engine.js';
import { CarillonError } from './errors.js';
import type { Identity } from './identity.js';
import type { LocalMediaImpl } from './local.js';
import type { LocalSourceImpl } from './local-source.js';
import { asMediaError, type CallMedia, type IncomingTrack } from './media.js';
import { ParticipantImpl, RemoteTrackImpl } from './participant.js';
import type { CallMethod, CallNotifications, EndReason, MediaChoice, WireCall, WirePeer } from './protocol.js';
import { NO_SAMPLE, type QualitySample } from './quality.js';
import { StreamHistory } from './stream-history.js';
import type {
  Call,
  CallEvents,
  CallState,
  CallStats,
  CallTimings,
  Metadata,
  Participant,
  TransportStats,
  UserInfo,
} from './types.js';

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
  metadata: Metadata | undefined;
  /** Of the last notification that is already taken into account; 0: none. */
  rev: number;
}

/** How often the path is measured while a call is on. */
const STATS_INTERVAL_MS = 2_000;

export class CallImpl extends Emitter<CallEvents> implements Call {
  readonly local: LocalMediaImpl;
  readonly timings: CallTimings = {};
  readonly #context: CallContext;
  readonly #terms: CallTerms;
  /** Our own user id. */
  readonly #me: string;
  readonly #mediaSide: CallMedia;
  readonly #participants = new Map<string, ParticipantImpl>();
  /** Tracks of a peer of whom we do not know yet who it is. */
  #orphans: IncomingTrack[] = [];
  #roomId: string;
  #rev: number;
  #state: CallState;
  #accepted = false;
  #wasActive = false;
  #signalling = true;
  #startedAt: number | null = null;
  #ringUntil: number | null;
  #endReason: EndReason | null = null;
  #activeSpeaker: ParticipantImpl | null = null;
  #statsTimer: ReturnType<typeof setInterval> | undefined;
  readonly #streams = new StreamHistory();

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
    for (const userId of [terms.caller.userId, ...terms.callees]) {
      if (userId && userId !== this.#me) this.#participantOf(userId);
    }
    const caller = this.#participants.get(terms.caller.userId);
    if (caller) {
      caller.name = terms.caller.name || caller.userId;
      caller.state = 'joined'; // The caller has the first seat.
    }
    media.group = this.#participants.size > 1;
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
    return [...this.#participants.values()];
  }
  get activeSpeaker(): Participant | null {
    return this.#activeSpeaker;
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
    for (const userId of callees) {
      const participant = this.#participantOf(userId);
      // Its call-ringing may have come before we got here.
      if (participant.present || participant.state === 'ringing') continue;
      this.#place(participant, 'invited');
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
    const { send, recv } = await this.#mediaSide.getStats();
    return { timings: { ...this.timings }, send: this.#named(send), recv: this.#named(recv) };
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
    const participant = this.#participantOf(word.userId);
    if (participant.present) return;
    const info = participant.reach.handle(word);
    participant.ringing = info;
    this.#place(participant, info.state === 'ringing' ? 'ringing' : 'invited');
    this.#updateState();
    if (info.state === 'ringing') this.emit('ringing', participant);
  }

  #handleAccepted({ userId, serverTime }: CallNotifications['call-accepted']): void {
    this.markAccepted(serverTime);
    if (userId === this.#me) return;
    const participant = this.#participantOf(userId);
    if (!participant.present) this.#place(participant, 'joining');
    this.emit('accepted', participant);
  }

  #handleDeclined({ userId, reason }: CallNotifications['call-declined']): void {
    const participant = this.#participantOf(userId);
    participant.endReason = reason;
    this.#place(participant, reason === 'timeout' ? 'no-answer' : 'declined');
    this.emit('declined', participant, reason);
  }

  #handleJoined({ userId, deviceId, serverTime }: CallNotifications['participant-joined']): void {
    if (userId === this.#me) {
      // We joined a call that is on (start-call in its room, or join-call).
      if (!this.outgoing) this.markAccepted(serverTime);
      return;
    }
    if (userId !== this.caller.userId) this.markAccepted(serverTime);
    const participant = this.#participantOf(userId);
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
    this.#place(participant, 'reconnecting');
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
      const participant = this.#participantOf(userId, seat.name);
      const { state } = participant;
      if (seat.reconnecting) {
        participant.deviceId = seat.deviceId;
        this.#place(participant, 'reconnecting');
        if (state !== 'reconnecting') this.emit('participant-reconnecting', participant);
      } else if (state !== 'joined' || participant.deviceId !== seat.deviceId) {
        this.#seat(participant, seat.deviceId);
        this.emit('participant-joined', participant);
      }
    }
    for (const participant of this.#participants.values()) {
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
    this.#startMeasuring();
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
    clearInterval(this.#statsTimer);
    this.#mediaSide.close();
    this.local.close();
    for (const participant of this.#participants.values()) {
      this.#dropTracks(participant, false);
      this.#stopRinging(participant, reason);
    }
    this.#setState('ended');
    this.emit('ended', reason);
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
    media.on('peer-gone', (peerId) => {
      const participant = this.#byPeer(peerId);
      if (participant) {
        this.#dropTracks(participant, true);
        participant.peerId = null;
      }
      this.#orphans = this.#orphans.filter((track) => track.peerId !== peerId);
    });
    media.on('track-added', (track) => this.#addTrack(track));
    media.on('track-removed', (id) => this.#removeTrack(id));
    media.on('track-muted', (id, muted) => {
      this.#orphans = this.#orphans.map((orphan) => (orphan.consumerId === id ? { ...orphan, muted } : orphan));
      this.#withTrack(id, (track, participant) => {
        if (track.muted === muted) return;
        track.muted = muted;
        this.emit('participant-changed', participant);
      });
    });
    media.on('track-score', (id, score) => {
      this.#withTrack(id, (track, participant) => {
        track.score = score;
        this.#updateQuality(participant, NO_SAMPLE);
      });
    });
    media.on('own-score', (score) => this.#updateOwnQuality({ ...NO_SAMPLE, score }));
    media.on('active-speaker', (peerId) => this.#setActiveSpeaker(peerId));
  }

  #handlePeer(peer: WirePeer): void {
    const peerId = peer.peerId ?? peer.id;
    const { userId } = peer;
    if (!userId || userId === this.#me) return;
    const participant = this.#participantOf(userId, peer.displayName);
    const deviceId = peer.deviceId ?? participant.deviceId ?? peerId;
    // Whoever is in the room with us and is not the caller has accepted.
    if (userId !== this.caller.userId) this.markAccepted(this.#context.clock.now());
    const news = participant.state !== 'joined' || participant.deviceId !== deviceId;
    this.#seat(participant, deviceId);
    if (participant.peerId !== peerId) {
      this.#dropTracks(participant, true); // Those of the device they came from.
      participant.peerId = peerId;
    }
    if (news) this.emit('participant-joined', participant);
    const orphans = this.#orphans.filter((track) => track.peerId === peerId);
    this.#orphans = this.#orphans.filter((track) => track.peerId !== peerId);
    for (const track of orphans) this.#addTrack(track);
  }

  #addTrack(incoming: IncomingTrack): void {
    const participant = this.#byPeer(incoming.peerId);
    if (!participant) {
      this.#orphans.push(incoming);
      return;
    }
    const media = this.#mediaSide;
    const track = new RemoteTrackImpl(incoming.consumerId, incoming.source, incoming.track, incoming.muted, {
      attach: (element, remote) =>
        this.#context.engine.capture.attach(element, remote.track, {
          silent: false,
          onFirstFrame: () => this.mark('firstFrame'),
        }),
      setPreferredLayers: (id, spatial, temporal) => media.setPreferredLayers(id, spatial, temporal),
      setEnabled: (id, enabled) => media.setConsumerEnabled(id, enabled),
    });
    track.score = incoming.score;
    participant.addTrack(track);
    this.emit('track', track, participant);
    this.emit('participant-changed', participant);
  }

  #removeTrack(id: string): void {
    this.#orphans = this.#orphans.filter((track) => track.consumerId !== id);
    this.#withTrack(id, (track, participant) => {
      participant.removeTrack(id);
      track.close();
      this.emit('track-removed', track, participant);
      this.emit('participant-changed', participant);
    });
  }

  #setActiveSpeaker(peerId: string | null): void {
    const ours = peerId !== null && peerId === this.#context.identity.peerId;
    const next = (peerId !== null && this.#byPeer(peerId)) || null;
    if (this.local.speaking === ours && this.#activeSpeaker === next) return;
    const before = this.#activeSpeaker;
    this.local.speaking = ours;
    this.#activeSpeaker = next;
    if (before && before !== next) {
      before.speaking = false;
      this.emit('participant-changed', before);
    }
    if (next && before !== next) {
      next.speaking = true;
      this.emit('participant-changed', next);
    }
    this.emit('active-speaker', next);
  }

  // ------------------------------------------------------------------------------------------- inside

  #participantOf(userId: string, name?: string): ParticipantImpl {
    let participant = this.#participants.get(userId);
    if (!participant) {
      participant = new ParticipantImpl(userId, name);
      this.#participants.set(userId, participant);
    } else if (name) participant.name = name;
    return participant;
  }

  #byPeer(peerId: string): ParticipantImpl | undefined {
    for (const participant of this.#participants.values()) {
      if (participant.peerId === peerId) return participant;
    }
    return undefined;
  }

  #withTrack(id: string, act: (track: RemoteTrackImpl, participant: ParticipantImpl) => void): void {
    for (const participant of this.#participants.values()) {
      const track = participant.tracks.find((one) => one.id === id);
      if (track) return act(track, participant);
    }
  }

  #place(participant: ParticipantImpl, state: ParticipantImpl['state']): void {
    participant.state = state;
    if (state !== 'ringing' && state !== 'invited') {
      participant.ringing = null;
      participant.reach.clear(); // Should they be invited once more, it is another ring.
    }
    if (state === 'invited' || state === 'ringing' || participant.present) {
      participant.endReason = null;
    }
    this.emit('participant-changed', participant);
  }

  /** They are in the call with this device. */
  #seat(participant: ParticipantImpl, deviceId: string): void {
    if (participant.deviceId !== null && participant.deviceId !== deviceId) {
      this.#dropTracks(participant, true); // Those of the device they came from.
      participant.peerId = null;
    }
    participant.deviceId = deviceId;
    if (participant.state !== 'joined') this.#place(participant, 'joined');
    this.#growToGroup();
  }

  /** From the third person on the camera is sent in layers. It stays so: changing back would gain little. */
  #growToGroup(): void {
    const media = this.#mediaSide;
    if (media.group || [...this.#participants.values()].filter(({ present }) => present).length < 2) return;
    media.group = true;
    this.local.camera.remake();
  }

  /** At the end nobody rings any more. */
  #stopRinging(participant: ParticipantImpl, reason: EndReason): void {
    if (participant.state !== 'invited' && participant.state !== 'ringing') return;
    const declined = reason === 'declined' || reason === 'busy';
    participant.endReason = reason;
    this.#place(participant, reason === 'timeout' ? 'no-answer' : declined ? 'declined' : 'left');
  }

  #leave(participant: ParticipantImpl, reason: EndReason | null): void {
    if (participant.state === 'left') return;
    this.#dropTracks(participant, true);
    if (this.#activeSpeaker === participant) this.#setActiveSpeaker(null);
    participant.deviceId = null;
    participant.peerId = null;
    participant.endReason = reason;
    this.#place(participant, 'left');
    this.emit('participant-left', participant, reason);
  }

  #dropTracks(participant: ParticipantImpl, tell: boolean): void {
    for (const track of participant.tracks) {
      participant.removeTrack(track.id);
      track.close();
      if (tell) this.emit('track-removed', track, participant);
    }
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

  #startMeasuring(): void {
    this.#statsTimer = setInterval(() => void this.#measure(), STATS_INTERVAL_MS);
  }

  async #measure(): Promise<void> {
    const { send, recv } = await this.getStats();
    if (this.ended) return;
    if (send && send.state === 'connected') {
      this.#updateOwnQuality({ ...NO_SAMPLE, roundTripMs: send.roundTripMs });
    }
    if (!recv || recv.state !== 'connected') return;
    for (const participant of this.#participants.values()) {
      if (participant.state !== 'joined') continue;
      const streams = recv.streams.filter((stream) => stream.userId === participant.userId);
      // A screen on which nothing moves has no new frames either.
      const cameras = participant.tracks.filter((track) => track.source === 'camera' && !track.muted);
      const moving = new Set(cameras.map((track) => track.id));
      this.#updateQuality(participant, this.#streams.sample(streams, moving, recv.roundTripMs));
    }
    this.#streams.remember(recv.streams);
    if (recv.streams.some((stream) => stream.kind === 'video' && stream.frames > 0)) this.mark('firstFrame');
  }

  #updateQuality(participant: ParticipantImpl, sample: QualitySample): void {
    const scores = participant.tracks
      .filter((track) => !track.muted && track.score !== null)
      .map((track) => track.score ?? 10);
    const score = scores.length > 0 ? Math.min(...scores) : null;
    if (!participant.mark.update({ ...sample, score })) return;
    this.emit('quality', participant, participant.quality);
    this.emit('participant-changed', participant);
  }

  #updateOwnQuality(sample: QualitySample): void {
    if (this.local.mark.update(sample)) this.emit('local-quality', this.local.quality);
  }

  /** Adds whose each stream is; the engine knows tracks only. */
  #named(stats: TransportStats | null): TransportStats | null {
    if (!stats) return null;
    return {
      ...stats,
      streams: stats.streams.map((stream) => {
        for (const participant of this.#participants.values()) {
          const track = participant.tracks.find((one) => one.id === stream.trackId);
          if (track) return { ...stream, userId: participant.userId, source: track.source };
        }
        return stream;
      }),
    };
  }
}
