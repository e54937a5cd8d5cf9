import { describe, expect, it, vi } from 'vitest';
import { CarillonError } from '../src/index.js';
import { fakeToken, NO_ANSWER, Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World, type Client } from './world.js';

fakeTime();

/** Media comes in on both of its paths, or none does. */
function flows({ engine }: Client, on: boolean): void {
  for (const transport of engine.transports) transport.bytesPerLook = on ? 1000 : 0;
}

describe('Connecting', () => {
  it('resolves with who we are', async () => {
    const { carillon } = new World().make('alice');
    const seen = record(carillon, 'state');
    const me = await settled(carillon.connect());
    expect(me).toEqual({ userId: 'alice', name: 'ALICE', deviceId: expect.any(String) as string });
    expect(seen).toEqual(['state connecting', 'state connected']);
    expect(await carillon.connect()).toEqual(me);
  });

  it('offers protoo and the token as subprotocols, and no token in the address', async () => {
    const world = new World();
    await world.client('alice', { token: 'a.b.c' });
    expect(world.server.sockets[0]).toMatchObject({ protocols: ['protoo', 'token.a.b.c'] });
    expect(world.server.sockets[0]!.url.href).toBe('wss://calls.test/ws');
  });

  it('turns an https address into a wss one', async () => {
    const world = new World();
    await world.client('alice', { url: 'https://calls.test/ws' });
    expect(world.server.sockets[0]!.url.href).toBe('wss://calls.test/ws');
  });

  it('fails for good with an address that is none', async () => {
    const { carillon } = new World().make('alice', { url: 'nowhere' });
    expect(await rejection(carillon.connect())).toMatchObject({ code: 'invalid-argument' });
    expect(carillon.state).toBe('closed');
  });

  it('asks a token function anew for each connection', async () => {
    const world = new World();
    const token = vi.fn(async () => 'fresh');
    await world.client('alice', { token });
    world.server.drop(world.server.session('fresh'));
    await wait(2_000);
    expect(token).toHaveBeenCalledTimes(2);
    expect(world.server.sockets).toHaveLength(2);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no network'))],
    ['gives nothing', () => Promise.resolve('')],
    [
      'throws at once',
      () => {
        throw new Error('bug');
      },
    ],
  ])('fails with token-failed when the token function %s', async (_, token) => {
    const { carillon } = new World().make('alice', { token });
    expect(await rejection(carillon.connect())).toMatchObject({ code: 'token-failed' });
    expect(carillon.state).toBe('closed');
  });

  it('does not wait for ever for a token', async () => {
    const { carillon } = new World().make('alice', { token: () => new Promise<string>(() => undefined) });
    const outcome = rejection(carillon.connect());
    await wait(15_000);
    expect(await outcome).toMatchObject({ code: 'token-failed' });
  });

  it('can be tried again after it failed', async () => {
    let works = false;
    const token = () => (works ? 'alice' : Promise.reject(new Error('not yet')));
    const { carillon } = new World().make('alice', { token });
    await rejection(carillon.connect());
    works = true;
    expect(await settled(carillon.connect())).toMatchObject({ userId: 'alice' });
  });

  it('keeps trying while the server cannot be reached', async () => {
    const world = new World();
    world.server.unreachable = true;
    const { carillon } = world.make('alice');
    const connecting = carillon.connect();
    await wait(20_000);
    expect(carillon.state).toBe('connecting');
    world.server.unreachable = false;
    await wait(10_000);
    expect(await connecting).toMatchObject({ userId: 'alice' });
  });

  it('gives up a server that sends no welcome, and tries another time', async () => {
    const world = new World();
    world.server.mute = true;
    const { carillon } = world.make('alice');
    void carillon.connect();
    await wait(9_000);
    expect(world.server.sockets).toHaveLength(1);
    world.server.mute = false;
    await wait(3_000);
    expect(world.server.sockets).toHaveLength(2);
    expect(carillon.state).toBe('connected');
  });

  it('stops when the server closes with 4000, and says why', async () => {
    const world = new World();
    world.server.refuseWith = { code: 4000, reason: 'token-expired: exp has passed' };
    const { carillon } = world.make('alice');
    const error = await rejection(carillon.connect());
    expect(error).toBeInstanceOf(CarillonError);
    expect(error).toMatchObject({ code: 'token-expired', reason: 'token-expired: exp has passed' });
    await wait(60_000);
    expect(world.server.sockets).toHaveLength(1);
  });

  it('is rejected when the app disconnects meanwhile', async () => {
    const { carillon } = new World().make('alice');
    const outcome = rejection(carillon.connect());
    carillon.disconnect();
    expect(await outcome).toMatchObject({ code: 'closed' });
    expect(carillon.state).toBe('closed');
  });

  it('loads the engine once, before any call', async () => {
    const world = new World();
    const { engine } = await world.client('alice');
    expect([engine.loaded, engine.loads]).toEqual([true, 1]);
    expect(world.server.methods('alice')).toEqual(['getRouterRtpCapabilities']);
    world.server.drop(world.server.session('alice'));
    await wait(2_000);
    expect(engine.loads).toBe(1);
  });
});

