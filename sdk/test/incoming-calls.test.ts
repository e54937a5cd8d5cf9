import { describe, expect, it, vi } from 'vitest';
import { ServerClock } from '../src/clock.js';
import { EndedCalls } from '../src/ended-calls.js';
import { CarillonError } from '../src/errors.js';
import { IncomingCalls } from '../src/incoming-calls.js';
import type { Ring } from '../src/incoming.js';
import type { WireCall } from '../src/protocol.js';
import type { PushState } from '../src/types.js';
import { Deferred } from '../src/waiting.js';
import { FakePush } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, wait } from './world.js';

fakeTime();

const ring = (callId: string, given: Partial<Ring> = {}): Ring => ({
  callId,
  rev: 1,
  roomId: 'room',
  caller: { userId: 'bob', name: 'Bob' },
  callees: ['alice'],
  media: 'audio',
  ...given,
});
const snapshot = (callId: string, yourState: WireCall['yourState'], rev = 1): WireCall => ({
  ...ring(callId, { rev }),
  state: 'ringing',
  participants: [],
  yourState,
});

function world() {
  const asked: string[] = [];
  const answers: Deferred<never>[] = [];
  const accepted = new Deferred<never>();
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
      openLocal: () => ({ close: () => undefined }) as never,
    },
    clock: new ServerClock(),
    ended,
    platform,
    push,
  });
  const seen: string[] = [];
  incoming.on('incoming', ({ callId }) => seen.push(callId));
  const listed = (): string[] => incoming.announced.map(({ callId }) => callId);
  return { asked, answers, accepted, ours, platform, push, ended, incoming, seen, listed };
}

