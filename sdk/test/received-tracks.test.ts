import { describe, expect, it } from 'vitest';
import { sourceOf } from '../src/media.js';
import { fakeToken } from '../src/testing/index.js';
import { element, names, newConsumer } from './room-views.js';
import { fakeTime, flush, record, settled, World, type Client } from './world.js';

fakeTime();

describe('Remote tracks', () => {
  it('come with who sends them and from which source', async () => {
    const { call, answered } = await new World().connected();
    expect(names(call, 'bob')).toEqual(['microphone', 'camera']);
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera']);
    expect(call.participant('bob')).toMatchObject({ muted: false, cameraOn: true, screenOn: false });
  });

  it('can be attached to an element, and leave it when they are gone', async () => {
    const { call, alice, answered } = await new World().connected();
    const track = call.participant('bob')!.track('camera')!;
    track.attach(element);
    const detach = call.participant('bob')!.track('microphone')!.attach(element);
    expect(alice.engine.capture.attachments).toHaveLength(2);
    detach();
    detach();
    expect(alice.engine.capture.attachments).toMatchObject([
      { element, track: track.track, options: { silent: false } },
    ]);
    await settled(answered.leave());
    expect(alice.engine.capture.attachments).toEqual([]);
  });

  it('tell when their first frame was shown', async () => {
    const { call, alice } = await new World().connected();
    call.participant('bob')!.track('camera')!.attach(element);
    expect(call.timings.firstFrame).toBeUndefined();
    alice.engine.capture.attachments[0]!.options.onFirstFrame!();
    expect(call.timings.firstFrame).toBeGreaterThan(0);
  });

  it('can be paused and limited by who receives them', async () => {
    const world = new World();
    const { call } = await world.connected();
    const track = call.participant('bob')!.track('camera')!;
    await settled(track.setEnabled(false));
    await settled(track.setEnabled(true));
    await settled(track.setPreferredLayers(1));
    await settled(track.setPreferredLayers(0, 2));
    const asked = world.server.log.filter(({ userId, method }) => userId === 'alice' && /onsumer/.test(method));
    const callId = call.id;
    const consumerId = track.id;
    expect(asked.map(({ method, data }) => [method, data])).toEqual([
      ['pauseConsumer', { callId, consumerId }],
      ['resumeConsumer', { callId, consumerId }],
      ['setConsumerPreferredLayers', { callId, consumerId, spatialLayer: 1 }],
      ['setConsumerPreferredLayers', { callId, consumerId, spatialLayer: 0, temporalLayer: 2 }],
    ]);
  });

  it('are shown under the right person when two call their device the same', async () => {
    const world = new World();
    const join = (sub: string): Promise<Client> => world.client(sub, { token: fakeToken({ sub, device: 'phone' }) });
    const [alice, bob, carol] = [await join('alice'), await join('bob'), await join('carol')];
    const call = await settled(alice.carillon.startCall({ callees: ['bob', 'carol'], media: 'video' }));
    await settled(bob.carillon.incoming[0]!.accept({ video: false }));
    await settled(carol.carillon.incoming[0]!.accept());
    expect(names(call, 'bob')).toEqual(['microphone']);
    expect(names(call, 'carol')).toEqual(['microphone', 'camera']);
  });

  it('wait for their owner when they come before it', async () => {
    const world = new World();
    const { call } = await world.connected();
    const session = world.server.session('alice');
    void world.server.request(session, 'newConsumer', { ...newConsumer(call.id), peerId: 'dave/1' });
    await flush();
    expect(call.participant('dave')).toBeUndefined();
    const seen = record(call, 'participant-joined', 'track');
    const dave = { id: 'dave/1', peerId: 'dave/1', userId: 'dave', deviceId: '1', displayName: 'Dave' };
    world.server.notify(session, 'newPeer', { callId: call.id, ...dave });
    await flush();
    expect(seen).toEqual(['participant-joined dave', 'track microphone dave']);
  });

  it.each([
    ['audio', {}, 'microphone'],
    ['video', {}, 'camera'],
    ['video', { share: true }, 'screen'],
    ['video', { source: 'screensharing' }, 'screen'],
    ['audio', { share: true }, 'screen-audio'],
  ] as const)('know their source: %s %o is %s', (kind, appData, source) => {
    expect(sourceOf(kind, appData)).toBe(source);
  });
});

describe('Who speaks', () => {
  it('is told for others and for ourselves', async () => {
    const world = new World();
    const { call } = await world.connected();
    const seen = record(call, 'active-speaker');
    const [alice, bob] = [world.server.session('alice'), world.server.session('bob')];
    const speak = async (peerId: string | null): Promise<void> => {
      world.server.notify(alice, 'activeSpeaker', { callId: call.id, peerId });
      await flush();
    };
    await speak(bob.peerId);
    expect(call.activeSpeaker).toBe(call.participant('bob'));
    expect(call.participant('bob')!.speaking).toBe(true);
    await speak(alice.peerId);
    expect(call.local.speaking).toBe(true);
    expect(call.participant('bob')!.speaking).toBe(false);
    await speak(null);
    expect(call.local.speaking).toBe(false);
    expect(seen).toEqual(['active-speaker bob', 'active-speaker', 'active-speaker']);
  });
});