describe('A connection that is lost', () => {
  it('comes back by itself, with its seat, and calls go on', async () => {
    const world = new World();
    const { alice, bob, call, answered } = await world.connected();
    const [states, others] = [
      record(call, 'state'),
      record(answered, 'participant-reconnecting', 'participant-joined'),
    ];
    const before = alice.engine.transport('send');
    world.server.drop(world.server.session('alice'));
    await flush();
    expect(call.state).toBe('reconnecting');
    expect(answered.participant('alice')).toMatchObject({ state: 'reconnecting', quality: 'lost' });
    await wait(1_000);
    expect(states).toEqual(['state reconnecting active', 'state active reconnecting']);
    expect(others).toEqual(['participant-reconnecting alice', 'participant-joined alice']);
    expect(answered.participant('alice')?.tracks).toHaveLength(2);
    expect(alice.engine.transport('send')).toBe(before);
    expect(before.state).toBe('connected');
    expect(world.server.sockets.at(-1)!.url.searchParams.get('resume')).toBe(world.server.session('alice').resumeToken);
    expect(bob.carillon.calls).toEqual([answered]);
  });

  it('ends the call that ended meanwhile, with the reason if the server tells it', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    const session = world.server.session('alice');
    world.server.drop(session);
    world.server.calls.clear();
    await wait(700);
    world.server.notify(session, 'end-call', { callId: call.id, rev: 99, serverTime: 0, reason: 'removed' });
    await wait(1_000);
    expect(call.endReason).toBe('removed');
    expect(alice.engine.capture.live).toEqual([]);
  });

  it('ends the call that ended meanwhile as disconnected otherwise', async () => {
    const world = new World();
    const { call } = await world.connected();
    world.server.drop(world.server.session('alice'));
    world.server.calls.clear();
    await wait(2_000);
    expect(call.endReason).toBe('disconnected');
  });

  it('beyond the grace costs the call', async () => {
    const world = new World();
    const { call, answered, alice } = await world.connected();
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(11_000);
    expect(answered.endReason).toBe('disconnected');
    expect(call.state).toBe('reconnecting');
    world.server.unreachable = false;
    await wait(10_000);
    expect(call.endReason).toBe('disconnected');
    expect(alice.carillon.state).toBe('connected');
  });

  it('takes up what changed in the call meanwhile', async () => {
    const world = new World();
    const alice = await world.client('alice');
    const [bob, carol] = [await world.client('bob'), await world.client('carol')];
    const call = await settled(alice.carillon.startCall({ callees: ['bob', 'carol'] }));
    const bobs = await settled(bob.carillon.incoming[0]!.accept());
    world.server.drop(world.server.session('alice'));
    await settled(carol.carillon.incoming[0]!.accept());
    await settled(bobs.leave());
    const seen = record(call, 'participant-joined', 'participant-left');
    await wait(2_000);
    expect(seen).toEqual(['participant-joined carol', 'participant-left bob']);
  });

  it('stops what rang and rings no more, and rings what does', async () => {
    const world = new World();
    const { incoming, call, bob } = await world.ringing();
    const carol = await world.client('carol');
    world.server.drop(world.server.session('bob'));
    await settled(call.leave());
    await settled(carol.carillon.startCall({ callees: ['bob'] }));
    await wait(2_000);
    expect(incoming.endReason).toBe('canceled');
    expect(bob.carillon.incoming).toMatchObject([{ caller: { userId: 'carol' }, state: 'ringing' }]);
  });

  it('keeps ringing what rings on, once', async () => {
    const world = new World();
    const { incoming, bob } = await world.ringing();
    const seen = record(bob.carillon, 'incoming');
    world.server.drop(world.server.session('bob'));
    await wait(2_000);
    expect(seen).toEqual([]);
    expect(incoming.state).toBe('ringing');
    expect((await settled(incoming.accept())).state).toBe('active');
  });

  it('tries at growing distances with jitter, and tells when', async () => {
    const world = new World();
    const { carillon } = await world.client('alice');
    const delays: number[] = [];
    carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(60_000);
    const ceilings = [500, 1_000, 2_000, 4_000, 8_000, 8_000];
    ceilings.forEach((ceiling, at) => {
      expect(delays[at]).toBeGreaterThanOrEqual(ceiling / 2);
      expect(delays[at]).toBeLessThanOrEqual(ceiling);
    });
  });

  it('does not come back when told not to', async () => {
    const world = new World();
    const { carillon } = await world.client('alice', { reconnect: false });
    world.server.drop(world.server.session('alice'));
    await wait(60_000);
    expect(carillon.state).toBe('closed');
    expect(world.server.sockets).toHaveLength(1);
  });

  it('does not come back when the server closed with 4000', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    world.server.session('alice').socket!.serverClose(4000, 'the account is gone');
    await wait(60_000);
    expect(alice.carillon.state).toBe('closed');
    expect(call.endReason).toBe('disconnected');
    expect(world.server.sockets).toHaveLength(2);
  });

  it('keeps trying when a token cannot be had for a while', async () => {
    let works = true;
    const world = new World();
    const token = async () => {
      if (!works) throw new Error('the backend is away too');
      return 'alice';
    };
    const { carillon } = await world.client('alice', { token });
    works = false;
    world.server.graceMs = 0;
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    expect(carillon.state).toBe('reconnecting');
    works = true;
    await wait(10_000);
    expect(carillon.state).toBe('connected');
  });

  it('takes its seat back without an access token, when none can be had', async () => {
    let works = true;
    const world = new World();
    const token = async () => (works ? 'alice' : Promise.reject(new Error('the backend is away too')));
    const { carillon } = await world.client('alice', { token });
    await world.client('bob');
    const call = await settled(carillon.startCall({ callees: ['bob'] }));
    works = false;
    world.server.drop(world.server.session('alice'));
    await wait(2_000);
    expect(carillon.state).toBe('connected');
    expect(world.server.sockets.at(-1)!.protocols).toEqual(['protoo']);
    expect(call.state).toBe('ringing');
  });

  it('takes its seat back with an access token that has expired meanwhile', async () => {
    const world = new World();
    const exp = Math.floor(Date.now() / 1000) + 60;
    const { carillon } = await world.client('alice', { token: fakeToken({ sub: 'alice', exp }) });
    const { deviceId } = carillon.me!;
    await wait(61_000);
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(1_000);
    expect(carillon.state).toBe('reconnecting');
    world.server.unreachable = false;
    await wait(7_000); // The fourth attempt is made by then.
    expect([carillon.state, carillon.me!.deviceId]).toEqual(['connected', deviceId]);
  });

  it('is over when the access token has expired and the seat is gone', async () => {
    const world = new World();
    const exp = Math.floor(Date.now() / 1000) + 60;
    const { carillon } = await world.client('alice', { token: fakeToken({ sub: 'alice', exp }) });
    const errors: (string | undefined)[] = [];
    carillon.on('state', (_, error) => errors.push(error?.code));
    await wait(61_000);
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(60_000);
    expect(carillon.state).toBe('closed');
    expect(errors).toEqual(['disconnected', 'token-expired']);
  });

  it('comes back within half a second, at a random moment, to a server that was replaced (1012)', async () => {
    const delays: number[] = [];
    for (let i = 0; i < 60; i++) {
      const world = new World();
      const { carillon } = await world.client('alice');
      carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
      world.server.restart(1012);
      await wait(600);
      expect(carillon.state).toBe('connected');
      carillon.disconnect();
    }
    expect(delays).toHaveLength(60);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(500);
    // Of 60 even ones, none in a quarter of the span: once in 10^7 runs.
    for (const quarter of [0, 125, 250, 375]) {
      expect(delays.filter((delay) => delay >= quarter && delay <= quarter + 125).length).toBeGreaterThan(0);
    }
  });

  // Four hundred clients take their time on a busy machine.
  it('comes back spread out when a server fails under everybody at once', { timeout: 60_000 }, async () => {
    const world = new World();
    const delays: number[] = [];
    for (let i = 0; i < 400; i++) {
      const { carillon } = world.make(`user-${i}`);
      carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
      void carillon.connect();
    }
    await flush();
    world.server.restart();
    await wait(100);
    expect(delays).toHaveLength(400);
    // Evenly over 250 to 500 ms: 40 in each tenth, give or take five times the deviation of 6.
    for (let from = 250; from < 500; from += 25) {
      const together = delays.filter((delay) => delay >= from && delay < from + 25).length;
      expect(together).toBeGreaterThan(10);
      expect(together).toBeLessThan(70);
    }
    await wait(1_000);
    expect(world.server.sockets).toHaveLength(800);
  });

  it('backs off as usual when the server is full (1013)', async () => {
    const world = new World();
    const { carillon } = await world.client('alice');
    const delays: number[] = [];
    carillon.on('reconnect-scheduled', (_, delayMs) => delays.push(delayMs));
    world.server.refuseWith = { code: 1013, reason: 'try again later' };
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    expect(delays.length).toBeLessThanOrEqual(7);
    expect(delays.length).toBeGreaterThanOrEqual(4);
    delays.slice(0, 4).forEach((delay, i) => {
      expect(delay).toBeGreaterThanOrEqual(250 * 2 ** i);
      expect(delay).toBeLessThanOrEqual(500 * 2 ** i);
    });
  });

  it('for 20 s costs a call of two, and a call of others is joined again', async () => {
    const world = new World();
    const { alice, call, answered } = await world.connected();
    const carol = await world.client('carol');
    await settled(answered.invite(['carol']));
    await settled(carol.carillon.incoming[0]!.accept());
    const [states, seen] = [record(call, 'state', 'ended'), record(answered, 'participant-left', 'participant-joined')];
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    expect(call.state).toBe('reconnecting');
    expect(seen).toEqual(['participant-left alice disconnected']);
    world.server.unreachable = false;
    await wait(10_000);
    expect(call.state).toBe('active');
    expect(states).toEqual(['state reconnecting active', 'state active reconnecting']);
    expect(seen).toEqual(['participant-left alice disconnected', 'participant-joined alice']);
    expect(answered.participant('alice')!.tracks.map(({ source }) => source)).toEqual(['camera', 'microphone']);
    expect(call.participants.map(({ state, tracks }) => [state, tracks.length])).toEqual([
      ['joined', 2],
      ['joined', 2],
    ]);
    expect(alice.engine.capture.tracks).toHaveLength(2);
  });

  it('for longer than the seat is kept ends a call that cannot be joined again', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    const carol = await world.client('carol');
    await settled(answered.invite(['carol']));
    await settled(carol.carillon.incoming[0]!.accept());
    world.server.override('join-call', () => {
      throw new Refusal(403, 'forbidden', 'not in this call');
    });
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(12_000);
    world.server.unreachable = false;
    await wait(10_000);
    expect(call).toMatchObject({ state: 'ended', endReason: 'disconnected' });
  });

  it('is tried again at once when the network comes back', async () => {
    const world = new World();
    const { carillon, engine } = await world.client('alice');
    world.server.unreachable = true;
    world.server.drop(world.server.session('alice'));
    await wait(20_000);
    world.server.unreachable = false;
    const attempts = world.server.sockets.length;
    engine.changeNetwork();
    await flush();
    expect(world.server.sockets).toHaveLength(attempts + 1);
    expect(carillon.state).toBe('connected');
  });
});

