import { describe, expect, it } from 'vitest';
import { CarillonError, type Call } from '../src/index.js';
import { NO_ANSWER, Refusal } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

describe('A call that is started', () => {
  it('rings the callee with all that the caller said', async () => {
    const world = new World();
    const { incoming, call } = await world.ringing({ metadata: { topic: 'lunch' } });
    expect(incoming).toMatchObject({
      callId: call.id,
      roomId: call.roomId,
      caller: { userId: 'alice', name: 'ALICE' },
      callees: ['bob'],
      media: 'video',
      metadata: { topic: 'lunch' },
      state: 'ringing',
    });
    expect(incoming.remainingMs).toBeGreaterThan(29_000);
  });

  it('tells the caller how many devices ring, and by which way', async () => {
    const world = new World();
    const alice = await world.client('alice');
    await world.client('bob');
    await world.client('bob');
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    expect(call.participants).toMatchObject([
      { userId: 'bob', state: 'ringing', ringing: { devices: 2, via: 'socket' } },
    ]);
    expect(call.state).toBe('ringing');
  });

  it('is announced by the client, and listed until it ends', async () => {
    const world = new World();
    const { alice } = await world.pair();
    const seen = record(alice.carillon, 'call', 'call-ended');
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    expect(alice.carillon.calls).toEqual([call]);
    await settled(call.leave());
    expect(alice.carillon.calls).toEqual([]);
    expect(seen).toEqual([`call ${call.id}`, `call-ended ${call.id} canceled`]);
  });

  it.each([
    ['nobody', { callees: [] }],
    ['a ring of 0 s', { callees: ['bob'], ringSeconds: 0 }],
    ['a ring of 121 s', { callees: ['bob'], ringSeconds: 121 }],
    ['metadata over 4 KiB', { callees: ['bob'], metadata: { long: 'x'.repeat(4096) } }],
  ])('is refused at once with %s', async (_, options) => {
    const { alice } = await new World().pair();
    expect(await rejection(alice.carillon.startCall(options))).toMatchObject({ code: 'invalid-argument' });
    expect(alice.engine.capture.tracks).toEqual([]);
  });

  it('gives camera and microphone back when the server refuses', async () => {
    const world = new World();
    const { alice } = await world.pair();
    world.server.override('start-call', () => {
      throw new Refusal(429, 'rate-limited', 'too many calls');
    });
    const error = await rejection(alice.carillon.startCall({ callees: ['bob'], media: 'video' }));
    expect(error).toBeInstanceOf(CarillonError);
    expect(error).toMatchObject({ code: 'rate-limited', status: 429, reason: 'too many calls' });
    expect(alice.engine.capture.tracks).toHaveLength(2);
    expect(alice.engine.capture.live).toEqual([]);
  });

  it('needs a connection', async () => {
    const { carillon } = new World().make('alice');
    expect(await rejection(carillon.startCall({ callees: ['bob'] }))).toMatchObject({ code: 'closed' });
  });
});

describe('A call that is accepted', () => {
  it('goes to active on both sides, with each other in it', async () => {
    const { call, answered } = await new World().connected();
    expect([call.state, answered.state]).toEqual(['active', 'active']);
    expect(call.outgoing && !answered.outgoing).toBe(true);
    expect(call.participants).toMatchObject([{ userId: 'bob', state: 'joined' }]);
    expect(answered.participants).toMatchObject([{ userId: 'alice', name: 'ALICE', state: 'joined' }]);
  });

  it('tells the caller in order', async () => {
    const world = new World();
    const { call, incoming } = await world.ringing();
    const seen = record(call, 'state', 'accepted', 'participant-joined', 'track', 'ended');
    await settled(incoming.accept());
    expect(seen).toEqual([
      'state active ringing',
      'accepted bob',
      'participant-joined bob',
      'track microphone bob',
      'track camera bob',
    ]);
  });

  it('starts its clock at the accept, by the server', async () => {
    const world = new World();
    world.server.clockOffsetMs = 3_600_000;
    const { call, incoming, alice } = await world.ringing();
    expect(call.startedAt).toBeNull();
    await wait(4_000);
    await settled(incoming.accept());
    expect(call.startedAt).toBeGreaterThan(alice.carillon.serverNow() - 200);
    expect(call.startedAt).toBeLessThanOrEqual(alice.carillon.serverNow());
  });

  it('can be accepted by promise or event, once for all who ask', async () => {
    const { incoming, bob } = await new World().ringing();
    const seen = record(incoming, 'state', 'accepted', 'ended');
    const [first, second] = [incoming.accept(), incoming.accept()];
    const call = await settled(first);
    expect(await second).toBe(call);
    expect(bob.carillon.calls).toEqual([call]);
    expect(bob.carillon.incoming).toEqual([]);
    expect(seen).toEqual(['state accepting', 'state accepted', `accepted ${call.id}`]);
  });
});

