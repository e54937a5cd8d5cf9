// How well the others are heard and seen, and we by them: measures the paths of a call while it is on, and turns what it
// measures and what the server scores into marks.

import type { Tell } from './emitter.js';
import type { LocalMediaImpl } from './local.js';
import type { CallMedia } from './media.js';
import type { ParticipantImpl } from './participant.js';
import type { Participants } from './participants.js';
import { NO_SAMPLE, type QualitySample } from './quality.js';
import { StreamHistory } from './stream-history.js';
import type { CallEvents, CallStats, CallTimings, TransportStats } from './types.js';

export interface CallQualityContext {
  readonly local: Pick<LocalMediaImpl, 'mark' | 'quality'>;
  readonly media: CallMedia;
  readonly participants: Participants;
  readonly tell: Tell<CallEvents>;
  mark(step: keyof CallTimings): void;
}

/** How often the path is measured while a call is on. */
const INTERVAL_MS = 2_000;

export class CallQuality {
  readonly #context: CallQualityContext;
  readonly #streams = new StreamHistory();
  #timer: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(context: CallQualityContext) {
    this.#context = context;
    const { media, participants } = context;
    media.on('track-score', (id, score) =>
      participants.withTrack(id, (track, participant) => {
        track.score = score;
        this.#update(participant, NO_SAMPLE);
      }),
    );
    media.on('own-score', (score) => this.#updateOwn({ ...NO_SAMPLE, score }));
  }

  /** From now on there is something to measure. */
  start(): void {
    this.#timer = setInterval(() => void this.#measure(), INTERVAL_MS);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** The numbers of both paths; each stream with the name of its owner, whom the engine does not know. */
  async stats(): Promise<Pick<CallStats, 'send' | 'recv'>> {
    const { send, recv } = await this.#context.media.getStats();
    return { send: this.#named(send), recv: this.#named(recv) };
  }

  async #measure(): Promise<void> {
    const { participants, mark } = this.#context;
    const { send, recv } = await this.stats();
    if (this.#closed) return;
    if (send && send.state === 'connected') {
      this.#updateOwn({ ...NO_SAMPLE, roundTripMs: send.roundTripMs });
    }
    if (!recv || recv.state !== 'connected') return;
    for (const participant of participants.all) {
      if (participant.state !== 'joined') continue;
      const streams = recv.streams.filter((stream) => stream.userId === participant.userId);
      // A screen on which nothing moves has no new frames either.
      const cameras = participant.tracks.filter((track) => track.source === 'camera' && !track.muted);
      const moving = new Set(cameras.map((track) => track.id));
      this.#update(participant, this.#streams.sample(streams, moving, recv.roundTripMs));
    }
    this.#streams.remember(recv.streams);
    if (recv.streams.some((stream) => stream.kind === 'video' && stream.frames > 0)) mark('firstFrame');
  }

  #update(participant: ParticipantImpl, sample: QualitySample): void {
    const { tell } = this.#context;
    const scores = participant.tracks
      .filter((track) => !track.muted && track.score !== null)
      .map((track) => track.score ?? 10);
    const score = scores.length > 0 ? Math.min(...scores) : null;
    if (!participant.mark.update({ ...sample, score })) return;
    tell('quality', participant, participant.quality);
    tell('participant-changed', participant);
  }

  #updateOwn(sample: QualitySample): void {
    const { local, tell } = this.#context;
    if (local.mark.update(sample)) tell('local-quality', local.quality);
  }

  #named(stats: TransportStats | null): TransportStats | null {
    if (!stats) return null;
    const { participants } = this.#context;
    const streams = stats.streams.map((stream) => {
      let named = stream;
      participants.withTrack(stream.trackId, ({ source }, { userId }) => (named = { ...stream, userId, source }));
      return named;
    });
    return { ...stats, streams };
  }
}
