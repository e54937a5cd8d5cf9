import { describe, expect, it } from 'vitest';
import { fakeTime, flush, record, rejection, settled, World } from './world.js';

fakeTime();

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
