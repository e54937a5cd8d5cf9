// What we send in one call, as a whole: the three sources, opened together when a call begins, given the room when there
// is one, and closed at its end. Each source by itself is local-source.ts's matter.

import { Emitter, type Tell } from './emitter.js';
import { LocalSourceImpl, type SourceContext, type SourceEvents } from './local-source.js';
import type { CallMedia } from './media.js';
import { QualityMark } from './quality.js';
import type { CallMediaOptions, LocalMedia, Quality } from './types.js';

export type LocalEvents = SourceEvents & {
  /** All that was asked for at the start was captured, or failed. */
  captured: [];
};

export class LocalMediaImpl extends Emitter<LocalEvents> implements LocalMedia {
  readonly microphone: LocalSourceImpl;
  readonly camera: LocalSourceImpl;
  readonly screen: LocalSourceImpl;
  readonly mark = new QualityMark();
  speaking = false;
  /** When all that `open()` asked for was there or had failed, by `performance.now()`. */
  capturedAt: number | null = null;
  readonly #context: SourceContext;
  #media: CallMedia | null = null;

  constructor(context: SourceContext) {
    super();
    this.#context = context;
    const tell: Tell<SourceEvents> = (event, ...args) => this.emit<keyof SourceEvents>(event, ...args);
    this.microphone = new LocalSourceImpl('microphone', context, tell);
    this.camera = new LocalSourceImpl('camera', context, tell);
    this.screen = new LocalSourceImpl('screen', context, tell);
  }

  get quality(): Quality {
    return this.mark.quality;
  }
  get sources(): readonly LocalSourceImpl[] {
    return [this.microphone, this.camera, this.screen];
  }

  /** Opens what a call starts with, both in one go so that the person is asked once. Failures are events. */
  open({ audio = true, video = false }: CallMediaOptions): void {
    const { engine, devices, video: settings } = this.#context;
    const { selected } = devices;
    const opened = engine.capture.open({
      ...(audio && { microphone: { deviceId: selected.microphone } }),
      ...(video && { camera: { deviceId: selected.camera, video: settings } }),
    });
    const { microphone, camera } = opened;
    if (microphone) this.microphone.start(one(microphone)).catch(ignoreTold);
    if (camera) this.camera.start(one(camera)).catch(ignoreTold);
    const all = [microphone, camera].filter((opening) => opening !== undefined);
    void Promise.allSettled(all).then(() => {
      this.capturedAt = performance.now();
      this.emit('captured');
    });
  }

  attachMedia(media: CallMedia): void {
    if (this.#media) return;
    this.#media = media;
    for (const source of this.sources) source.attachMedia(media);
  }

  /** The signalling connection is back, or the room is another one. The pictures first: they take longest to come. */
  resend(): void {
    for (const source of [this.camera, this.screen, this.microphone]) source.resend();
  }

  close(): void {
    for (const source of this.sources) source.close();
    this.clearListeners();
  }
}

async function one(opening: Promise<MediaStreamTrack>): Promise<MediaStreamTrack[]> {
  return [await opening];
}

/** An event has told of it. */
function ignoreTold(): void {}
