import { describe, expect, it } from 'vitest';
import { simulcastLayers } from '../src/browser-engine.js';
import { names } from './room-views.js';
import { fakeTime, flush, record, settled, World } from './world.js';

fakeTime();

describe('The camera in layers', () => {
  it('is for groups: between two it is sent as one', async () => {
    const world = new World();
    const { alice } = await world.connected();
    expect(alice.engine.producer('camera')!.simulcast).toBe(false);
    const carol = await world.client('carol');
    const call = await settled(carol.carillon.startCall({ callees: ['alice', 'bob'], media: 'video' }));
    await flush();
    expect(carol.engine.producer('camera')!.simulcast).toBe(true);
    await settled(call.leave());
  });

  it('begins when a third person joins, and the others see one camera all the time', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    const carol = await world.client('carol');
    const seen = record(answered, 'track', 'track-removed');
    await settled(call.invite(['carol']));
    const carols = await settled(carol.carillon.incoming[0]!.accept());
    await flush();
    expect(alice.engine.producer('camera')).toMatchObject({ simulcast: true, closed: false });
    expect(seen.filter((event) => event.endsWith('camera alice'))).toEqual([
      'track camera alice',
      'track-removed camera alice',
    ]);
    for (const one of [answered, carols]) expect(names(one, 'alice')).toEqual(['microphone', 'camera']);
    await settled(carols.leave());
    expect(alice.engine.transport('send').producers.filter(({ closed }) => !closed)).toHaveLength(2);
  });

  it('waits for the camera if it is off when the third person joins', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    const carol = await world.client('carol');
    await settled(call.local.camera.disable());
    await settled(call.invite(['carol']));
    await settled(carol.carillon.incoming[0]!.accept());
    await settled(call.local.camera.enable());
    expect(alice.engine.producer('camera')).toMatchObject({ simulcast: true, paused: false });
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
  });

  it('is not sent so when the app does not want it', async () => {
    const world = new World();
    const alice = await world.client('alice', { video: { simulcast: false } });
    const call = await settled(alice.carillon.startCall({ callees: ['bob', 'carol'], media: 'video' }));
    await flush();
    expect(alice.engine.producer('camera')!.simulcast).toBe(false);
    await settled(call.leave());
  });
});

describe('Simulcast layers', () => {
  it.each([
    [1280, [4, 2, 1]],
    [960, [4, 2, 1]],
    [640, [2, 1]],
    [320, [1]],
  ])('of a camera %i px wide are scaled down by %o', (width, scales) => {
    const layers = simulcastLayers(width);
    expect(layers.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual(scales);
    const bitrates = layers.map(({ maxBitrate }) => maxBitrate ?? 0);
    expect([...bitrates].sort((a, b) => a - b)).toEqual(bitrates);
  });
});
