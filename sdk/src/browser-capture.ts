// Camera, microphone, screen, speakers and media elements of a real browser. Rejects with CarillonError only.

import type { AttachOptions, CaptureEngine, CaptureOptions, EngineDevice } from './engine.js';
import { CarillonError, type LocalErrorCode } from './errors.js';
import type { DeviceKind } from './types.js';

type Permission = 'camera' | 'microphone';

export class BrowserCapture implements CaptureEngine {
  /** As the browser says; absent where it does not say (then we cannot know before asking). */
  readonly #permissions = new Map<Permission, PermissionStatus>();
  /** Elements of ours → the stream in them, and who is silent. */
  readonly #elements = new Map<HTMLMediaElement, { stream: MediaStream; silent: boolean }>();
  #speakerId: string | null = null;

  constructor() {
    for (const name of ['camera', 'microphone'] as const) void this.#learnPermission(name);
  }

  get canShareScreen(): boolean {
    return typeof navigator !== 'undefined' && !!navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices;
  }
  get canSelectSpeaker(): boolean {
    return typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype;
  }

  mayOpen(kind: Permission): boolean {
    // What stands in for a camera until then is a canvas (browser-engine.ts).
    if (kind === 'camera' && !('captureStream' in HTMLCanvasElement.prototype)) return false;
    return this.#permissions.get(kind)?.state === 'granted';
  }

  open({ microphone, camera }: CaptureOptions): {
    microphone?: Promise<MediaStreamTrack>;
    camera?: Promise<MediaStreamTrack>;
  } {
    const audio = microphone && audioConstraints(microphone.deviceId);
    const video = camera && videoConstraints(camera);
    if (audio && video && this.#wouldAsk('microphone') && this.#wouldAsk('camera')) {
      return openTogether(audio, video);
    }
    // Apart, the microphone is there first, and one may fail without the other.
    return {
      ...(audio && { microphone: openOne({ audio }) }),
      ...(video && { camera: openOne({ video }) }),
    };
  }

