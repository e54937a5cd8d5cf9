import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { RoomOpening, type Unanswered } from '../src/room-opening.js';
import { Questions } from './room-parts.js';
import { fakeTime, flush, rejection, wait } from './world.js';

fakeTime();

const capabilities = { codecs: [], headerExtensions: [] };
const wire = { id: 'transport-1' };
const over = new CarillonError('call-ended', 'this room is over');

function open(server: Questions, before: Unanswered | null = null) {
  const opening = new RoomOpening(server, before);
  const answers = {
    send: opening.createTransport('send'),
    recv: opening.createTransport('recv'),
    join: opening.join(capabilities, { name: 'Firefox' }),
  };
  for (const answer of Object.values(answers)) answer.catch(() => undefined);
  return { opening, ...answers };
}

describe('A room is opened', () => {
  it('with three requests in one tick', async () => {
    const server = new Questions();
    const { send, join } = open(server);
    expect(server.asked.map(({ method, data }) => [method, data])).toEqual([
      ['createWebRtcTransport', { forceTcp: false, producing: true, consuming: false }],
      ['createWebRtcTransport', { forceTcp: false, producing: false, consuming: true }],
      ['join', { device: { name: 'Firefox' }, rtpCapabilities: capabilities }],
    ]);
    server.asked[0]!.answer(wire);
    server.asked[2]!.answer({ peers: [{ id: 'bob' }] });
    expect(await send).toEqual(wire);
    expect(await join).toEqual([{ id: 'bob' }]);
  });

  it('as said by a join whose answer was lost: nobody is named', async () => {
    const server = new Questions();
    const { join } = open(server);
    expect(server.last.options.refusedTwiceIsDone).toBe(true);
    server.last.answer({});
    expect(await join).toEqual([]);
  });

  it('and not by a second join', async () => {
    const server = new Questions();
    const { join } = open(server);
    server.last.refuse('conflict');
    expect(await rejection(join)).toMatchObject({ code: 'conflict' });
  });
});

describe('A room in the place of another', () => {
  it('takes over what that one asked: it is answered about this one', async () => {
    const server = new Questions();
    const first = open(server);
    const second = open(server, first.opening.takeUnanswered());
    first.opening.close(over);
    await flush();
    for (const question of server.asked.slice(0, 2)) question.answer(wire);
    server.asked[2]!.answer({ peers: [] });
    expect(await second.send).toEqual(wire);
    expect(await second.join).toEqual([]);
    await wait(2_000);
    expect(server.asked).toHaveLength(3);
  });

  it('asks by itself what that one had an answer to', async () => {
    const server = new Questions();
    const first = open(server);
    server.asked[0]!.answer(wire);
    await first.send;
    open(server, first.opening.takeUnanswered());
    expect(server.methods.slice(3)).toEqual(['createWebRtcTransport']);
    expect(server.last.data).toMatchObject({ producing: true });
  });

  it('asks again what is refused, and what has no answer after a second, and then only that counts', async () => {
    const server = new Questions();
    const first = open(server);
    const second = open(server, first.opening.takeUnanswered());
    server.asked[0]!.refuse('not-found');
    await flush();
    expect(server.methods.slice(3)).toEqual(['createWebRtcTransport']);
    expect(server.asked[1]!.options.signal!.aborted).toBe(false);
    await wait(1_000);
    expect(server.methods.slice(4)).toEqual(['createWebRtcTransport', 'join']);
    expect(server.asked.slice(0, 3).map(({ options }) => options.signal!.aborted)).toEqual([true, true, true]);
    for (const question of server.asked.slice(3)) question.answer(wire);
    expect(await second.recv).toEqual(wire);
  });

  it('was joined by that one, if the server refuses the second join', async () => {
    const server = new Questions();
    const second = open(server, new Map());
    server.last.refuse('conflict');
    expect(await second.join).toEqual([]);
  });

  it('hands on what it took over and what it asked itself', async () => {
    const server = new Questions();
    const first = open(server);
    const second = open(server, first.opening.takeUnanswered());
    server.asked[0]!.refuse('not-found');
    await flush();
    const third = open(server, second.opening.takeUnanswered());
    second.opening.close(over);
    server.asked[3]!.answer(wire);
    server.asked[2]!.answer({ peers: [{ id: 'bob' }] });
    expect(await third.send).toEqual(wire);
    expect(await third.join).toEqual([{ id: 'bob' }]);
    expect(server.asked).toHaveLength(4);
  });

  it('ends what it took over when it is over itself, and asks nothing again', async () => {
    const server = new Questions();
    const first = open(server);
    const second = open(server, first.opening.takeUnanswered());
    second.opening.close(over);
    expect(await rejection(second.send)).toBe(over);
    expect(await rejection(second.join)).toBe(over);
    await wait(2_000);
    expect(server.asked).toHaveLength(3);
  });
});
