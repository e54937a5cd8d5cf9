import { describe, expect, it } from 'vitest';
import { Refusal } from '../src/testing/index.js';
import { names } from './room-views.js';
import { fakeTime, flush, record, rejection, settled, World } from './world.js';

fakeTime();

describe('What cannot be captured', () => {
  it('does not stop the call: it goes on with the rest, and says what failed', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    alice.engine.capture.failures.set('camera', 'permission-denied');
    const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    const answered = await settled(bob.carillon.incoming[0]!.accept());
    await flush();
    expect(call.state).toBe('active');
    expect(call.local.camera).toMatchObject({ state: 'failed', error: { code: 'permission-denied' } });
    expect(names(answered, 'alice')).toEqual(['microphone']);
    expect(call.timings.captured).toBeGreaterThan(0);
  });

  it('is told by an event, even if it failed before there was a call to listen to', async () => {
    const world = new World();
    const { alice } = await world.pair();
    alice.engine.capture.failures.set('camera', 'device-not-found');
    alice.engine.capture.failures.set('microphone', 'device-busy');
    const starting = alice.carillon.startCall({ callees: ['bob'], media: 'video' });
    const seen: string[] = [];
    void starting.then((call) =>
      call.on('media-error', (error, source) => seen.push(`${source!.source} ${error.code}`)),
    );
    await flush();
    expect(seen).toEqual(['microphone device-busy', 'camera device-not-found']);
  });

  it('at all still lets one hear the others', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    bob.engine.capture.failures.set('microphone', 'permission-denied');
    bob.engine.capture.failures.set('camera', 'permission-denied');
    await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    const answered = await settled(bob.carillon.incoming[0]!.accept());
    expect(answered.state).toBe('active');
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
  });

  it('and cannot be sent either is given back', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    world.server.override('produce', () => {
      throw new Refusal(403, 'forbidden', 'the token does not grant produce');
    });
    const seen = record(call, 'media-error');
    expect(await rejection(call.local.screen.enable())).toMatchObject({ code: 'forbidden' });
    expect(call.local.screen.state).toBe('failed');
    expect(seen).toEqual(['media-error forbidden screen']);
    expect(alice.engine.capture.live).toHaveLength(2);
    world.server.override('produce', null);
    await settled(call.local.screen.enable());
    expect(call.local.screen.state).toBe('on');
  });

  it('after the end of the call is refused', async () => {
    const { call, alice } = await new World().connected();
    await settled(call.leave());
    expect(await rejection(call.local.camera.enable())).toMatchObject({ code: 'call-ended' });
    expect(alice.engine.capture.live).toEqual([]);
  });
});
