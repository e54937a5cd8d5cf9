// What tests look at in a room, and offer to it.

import type { Call } from '../src/index.js';
import type { ServerRequests } from '../src/protocol.js';

export const element = {} as HTMLMediaElement;
/** What we have of them, in the order in which it came. */
export const names = (call: Call, user: string): string[] =>
  call.participant(user)!.tracks.map(({ source, muted }) => (muted ? `${source} muted` : source));

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
