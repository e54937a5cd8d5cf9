// Calls that ring here, without a client around them.

import { ServerClock } from '../src/clock.js';
import { EndedCalls } from '../src/ended-calls.js';
import { IncomingCalls } from '../src/incoming-calls.js';
import type { Ring } from '../src/incoming.js';
import type { WireCall } from '../src/protocol.js';
import { FakePush } from '../src/testing/index.js';
import type { PushState } from '../src/types.js';
import { Deferred } from '../src/waiting.js';

export const ring = (callId: string, given: Partial<Ring> = {}): Ring => ({
  callId,
  rev: 1,
  roomId: 'room',
  caller: { userId: 'bob', name: 'Bob' },
  callees: ['alice'],
  media: 'audio',
  ...given,
});
/** Of the list in a welcome. */
export const snapshot = (callId: string, yourState: WireCall['yourState'], rev = 1): WireCall => ({
  ...ring(callId, { rev }),
  state: 'ringing',
  participants: [],
  yourState,
});

/** The calls that ring at Alice's, and all that they need in the hands of a test. */
export function ringsHere() {
  const asked: string[] = [];
  const answers: Deferred<never>[] = [];
  const accepted = new Deferred<never>();
  const captured = { live: 0 };
  const ours = new Set<string>();
  const platform = new FakePush();
  const push: { state: PushState } = { state: 'off' };
  const ended = new EndedCalls();
  const incoming = new IncomingCalls({
    connection: {
      request: (method, data) => {
        asked.push(`${method} ${(data as { callId: string }).callId}`);
        const answer = new Deferred<never>();
        answers.push(answer);
        return answer.promise;
      },
    },
    calls: {
      accept: () => accepted.promise,
      get: (callId) => (ours.has(callId) ? ({} as never) : undefined),
      openLocal: () => {
        captured.live++;
        return { close: () => captured.live-- } as never;
      },
    },
    clock: new ServerClock(),
    ended,
    platform,
    push,
  });
  const seen: string[] = [];
  incoming.on('incoming', ({ callId }) => seen.push(callId));
  const listed = (): string[] => incoming.announced.map(({ callId }) => callId);
  return { asked, answers, accepted, captured, ours, platform, push, ended, incoming, seen, listed };
}
