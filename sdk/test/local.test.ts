import { describe, expect, it } from 'vitest';
import type { Call, IncomingCall } from '../src/index.js';
import { Deferred } from '../src/waiting.js';
import { names } from './room-views.js';
import { fakeTime, flush, record, rejection, settled, wait, World, type Client } from './world.js';

fakeTime();

const requests = (world: World, from: number): string[] => world.server.methods('alice').slice(from);

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
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera muted']);
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
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
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
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
    void camera.enable();
    void camera.disable();
    await flush();
    expect(alice.engine.capture.live.filter(({ kind }) => kind === 'video')).toEqual([]);
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera muted']);
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
    expect(names(answered, 'alice')).toContain('camera');
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
    expect(names(answered, 'alice')).not.toContain('camera');
    expect(answered.participant('alice')!.cameraOn).toBe(false);
    alice.engine.capture.delayMs = 0;
    alice.engine.capture.failures.clear();
    await settled(call.local.camera.enable());
    expect(answered.participant('alice')!.cameraOn).toBe(true);
  });

  it('turned off before the room is open is never sent', async () => {
    const world = new World();
    const { alice } = await world.pair();
    const worker = new Deferred<void>();
    world.server.override('createWebRtcTransport', async (session, data) => {
      await worker.promise;
      return world.server.createTransport(session, data);
    });
    const call = await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    expect(call.local.camera.state).toBe('on');
    void call.local.camera.disable();
    expect(call.local.camera.state).toBe('off');
    expect(alice.engine.capture.live.map(({ kind }) => kind)).toEqual(['audio']);
    worker.resolve();
    await flush();
    expect(alice.engine.transport('send').producers.map(({ source }) => source)).toEqual(['microphone']);
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
    expect(names(answered, 'alice')).toEqual(['microphone muted', 'camera']);
  });
});

describe('The screen', () => {
  it('is shared as a source of its own, with its sound if asked for', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    await settled(call.local.screen.enable({ audio: true }));
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera', 'screen', 'screen-audio']);
    expect(answered.participant('alice')).toMatchObject({ screenOn: true, cameraOn: true });
    const appData = world.server.log.filter(({ method }) => method === 'produce').map(({ data }) => data['appData']);
    expect(appData.at(-1)).toEqual({ source: 'screensharing', share: true });
    await settled(call.local.screen.disable());
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
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
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
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