describe('Two devices of the callee', () => {
  const twoPhones = async () => {
    const world = new World();
    const alice = await world.client('alice');
    const phone = await world.client('bob');
    const laptop = await world.client('bob');
    const call = await settled(alice.carillon.startCall({ callees: ['bob'] }));
    const [onPhone, onLaptop] = [phone.carillon.incoming[0]!, laptop.carillon.incoming[0]!];
    return { world, call, phone, laptop, onPhone, onLaptop };
  };

  it('both ring, and the one that did not answer stops with answered-elsewhere', async () => {
    const { onPhone, onLaptop, laptop } = await twoPhones();
    const seen = record(onLaptop, 'state', 'ended');
    await settled(onPhone.accept());
    expect(seen).toEqual(['state ended', 'ended answered-elsewhere']);
    expect(onLaptop.endReason).toBe('answered-elsewhere');
    expect(laptop.carillon.incoming).toEqual([]);
    expect(await rejection(onLaptop.accept())).toMatchObject({ code: 'call-ended' });
  });

  it('accept at the same moment: one gets the call, the other is told and lets go of its camera', async () => {
    const { onPhone, onLaptop, phone, laptop, call } = await twoPhones();
    const outcomes = Promise.allSettled([onPhone.accept({ video: true }), onLaptop.accept({ video: true })]);
    await flush();
    const [first, second] = await outcomes;
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } });
    expect(onLaptop.endReason).toBe('answered-elsewhere');
    expect(laptop.engine.capture.live).toEqual([]);
    expect(phone.engine.capture.live).toHaveLength(2);
    expect(laptop.carillon.calls).toEqual([]);
    expect(call.participants).toMatchObject([{ userId: 'bob', state: 'joined' }]);
  });

  it('decline on one declines on all', async () => {
    const { onPhone, onLaptop, call } = await twoPhones();
    await settled(onPhone.decline());
    expect(onPhone.endReason).toBe('declined');
    expect(onLaptop.endReason).toBe('declined-elsewhere');
    expect(call.endReason).toBe('declined');
  });
});

