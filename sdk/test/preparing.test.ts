import { describe, expect, it } from 'vitest';
import { fakeTime, flush, settled, World } from './world.js';

fakeTime();

describe('Preparing an incoming call', () => {
  it('opens camera and microphone once, and accepting uses them', async () => {
    const { bob, incoming } = await new World().ringing();
    incoming.prepare();
    incoming.prepare();
    await flush();
    const opened = [...bob.engine.capture.tracks];
    expect(opened).toHaveLength(2);
    const call = await settled(incoming.accept());
    expect(bob.engine.capture.tracks).toEqual(opened);
    expect([call.local.microphone.track, call.local.camera.track]).toEqual(opened);
  });

  it('closes them when the call is not taken', async () => {
    const { bob, incoming, call } = await new World().ringing();
    incoming.prepare();
    await flush();
    await settled(call.leave());
    expect(incoming.state).toBe('ended');
    expect(bob.engine.capture.live).toEqual([]);
  });

  it('closes them when we call the caller, which answers with what that opens', async () => {
    const { bob, incoming } = await new World().ringing();
    incoming.prepare();
    await flush();
    const prepared = [...bob.engine.capture.tracks];
    const call = await settled(bob.carillon.startCall({ callees: ['alice'], media: 'video' }));
    expect(incoming.state).toBe('accepted');
    expect(prepared.map(({ readyState }) => readyState)).toEqual(['ended', 'ended']);
    expect(bob.engine.capture.live).toEqual([call.local.microphone.track, call.local.camera.track]);
  });

  it('is made to fit what is accepted', async () => {
    const { bob, incoming } = await new World().ringing();
    incoming.prepare({ audio: false, video: true });
    await flush();
    await settled(incoming.accept({ audio: true, video: false }));
    await flush();
    expect(bob.engine.capture.live.map(({ kind }) => kind)).toEqual(['audio']);
  });
});
