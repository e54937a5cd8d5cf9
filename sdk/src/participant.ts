// Another user of a call, and what they send. Holds facts; call.ts decides when they change.

import type { MediaEngine } from './engine.js';
import type { CallMedia } from './media.js';
import type {
  EndReason,
  Participant,
  ParticipantState,
  Quality,
  RemoteTrack,
  RingingInfo,
  TrackSource,
} from './types.js';
import { QualityMark } from './quality.js';
import { Reach } from './reach.js';

export class ParticipantImpl implements Participant {
  name: string;
  state: ParticipantState = 'invited';
  deviceId: string | null = null;
  /** That device in the room; null until the room has told. */
  peerId: string | null = null;
  ringing: RingingInfo | null = null;
  readonly reach = new Reach();
  endReason: EndReason | null = null;
  speaking = false;
  readonly mark = new QualityMark();
  readonly #tracks = new Map<string, RemoteTrackImpl>();

  constructor(
    readonly userId: string,
    name?: string,
  ) {
    this.name = name || userId;
  }

  get quality(): Quality {
    if (this.state === 'reconnecting') return 'lost';
    return this.state === 'joined' ? this.mark.quality : 'unknown';
  }

  get tracks(): readonly RemoteTrackImpl[] {
    return [...this.#tracks.values()];
  }

  /** The latest of that source: after a lost answer the same camera may be produced twice, and the first is dead. */
  track(source: TrackSource): RemoteTrackImpl | undefined {
    return this.tracks.findLast((track) => track.source === source);
  }

  get muted(): boolean {
    return this.track('microphone')?.muted ?? true;
  }
  get cameraOn(): boolean {
    return this.track('camera')?.muted === false;
  }
  get screenOn(): boolean {
    return this.track('screen')?.muted === false;
  }

  /** True while they are, or are about to be, in the call. */
  get present(): boolean {
    return this.state === 'joining' || this.state === 'joined' || this.state === 'reconnecting';
  }

  addTrack(track: RemoteTrackImpl): void {
    this.#tracks.set(track.id, track);
  }
  removeTrack(id: string): void {
    this.#tracks.delete(id);
  }
}

/** What a remote track needs done: on the server, and in the browser. */
export interface TrackContext {
  readonly engine: Pick<MediaEngine, 'capture'>;
  readonly media: Pick<CallMedia, 'setConsumerEnabled' | 'setPreferredLayers'>;
  mark(step: 'firstFrame'): void;
}

export class RemoteTrackImpl implements RemoteTrack {
  muted: boolean;
  #score: number | null = null;
  readonly #context: TrackContext;
  readonly #attached = new Set<() => void>();

  constructor(
    readonly id: string,
    readonly source: TrackSource,
    readonly track: MediaStreamTrack,
    muted: boolean,
    context: TrackContext,
  ) {
    this.muted = muted;
    this.#context = context;
  }

  /** mediasoup's score of the stream to us and of its sender, 0 to 10, whichever is worse. */
  get score(): number | null {
    return this.#score;
  }
  /** A stream that has not begun has score 0, which says nothing; one that had a better score and falls to 0 does. */
  set score(score: number | null) {
    if (score !== 0 || this.#score !== null) this.#score = score;
  }

  get kind(): 'audio' | 'video' {
    return this.track.kind === 'audio' ? 'audio' : 'video';
  }

  attach(element: HTMLMediaElement): () => void {
    const { engine, mark } = this.#context;
    const onFirstFrame = (): void => mark('firstFrame');
    const take = engine.capture.attach(element, this.track, { silent: false, onFirstFrame });
    const detach = (): void => {
      if (this.#attached.delete(detach)) take();
    };
    this.#attached.add(detach);
    return detach;
  }

  setPreferredLayers(spatial: number, temporal?: number): Promise<void> {
    return this.#context.media.setPreferredLayers(this.id, spatial, temporal);
  }

  setEnabled(enabled: boolean): Promise<void> {
    return this.#context.media.setConsumerEnabled(this.id, enabled);
  }

  /** It is gone: the elements that show it let go. */
  close(): void {
    for (const detach of [...this.#attached]) detach();
  }
}
