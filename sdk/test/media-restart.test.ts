// Another room takes the place of ours: the worker died, or the whole server, and the call goes on.

import { describe, expect, it } from 'vitest';
import { NO_ANSWER, Refusal } from '../src/testing/index.js';
import { alive, element, namesInAnyOrder, sent } from './room-views.js';
import { fakeTime, flush, record, settled, wait, World } from './world.js';

fakeTime();

describe('media-restart', () => {
  it('replaces transports and tracks, and nobody leaves', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    const events = record(call, 'state', 'participant-left', 'participant-joined', 'track-removed', 'track', 'ended');
    const before = alice.engine.transports.slice();
    const old = call.participant('bob')!.track('camera')!;
    world.server.restartMedia(call.id);
    await flush();
    expect(before.map(({ state }) => state)).toEqual(['closed', 'closed']);
    for (const client of [alice, bob])
      expect(alive(client).map(({ state }) => state)).toEqual(['connected', 'connected']);
    expect(sent(alice)).toEqual(['camera', 'microphone']);
    expect([call.state, answered.state]).toEqual(['active', 'active']);
    expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
    expect(namesInAnyOrder(answered, 'alice')).toEqual(['microphone', 'camera']);
    expect(call.participant('bob')!.track('camera')).not.toBe(old);
    expect(events.filter((event) => event.startsWith('state'))).toEqual([
      'state reconnecting active',
      'state active reconnecting',
    ]);
    expect(events.filter((event) => !event.startsWith('state'))).toEqual([
      'track-removed camera bob',
      'track camera bob',
      'track-removed microphone bob',
      'track microphone bob',
    ]);
  });

  it('sends all that opens the new room in one burst, and asks for no camera', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    const captured = alice.engine.capture.tracks.length;
    const before = world.server.methods('alice').length;
    world.server.override('createWebRtcTransport', () => NO_ANSWER);
    world.server.restartMedia(call.id);
    await flush();
    expect(world.server.methods('alice').slice(before)).toEqual([
      'createWebRtcTransport',
      'createWebRtcTransport',
      'join',
    ]);
    expect(alice.engine.capture.tracks).toHaveLength(captured);
    expect(alice.engine.capture.live).toHaveLength(captured);
  });

  it('sends each source again as it was: muted, off, and a screen with its sound', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    await settled(call.local.microphone.mute());
    await settled(call.local.camera.disable());
    await settled(call.local.screen.enable({ audio: true }));
    const tracks = alice.engine.capture.live;
    world.server.restartMedia(call.id);
    await flush();
    expect(sent(alice)).toEqual(['microphone paused', 'screen', 'screen-audio']);
    expect(alice.engine.capture.live).toEqual(tracks);
    await wait(6_000);
    expect(namesInAnyOrder(answered, 'alice').sort()).toEqual(['microphone muted', 'screen', 'screen-audio']);
    await settled(call.local.microphone.unmute());
    await settled(call.local.camera.enable());
    expect(namesInAnyOrder(answered, 'alice').sort()).toEqual(['camera', 'microphone', 'screen', 'screen-audio']);
  });

  it('keeps the picture of before in its place until the new one is there', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    const old = call.participant('bob')!.track('camera')!;
    old.attach(element);
    world.server.override('createWebRtcTransport', () => NO_ANSWER);
    world.server.restartMedia(call.id);
    await flush();
    expect(call.state).toBe('reconnecting');
    expect(call.participant('bob')!.track('camera')).toBe(old);
    expect(alice.engine.capture.attachments).toHaveLength(1);
    await settled(old.setPreferredLayers(0)); // Nobody is there to be asked, and it is no error.
    world.server.override('createWebRtcTransport', null);
    world.server.restartMedia(call.id);
    await wait(1_100); // The requests that get no answer are made again.
    expect(call.participant('bob')!.track('camera')).not.toBe(old);
    expect(alice.engine.capture.attachments).toHaveLength(0);
  });

  it('takes away what nobody sends any more', async () => {
    const world = new World();
    const { bob, call, answered } = await world.connected();
    world.server.override('produce', (session) => (session.userId === 'bob' ? NO_ANSWER : { id: 'p' }));
    const gone = record(call, 'track-removed');
    world.server.restartMedia(call.id);
    await flush();
    expect(gone).toEqual([]);
    await wait(6_000);
    expect(gone).toEqual(['track-removed microphone bob', 'track-removed camera bob']);
    expect(call.participant('bob')!.state).toBe('joined');
    expect(bob.engine.capture.live).toHaveLength(2);
    await settled(answered.leave());
  });

  it('several in a row leave one room, one of each track and no more', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    const seen = record(call, 'media-error', 'ended', 'participant-left');
    for (let i = 0; i < 5; i++) {
      world.server.restartMedia(call.id);
      if (i % 2 === 0) await wait(1 + i);
    }
    await wait(6_000);
    for (const client of [alice, bob]) expect(alive(client)).toHaveLength(2);
    expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
    expect(namesInAnyOrder(answered, 'alice')).toEqual(['microphone', 'camera']);
    expect(world.server.calls.get(call.id)).toMatchObject({ transports: { size: 4 }, producers: { size: 4 } });
    expect(seen).toEqual([]);
    expect(call.state).toBe('active');
  });

  it.each(['createWebRtcTransport', 'join', 'produce'] as const)(
    'while %s is under way, whose answer never comes',
    async (method) => {
      const world = new World();
      const { alice, incoming, call } = await world.ringing();
      world.server.override(method, (session) => {
        if (session.userId !== 'bob') throw new Refusal(500, 'internal', 'not asked for here');
        return NO_ANSWER;
      });
      const answered = await settled(incoming.accept());
      const seen = record(answered, 'media-error', 'ended');
      world.server.override(method, null);
      world.server.restartMedia(call.id);
      await wait(5_000);
      expect(seen).toEqual([]);
      expect([call.state, answered.state]).toEqual(['active', 'active']);
      expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
      expect(namesInAnyOrder(answered, 'alice')).toEqual(['microphone', 'camera']);
      expect(alice.engine.capture.live).toHaveLength(2);
    },
  );

  it('twice, while the requests of the first wait for a worker: nothing is made twice', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    let open: () => void = () => undefined;
    const worker = new Promise<void>((resolve) => (open = resolve));
    const made: string[] = [];
    world.server.override('createWebRtcTransport', async (session, data) => {
      await worker;
      made.push(session.userId);
      return world.server.createTransport(session, data);
    });
    world.server.restartMedia(call.id);
    await flush();
    world.server.restartMedia(call.id);
    await flush();
    open();
    await flush();
    expect(made.sort()).toEqual(['alice', 'alice', 'bob', 'bob']);
    for (const client of [alice, bob]) expect(alive(client)).toHaveLength(2);
    expect([call.state, answered.state]).toEqual(['active', 'active']);
    expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
  });

  it('that comes after the errors of what was under way: they are no failure', async () => {
    const world = new World();
    const { alice, incoming, call } = await world.ringing();
    for (const method of ['createWebRtcTransport', 'join'] as const) {
      world.server.override(method, () => {
        throw new Refusal(503, 'worker-died', 'the worker died');
      });
    }
    const answered = await settled(incoming.accept());
    expect(answered.state).toBe('connecting');
    for (const method of ['createWebRtcTransport', 'join'] as const) world.server.override(method, null);
    world.server.restartMedia(call.id);
    await flush();
    expect([call.state, answered.state]).toEqual(['active', 'active']);
    expect(alice.engine.capture.live).toHaveLength(2);
  });

  it('is not needed when the server forgot to say it: a refused wish finds out', async () => {
    const world = new World();
    const { call, answered, alice } = await world.connected();
    const seen = record(call, 'media-error');
    // As when the word of it was lost: the room is new, and nobody was told.
    const notify = world.server.notify.bind(world.server);
    world.server.notify = () => undefined;
    world.server.restartMedia(call.id);
    world.server.notify = notify;
    const muting = settled(call.local.microphone.mute());
    await wait(2_000);
    await muting;
    expect(seen).toEqual([]);
    expect(call.local.microphone).toMatchObject({ state: 'on', muted: true });
    expect(sent(alice)).toEqual(['camera', 'microphone paused']);
    expect(answered.state).toBe('active');
  });

  it('while it rings: the caller is ready again, and still it rings', async () => {
    const world = new World();
    const { alice, call, incoming } = await world.ringing();
    const states = record(call, 'state', 'media-error');
    world.server.restartMedia(call.id);
    await flush();
    expect(states).toEqual([]);
    expect(alive(alice)).toHaveLength(2);
    const answered = await settled(incoming.accept());
    await flush();
    expect(namesInAnyOrder(answered, 'alice')).toEqual(['microphone', 'camera']);
    expect(call.state).toBe('active');
  });

  it('of a call without any track is over as soon as the room is joined', async () => {
    const world = new World();
    const { call, incoming } = await world.ringing({ media: 'audio', audio: false });
    const answered = await settled(incoming.accept({ audio: false }));
    world.server.restartMedia(call.id);
    await wait(1_500);
    expect([call.state, answered.state]).toEqual(['active', 'active']);
  });

  it('of a call that is not ours is nothing to us', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    world.server.notify(world.server.session('alice'), 'media-restart', { callId: 'another' });
    await flush();
    expect(alice.engine.transports).toHaveLength(2);
    expect(call.state).toBe('active');
  });

  it('is tried again while the server has no worker, the app is told, and the call stays', async () => {
    const world = new World();
    const { call } = await world.connected();
    const seen = record(call, 'media-error', 'ended');
    world.server.override('createWebRtcTransport', () => {
      throw new Refusal(503, 'unavailable', 'no worker', 300);
    });
    world.server.restartMedia(call.id);
    await wait(30_000);
    expect(call.state).toBe('reconnecting');
    expect(seen).toEqual(['media-error media-failed']);
    world.server.override('createWebRtcTransport', null);
    await wait(6_000);
    expect(call.state).toBe('active');
    expect(namesInAnyOrder(call, 'bob')).toEqual(['microphone', 'camera']);
  });

  it('leaves what the group is sent in layers', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    const carol = await world.client('carol');
    await settled(call.invite(['carol']));
    await settled(carol.carillon.incoming[0]!.accept());
    world.server.restartMedia(call.id);
    await flush();
    expect(alice.engine.producer('camera')).toMatchObject({ simulcast: true, closed: false });
    for (const user of ['bob', 'carol']) expect(namesInAnyOrder(call, user)).toEqual(['microphone', 'camera']);
  });

  it('is nothing to a call that has ended', async () => {
    const world = new World();
    const { alice, call } = await world.connected();
    world.server.restartMedia(call.id);
    await settled(call.leave());
    await flush();
    expect(alive(alice)).toEqual([]);
    expect(alice.engine.capture.live).toEqual([]);
    expect(call.endReason).toBe('hangup');
  });
});
