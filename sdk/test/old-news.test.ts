import { describe, expect, it } from 'vitest';
import type { Call } from '../src/index.js';
import { fakeTime, flush, record, settled, World } from './world.js';

fakeTime();

describe('Old news', () => {
  const words = (call: Call, world: World) => {
    const session = world.server.session('alice');
    const callId = call.id;
    return (rev: number, userId: string) =>
      world.server.notify(session, 'participant-reconnecting', {
        callId,
        rev,
        serverTime: world.server.now(),
        userId,
        deviceId: 'x',
      });
  };

  it('is ignored, as is what is said twice', async () => {
    const world = new World();
    const { call } = await world.connected();
    const seen = record(call, 'participant-reconnecting');
    const say = words(call, world);
    say(1, 'bob');
    await flush();
    expect(seen).toEqual([]);
    say(100, 'bob');
    say(100, 'bob');
    await flush();
    expect(seen).toEqual(['participant-reconnecting bob']);
  });

  it('does not make a call ring that has ended', async () => {
    const world = new World();
    const { incoming, bob } = await world.ringing();
    await settled(incoming.decline());
    const seen = record(bob.carillon, 'incoming');
    const ring = { roomId: 'r', caller: { userId: 'alice', name: 'A' }, callees: ['bob'], media: 'audio' as const };
    const { callId } = incoming;
    const late = { ...ring, callId, rev: 1, serverTime: world.server.now(), ringUntil: world.server.now() + 9_000 };
    world.server.notify(world.server.session('bob'), 'call-started', late);
    await flush();
    expect(seen).toEqual([]);
    world.server.notify(world.server.session('bob'), 'call-started', { ...late, rev: 1_000 });
    await flush();
    expect(seen).toHaveLength(1);
  });

  it('and unknown words break nothing', async () => {
    const world = new World();
    const { call } = await world.connected();
    const { socket } = world.server.session('alice');
    for (const text of ['', '{', 'null', '[]', '{"request":true}', '{"response":true,"id":77,"ok":true}']) {
      socket!.serverSend(text);
    }
    socket!.serverSend(JSON.stringify({ notification: true, method: 'weather', data: {} }));
    socket!.serverSend(JSON.stringify({ request: true, id: 9, method: 'dance', data: {} }));
    await flush();
    expect(call.state).toBe('active');
    const seen = record(call, 'participant-reconnecting');
    words(call, world)(100, 'bob');
    await flush();
    expect(seen).toEqual(['participant-reconnecting bob']);
  });
});
