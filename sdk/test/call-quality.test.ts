import { describe, expect, it } from 'vitest';
import type { RemoteTrack } from '../src/index.js';
import { fakeTime, flush, record, settled, wait, World } from './world.js';

fakeTime();

describe('Statistics', () => {
  it('name whose each stream is', async () => {
    const { call, alice } = await new World().connected();
    const track: RemoteTrack = call.participant('bob')!.track('camera')!;
    alice.engine.transport('recv').streams = [stream(track.id)];
    const stats = await settled(call.getStats());
    expect(stats.recv).toMatchObject({
      state: 'connected',
      roundTripMs: 20,
      streams: [{ userId: 'bob', source: 'camera' }],
    });
    expect(stats.timings.start).toBeGreaterThan(0);
    await settled(call.leave());
    expect(await settled(call.getStats())).toMatchObject({ send: null, recv: null });
  });

  it('mark the first frame when no element told it', async () => {
    const { call, alice } = await new World().connected();
    const track = call.participant('bob')!.track('camera')!;
    alice.engine.transport('recv').streams = [{ ...stream(track.id), frames: 3 }];
    await wait(2_000);
    expect(call.timings.firstFrame).toBeGreaterThan(0);
  });
});

describe('The quality mark', () => {
  it('follows the scores that the server tells', async () => {
    const world = new World();
    const { call } = await world.connected();
    const seen = record(call, 'quality', 'local-quality');
    const track = call.participant('bob')!.track('camera')!;
    const session = world.server.session('alice');
    const score = async (value: number): Promise<void> => {
      const data = { callId: call.id, consumerId: track.id, score: { score: value, producerScore: 10 } };
      world.server.notify(session, 'consumerScore', data);
      await flush();
    };
    await score(10);
    await score(6);
    await score(2);
    await score(10);
    expect(call.participant('bob')!.quality).toBe('poor');
    await score(10);
    await score(10);
    expect(seen).toEqual(['quality bob good', 'quality bob fair', 'quality bob poor', 'quality bob good']);
  });

  it('counts loss, and pictures that stand still', async () => {
    const { call, alice } = await new World().connected();
    const track = call.participant('bob')!.track('camera')!;
    const recv = alice.engine.transport('recv');
    const at = async (packets: number, packetsLost: number, frames: number): Promise<string> => {
      recv.streams = [{ ...stream(track.id), packets, packetsLost, frames }];
      await wait(2_000);
      return call.participant('bob')!.quality;
    };
    expect(await at(100, 0, 60)).toBe('good');
    expect(await at(200, 6, 120)).toBe('fair');
    expect(await at(300, 40, 180)).toBe('poor');
    for (const round of [4, 5, 6]) await at(round * 100, 40, round * 60);
    expect(call.participant('bob')!.quality).toBe('good');
    expect(await at(700, 40, 360)).toBe('poor');
  });

  it('of our own sending comes from our score and round trip', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    const seen = record(call, 'local-quality');
    alice.engine.transport('send').roundTripMs = 400;
    await wait(2_000);
    expect(seen).toEqual(['local-quality fair']);
    const producerId = await alice.engine.producer('camera')!.id;
    const data = { callId: call.id, producerId, score: [{ score: 0 }, { score: 3 }] };
    world.server.notify(world.server.session('alice'), 'producerScore', data);
    await flush();
    expect(call.local.quality).toBe('poor');
  });
});

function stream(trackId: string) {
  return {
    kind: 'video' as const,
    source: 'camera' as const,
    trackId,
    userId: null,
    bytes: 0,
    packets: 0,
    packetsLost: 0,
    jitterMs: 5,
    frames: 0,
    width: 640,
    height: 360,
    framesPerSecond: 30,
    audioLevel: null,
  };
}
