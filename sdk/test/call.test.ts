import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { Refusal } from '../src/testing/index.js';
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

describe('A call that a listener leaves', () => {
  it('says nothing after its end', async () => {
    const world = new World();
    const { call } = await world.ringing();
    const seen = record(call, 'state', 'ended', 'participant-joined', 'participant-changed');
    call.on('state', (state) => {
      if (state !== 'ended') void call.leave();
    });
    const dave = { id: 'dave/1', peerId: 'dave/1', userId: 'dave', deviceId: '1', displayName: 'Dave' };
    world.server.notify(world.server.session('alice'), 'newPeer', { callId: call.id, ...dave });
    await flush();
    expect(seen.at(-1)).toBe('ended hangup');
  });
});
