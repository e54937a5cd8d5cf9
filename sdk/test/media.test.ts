import { describe, expect, it } from 'vitest';
import type { Call, RemoteTrack } from '../src/index.js';
import { sourceOf } from '../src/media.js';
import type { ServerRequests } from '../src/protocol.js';
import { simulcastLayers } from '../src/browser-engine.js';
import { fakeToken, NO_ANSWER, Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, settled, wait, World, type Client } from './world.js';

fakeTime();

const element = {} as HTMLMediaElement;
const names = (call: Call, user: string): string[] =>
  call.participant(user)!.tracks.map(({ source, muted }) => (muted ? `${source} muted` : source));

describe('The order of things', () => {
  it('opens the room in one burst with the accept, before any answer', async () => {
    const world = new World();
    const { incoming } = await world.ringing();
    for (const method of ['accept-call', 'createWebRtcTransport', 'join'] as const) {
      world.server.override(method, () => NO_ANSWER);
    }
    const before = world.server.methods('bob').length;
    incoming.accept().catch(() => undefined);
    await flush();
    expect(world.server.methods('bob').slice(before)).toEqual([
      'accept-call',
      'createWebRtcTransport',
      'createWebRtcTransport',
      'join',
    ]);
  });

  it('makes the caller ready while it rings: room, camera, producers, path', async () => {
    const world = new World();
    const { alice, call } = await world.ringing();
    expect(world.server.methods('alice').slice(1)).toEqual([
      'start-call',
      'createWebRtcTransport',
      'createWebRtcTransport',
      'join',
      'connectWebRtcTransport',
      'produce',
      'produce',
    ]);
    expect(alice.engine.transport('send').state).toBe('connected');
    expect(call.state).toBe('ringing');
  });

  it('does not wait for the answer to one produce before the next', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('produce', () => NO_ANSWER);
    await settled(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    await flush();
    const produced = world.server.log.filter(({ method }) => method === 'produce').map(({ data }) => data['kind']);
    expect(produced).toEqual(['audio', 'video']);
  });

  it('answers newConsumer only when the track can be received', async () => {
    const world = new World();
    const { bob, incoming } = await world.ringing();
    void incoming.accept();
    await flush();
    expect(bob.engine.transport('recv').consumers).toHaveLength(2);
    expect(world.server.session('bob').pending.size).toBe(0);
  });

  it('refuses a track that the browser cannot take, and the call goes on', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    bob.engine.consumeFails = true;
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    const answered = await settled(bob.carillon.incoming[0]!.accept());
    const session = world.server.session('bob');
    const answer = world.server.request(session, 'newConsumer', newConsumer(call.id));
    await flush();
    expect(await answer).toMatchObject({ ok: false, errorCode: 500 });
    expect(answered.state).toBe('active');
    expect(names(answered, 'alice')).toEqual([]);
  });

  it('takes a repeated newConsumer for the one it is', async () => {
    const world = new World();
    const { bob, answered } = await world.connected();
    const session = world.server.session('bob');
    const data = newConsumer(answered.id);
    const answers = Promise.all([
      world.server.request(session, 'newConsumer', data),
      world.server.request(session, 'newConsumer', data),
    ]);
    await flush();
    expect(await answers).toMatchObject([{ ok: true }, { ok: true }]);
    expect(bob.engine.transport('recv').consumers).toHaveLength(3);
  });

  it('refuses tracks of calls it does not know, and data channels', async () => {
    const world = new World();
    await world.connected();
    const session = world.server.session('bob');
    const answers = Promise.all([
      world.server.request(session, 'newConsumer', newConsumer('elsewhere')),
      world.server.request(session, 'newDataConsumer', { id: 'd', peerId: null }),
    ]);
    await flush();
    expect(await answers).toMatchObject([{ errorCode: 404 }, { errorCode: 403 }]);
  });

  it('reuses one path for each direction', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    await settled(call.local.screen.enable());
    expect(alice.engine.transports).toHaveLength(2);
    expect(alice.engine.transport('send').producers).toHaveLength(3);
    expect(world.server.methods('alice').filter((method) => method === 'connectWebRtcTransport')).toHaveLength(2);
  });

  it('notes when each step was reached, in order', async () => {
    const { call, answered } = await new World().connected();
    const { timings } = answered;
    const order = ['start', 'answered', 'transportReady', 'firstTrack'] as const;
    const times = order.map((step) => timings[step] ?? Number.NaN);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(Object.keys(call.timings).sort()).toEqual(
      [
        'accepted',
        'answered',
        'captured',
        'dtlsConnected',
        'firstTrack',
        'iceConnected',
        'produced',
        'start',
        'transportReady',
      ].sort(),
    );
  });

  it('asks again for what the engine needs, if it failed at the connect', async () => {
    const world = new World();
    world.server.override('getRouterRtpCapabilities', () => {
      throw new Refusal(503, 'unavailable', 'no worker yet');
    });
    const alice = await world.client('alice');
    expect(alice.engine.loaded).toBe(false);
    world.server.override('getRouterRtpCapabilities', null);
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    await flush();
    expect(alice.engine.loaded).toBe(true);
    expect(call.local.microphone.state).toBe('on');
    expect(alice.engine.transport('send').producers).toHaveLength(1);
  });

  it('ends the call when there is no WebRTC at all', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    alice.engine.loaded = false;
    alice.engine.loadFails = true;
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    const seen = record(call, 'media-error', 'ended');
    await flush();
    expect(call.endReason).toBe('failed');
    expect(seen.length).toBeLessThanOrEqual(2);
    expect(bob.carillon.incoming).toEqual([]);
  });

  it('ends the call when the room cannot be joined', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('join', () => {
      throw new Refusal(500, 'internal', 'no room');
    });
    const starting = alice.carillon.startCall({ callees: ['bob'] });
    const errors: string[] = [];
    alice.carillon.on('call', (call) => call.on('media-error', (error) => errors.push(error.code)));
    const call = await settled(starting);
    expect(errors).toEqual(['internal']);
    expect(call.endReason).toBe('failed');
    expect(alice.engine.capture.live).toEqual([]);
  });
});

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

