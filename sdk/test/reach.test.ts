import { describe, expect, it } from 'vitest';
import { Reach } from '../src/reach.js';
import type { Call } from '../src/index.js';
import { FakePush } from '../src/testing/index.js';
import { fakeTime, flush, record, settled, wait, World } from './world.js';

fakeTime();

describe('What is known of a callee', () => {
  it('adds the devices of both ways', () => {
    const reach = new Reach();
    expect(reach.handle({ devices: 1, via: 'socket', state: 'ringing' })).toEqual({
      devices: 1,
      via: 'socket',
      state: 'ringing',
    });
    expect(reach.handle({ devices: 2, via: 'push', state: 'reaching' })).toEqual({
      devices: 3,
      via: 'socket',
      state: 'ringing',
    });
  });

  it('takes the latest count of each way, not the sum of all that was said', () => {
    const reach = new Reach();
    for (const devices of [1, 2, 1]) reach.handle({ devices, via: 'push', state: 'reaching' });
    expect(reach.handle({ devices: 1, via: 'push', state: 'ringing' })).toEqual({
      devices: 1,
      via: 'push',
      state: 'ringing',
    });
  });

  it('is reaching, not ringing, when the only device that rang is gone and a push is under way', () => {
    const reach = new Reach();
    reach.handle({ devices: 1, via: 'socket', state: 'ringing' });
    reach.handle({ devices: 1, via: 'push', state: 'reaching' });
    expect(reach.handle({ devices: 0, via: 'socket', state: 'ringing' })).toEqual({
      devices: 1,
      via: 'socket',
      state: 'reaching',
    });
  });

  it('is unreachable when both ways say so, and no longer when one does', () => {
    const reach = new Reach();
    expect(reach.handle({ devices: 0, via: 'push', state: 'unreachable' }).state).toBe('unreachable');
    expect(reach.handle({ devices: 1, via: 'socket', state: 'ringing' }).state).toBe('ringing');
  });

  it('understands a server that says no state', () => {
    expect(new Reach().handle({ devices: 2, via: 'socket' }).state).toBe('ringing');
    expect(new Reach().handle({ devices: 0, via: 'socket' }).state).toBe('unreachable');
  });
});

describe('A call to somebody who is away', () => {
  const calling = async (): Promise<{
    world: World;
    call: Call;
    say: (devices: number, state: 'reaching' | 'ringing' | 'unreachable', via?: 'socket' | 'push') => Promise<unknown>;
  }> => {
    const world = new World();
    const alice = await world.client('alice');
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    const wire = world.server.calls.get(call.id)!;
    const say = (devices: number, state: 'reaching' | 'ringing' | 'unreachable', via: 'socket' | 'push' = 'push') => {
      world.server.tell(world.server.session('alice'), wire, 'call-ringing', { userId: 'bob', devices, via, state });
      return flush();
    };
    return { world, call, say };
  };

  it('goes from unreachable over reaching to ringing, and rings only then', async () => {
    const { call, say } = await calling();
    const seen = record(call, 'ringing', 'state');
    expect(call.participants).toMatchObject([{ state: 'invited', ringing: { devices: 0, state: 'unreachable' } }]);
    await say(2, 'reaching');
    expect(call.participants).toMatchObject([{ state: 'invited', ringing: { devices: 2, state: 'reaching' } }]);
    expect([call.state, seen]).toEqual(['calling', []]);
    await say(1, 'ringing');
    expect(call.participants).toMatchObject([
      { state: 'ringing', ringing: { devices: 1, via: 'push', state: 'ringing' } },
    ]);
    expect(seen).toEqual(['state ringing calling', 'ringing bob']);
  });

  it('forgets what was said of the ring before when it is over for them', async () => {
    const { world, call, say } = await calling();
    await say(2, 'ringing');
    await world.client('bob');
    const bob = world.server.session('bob');
    world.server.tell(world.server.session('alice'), world.server.calls.get(call.id)!, 'call-declined', {
      userId: bob.userId,
      reason: 'declined',
    });
    await flush();
    expect(call.participants).toMatchObject([{ state: 'declined', ringing: null }]);
    await say(1, 'reaching', 'push');
    expect(call.participants).toMatchObject([{ state: 'invited', ringing: { devices: 1, state: 'reaching' } }]);
  });
});

describe('A device that rings', () => {
  const confirmed = (world: World, user: string): string[] =>
    world.server.log
      .filter(({ userId, method }) => userId === user && method === 'ringing')
      .map(({ data }) => String(data['callId']));

  it('tells the server so, at once', async () => {
    const world = new World();
    const { call } = await world.ringing();
    expect(confirmed(world, 'bob')).toEqual([call.id]);
    expect(confirmed(world, 'alice')).toEqual([]);
  });

  it('tells it after a welcome in which the call rings', async () => {
    const world = new World();
    const { call } = await world.ringing();
    world.server.drop(world.server.session('bob'));
    await wait(2_000);
    expect(confirmed(world, 'bob')).toEqual([call.id, call.id]);
    await world.client('bob', {});
    expect(confirmed(world, 'bob')).toEqual([call.id, call.id, call.id]);
  });

  it('leaves it to the push while nobody sees the page, if there is one', async () => {
    const world = new World();
    const push = new FakePush();
    const alice = await world.client('alice');
    const bob = await world.client('bob', { push });
    push.onScreen = false;
    const first = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    await settled(first.leave());
    expect(confirmed(world, 'bob')).toEqual([first.id]);
    await settled(bob.carillon.enablePush());
    const second = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    expect(bob.carillon.incoming).toMatchObject([{ callId: second.id, state: 'ringing' }]);
    expect(confirmed(world, 'bob')).toEqual([first.id]);
    await settled(second.leave());
    push.onScreen = true;
    const third = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    expect(confirmed(world, 'bob')).toEqual([first.id, third.id]);
  });

  it('rings all the same when the server does not know the word', async () => {
    const world = new World();
    world.server.override('ringing', () => {
      throw new Error('unknown method');
    });
    const { incoming } = await world.ringing();
    expect(incoming.state).toBe('ringing');
  });
});
