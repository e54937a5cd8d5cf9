import { describe, expect, it } from 'vitest';
import { names } from './room-views.js';
import { fakeTime, flush, record, rejection, settled, World, type Client } from './world.js';

fakeTime();

describe('Devices', () => {
  const cameras = ({ carillon }: Client): string[] => carillon.devices.cameras.map(({ deviceId }) => deviceId);

  it('are listed by kind, and again when something is plugged in', async () => {
    const { alice } = await new World().pair();
    await settled(alice.carillon.devices.refresh());
    expect(cameras(alice)).toEqual(['cam-1', 'cam-2']);
    expect(alice.carillon.devices.microphones).toHaveLength(2);
    expect(alice.carillon.devices.speakers).toMatchObject([{ label: 'Speakers' }]);
    const seen = record(alice.carillon.devices, 'changed', 'lost');
    alice.engine.capture.plug({ kind: 'camera', deviceId: 'cam-3', label: 'New' });
    await flush();
    expect(cameras(alice)).toEqual(['cam-1', 'cam-2', 'cam-3']);
    expect(seen).toEqual(['changed']);
    await settled(alice.carillon.devices.refresh());
    expect(seen).toEqual(['changed']);
  });

  it('selected are used by the next call', async () => {
    const { alice } = await new World().pair();
    await settled(alice.carillon.devices.select('camera', 'cam-2'));
    await settled(alice.carillon.devices.select('microphone', 'mic-2'));
    const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    expect([call.local.camera.deviceId, call.local.microphone.deviceId]).toEqual(['cam-2', 'mic-2']);
  });

  it('are switched in a running call without negotiation', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    const before = world.server.log.length;
    const [old, producer] = [call.local.camera.track!, alice.engine.producer('camera')!];
    await settled(alice.carillon.devices.select('camera', 'cam-2'));
    expect(call.local.camera).toMatchObject({ state: 'on', deviceId: 'cam-2' });
    expect(producer.track).toBe(call.local.camera.track);
    expect(old.readyState).toBe('ended');
    expect(world.server.log).toHaveLength(before);
    await settled(call.local.camera.switchDevice('cam-1'));
    expect(call.local.camera.deviceId).toBe('cam-1');
    expect(alice.engine.capture.live).toHaveLength(2);
  });

  it('stay as they are when the other one cannot be opened', async () => {
    const { alice, call } = await new World().connected();
    alice.engine.capture.failures.set('camera', 'device-not-found');
    expect(await rejection(call.local.camera.switchDevice('cam-2'))).toMatchObject({ code: 'device-not-found' });
    expect(call.local.camera).toMatchObject({ state: 'on', deviceId: 'cam-1' });
  });

  it('that can be open one at a time only are exchanged one after the other', async () => {
    const { alice, call } = await new World().connected();
    const { capture } = alice.engine;
    const old = call.local.camera.track!;
    capture.failures.set('camera', 'device-busy');
    const switching = call.local.camera.switchDevice('cam-2');
    await Promise.resolve();
    await Promise.resolve();
    capture.failures.clear();
    await settled(switching);
    expect(old.readyState).toBe('ended');
    expect(call.local.camera).toMatchObject({ state: 'on', deviceId: 'cam-2' });
  });

  it('of which neither can be opened, the old one given up for the new, are off for the others too', async () => {
    const { alice, call, answered } = await new World().connected();
    alice.engine.capture.failures.set('camera', 'device-busy');
    expect(await rejection(call.local.camera.switchDevice('cam-2'))).toMatchObject({ code: 'device-busy' });
    expect(call.local.camera).toMatchObject({ state: 'failed', track: null });
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera muted']);
  });

  it('switched while off are used when it comes on', async () => {
    const { call } = await new World().connected({ media: 'audio' });
    await settled(call.local.camera.switchDevice('cam-2'));
    expect(call.local.camera.state).toBe('off');
    await settled(call.local.camera.enable());
    expect(call.local.camera.deviceId).toBe('cam-2');
    await settled(call.local.camera.enable({ deviceId: 'cam-1' }));
    expect(call.local.camera.deviceId).toBe('cam-1');
  });

  it('unplugged in use are replaced by the default one', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    await settled(alice.carillon.devices.select('microphone', 'mic-2'));
    const seen = record(alice.carillon.devices, 'lost');
    alice.engine.capture.unplug('mic-2');
    await flush();
    expect(call.local.microphone).toMatchObject({ state: 'on', deviceId: 'mic-1' });
    expect(alice.carillon.devices.selected.microphone).toBeNull();
    expect(seen).toHaveLength(1);
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
  });

  it('unplugged without another leave the call without, with a typed error', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    alice.engine.capture.unplug('cam-2');
    const seen = record(call, 'media-error');
    alice.engine.capture.unplug('cam-1');
    await flush();
    expect(call.local.camera).toMatchObject({ state: 'failed', error: { code: 'device-lost' }, track: null });
    expect(seen).toEqual(['media-error device-lost camera']);
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera muted']);
    alice.engine.capture.plug({ kind: 'camera', deviceId: 'cam-9', label: 'Another' });
    await settled(call.local.camera.enable());
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
  });

  it('that do not exist cannot be selected', async () => {
    const { alice } = await new World().pair();
    await settled(alice.carillon.devices.refresh());
    const error = await rejection(alice.carillon.devices.select('camera', 'nothing'));
    expect(error).toMatchObject({ code: 'device-not-found' });
    expect(alice.carillon.devices.selected.camera).toBeNull();
  });

  it('speakers are for all that plays', async () => {
    const { alice } = await new World().pair();
    await settled(alice.carillon.devices.refresh());
    await settled(alice.carillon.devices.select('speaker', 'spk-1'));
    expect(alice.engine.capture.speakerId).toBe('spk-1');
    alice.engine.capture.unplug('spk-1');
    await flush();
    expect(alice.engine.capture.speakerId).toBeNull();
  });

  it('get their names when the first capture has been allowed', async () => {
    const { alice } = await new World().pair();
    expect(cameras(alice)).toEqual([]);
    await settled(alice.carillon.startCall({ callees: ['bob'] }));
    expect(cameras(alice)).toEqual(['cam-1', 'cam-2']);
  });

  it('are shown silently in a self view', async () => {
    const { alice, call } = await new World().connected();
    const element = {} as HTMLMediaElement;
    const detach = call.local.camera.attach(element);
    expect(alice.engine.capture.attachments).toMatchObject([{ element, options: { silent: true } }]);
    detach();
    expect(alice.engine.capture.attachments).toEqual([]);
    call.local.screen.attach(element)(); // There is nothing to show, and nothing to take out.
    expect(alice.engine.capture.attachments).toEqual([]);
  });
});