describe('A path that dies in silence', () => {
  it('is noticed when the network changes, well before any timeout', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    world.server.freeze(world.server.session('alice'));
    alice.engine.changeNetwork('doubtful');
    await wait(4_000);
    expect(call.state).toBe('active');
    expect(world.server.sockets).toHaveLength(3);
  });

  it('is noticed by the request that gets no answer', async () => {
    const world = new World();
    const { alice } = await world.connected();
    world.server.freeze(world.server.session('alice'));
    const outcome = rejection(alice.carillon.watchPresence());
    await wait(16_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    await wait(1_000);
    expect(alice.carillon.state).toBe('connected');
    expect(world.server.sockets).toHaveLength(3);
  });

  it('is not assumed while other words come in', async () => {
    const world = new World();
    const { alice } = await world.connected();
    world.server.override('watch-presence', () => NO_ANSWER);
    const outcome = rejection(alice.carillon.watchPresence());
    await wait(10_000);
    const presence = { userId: 'x', name: 'x', devices: 1 };
    world.server.notify(world.server.session('alice'), 'presence', presence);
    await wait(6_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    expect(world.server.sockets).toHaveLength(2);
  });

  it('is noticed when media stops, and both ways are restarted on the new connection', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    flows(alice, true);
    await wait(3_000);
    world.server.freeze(world.server.session('alice'));
    flows(alice, false);
    await wait(2_700);
    expect(world.server.sockets).toHaveLength(3);
    expect(call.state).toBe('active');
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([1, 1]);
    const asked = () => world.server.log.filter(({ method }) => method === 'requestConsumerKeyFrame').length;
    expect(asked()).toBe(0);
    flows(alice, true);
    await wait(500);
    expect(asked()).toBe(1); // of the picture; the sound needs none
  });

  it('is not assumed when media stops and the server answers', async () => {
    const world = new World();
    const { alice } = await world.connected();
    flows(alice, true);
    await wait(3_000);
    flows(alice, false);
    await wait(10_000);
    expect(world.server.sockets).toHaveLength(2);
    expect(alice.engine.transports.map(({ restarts }) => restarts.length)).toEqual([0, 0]);
  });

  it('is tried every few seconds while packets are lost, and no late attempt takes the seat', async () => {
    const world = new World();
    const { call, alice, bob } = await world.connected();
    const seen = record(bob.carillon.calls[0]!, 'participant-left');
    const before = world.server.sockets.length;
    flows(alice, true);
    await wait(3_000);
    world.server.freeze(world.server.session('alice'));
    world.server.swallows = true;
    flows(alice, false);
    const tried = (state: number) =>
      world.server.sockets.slice(before).filter(({ readyState }) => readyState === state).length;
    let together = 0;
    // Between two attempts there is a pause, whose length is random.
    for (let ms = 0; ms < 8_000 || (tried(0) === 0 && ms < 16_000); ms += 100) {
      await wait(100);
      together = Math.max(together, tried(0));
    }
    expect(world.server.sockets.length - before).toBeGreaterThanOrEqual(2);
    expect(together).toBe(1);
    expect(tried(0)).toBe(1);
    world.server.swallows = false;
    await flush();
    expect(tried(1)).toBe(1);
    expect(call.state).toBe('active');
    expect(seen).toEqual([]);
  });

  it('does not wait for a token that is not needed to take the seat back', async () => {
    const world = new World();
    let hangs = false;
    const token = () => (hangs ? new Promise<string>(() => undefined) : Promise.resolve(fakeToken({ sub: 'alice' })));
    const { carillon } = await world.client('alice', { token });
    hangs = true;
    world.server.drop(world.server.session('alice'));
    await wait(2_000);
    expect(carillon.state).toBe('connected');
  });

  it('does not hang up when it comes back to life: the old socket is closed only after the seat has moved', async () => {
    const world = new World();
    const { call, alice } = await world.connected();
    const old = world.server.session('alice').socket!;
    alice.engine.changeNetwork('doubtful');
    old.dead = true; // Frames are lost, and the server has not noticed.
    await wait(3_000);
    expect(old.readyState).toBe(1);
    old.dead = false;
    await wait(1_000);
    expect(old.readyState).toBe(3);
    expect(call.state).toBe('active');
  });
});

