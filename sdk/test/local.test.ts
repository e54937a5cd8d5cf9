import { describe, expect, it } from 'vitest';
import type { Call, IncomingCall } from '../src/index.js';
import { NO_ANSWER, Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World, type Client } from './world.js';

fakeTime();

const requests = (world: World, from: number): string[] => world.server.methods('alice').slice(from);
const remote = (call: Call): string[] =>
  call.participant('alice')!.tracks.map(({ source, muted }) => (muted ? `${source} muted` : source));

/** The next call of the two, accepted. */
async function again(alice: Client, bob: Client): Promise<{ call: Call; answered: Call }> {
  for (const call of alice.carillon.calls) await settled(call.end({ everyone: true }));
  const ring = new Promise<IncomingCall>((resolve) => bob.carillon.on('incoming', resolve));
  const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
  const answered = await settled((await ring).accept());
  await flush();
  return { call, answered };
}

describe('The camera', () => {
  it('goes dark when it is off, and keeps its producer', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    const before = world.server.methods('alice').length;
    const { camera } = call.local;
    const [track, producer] = [camera.track!, alice.engine.producer('camera')!];
    const off = camera.disable();
    expect(track.readyState).toBe('ended'); // At once, not after an answer.
    expect(camera).toMatchObject({ state: 'off', enabled: false, track: null, deviceId: null });
    await settled(off);
    expect(producer).toMatchObject({ track: null, paused: true, closed: false });
    expect(remote(answered)).toEqual(['microphone', 'camera muted']);
    expect(answered.participant('alice')!.cameraOn).toBe(false);

    await settled(camera.enable());
    expect(producer).toMatchObject({ track: camera.track, paused: false });
    expect(alice.engine.producer('camera')).toBe(producer);
    expect(answered.participant('alice')!.cameraOn).toBe(true);
    expect(requests(world, before)).toEqual(['pauseProducer', 'resumeProducer']);
  });

  it('that was not wanted at the start is produced when it is', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected({ media: 'audio' });
    expect(alice.engine.capture.live).toHaveLength(1);
    await settled(call.local.camera.enable());
    expect(remote(answered)).toEqual(['microphone', 'camera']);
  });

  it('takes many wishes in a row and ends as the last one says', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    const { camera } = call.local;
    alice.engine.capture.delayMs = 10;
    void camera.disable();
    void camera.enable();
    void camera.disable();
    void camera.enable();
    await flush();
    expect(camera.state).toBe('on');
    expect(alice.engine.capture.live.filter(({ kind }) => kind === 'video')).toEqual([camera.track]);
    expect(alice.engine.producer('camera')).toMatchObject({ paused: false, track: camera.track });
    expect(remote(answered)).toEqual(['microphone', 'camera']);
    void camera.enable();
    void camera.disable();
    await flush();
    expect(alice.engine.capture.live.filter(({ kind }) => kind === 'video')).toEqual([]);
    expect(remote(answered)).toEqual(['microphone', 'camera muted']);
  });

  it('turned off while it still opens does not come on later', async () => {
    const world = new World();
    const { alice } = await world.pair();
    alice.engine.capture.delayMs = 1_000;
    const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    expect(call.local.camera.state).toBe('starting');
    await settled(call.local.camera.disable());
    await wait(2_000);
    expect(alice.engine.capture.live.map(({ kind }) => kind)).toEqual(['audio']);
    expect(alice.engine.producer('camera')).toBeUndefined();
  });

  it('that may be opened without asking is announced while it starts', async () => {
    const world = new World();
    const { alice, bob, incoming } = await world.ringing();
    await settled(incoming.accept());
    alice.engine.capture.allowed = true;
    alice.engine.capture.delayMs = 1_000;
    const { call, answered } = await again(alice, bob);
    expect(call.local.camera.state).toBe('starting');
    const producer = alice.engine.producer('camera')!;
    expect(producer).toMatchObject({ track: null, paused: false });
    expect(remote(answered)).toContain('camera');
    await wait(1_000);
    expect(call.local.camera.state).toBe('on');
    expect(alice.engine.producer('camera')).toBe(producer);
    expect(producer).toMatchObject({ track: call.local.camera.track, paused: false });
  });

  it('that was announced and then fails is off for all', async () => {
    const world = new World();
    const { alice, bob, incoming } = await world.ringing();
    await settled(incoming.accept());
    alice.engine.capture.allowed = true;
    alice.engine.capture.failures.set('camera', 'device-busy');
    alice.engine.capture.delayMs = 1_000;
    const { call, answered } = await again(alice, bob);
    await wait(2_000);
    expect(call.local.camera.state).toBe('failed');
    expect(alice.engine.producer('camera')).toMatchObject({ track: null, paused: true });
    expect(remote(answered)).not.toContain('camera');
    expect(answered.participant('alice')!.cameraOn).toBe(false);
    alice.engine.capture.delayMs = 0;
    alice.engine.capture.failures.clear();
    await settled(call.local.camera.enable());
    expect(answered.participant('alice')!.cameraOn).toBe(true);
  });

  it('turned off before the room is open is never sent', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('join', () => NO_ANSWER);
    world.server.override('createWebRtcTransport', () => NO_ANSWER);
    const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    expect(call.local.camera.state).toBe('on');
    void call.local.camera.disable();
    expect(call.local.camera.state).toBe('off');
    expect(alice.engine.capture.live.map(({ kind }) => kind)).toEqual(['audio']);
    await settled(call.leave());
    expect(alice.engine.capture.live).toEqual([]);
  });
});

