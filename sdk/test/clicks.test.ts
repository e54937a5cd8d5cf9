import { describe, expect, it } from 'vitest';
import type { NotificationClick } from '../src/index.js';
import { FakePush } from '../src/testing/index.js';
import { fragmentOf, isWorkerWord, wordOf, type WorkerWord } from '../src/worker-words.js';
import { fakeTime, flush, settled, wait, World, type Client } from './world.js';

fakeTime();

function follow({ carillon }: Client): NotificationClick[] {
  const clicks: NotificationClick[] = [];
  carillon.on('notification', (click) => clicks.push(click));
  return clicks;
}

/** Bob is rung by Alice, in a page with a service worker. */
async function rung() {
  const world = new World();
  const push = new FakePush();
  const alice = await world.client('alice');
  const bob = await world.client('bob', { push });
  const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
  await flush();
  return { world, push, alice, bob, call, clicks: follow(bob) };
}

describe('The words between worker and page', () => {
  it.each<WorkerWord>([
    { type: 'carillon-accept', callId: 'call-1' },
    { type: 'carillon-open', callId: 'a/b?c#d é%' },
    { type: 'carillon-history' },
  ])('come through an address unchanged: %o', (word) => {
    expect(wordOf(fragmentOf(word))).toEqual(word);
    expect(new URL(fragmentOf(word), 'https://calls.test/').hash).toBe(fragmentOf(word));
  });

  it.each(['', '#', '#/calls', '#/carillon/call/', '#/carillon/call/%E0%A4%A', '#/carillon/call/a?accept=2', '#x'])(
    'are not read from %s',
    (fragment) => {
      expect(wordOf(fragment)).toBeNull();
    },
  );

  it.each([null, 'carillon-accept', {}, { type: 'carillon-accept' }, { type: 'carillon-accept', callId: 7 }])(
    'are not read from the message %o',
    (message) => {
      expect(isWorkerWord(message)).toBe(false);
    },
  );
});

describe('A click on a notification', () => {
  it('reaches a page that is open, with the call to accept', async () => {
    const { push, call, clicks, bob } = await rung();
    push.say({ type: 'carillon-accept', callId: call.id });
    expect(clicks).toEqual([{ action: 'accept', callId: call.id, call: bob.carillon.incoming[0] }]);
    await settled(clicks[0]!.call!.accept());
    expect(bob.carillon.calls).toMatchObject([{ id: call.id, state: 'active' }]);
  });

  it.each([
    ['carillon-accept', 'accept'],
    ['carillon-open', 'open'],
  ] as const)('opens a page: %s is told once the server has named the calls that ring', async (type, action) => {
    const { world, bob, call } = await rung();
    bob.carillon.disconnect();
    await flush();
    const push = new FakePush();
    push.launch = fragmentOf({ type, callId: call.id });
    const page = world.make('bob', { push });
    const clicks = follow(page);
    void page.carillon.connect();
    await flush();
    expect(clicks).toEqual([{ action, callId: call.id, call: page.carillon.incoming[0] }]);
    expect(clicks[0]!.call).toMatchObject({ callId: call.id, state: 'ringing' });
    expect(push.launch).toBeNull();
  });

  it('says that it is over when the call is gone by then', async () => {
    const { world, call } = await rung();
    await settled(call.leave());
    const push = new FakePush();
    push.launch = fragmentOf({ type: 'carillon-accept', callId: call.id });
    const page = world.make('bob', { push });
    const clicks = follow(page);
    void page.carillon.connect();
    await flush();
    expect(clicks).toEqual([{ action: 'accept', callId: call.id, call: null }]);
  });

  it('is told once, and not again at the next connect', async () => {
    const { world, push, call, clicks } = await rung();
    push.say({ type: 'carillon-open', callId: call.id });
    world.server.drop(world.server.session('bob'));
    await wait(2_000);
    await wait(10_000);
    expect(clicks).toHaveLength(1);
  });

  it('says nothing more of a call that is being answered, or is on', async () => {
    const { push, call, clicks, bob } = await rung();
    push.say({ type: 'carillon-accept', callId: call.id });
    const accepted = clicks[0]!.call!.accept();
    push.say({ type: 'carillon-accept', callId: call.id });
    await settled(accepted);
    push.say({ type: 'carillon-open', callId: call.id });
    await wait(10_000);
    expect(clicks).toHaveLength(1);
    expect(bob.carillon.calls).toHaveLength(1);
  });

  it('waits for a page that is about to notice that its connection is dead', async () => {
    const world = new World();
    const push = new FakePush();
    const alice = await world.client('alice');
    const bob = await world.client('bob', { push });
    const clicks = follow(bob);
    world.server.freeze(world.server.session('bob'));
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    push.say({ type: 'carillon-accept', callId: call.id });
    await flush();
    expect(clicks).toEqual([]);
    await wait(5_000);
    expect(clicks).toMatchObject([{ action: 'accept', call: { callId: call.id, state: 'ringing' } }]);
  });

  it('gives up a call that nobody knows', async () => {
    const { push, clicks } = await rung();
    push.say({ type: 'carillon-accept', callId: 'long-gone' });
    await wait(7_000);
    expect(clicks).toEqual([]);
    await wait(2_000);
    expect(clicks).toEqual([{ action: 'accept', callId: 'long-gone', call: null }]);
  });

  it('opens the list of calls', async () => {
    const { push, clicks } = await rung();
    push.say({ type: 'carillon-history' });
    expect(clicks).toEqual([{ action: 'history', callId: null, call: null }]);
  });

  it('is not taken by a client that has ended its connection', async () => {
    const { push, bob, clicks } = await rung();
    bob.carillon.disconnect();
    push.say({ type: 'carillon-history' });
    expect(clicks).toEqual([]);
  });
});

