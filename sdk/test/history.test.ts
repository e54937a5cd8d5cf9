import { describe, expect, it } from 'vitest';
import { Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

/** Bob has missed three calls of Alice's, and taken a fourth. */
async function afterCalls() {
  const world = new World();
  const { alice, bob } = await world.pair();
  for (let i = 0; i < 3; ++i) {
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    await wait(1_000);
    await settled(call.leave());
  }
  const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
  void bob.carillon.incoming[0]!.accept();
  await wait(5_000);
  await settled(call.leave());
  await flush();
  return { world, alice: alice.carillon, bob: bob.carillon };
}

describe('The history', () => {
  it('lists the calls of this user, newest first, as they were for him', async () => {
    const { alice, bob } = await afterCalls();
    const { calls, next, unread } = await settled(bob.history.list());
    expect(next).toBeNull();
    expect(unread).toBe(3);
    expect(calls).toHaveLength(4);
    expect(calls[0]).toMatchObject({
      media: 'video',
      outgoing: false,
      with: [{ userId: 'alice', name: 'ALICE' }],
      reason: 'hangup',
      missed: false,
    });
    expect(calls[0]!.lastedMs).toBeGreaterThan(4_000);
    expect(calls[1]).toMatchObject({ missed: true, reason: 'canceled', answeredAt: null, lastedMs: null });
    const own = await settled(alice.history.list());
    expect(own.calls[1]).toMatchObject({ outgoing: true, missed: false, reason: 'canceled' });
    expect(own.calls[0]!.answeredAt).not.toBeNull();
  });

  it('comes in pages', async () => {
    const { bob } = await afterCalls();
    const first = await settled(bob.history.list({ limit: 3 }));
    expect(first.calls).toHaveLength(3);
    const second = await settled(bob.history.list({ limit: 3, before: first.next! }));
    expect(second.calls).toHaveLength(1);
    expect(second.next).toBeNull();
    const ids = [...first.calls, ...second.calls].map(({ callId }) => callId);
    expect(new Set(ids).size).toBe(4);
  });

  it('lists the missed ones alone, and those before a time', async () => {
    const { bob } = await afterCalls();
    const missed = await settled(bob.history.list({ missed: true }));
    expect(missed.calls.map((call) => call.missed)).toEqual([true, true, true]);
    const older = await settled(bob.history.list({ before: missed.calls[0]!.startedAt }));
    expect(older.calls).toHaveLength(2);
  });

  it('counts what was missed, live, before anybody asks', async () => {
    const { bob } = await afterCalls();
    expect(bob.history.unread).toBe(3);
  });

  it('tells of each change with the call that it is about', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const seen: (string | null)[] = [];
    bob.carillon.history.on('changed', (callId) => seen.push(callId));
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    await settled(call.leave());
    expect(seen).toEqual([call.id]);
  });

  it('is read on all devices when it is read on one', async () => {
    const { world, bob } = await afterCalls();
    const other = (await world.client('bob')).carillon;
    await settled(other.history.list());
    expect(other.history.unread).toBe(3);
    const seen = record(bob.history, 'changed');
    await settled(bob.history.markRead());
    await flush();
    expect([bob.history.unread, other.history.unread]).toEqual([0, 0]);
    expect(seen.length).toBeGreaterThan(0);
    expect((await settled(bob.history.list())).calls).toHaveLength(4);
  });

  it('asks again after a reconnect, for whoever has looked at it', async () => {
    const { world, alice, bob } = await afterCalls();
    await settled(bob.history.list());
    const changed = { alice: record(alice.history, 'changed'), bob: record(bob.history, 'changed') };
    const session = world.server.session('bob');
    world.server.drop(session);
    world.server.drop(world.server.session('alice'));
    world.server.books.add('bob', { ...missedCall, callId: 'meanwhile' });
    await wait(2_000);
    expect(bob.history.unread).toBe(4);
    expect(changed).toEqual({ alice: [], bob: ['changed'] });
  });

  it('asks again when the page comes back from where the browser had put it away', async () => {
    const world = new World();
    const { carillon, engine } = await world.client('bob');
    await settled(carillon.history.list());
    engine.page('leave');
    await flush();
    world.server.books.add('bob', { ...missedCall, callId: 'meanwhile' });
    engine.page('return');
    await flush();
    expect(carillon.history.unread).toBe(1);
    const asked = (): number => world.server.methods('bob').filter((method) => method === 'get-history').length;
    expect(asked()).toBe(2);
    carillon.disconnect(); // What comes after that is another connection.
    await settled(carillon.connect());
    expect(asked()).toBe(2);
  });

  it('asks again later when many devices of this person came back at once', async () => {
    const { world, bob } = await afterCalls();
    await settled(bob.history.list());
    const changed = record(bob.history, 'changed');
    world.server.books.add('bob', { ...missedCall, callId: 'meanwhile' });
    let refusals = 0;
    world.server.override('get-history', () => {
      if (++refusals === 2) world.server.override('get-history', null);
      throw new Refusal(429, 'rate-limited', 'too many requests of yours wait for their answers', 200);
    });
    world.server.drop(world.server.session('bob'));
    await wait(2_000);
    expect([refusals, bob.history.unread, changed]).toEqual([2, 4, ['changed']]);
  });

  it('names people by their id where the server knows no name', async () => {
    const world = new World();
    const { carillon } = await world.client('bob');
    world.server.books.add('bob', { ...missedCall, callId: 'nameless', with: [{ userId: 'carol', name: '' }] });
    const { calls } = await settled(carillon.history.list());
    expect(calls[0]!.with).toEqual([{ userId: 'carol', name: 'carol' }]);
  });

  it('needs a connection', async () => {
    const { carillon } = new World().make('bob');
    expect(await rejection(carillon.history.list())).toMatchObject({ code: 'closed' });
  });
});

const missedCall = {
  callId: 'call',
  roomId: 'room',
  startedAt: Date.now() + 60_000,
  endedAt: Date.now() + 90_000,
  reason: 'timeout',
  direction: 'in',
  with: [{ userId: 'alice', name: 'ALICE' }],
  media: 'audio',
  missed: true,
} as const satisfies Parameters<World['server']['books']['add']>[1];