describe('The microphone', () => {
  it('muted stays open, and the others see it', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    const before = world.server.methods('alice').length;
    const { microphone } = call.local;
    const muting = microphone.mute();
    expect(microphone.track).toMatchObject({ enabled: false, readyState: 'live' });
    await settled(muting);
    expect(answered.participant('alice')).toMatchObject({ muted: true });
    await settled(microphone.mute());
    await settled(microphone.unmute());
    expect(microphone).toMatchObject({ muted: false, state: 'on' });
    expect(microphone.track!.enabled).toBe(true);
    expect(answered.participant('alice')).toMatchObject({ muted: false });
    expect(requests(world, before)).toEqual(['pauseProducer', 'resumeProducer']);
    expect(alice.engine.capture.tracks).toHaveLength(2);
  });

  it('muted before the room is open is produced paused', async () => {
    const world = new World();
    const { alice } = await world.pair();
    const starting = alice.carillon.startCall({ callees: ['bob'] });
    alice.carillon.on('call', (call) => void call.local.microphone.mute());
    const call = await settled(starting);
    await flush();
    expect(call.local.microphone.muted).toBe(true);
    expect(alice.engine.producer('microphone')).toMatchObject({ paused: true });
    expect(world.server.log.find(({ method }) => method === 'produce')!.data).toMatchObject({ paused: true });
  });

  it('unmuted while it is off is opened', async () => {
    const { call } = await new World().connected();
    await settled(call.local.microphone.disable());
    await settled(call.local.microphone.unmute());
    expect(call.local.microphone).toMatchObject({ state: 'on', muted: false });
  });

  it('muted without a connection is told when it is back, however long it takes', async () => {
    const world = new World();
    world.server.graceMs = 120_000;
    const { call, answered } = await world.connected();
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await flush();
    void call.local.microphone.mute();
    await wait(40_000);
    expect(call.local.microphone.state).toBe('on');
    world.server.unreachable = false;
    await wait(10_000);
    expect(remote(answered)).toEqual(['microphone muted', 'camera']);
  });
});

describe('The screen', () => {
  it('is shared as a source of its own, with its sound if asked for', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    await settled(call.local.screen.enable({ audio: true }));
    expect(remote(answered)).toEqual(['microphone', 'camera', 'screen', 'screen-audio']);
    expect(answered.participant('alice')).toMatchObject({ screenOn: true, cameraOn: true });
    const appData = world.server.log.filter(({ method }) => method === 'produce').map(({ data }) => data['appData']);
    expect(appData.at(-1)).toEqual({ source: 'screensharing', share: true });
    await settled(call.local.screen.disable());
    expect(remote(answered)).toEqual(['microphone', 'camera']);
    expect(world.server.methods('alice').filter((method) => method === 'closeProducer')).toHaveLength(2);
  });

  it('ends when the person ends it in the browser', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    await settled(call.local.screen.enable());
    const seen = record(call, 'local', 'media-error');
    alice.engine.capture.tracks.at(-1)!.end();
    await flush();
    expect(call.local.screen.state).toBe('off');
    expect(remote(answered)).toEqual(['microphone', 'camera']);
    expect(seen).toEqual(['local screen']);
  });

  it('refused by the person is a typed error, and may be tried again', async () => {
    const { alice, call } = await new World().connected();
    alice.engine.capture.failures.set('screen', 'permission-denied');
    expect(await rejection(call.local.screen.enable())).toMatchObject({ code: 'permission-denied' });
    expect(call.local.screen).toMatchObject({ state: 'failed', error: { code: 'permission-denied' } });
    alice.engine.capture.failures.clear();
    await settled(call.local.screen.enable());
    expect(call.local.screen).toMatchObject({ state: 'on', error: null });
  });

  it('has no device to switch', async () => {
    const { call } = await new World().connected();
    expect(await rejection(call.local.screen.switchDevice('x'))).toMatchObject({ code: 'invalid-argument' });
  });
});

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
    expect(remote(answered)).toEqual(['microphone']);
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
    expect(remote(answered)).toEqual(['microphone', 'camera']);
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

  it('is made to fit what is accepted', async () => {
    const { bob, incoming } = await new World().ringing();
    incoming.prepare({ audio: false, video: true });
    await flush();
    await settled(incoming.accept({ audio: true, video: false }));
    await flush();
    expect(bob.engine.capture.live.map(({ kind }) => kind)).toEqual(['audio']);
  });
});

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
    expect(remote(answered)).toEqual(['microphone', 'camera muted']);
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
    expect(remote(answered)).toEqual(['microphone', 'camera']);
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
    expect(remote(answered)).toEqual(['microphone', 'camera muted']);
    alice.engine.capture.plug({ kind: 'camera', deviceId: 'cam-9', label: 'Another' });
    await settled(call.local.camera.enable());
    expect(remote(answered)).toEqual(['microphone', 'camera']);
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
    expect(call.local.screen.attach(element)).toBeTypeOf('function');
  });
});
