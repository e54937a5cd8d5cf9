// What the media of a call says and hears, read: sources, scores, errors. Pure.

import { CarillonError } from './errors.js';
import type { WireConsumerScore, WireTransport } from './protocol.js';
import type { TrackSource } from './types.js';

export { Deferred, soon } from './waiting.js';

export function worst({ score, producerScore }: WireConsumerScore): number {
  return Math.min(score, producerScore);
}

/** mediasoup-demo's dialects say it in two ways: `share`, or a source of `screensharing`. */
export function sourceOf(kind: 'audio' | 'video', appData: { [key: string]: unknown }): TrackSource {
  const screen = appData?.['share'] === true || appData?.['source'] === 'screensharing';
  if (kind === 'audio') return screen ? 'screen-audio' : 'microphone';
  return screen ? 'screen' : 'camera';
}

export function normalized(answer: WireTransport): WireTransport {
  const { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = answer;
  return { id, iceParameters, iceCandidates, dtlsParameters, ...(sctpParameters && { sctpParameters }) };
}

export function asMediaError(cause: unknown, reason: string): CarillonError {
  return cause instanceof CarillonError ? cause : new CarillonError('media-failed', reason, undefined, cause);
}

/** The server has no worker for it now; in a moment it has. */
export function isPassing(error: unknown): boolean {
  return error instanceof CarillonError && (error.code === 'worker-died' || error.code === 'unavailable');
}

/** The worker is gone, or what we speak of was in a room that is. */
export function isRoomGone(error: unknown): boolean {
  return isPassing(error) || (error instanceof CarillonError && error.code === 'not-found');
}