describe('Requests over a broken connection', () => {
  it('start-call is repeated with the same id, and there is one call', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const session = world.server.session('alice');
    session.socket!.onmessage = null; // The answer will be lost.
    const starting = alice.carillon.startCall({ callees: ['bob'] });
    await flush();
    world.server.drop(session);
    await wait(2_000);
    const call = await starting;
    const ids = world.server.log.filter(({ method }) => method === 'start-call').map(({ data }) => data['requestId']);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
    expect(world.server.calls.size).toBe(1);
    expect(bob.carillon.incoming).toMatchObject([{ callId: call.id }]);
  });

  it('start-call waits for a connection that is being restored', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.drop(world.server.session('alice'));
    await flush();
    expect(alice.carillon.state).toBe('reconnecting');
    const starting = alice.carillon.startCall({ callees: ['bob'] });
    await wait(2_000);
    expect((await starting).state).toBe('ringing');
  });

  it('accept is repeated, and accepted once', async () => {
    const world = new World();
    const { incoming, call } = await world.ringing();
    const session = world.server.session('bob');
    session.socket!.onmessage = null;
    const accepting = incoming.accept();
    await flush();
    expect(call.participants).toMatchObject([{ userId: 'bob', state: 'joined' }]);
    world.server.drop(session);
    await wait(3_000);
    const answered = await accepting;
    await flush();
    expect(answered.state).toBe('active');
    expect(answered.participants[0]!.tracks).toHaveLength(2);
    expect(call.participants[0]!.tracks).toHaveLength(2);
  });

  it('hanging up while offline is said when the connection is back', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    void call.leave();
    await wait(2_000);
    expect(answered.endReason).toBe('hangup');
  });

  it('all fail when the connection is given up', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('start-call', () => NO_ANSWER);
    const outcome = rejection(alice.carillon.startCall({ callees: ['bob'] }));
    alice.carillon.disconnect();
    expect(await outcome).toMatchObject({ code: 'closed' });
    expect(alice.engine.capture.live).toEqual([]);
  });

  it('fail with timeout when the server does not answer', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('start-call', () => NO_ANSWER);
    const outcome = rejection(alice.carillon.startCall({ callees: ['bob'] }));
    await wait(15_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
  });
});