describe('The worker that asks whether a call rings here', () => {
  it('hears yes from the page in which it rings, or is on', async () => {
    const { push, call, bob } = await rung();
    expect(push.say({ type: 'carillon-ring', callId: call.id })).toEqual([{ rings: true }]);
    void bob.carillon.incoming[0]!.accept();
    await flush();
    expect(push.say({ type: 'carillon-ring', callId: call.id })).toEqual([{ rings: true }]);
  });

  it('hears no from a page without a connection', async () => {
    const world = new World();
    const push = new FakePush();
    await world.client('bob', { push });
    world.server.unreachable = true;
    world.server.drop(world.server.session('bob'));
    await flush();
    expect(push.say({ type: 'carillon-ring', callId: 'call-1' })).toEqual([{ rings: false }]);
  });

  it('hears yes from a page that has lost its connection while the call rings: the bell is not lost', async () => {
    const { push, world, call } = await rung();
    world.server.unreachable = true;
    world.server.drop(world.server.session('bob'));
    await flush();
    expect(push.say({ type: 'carillon-ring', callId: call.id })).toEqual([{ rings: true }]);
  });

  it('hears nothing from a page that has ended its connection', async () => {
    const { push, bob, call } = await rung();
    bob.carillon.disconnect();
    expect(push.say({ type: 'carillon-ring', callId: call.id })).toEqual([]);
  });

  it.each([true, false])('hears it when the connection turns out to be dead, and is back: %s', async (rings) => {
    const world = new World();
    const push = new FakePush();
    const alice = await world.client('alice');
    await world.client('bob', { push });
    world.server.freeze(world.server.session('bob'));
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    if (!rings) await settled(call.leave());
    const answers = push.say({ type: 'carillon-ring', callId: call.id });
    await wait(2_000);
    expect(answers).toEqual([]);
    await wait(4_000);
    expect(answers).toEqual([{ rings }]);
  });

  it('hears it as soon as the word of the server arrives', async () => {
    const world = new World();
    const push = new FakePush();
    await world.client('alice');
    await world.client('bob', { push });
    const alice = world.server.session('alice');
    const { callId } = world.server.startCall(alice, { callees: ['bob'], media: 'audio', requestId: 'one' });
    const answers = push.say({ type: 'carillon-ring', callId });
    expect(answers).toEqual([]);
    await flush();
    expect(answers).toEqual([{ rings: true }]);
  });
});

describe('What the worker has shown', () => {
  it('rings no more when a page that is on screen does', async () => {
    const { world, push, call } = await rung();
    push.notifications = [`ring ${call.id}`, 'ring another'];
    const opened = await world.client('bob', { push });
    expect(opened.carillon.incoming).toHaveLength(1);
    expect(push.notifications).toEqual(['ring another']);
  });

  it('rings on while the page is behind another window, until it is decided here', async () => {
    for (const decide of ['accept', 'decline'] as const) {
      const { bob, push, call, world } = await rung();
      push.onScreen = false;
      push.notifications = [`ring ${call.id}`];
      world.server.drop(world.server.session('bob'));
      await wait(2_000);
      expect(push.notifications).toHaveLength(1);
      await settled<unknown>(bob.carillon.incoming[0]![decide]());
      expect(push.notifications).toEqual([]);
    }
  });

  it('of missed calls goes when they are read, here or on another device', async () => {
    const { world, bob, push, call } = await rung();
    await settled(call.leave());
    push.notifications = ['missed'];
    const other = await world.client('bob');
    await flush();
    expect(push.notifications).toEqual(['missed']);
    await settled(other.carillon.history.markRead());
    await flush();
    expect(bob.carillon.history.unread).toBe(0);
    expect(push.notifications).toEqual([]);
  });
});