describe('Calls that ring here', () => {
  it('are told of once, and listed until they end', () => {
    const { incoming, seen, listed } = world();
    incoming.handleRing(ring('a'));
    incoming.handleRing(ring('a', { rev: 2 }));
    expect([seen, listed()]).toEqual([['a'], ['a']]);
    incoming.handleEnd({ callId: 'a', rev: 3, serverTime: 0, reason: 'canceled' });
    expect(listed()).toEqual([]);
  });

  it('do not end by a word that is older than their ring', () => {
    const { incoming, listed } = world();
    incoming.handleRing(ring('a', { rev: 5 }));
    incoming.handleEnd({ callId: 'a', rev: 4, serverTime: 0, reason: 'canceled' });
    expect(listed()).toEqual(['a']);
  });

  it('of somebody whom we are calling are held back until that is answered', () => {
    const { incoming, seen, listed } = world();
    const answered = incoming.expectGlare(['bob']);
    incoming.handleRing(ring('a'));
    incoming.handleRing(ring('b', { caller: { userId: 'carol', name: 'Carol' } }));
    expect([seen, listed()]).toEqual([['b'], ['b']]);
    answered();
    expect(seen).toEqual(['b', 'a']);
    expect(listed()).toEqual(['a', 'b']);
  });

  it('are never told of if they become our call by glare, or end, before that', () => {
    const { incoming, seen, listed } = world();
    const answered = incoming.expectGlare(['bob']);
    incoming.handleRing(ring('a'));
    incoming.handleRing(ring('b'));
    incoming.take('a')?.handleAccepted({} as never);
    incoming.handleEnd({ callId: 'b', rev: 2, serverTime: 0, reason: 'timeout' });
    answered();
    expect([seen, listed()]).toEqual([[], []]);
  });

  it('are confirmed, unless nobody sees the page and the push shows more', () => {
    const { incoming, platform, push, asked } = world();
    platform.onScreen = false;
    incoming.handleRing(ring('a'));
    push.state = 'on';
    incoming.handleRing(ring('b'));
    platform.onScreen = true;
    incoming.handleRing(ring('c'));
    expect(asked).toEqual(['ringing a', 'ringing c']);
  });

  it('take the notification of the same call away, except when they ring on elsewhere', () => {
    const { incoming, platform } = world();
    platform.notifications = ['ring a', 'ring b'];
    incoming.handleRing(ring('a'));
    expect(platform.notifications).toEqual(['ring b']);
    platform.onScreen = false;
    incoming.handleRing(ring('b'));
    incoming.close();
    expect(platform.notifications).toEqual(['ring b']);
  });

  it('take their notification away when it is the caller who was disconnected', () => {
    const { incoming, platform } = world();
    platform.onScreen = false;
    platform.notifications = ['ring a'];
    incoming.handleRing(ring('a'));
    incoming.handleEnd({ callId: 'a', rev: 2, serverTime: 0, reason: 'disconnected' });
    expect(platform.notifications).toEqual([]);
  });

  it('ring again for whoever disconnects and comes back while they do', () => {
    const { incoming, seen, listed } = world();
    incoming.handleRing(ring('a'));
    const call = incoming.get('a')!;
    incoming.reconcile([]);
    incoming.close();
    expect(call.endReason).toBe('disconnected');
    expect(listed()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    incoming.reconcile([snapshot('a', 'ringing')]);
    expect(seen).toEqual(['a', 'a']);
    expect(listed()).toEqual(['a']);
  });
});

describe('A call that rings', () => {
  it('does not ring for ever when its end passed while it was being answered', async () => {
    const { incoming, accepted } = world();
    incoming.handleRing(ring('a', { ringUntil: Date.now() + 5_000 }));
    const call = incoming.get('a')!;
    const outcome = rejection(call.accept());
    await wait(15_000);
    accepted.reject(new CarillonError('timeout', 'no answer'));
    expect(await outcome).toMatchObject({ code: 'timeout' });
    expect(call.state).toBe('ringing');
    await wait(5_000);
    expect(call.endReason).toBe('timeout');
  });
});

describe('After a reconnect', () => {
  it('what rings no more ends, with the time for the word of its end to come', async () => {
    const { incoming, listed } = world();
    for (const callId of ['on', 'elsewhere', 'gone', 'told']) incoming.handleRing(ring(callId));
    const ends = ['elsewhere', 'gone', 'told'].flatMap((callId) => [record(incoming.get(callId)!, 'ended')]);
    incoming.reconcile([snapshot('on', 'ringing'), snapshot('elsewhere', 'joined-elsewhere')]);
    expect(listed()).toEqual(['on', 'elsewhere', 'gone', 'told']);
    incoming.handleEnd({ callId: 'told', rev: 2, serverTime: 0, reason: 'timeout' });
    await wait(500);
    expect(listed()).toEqual(['on']);
    expect(ends).toEqual([['ended answered-elsewhere'], ['ended canceled'], ['ended timeout']]);
  });

  it('what rings and is new to us rings, and what we know to be over does not', () => {
    const { incoming, ours, ended, listed } = world();
    ours.add('ours');
    ended.add('over', 4);
    ended.add('again', 4);
    incoming.reconcile([
      snapshot('new', 'ringing'),
      snapshot('ours', 'ringing'),
      snapshot('over', 'ringing', 4),
      snapshot('again', 'ringing', 5),
      snapshot('not-us', 'out'),
    ]);
    expect(listed()).toEqual(['new', 'again']);
  });

  it('what is being answered is left alone', async () => {
    const { incoming } = world();
    incoming.handleRing(ring('a'));
    const call = incoming.get('a')!;
    void call.accept();
    incoming.reconcile([]);
    await wait(1_000);
    expect(call.state).toBe('accepting');
  });

  it('what is answered before the word of its end could come is left alone', async () => {
    const { incoming } = world();
    incoming.handleRing(ring('a'));
    const call = incoming.get('a')!;
    incoming.reconcile([]);
    await wait(400);
    void call.accept();
    await wait(1_000);
    expect(call.state).toBe('accepting');
  });

  it('what is rung once more before the word of its end could come rings on', async () => {
    const { incoming, seen, listed } = world();
    incoming.handleRing(ring('a'));
    incoming.reconcile([snapshot('a', 'out', 3)]);
    await wait(400);
    incoming.handleRing(ring('a', { rev: 4 }));
    await wait(1_000);
    expect([seen, listed()]).toEqual([['a'], ['a']]);
  });

  it('the list of the next one counts, not that of the one before', async () => {
    const { incoming, seen, listed } = world();
    incoming.handleRing(ring('rung again', { rev: 3 }));
    incoming.handleRing(ring('answered'));
    const answered = incoming.get('answered')!;
    incoming.reconcile([]);
    await wait(400);
    incoming.reconcile([snapshot('rung again', 'ringing', 3), snapshot('answered', 'joined-elsewhere', 5)]);
    await wait(400);
    expect(answered.state).toBe('ringing');
    await wait(600);
    expect(answered.endReason).toBe('answered-elsewhere');
    expect([seen, listed()]).toEqual([['rung again', 'answered'], ['rung again']]);
  });

  it('what we declined does not ring while the server has not heard of it', async () => {
    const { incoming, answers, asked, seen, listed } = world();
    incoming.handleRing(ring('a'));
    void incoming.get('a')!.decline();
    expect(asked).toEqual(['ringing a', 'decline-call a']);
    incoming.reconcile([snapshot('a', 'ringing', 2)]);
    incoming.handleRing(ring('a', { rev: 3 }));
    expect([seen, listed()]).toEqual([['a'], []]);
    answers[1]!.resolve({} as never);
    await flush();
    incoming.handleRing(ring('a', { rev: 6 })); // Invited once more.
    expect([seen, listed()]).toEqual([['a', 'a'], ['a']]);
    expect(asked).toEqual(['ringing a', 'decline-call a', 'ringing a']);
  });

  it('what could not be declined rings again', async () => {
    const { incoming, answers, seen } = world();
    incoming.handleRing(ring('a'));
    const declined = rejection(incoming.get('a')!.decline());
    answers[1]!.reject(new CarillonError('timeout', 'no answer'));
    expect(await declined).toMatchObject({ code: 'timeout' });
    incoming.reconcile([snapshot('a', 'ringing', 2)]);
    expect(seen).toEqual(['a', 'a']);
  });
});
