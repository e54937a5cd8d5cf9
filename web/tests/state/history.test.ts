import { describe, expect, it } from 'vitest';
import { FakeHistory, past } from '../support/fake-client';
import { settle, signedIn, type World } from '../support/signed-in';

/** Signed in, with this many calls in the book. */
async function withCalls(count: number, prepare: (history: FakeHistory) => void = () => undefined): Promise<World> {
  const w = await signedIn((client) => {
    client.history.calls = Array.from({ length: count }, (_, i) => past(count - i));
    prepare(client.history);
  });
  await settle();
  return w;
}
const ids = (w: World): string[] => w.store.history.value.calls.map((call) => call.callId);

describe('the list of calls', () => {
  it('is loaded when one is signed in, a page of it', async () => {
    const w = await withCalls(40, (history) => (history.unread = 3));
    expect(w.store.history.value).toMatchObject({ state: 'ready', older: 'some', filter: 'all' });
    expect(ids(w)).toHaveLength(30);
    expect(w.store.unread.value).toBe(3);
    expect(w.store.history.value.calls[0]).toEqual({
      callId: 'past-40',
      people: [{ userId: 'ben', name: 'Ben Okafor' }],
      media: 'audio',
      outgoing: false,
      startedAt: past(40).startedAt,
      lastedMs: null,
      reason: 'timeout',
      missed: true,
    });
  });

  it('is ready and empty where there are no calls', async () => {
    const w = await withCalls(0);
    expect(w.store.history.value).toMatchObject({ state: 'ready', calls: [], older: 'none' });
  });

  it('knows a better name than the id, where somebody told it', async () => {
    const w = await withCalls(0);
    w.client.history.add(past(1, { with: [{ userId: 'ben', name: 'ben' }] }));
    await settle();
    expect(w.store.history.value.calls[0]!.people[0]!.name).toBe('Ben Okafor');
  });

  it('knows whoever was not reached by the name of a call that he was in, the newest one', async () => {
    const zoe = (name: string) => ({ with: [{ userId: 'zoe', name }] });
    const w = await withCalls(0, (history) => {
      history.calls = [past(3, zoe('zoe')), past(2, zoe('Zoe B.')), past(1, zoe('Zoe'))];
    });
    const names = w.store.history.value.calls.map(({ people }) => people[0]!.name);
    expect(names).toEqual(['Zoe B.', 'Zoe B.', 'Zoe']);
    expect(w.session.nameOf('zoe')).toBe('Zoe B.');
  });

  it('grows by a page when its end comes into sight, once', async () => {
    const w = await withCalls(70);
    w.session.moreHistory();
    w.session.moreHistory();
    expect(w.store.history.value.older).toBe('loading');
    await settle();
    expect(ids(w)).toHaveLength(60);
    w.session.moreHistory();
    await settle();
    expect(ids(w)).toHaveLength(70);
    expect(w.store.history.value.older).toBe('none');
    w.session.moreHistory();
    await settle();
    expect(w.client.history.asked).toHaveLength(3);
    expect(new Set(ids(w)).size).toBe(70);
  });

  it('says that older ones could not be loaded, and tries again when asked', async () => {
    const w = await withCalls(40);
    w.client.history.failsWith = 'timeout';
    w.session.moreHistory();
    await settle();
    expect(w.store.history.value).toMatchObject({ state: 'ready', older: 'failed' });
    w.client.history.failsWith = null;
    w.session.moreHistory();
    await settle();
    expect(ids(w)).toHaveLength(40);
  });

  it('says that nothing could be loaded, and tries again when asked', async () => {
    const w = await withCalls(5, (history) => (history.failsWith = 'internal'));
    expect(w.store.history.value.state).toBe('failed');
    w.client.history.failsWith = null;
    w.session.moreHistory();
    expect(w.store.history.value.state).toBe('loading');
    await settle();
    expect(ids(w)).toHaveLength(5);
  });

  it('shows the missed ones alone', async () => {
    const w = await withCalls(3);
    w.client.history.add(past(4, { missed: false, reason: 'hangup', lastedMs: 5_000 }));
    await settle();
    w.session.filterHistory('missed');
    expect(w.store.history.value).toMatchObject({ state: 'loading', filter: 'missed', calls: [] });
    await settle();
    expect(ids(w)).toEqual(['past-3', 'past-2', 'past-1']);
    w.session.filterHistory('all');
    await settle();
    expect(ids(w)).toHaveLength(4);
  });

  it('takes no answer to a filter that is no longer wanted', async () => {
    const w = await withCalls(3, (history) => history.calls.unshift(past(4, { missed: false })));
    w.client.history.hold();
    w.session.filterHistory('missed');
    w.session.filterHistory('all');
    w.client.history.release();
    await settle();
    expect(w.store.history.value.filter).toBe('all');
    expect(ids(w)).toEqual(['past-4', 'past-3', 'past-2', 'past-1']);
  });

  it('gets a new call on top at once, and keeps the pages below', async () => {
    const w = await withCalls(70);
    w.session.moreHistory();
    await settle();
    w.client.history.add(past(71));
    await settle();
    expect(ids(w)).toHaveLength(61);
    expect(ids(w)[0]).toBe('past-71');
    expect(w.store.unread.value).toBe(1);
    w.session.moreHistory();
    await settle();
    expect(new Set(ids(w)).size).toBe(ids(w).length);
    expect(ids(w).at(-1)).toBe('past-1');
  });

  it('starts over when so much was added that the pages below may not follow', async () => {
    const w = await withCalls(10);
    w.client.history.calls.unshift(...Array.from({ length: 40 }, (_, i) => past(100 - i)));
    w.client.history.change();
    await settle();
    expect(ids(w)).toHaveLength(30);
    expect(w.store.history.value.older).toBe('some');
  });

  it('asks once more, not ten times, when much changes while it is loaded', async () => {
    const w = await withCalls(1);
    w.client.history.hold();
    for (let i = 2; i <= 11; ++i) w.client.history.add(past(i));
    w.client.history.release();
    await settle();
    expect(ids(w)).toHaveLength(11);
    expect(w.client.history.asked).toHaveLength(3);
  });

  it('stays on screen when a renewal fails', async () => {
    const w = await withCalls(3);
    w.client.history.failsWith = 'disconnected';
    w.client.history.change();
    await settle();
    expect(w.store.history.value.state).toBe('ready');
    expect(ids(w)).toHaveLength(3);
  });

  it('is gone when one has signed out', async () => {
    const w = await withCalls(3, (history) => (history.unread = 3));
    w.session.signOut();
    expect(w.store.history.value.calls).toEqual([]);
    expect(w.store.unread.value).toBe(0);
  });
});

describe('missed calls', () => {
  it('are read when the list is seen, and stay marked as new while it is', async () => {
    const w = await withCalls(5, (history) => (history.unread = 2));
    expect([...w.store.history.value.fresh]).toEqual(['past-5', 'past-4']);
    w.session.historySeen();
    await settle();
    expect(w.client.history.read).toBe(1);
    expect(w.store.unread.value).toBe(0);
    expect(w.store.history.value.fresh.size).toBe(2);
    w.session.historyLeft();
    expect(w.store.history.value.fresh.size).toBe(0);
  });

  it('are told to the server only when there is something to tell', async () => {
    const w = await withCalls(5);
    w.session.historySeen();
    expect(w.client.history.read).toBe(0);
  });

  it('count before the list is there', async () => {
    const w = await withCalls(0, (history) => history.hold());
    w.client.history.unread = 2;
    w.client.history.change();
    expect(w.store.unread.value).toBe(2);
    expect(w.store.history.value.state).toBe('loading');
  });
});