  async openScreen({ audio }: { audio: boolean }): Promise<MediaStreamTrack[]> {
    if (!this.canShareScreen) throw new CarillonError('media-unsupported', 'no screen share here');
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { ideal: 15, max: 30 } },
        audio,
      });
      const [picture] = stream.getVideoTracks();
      if (!picture) throw new CarillonError('device-not-found', 'nothing was shared');
      picture.contentHint = 'detail'; // Text must stay sharp, at the cost of frames.
      return [picture, ...stream.getAudioTracks()];
    } catch (cause) {
      throw captureError(cause, 'screen');
    }
  }

  async devices(): Promise<EngineDevice[]> {
    const all = (await mediaDevices()?.enumerateDevices()) ?? [];
    return all.flatMap(({ kind, deviceId, label }) => {
      const ours = KINDS[kind];
      // Without permission some browsers list nameless entries: they cannot be chosen.
      return ours && deviceId !== '' ? [{ kind: ours, deviceId, label }] : [];
    });
  }

  onDeviceChange(listener: () => void): () => void {
    const devices = mediaDevices();
    devices?.addEventListener('devicechange', listener);
    return () => devices?.removeEventListener('devicechange', listener);
  }

  attach(element: HTMLMediaElement, track: MediaStreamTrack, options: AttachOptions): () => void {
    let entry = this.#elements.get(element);
    if (!entry || element.srcObject !== entry.stream) {
      entry = { stream: new MediaStream(), silent: options.silent };
      this.#elements.set(element, entry);
      element.autoplay = true;
      if (options.silent) element.muted = true;
      if ('playsInline' in element) element.playsInline = true;
    }
    const { stream } = entry;
    stream.addTrack(track);
    if (element.srcObject !== stream) {
      element.srcObject = stream;
      if (!options.silent) void this.#route(element);
    }
    if (options.onFirstFrame && track.kind === 'video') onFirstFrame(element, options.onFirstFrame);
    play(element);
    return () => {
      stream.removeTrack(track);
      if (stream.getTracks().length > 0 || element.srcObject !== stream) return;
      element.srcObject = null;
      this.#elements.delete(element);
    };
  }

  async setSpeaker(deviceId: string | null): Promise<void> {
    this.#speakerId = deviceId;
    const playing = [...this.#elements].filter(([, { silent }]) => !silent);
    await Promise.all(playing.map(([element]) => this.#route(element)));
  }

  async #route(element: HTMLMediaElement): Promise<void> {
    if (!this.canSelectSpeaker || element.sinkId === (this.#speakerId ?? '')) return;
    // A speaker that is gone leaves the sound where it was.
    await element.setSinkId(this.#speakerId ?? '').catch(() => undefined);
  }

  async #learnPermission(name: Permission): Promise<void> {
    try {
      // TypeScript's list of names lags behind the browsers.
      const status = await navigator.permissions.query({ name: name });
      this.#permissions.set(name, status);
    } catch {
      // This browser does not tell: we ask for both at once.
    }
  }

  #wouldAsk(name: Permission): boolean {
    return (this.#permissions.get(name)?.state ?? 'prompt') === 'prompt';
  }
}

const KINDS: { [kind: string]: DeviceKind | undefined } = {
  audioinput: 'microphone',
  videoinput: 'camera',
  audiooutput: 'speaker',
};

function mediaDevices(): MediaDevices | undefined {
  // Absent in Node, and in pages that are not secure.
  return typeof navigator === 'undefined' ? undefined : navigator.mediaDevices;
}

function audioConstraints(deviceId: string | null): MediaTrackConstraints {
  return {
    ...(deviceId !== null && { deviceId: { exact: deviceId } }),
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  };
}

function videoConstraints({ deviceId, video }: NonNullable<CaptureOptions['camera']>): MediaTrackConstraints {
  return {
    ...(deviceId !== null && { deviceId: { exact: deviceId } }),
    width: { ideal: video.width ?? 1280 },
    height: { ideal: video.height ?? 720 },
    frameRate: { ideal: video.frameRate ?? 30 },
  };
}

async function openOne(constraints: {
  audio?: MediaTrackConstraints;
  video?: MediaTrackConstraints;
}): Promise<MediaStreamTrack> {
  const what = constraints.audio ? 'microphone' : 'camera';
  try {
    const devices = mediaDevices();
    if (!devices) throw new CarillonError('media-unsupported', 'capture needs a secure page (https)');
    const [track] = (await devices.getUserMedia(constraints)).getTracks();
    if (!track) throw new CarillonError('device-not-found', `no ${what}`);
    return track;
  } catch (cause) {
    throw captureError(cause, what);
  }
}

/** One question to the person for both. If they come together only, what is missing is tried alone. */
function openTogether(
  audio: MediaTrackConstraints,
  video: MediaTrackConstraints,
): { microphone: Promise<MediaStreamTrack>; camera: Promise<MediaStreamTrack> } {
  const both = mediaDevices()?.getUserMedia({ audio, video }) ?? Promise.reject(new Error('no capture'));
  const microphone = both.then(
    (stream) => stream.getAudioTracks()[0] ?? openOne({ audio }),
    () => openOne({ audio }),
  );
  const camera = both.then(
    (stream) => stream.getVideoTracks()[0] ?? openOne({ video }),
    () => openOne({ video }),
  );
  return { microphone, camera };
}

/** https://w3c.github.io/mediacapture-main/#methods-5: the names that getUserMedia fails with. */
const CODES: { [name: string]: LocalErrorCode | undefined } = {
  NotAllowedError: 'permission-denied',
  SecurityError: 'permission-denied',
  NotFoundError: 'device-not-found',
  OverconstrainedError: 'device-not-found',
  NotReadableError: 'device-busy',
  AbortError: 'device-busy',
  NotSupportedError: 'media-unsupported',
  TypeError: 'media-unsupported',
};

export function captureError(cause: unknown, what: string): CarillonError {
  if (cause instanceof CarillonError) return cause;
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : '';
  return new CarillonError(CODES[name] ?? 'device-busy', `${what}: ${name || String(cause)}`, undefined, cause);
}

function onFirstFrame(element: HTMLMediaElement, tell: () => void): void {
  if ('requestVideoFrameCallback' in element) {
    (element as HTMLVideoElement).requestVideoFrameCallback(() => tell());
  } else element.addEventListener('loadeddata', () => tell(), { once: true });
}

/** Browsers keep sound back until the person has touched the page; then we try again. */
function play(element: HTMLMediaElement): void {
  element.play().catch((error: unknown) => {
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
    const again = (): void => void element.play().catch(() => undefined);
    document.addEventListener('pointerdown', again, { once: true });
    document.addEventListener('keydown', again, { once: true });
  });
}