describe('The path', () => {
  it('that fails is restarted at once, over the same transport', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    const states = record(call, 'state');
    alice.engine.transport('recv').setState('failed');
    await flush();
    expect(alice.engine.transport('recv').restarts).toHaveLength(1);
    expect(states).toEqual(['state reconnecting active', 'state active reconnecting']);
    expect(alice.engine.transports).toHaveLength(2);
  });

  it('that is disconnected gets a second to heal by itself', async () => {
    const { alice } = await new World().connected();
    const path = alice.engine.transport('send');
    path.setState('disconnected');
    await wait(900);
    expect(path.restarts).toHaveLength(0);
    path.setState('connected');
    await wait(5_000);
    expect(path.restarts).toHaveLength(0);
    path.setState('disconnected');
    await wait(1_100);
    expect(path.restarts).toHaveLength(1);
  });

  it('is restarted in both directions when the network changes', async () => {
    const { alice } = await new World().connected();
    alice.engine.changeNetwork();
    await flush();
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([1, 1]);
    alice.engine.changeNetwork('doubtful');
    await flush();
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([1, 1]);
  });

  it('is tried again at growing distances while it stays down, and the app is told', async () => {
    const { call, alice } = await new World().connected();
    const seen = record(call, 'media-error');
    alice.engine.connects = false;
    const path = alice.engine.transport('recv');
    path.setState('failed');
    await wait(13_000); // At 0, 4 and 12 s.
    expect(path.restarts).toHaveLength(3);
    expect(seen).toEqual(['media-error media-failed']);
    expect(call.state).toBe('reconnecting');
    path.setState('connected');
    expect(call.state).toBe('active');
    await wait(60_000);
    expect(path.restarts).toHaveLength(3);
  });

  it('is restarted after the signalling is back, if it fell with it', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    alice.engine.transport('send').setState('failed');
    await flush();
    expect(alice.engine.transport('send').restarts).toHaveLength(0);
    await wait(1_000);
    expect(alice.engine.transport('send').restarts).toHaveLength(1);
    expect(call.state).toBe('active');
  });
});

describe('After a resume', () => {
  it('what was missed of the room is taken up: closed, muted, new', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    await settled(answered.local.microphone.mute());
    await settled(answered.local.screen.enable());
    await settled(answered.local.camera.disable());
    expect(names(call, 'bob')).toEqual(['microphone', 'camera']);
    await wait(1_000);
    expect(names(call, 'bob')).toEqual(['microphone muted', 'camera muted', 'screen']);
    world.server.drop(world.server.session('alice'));
    await flush();
    await settled(answered.local.screen.disable());
    await wait(1_000);
    expect(names(call, 'bob')).toEqual(['microphone muted', 'camera muted']);
    expect(bob.engine.transports).toHaveLength(2);
    expect(alice.engine.transports).toHaveLength(2);
  });

  it('a produce whose answer was lost is made again, and the lost one is cleaned away', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    const session = world.server.session('alice');
    session.socket!.onmessage = null;
    const enabling = call.local.screen.enable();
    await flush();
    world.server.drop(session);
    let refused = 0;
    world.server.override('produce', () => {
      world.server.override('produce', null);
      refused++;
      throw new Refusal(400, 'bad-request', 'the MID is taken');
    });
    await wait(2_000);
    await enabling;
    await flush();
    expect(refused).toBe(1);
    expect(call.local.screen.state).toBe('on');
    expect(names(answered, 'alice')).toEqual(['microphone', 'camera', 'screen']);
  });
});

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

function newConsumer(callId: string): ServerRequests['newConsumer'] {
  return {
    callId,
    peerId: 'alice/unknown',
    producerId: 'p',
    id: 'c-extra',
    kind: 'audio',
    rtpParameters: { codecs: [] },
    type: 'simple',
    producerPaused: false,
    appData: {},
  };
}

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