describe('A call that is not accepted', () => {
  it('tells the caller that it was declined, and then that it is over', async () => {
    const { call, incoming, alice } = await new World().ringing();
    const seen = record(call, 'declined', 'state', 'ended');
    await settled(incoming.decline());
    expect(seen).toEqual(['declined bob declined', 'state ended ringing', 'ended declined']);
    expect(call.participants).toMatchObject([{ state: 'declined', endReason: 'declined' }]);
    expect(alice.engine.capture.live).toEqual([]);
  });

  it('tells that the callee is busy', async () => {
    const { call, incoming } = await new World().ringing();
    await settled(incoming.decline('busy'));
    expect(call.endReason).toBe('busy');
  });

  it('declining what is over already is no error', async () => {
    const { call, incoming } = await new World().ringing();
    void call.leave();
    await settled(incoming.decline());
    expect(incoming.endReason).toBe('declined');
    await settled(incoming.decline());
  });

  it('ends for both when nobody answers', async () => {
    const { call, incoming } = await new World().ringing({ ringSeconds: 5 });
    await wait(5_000);
    await flush();
    expect([call.endReason, incoming.endReason]).toEqual(['timeout', 'timeout']);
    expect(call.participants).toMatchObject([{ state: 'no-answer' }]);
    expect(incoming.remainingMs).toBe(0);
  });

  it('leaves nobody ringing, however it ends', async () => {
    const { call } = await new World().ringing();
    const states: string[] = [];
    call.on('participant-changed', ({ state }) => states.push(state));
    await settled(call.leave());
    expect(call.participants).toMatchObject([{ state: 'left', endReason: 'canceled', ringing: null }]);
    expect(states).toEqual(['left']);
  });

  it('stops ringing by itself when the word of its end was lost', async () => {
    const world = new World();
    const { incoming } = await world.ringing({ ringSeconds: 5 });
    world.server.session('bob').socket!.onmessage = null;
    await wait(9_000);
    expect(incoming.state).toBe('ringing');
    await wait(2_000);
    expect(incoming.endReason).toBe('timeout');
  });

  it('is canceled by the caller, who is free at once', async () => {
    const { call, incoming, alice } = await new World().ringing();
    const leaving = call.leave();
    expect(call.endReason).toBe('canceled');
    expect(alice.engine.capture.live).toEqual([]);
    await settled(leaving);
    expect(incoming.endReason).toBe('canceled');
  });

  it('accepting after the cancel is refused, and leaves nothing behind', async () => {
    const world = new World();
    const { call, incoming, bob } = await world.ringing();
    void call.leave();
    const error = await rejection(incoming.accept());
    expect(['not-found', 'call-ended', 'conflict']).toContain((error as CarillonError).code);
    expect(incoming.state).toBe('ended');
    expect(incoming.endReason).toBe('canceled');
    expect(bob.engine.capture.live).toEqual([]);
    expect(bob.carillon.calls).toEqual([]);
  });

  it('rings on when accepting failed for want of an answer', async () => {
    const world = new World();
    const { incoming, bob } = await world.ringing({ ringSeconds: 60 });
    world.server.override('accept-call', () => NO_ANSWER);
    const outcome = rejection(incoming.accept());
    await wait(15_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    world.server.override('accept-call', null);
    await wait(2_000);
    expect(incoming.state).toBe('ringing');
    expect(bob.engine.capture.live).toEqual([]);
    const call = await settled(incoming.accept());
    expect(call.state).toBe('active');
  });
});

describe('Hanging up', () => {
  it('ends the call for both, whoever does it', async () => {
    const { call, answered, alice, bob } = await new World().connected();
    await settled(answered.leave());
    expect([call.endReason, answered.endReason]).toEqual(['hangup', 'hangup']);
    expect(alice.engine.capture.live).toEqual([]);
    expect(bob.engine.capture.live).toEqual([]);
    for (const engine of [alice.engine, bob.engine]) {
      expect(engine.transports.map(({ state }) => state)).toEqual(['closed', 'closed']);
    }
  });

  it('never fails, and is over at once, even without a connection', async () => {
    const world = new World();
    const { call } = await world.connected();
    world.server.drop(world.server.session('alice'));
    await flush();
    const leaving = call.leave();
    expect(call.state).toBe('ended');
    await wait(2_000);
    await leaving;
    await settled(call.leave());
    expect(world.server.calls.size).toBe(0);
  });

  it('for everyone asks the server first', async () => {
    const world = new World();
    const { call, answered } = await world.connected();
    world.server.override('end-call', () => {
      throw new Refusal(403, 'forbidden', 'only the caller may');
    });
    expect(await rejection(answered.end({ everyone: true }))).toMatchObject({ code: 'forbidden' });
    expect(answered.state).toBe('active');
    world.server.override('end-call', null);
    await settled(call.end({ everyone: true }));
    expect([call.endReason, answered.endReason]).toEqual(['hangup', 'hangup']);
  });

  it('disconnect() ends all calls and the connection', async () => {
    const world = new World();
    const { call, answered, alice } = await world.connected();
    alice.carillon.disconnect();
    await flush();
    expect([call.endReason, answered.endReason]).toEqual(['hangup', 'hangup']);
    expect(alice.carillon.state).toBe('closed');
  });

  it('is done for the person when the page goes away', async () => {
    const world = new World();
    const { alice, answered } = await world.connected();
    alice.engine.page('leave');
    await flush();
    expect(answered.endReason).toBe('hangup');
    expect(world.server.methods('alice')).toContain('end-call');
    alice.engine.page('return');
    await flush();
    expect(alice.carillon.state).toBe('connected');
  });
});

describe('A group call', () => {
  const group = async () => {
    const world = new World();
    const [alice, bob, carol] = [await world.client('alice'), await world.client('bob'), await world.client('carol')];
    const call = await settled(alice.carillon.startCall({ callees: ['bob', 'carol'], media: 'video' }));
    return { world, alice, bob, carol, call };
  };

  it('goes on when one declines, one joins late and one leaves', async () => {
    const { bob, carol, call } = await group();
    await settled(carol.carillon.incoming[0]!.decline());
    expect(call.participant('carol')).toMatchObject({ state: 'declined' });
    const bobs = await settled(bob.carillon.incoming[0]!.accept());
    expect(call.state).toBe('active');
    const carols = await settled(carol.carillon.joinCall(call.id));
    expect(carols.participants.map(({ userId }) => userId).sort()).toEqual(['alice', 'bob']);
    expect(call.participant('carol')).toMatchObject({ state: 'joined', endReason: null });
    expect(bobs.participant('carol')?.tracks.map(({ source }) => source)).toEqual(['microphone']);
    const seen = record(call, 'participant-left', 'track-removed');
    await settled(bobs.leave());
    expect(seen).toEqual(['track-removed microphone bob', 'track-removed camera bob', 'participant-left bob hangup']);
    expect(call.state).toBe('active');
    await settled(carols.leave());
    expect(call.endReason).toBe('hangup');
  });

  it('that ended while somebody was being invited shows nobody as asked', async () => {
    const { world, call } = await group();
    let answer!: (answer: object) => void;
    world.server.override('invite', () => new Promise((resolve) => (answer = resolve)));
    const inviting = settled(call.invite(['dave']));
    await flush();
    void call.leave();
    answer({});
    await inviting;
    expect(call.participants.map(({ userId, state }) => `${userId} ${state}`)).toEqual(['bob left', 'carol left']);
  });

  it('is not joined before there was a connection, and opens no microphone for that', async () => {
    const { carillon, engine } = new World().make('alice');
    expect(await rejection(carillon.joinCall('call-1'))).toMatchObject({ code: 'invalid-state' });
    expect(engine.capture.tracks).toEqual([]);
  });

  it('rings those who are invited later', async () => {
    const { world, call, bob } = await group();
    const dave = await world.client('dave');
    await settled(bob.carillon.incoming[0]!.accept());
    await settled(call.invite(['dave']));
    expect(dave.carillon.incoming).toMatchObject([{ callId: call.id, caller: { userId: 'alice' } }]);
    expect(call.participant('dave')).toMatchObject({ state: 'ringing' });
    await settled(dave.carillon.incoming[0]!.accept());
    expect(call.participant('dave')).toMatchObject({ state: 'joined' });
  });

  it('lets somebody who left come back, and be the same participant', async () => {
    const { call, bob, carol } = await group();
    await settled(carol.carillon.incoming[0]!.accept());
    const first = await settled(bob.carillon.incoming[0]!.accept());
    const participant = call.participant('bob');
    await settled(first.leave());
    const again = await settled(bob.carillon.joinCall(call.id, { video: true }));
    expect(again.state).toBe('active');
    expect(call.participant('bob')).toBe(participant);
    expect(participant).toMatchObject({ state: 'joined', endReason: null, cameraOn: true });
  });

  it('that is on in a room is joined by whoever starts a call there', async () => {
    const world = new World();
    const { call, alice } = await world.connected({ roomId: 'team' });
    const carol = await world.client('carol');
    const carols = await settled(carol.carillon.startCall({ callees: ['alice'], roomId: 'team' }));
    expect(carols.id).toBe(call.id);
    expect(carols.state).toBe('active');
    expect(call.participant('carol')).toMatchObject({ state: 'joined' });
    expect(await settled(alice.carillon.startCall({ callees: ['bob'], roomId: 'team' }))).toBe(call);
  });

  it('cannot be invited to after its end, nor with nobody', async () => {
    const { call } = await group();
    expect(await rejection(call.invite([]))).toMatchObject({ code: 'invalid-argument' });
    await settled(call.leave());
    expect(await rejection(call.invite(['dave']))).toMatchObject({ code: 'call-ended' });
  });

  it('that is over cannot be joined', async () => {
    const { call, bob } = await group();
    await settled(call.leave());
    const error = await rejection(bob.carillon.joinCall(call.id));
    expect(error).toMatchObject({ code: 'not-found' });
    expect(bob.engine.capture.live).toEqual([]);
  });
});

describe('Glare', () => {
  it('makes one call of two, already accepted, and nobody sees busy', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const seen = record(bob.carillon, 'incoming', 'call');
    const outcomes = Promise.all([
      alice.carillon.startCall({ callees: ['bob'] }),
      bob.carillon.startCall({ callees: ['alice'] }),
    ]);
    await flush();
    const [alices, bobs] = await outcomes;
    expect(alices.id).toBe(bobs.id);
    expect([alices.state, bobs.state]).toEqual(['active', 'active']);
    expect(alices.participants).toMatchObject([{ userId: 'bob', state: 'joined' }]);
    expect(bobs.participants).toMatchObject([{ userId: 'alice', state: 'joined' }]);
    expect(seen).toEqual([`call ${bobs.id}`]); // It never was seen to ring.
    expect(world.server.calls.size).toBe(1);
  });

  it('turns the call that rings here into the one we started', async () => {
    const world = new World();
    const { incoming, call, bob } = await world.ringing();
    const seen = record(incoming, 'state', 'accepted', 'ended');
    const bobs = await settled(bob.carillon.startCall({ callees: ['alice'] }));
    expect(bobs.id).toBe(call.id);
    expect(seen).toEqual(['state accepted', `accepted ${call.id}`]);
    expect(bob.carillon.incoming).toEqual([]);
    expect(call.state).toBe('active');
    // The ring is over for good: a late word about it changes nothing.
    await settled(incoming.decline());
    expect(call.state).toBe('active');
  });

  it('that came to nothing lets the other call ring', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    const seen = record(bob.carillon, 'incoming');
    world.server.override('start-call', (session) => {
      if (session.userId === 'bob') throw new Refusal(429, 'rate-limited', 'too many calls');
      world.server.override('start-call', null);
      const call = world.server.startCall(session, { callees: ['bob'], media: 'audio', requestId: 'x' });
      world.server.override('start-call', () => {
        throw new Refusal(429, 'rate-limited', 'too many calls');
      });
      return call;
    });
    const alices = alice.carillon.startCall({ callees: ['bob'] });
    const bobs = rejection(bob.carillon.startCall({ callees: ['alice'] }));
    await flush();
    expect(await bobs).toMatchObject({ code: 'rate-limited' });
    await alices;
    expect(seen).toEqual(['incoming']);
  });

  it('needs no second camera', async () => {
    const world = new World();
    const { alice, bob } = await world.pair();
    void alice.carillon.startCall({ callees: ['bob'], media: 'video' });
    void bob.carillon.startCall({ callees: ['alice'], media: 'video' });
    await flush();
    expect(alice.engine.capture.live).toHaveLength(2);
    expect(bob.engine.capture.live).toHaveLength(2);
  });
});

