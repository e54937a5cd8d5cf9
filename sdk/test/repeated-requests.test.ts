import { describe, expect, it } from 'vitest';
import { NO_ANSWER } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, wait, World } from './world.js';

fakeTime();

describe('Requests over a broken connection', () => {
  it('start-call is repeated with the same id, and there is one call', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const session = world.server.session('alice');
    session.socket!.onmessage = null; // The answer will be lost.
    const starting = alice.carillon.startCall({ callees: ['bob'] });
    await flush();
    world.server.drop(session);
    await wait(2_000);
    const call = await starting;
    const ids = world.server.log.filter(({ method }) => method === 'start-call').map(({ data }) => data['requestId']);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
    expect(world.server.calls.size).toBe(1);
    expect(bob.carillon.incoming).toMatchObject([{ callId: call.id }]);
  });

  it('start-call waits for a connection that is being restored', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.drop(world.server.session('alice'));
    await flush();
    expect(alice.carillon.state).toBe('reconnecting');
    const starting = alice.carillon.startCall({ callees: ['bob'] });
    await wait(2_000);
    expect((await starting).state).toBe('ringing');
  });

  it('accept is repeated, and accepted once', async () => {
    const world = new World();
    const { incoming, call } = await world.ringing();
    const seen = record(call, 'accepted', 'participant-left');
    const session = world.server.session('bob');
    session.socket!.onmessage = null;
    const accepting = incoming.accept();
    await flush();
    expect(call.participants).toMatchObject([{ userId: 'bob', state: 'joined' }]);
    world.server.drop(session);
    await wait(3_000);
    const answered = await accepting;
    await flush();
    expect(answered.state).toBe('active');
    expect(answered.participants[0]!.tracks).toHaveLength(2);
    expect(call.participants[0]!.tracks).toHaveLength(2);
    expect(world.server.methods('bob').filter((method) => method === 'accept-call')).toHaveLength(2);
    expect(seen).toEqual(['accepted bob']);
  });

  it('hanging up while offline is said when the connection is back', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    void call.leave();
    await wait(2_000);
    expect(answered.endReason).toBe('hangup');
  });

  it('all fail when the connection is given up', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('start-call', () => NO_ANSWER);
    const outcome = rejection(alice.carillon.startCall({ callees: ['bob'] }));
    alice.carillon.disconnect();
    expect(await outcome).toMatchObject({ code: 'closed' });
    expect(alice.engine.capture.live).toEqual([]);
  });

  it('fail with timeout when the server does not answer', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('start-call', () => NO_ANSWER);
    const outcome = rejection(alice.carillon.startCall({ callees: ['bob'] }));
    await wait(15_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
  });
});