describe('The server clock', () => {
  it('is known from its messages, however wrong ours is', async () => {
    const world = new World();
    world.server.clockOffsetMs = -7_200_000;
    const { incoming, alice } = await world.ringing();
    expect(Math.abs(alice.carillon.serverNow() - world.server.now())).toBeLessThan(100);
    expect(incoming.remainingMs).toBeGreaterThan(29_000);
    await wait(10_000);
    expect(incoming.remainingMs).toBeLessThan(20_000);
  });
});

describe('Presence', () => {
  it('lists who is online and follows', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const presence = await settled(alice.carillon.watchPresence());
    expect(presence.users).toEqual([
      { userId: 'alice', name: 'ALICE', devices: 1 },
      { userId: 'bob', name: 'BOB', devices: 1 },
    ]);
    const seen = record(presence, 'changed', 'reset');
    bob.carillon.disconnect();
    await flush();
    expect(presence.user('bob')?.devices).toBe(0);
    await world.client('bob');
    expect(presence.user('bob')?.devices).toBe(1);
    expect(seen).toEqual(['changed bob', 'changed bob']);
    expect(await settled(alice.carillon.watchPresence())).toBe(presence);
  });

  it('is renewed after a reconnect', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const presence = await settled(alice.carillon.watchPresence());
    const seen = record(presence, 'reset');
    world.server.drop(world.server.session('alice'));
    bob.carillon.disconnect();
    await wait(2_000);
    expect(seen).toEqual(['reset']);
    expect(presence.user('bob')).toBeUndefined();
  });

  it('is refused with a typed error where the server does not tell', async () => {
    const world = new World();
    const { alice } = await world.pair();
    const { Refusal } = await import('../src/testing/index.js');
    world.server.override('watch-presence', () => {
      throw new Refusal(403, 'forbidden', 'presence is off');
    });
    expect(await rejection(alice.carillon.watchPresence())).toMatchObject({ code: 'forbidden', status: 403 });
    world.server.override('watch-presence', null);
    expect((await settled(alice.carillon.watchPresence())).users).toHaveLength(2);
  });
});
