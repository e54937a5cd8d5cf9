import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { ring, ringsHere, snapshot } from './rings-here.js';
import { fakeTime, flush, record, rejection, wait } from './world.js';

fakeTime();

describe('After a reconnect', () => {
  it('what rings no more ends, with the time for the word of its end to come', async () => {
    const { incoming, listed } = ringsHere();
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
    const { incoming, ours, ended, listed } = ringsHere();
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
    const { incoming } = ringsHere();
    incoming.handleRing(ring('a'));
    const call = incoming.get('a')!;
    void call.accept();
    incoming.reconcile([]);
    await wait(1_000);
    expect(call.state).toBe('accepting');
  });

  it('what is answered before the word of its end could come is left alone', async () => {
    const { incoming } = ringsHere();
    incoming.handleRing(ring('a'));
    const call = incoming.get('a')!;
    incoming.reconcile([]);
    await wait(400);
    void call.accept();
    await wait(1_000);
    expect(call.state).toBe('accepting');
  });

  it('what is rung once more before the word of its end could come rings on', async () => {
    const { incoming, seen, listed } = ringsHere();
    incoming.handleRing(ring('a'));
    incoming.reconcile([snapshot('a', 'out', 3)]);
    await wait(400);
    incoming.handleRing(ring('a', { rev: 4 }));
    await wait(1_000);
    expect([seen, listed()]).toEqual([['a'], ['a']]);
  });

  it('the list of the next one counts, not that of the one before', async () => {
    const { incoming, seen, listed } = ringsHere();
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
    const { incoming, answers, asked, seen, listed } = ringsHere();
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
    const { incoming, answers, seen } = ringsHere();
    incoming.handleRing(ring('a'));
    const declined = rejection(incoming.get('a')!.decline());
    answers[1]!.reject(new CarillonError('timeout', 'no answer'));
    expect(await declined).toMatchObject({ code: 'timeout' });
    incoming.reconcile([snapshot('a', 'ringing', 2)]);
    expect(seen).toEqual(['a', 'a']);
  });
});
