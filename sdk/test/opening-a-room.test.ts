import { describe, expect, it } from 'vitest';
import { NO_ANSWER, Refusal } from '../src/testing/index.js';
import { Deferred } from '../src/waiting.js';
import { names, newConsumer } from './room-views.js';
import { fakeTime, flush, settled, World } from './world.js';

fakeTime();

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
    const { bob, answered } = await world.connected();
    const session = world.server.session('bob');
    expect(session.pending.size).toBe(0);
    const path = bob.engine.transport('recv');
    const [consume, ready] = [path.consume.bind(path), new Deferred<void>()];
    path.consume = async (options) => {
      await ready.promise;
      return consume(options);
    };
    const answer = world.server.request(session, 'newConsumer', newConsumer(answered.id));
    await flush();
    expect(session.pending.size).toBe(1);
    ready.resolve();
    await flush();
    expect(await answer).toMatchObject({ ok: true });
    expect(path.consumers).toHaveLength(3);
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
    const times = order.map((step) => timings[step]);
    expect(times).toEqual(times.map(() => expect.any(Number) as number));
    expect(times.toSorted((a, b) => a! - b!)).toEqual(times);
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
    const errors: string[] = [];
    alice.carillon.on('call', (call) => call.on('media-error', (error) => errors.push(error.code)));
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    expect(call.endReason).toBe('failed');
    expect(errors).toEqual(['media-unsupported']);
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