describe('Old news', () => {
  const words = (call: Call, world: World) => {
    const session = world.server.session('alice');
    const callId = call.id;
    return (rev: number, userId: string) =>
      world.server.notify(session, 'participant-reconnecting', {
        callId,
        rev,
        serverTime: world.server.now(),
        userId,
        deviceId: 'x',
      });
  };

  it('is ignored, as is what is said twice', async () => {
    const world = new World();
    const { call } = await world.connected();
    const seen = record(call, 'participant-reconnecting');
    const say = words(call, world);
    say(1, 'bob');
    await flush();
    expect(seen).toEqual([]);
    say(100, 'bob');
    say(100, 'bob');
    await flush();
    expect(seen).toEqual(['participant-reconnecting bob']);
  });

  it('does not make a call ring that has ended', async () => {
    const world = new World();
    const { incoming, bob } = await world.ringing();
    await settled(incoming.decline());
    const seen = record(bob.carillon, 'incoming');
    const ring = { roomId: 'r', caller: { userId: 'alice', name: 'A' }, callees: ['bob'], media: 'audio' as const };
    const { callId } = incoming;
    const late = { ...ring, callId, rev: 1, serverTime: world.server.now(), ringUntil: world.server.now() + 9_000 };
    world.server.notify(world.server.session('bob'), 'call-started', late);
    await flush();
    expect(seen).toEqual([]);
    world.server.notify(world.server.session('bob'), 'call-started', { ...late, rev: 1_000 });
    await flush();
    expect(seen).toHaveLength(1);
  });

  it('and unknown words break nothing', async () => {
    const world = new World();
    const { call } = await world.connected();
    const { socket } = world.server.session('alice');
    for (const text of ['', '{', 'null', '[]', '{"request":true}', '{"response":true,"id":77,"ok":true}']) {
      socket!.serverSend(text);
    }
    socket!.serverSend(JSON.stringify({ notification: true, method: 'weather', data: {} }));
    socket!.serverSend(JSON.stringify({ request: true, id: 9, method: 'dance', data: {} }));
    await flush();
    expect(call.state).toBe('active');
  });
});
