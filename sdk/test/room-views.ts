// What tests look at in a room, and offer to it.

import type { Call } from '../src/index.js';
import type { ServerRequests } from '../src/protocol.js';
import type { Client } from './world.js';

export const element = {} as HTMLMediaElement;
/** What we have of them, in the order in which it came. */
export const names = (call: Call, user: string): string[] =>
  call.participant(user)!.tracks.map(({ source, muted }) => (muted ? `${source} muted` : source));

/** Those, the microphone before the rest. */
export const namesInAnyOrder = (call: Call, user: string): string[] =>
  names(call, user).sort((one, other) => (one.startsWith('microphone') ? -1 : other.startsWith('microphone') ? 1 : 0));

/** Their transports. */
export const alive = ({ engine }: Client) => engine.transports.filter(({ state }) => state !== 'closed');
/** What they send. */
export const sent = ({ engine }: Client): string[] =>
  engine
    .transport('send')
    .producers.filter(({ closed }) => !closed)
    .map(({ source, paused }) => (paused ? `${source} paused` : source))
    .sort();

/** Of a peer whom nobody knows. */
export function newConsumer(callId: string): ServerRequests['newConsumer'] {
  return {
    callId,
    peerId: 'alice/unknown',
    producerId: 'p',
    id: 'c-extra',
    kind: 'audio',
    rtpParameters: { codecs: [] },
    type: 'simple',
    producerPaused: false,
    appData: {},
  };
}
