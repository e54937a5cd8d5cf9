import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { NO_ANSWER } from '../src/testing/index.js';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

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
