import { describe, expect, it, vi } from 'vitest';
import { CarillonError } from '../src/index.js';
import { RoomPaths, type PathsEvents } from '../src/room-paths.js';
import { LOOK_MS } from '../src/silence.js';
import { fakeTransport, listen, Questions } from './room-parts.js';
import { fakeTime, flush, rejection, wait } from './world.js';

fakeTime();

const over = new CarillonError('call-ended', 'this room is over');

function make() {
  const server = new Questions();
  const { told, tell } = listen<PathsEvents>();
  const context = { requests: server, tell, onLoss: () => told.push('loss'), onReturn: () => told.push('return') };
  const paths = new RoomPaths(context, true);
  const [send, recv] = [fakeTransport('send'), fakeTransport('recv')];
  return { server, told, paths, send, recv };
}

function connected() {
  const made = make();
  for (const transport of [made.send, made.recv]) {
    made.paths.add(transport);
    transport.setState('connected');
    transport.bytesPerLook = 1_000;
  }
  made.told.length = 0;
  return made;
}

describe('The paths of a room', () => {
  it('are waited for until they are there', async () => {
    const { paths, send } = make();
    const waiting = [paths.transport('send'), paths.transport('recv')] as const;
    paths.add(send);
    expect(await waiting[0]).toBe(send);
    paths.fail(over);
    expect(await rejection(waiting[1])).toBe(over);
    expect(await paths.transport('send')).toBe(send);
  });

  it('flow while one of them stands, and are lost while one of them does not', () => {
    const { paths, send, recv, told } = make();
    const state = (): boolean[] => [paths.used, paths.flowing, paths.lost];
    paths.add(send);
    paths.add(recv);
    expect(state()).toEqual([false, false, false]);
    recv.setState('connecting');
    expect(state()).toEqual([true, false, false]);
    recv.setState('connected');
    send.setState('connected');
    expect(state()).toEqual([true, true, false]);
    send.setState('disconnected');
    expect(state()).toEqual([true, true, true]);
    expect(told).toEqual(['changed', 'changed', 'changed', 'loss', 'changed']);
    paths.close(over);
    expect(state()).toEqual([false, false, false]);
  });

  it('tell of a silence, and of its end', async () => {
    const { paths, send, recv, told } = connected();
    await wait(6 * LOOK_MS);
    for (const transport of [send, recv]) transport.bytesPerLook = 0;
    await wait(6 * LOOK_MS);
    expect(told).toEqual(['loss']);
    recv.bytesPerLook = 1_000;
    await wait(2 * LOOK_MS);
    expect(told).toEqual(['loss', 'return']);
    paths.close(over);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are restarted when the signalling is back: those that are lost, and those that are silent', async () => {
    const { paths, send, recv, server } = connected();
    const restarted = async (): Promise<object[]> => {
      const before = server.asked.length;
      paths.handleSignalling(false);
      paths.handleSignalling(true);
      await flush();
      return server.asked.slice(before).map(({ data }) => data);
    };
    await wait(6 * LOOK_MS);
    expect(await restarted()).toEqual([]);
    paths.handleSignalling(false);
    send.setState('failed');
    await flush();
    expect(await restarted()).toEqual([{ transportId: 'send-1' }]);
    for (const { answer } of server.asked) answer({});
    await flush();
    send.setState('connected');
    for (const transport of [send, recv]) transport.bytesPerLook = 0;
    await wait(6 * LOOK_MS);
    expect(await restarted()).toEqual([{ transportId: 'send-1' }, { transportId: 'recv-1' }]);
  });

  it('are restarted for another network where they are in use', async () => {
    const { paths, send, recv, server } = make();
    paths.add(send);
    paths.add(recv);
    recv.setState('connecting');
    paths.handleNetworkChange();
    await flush();
    expect(server.asked.map(({ data }) => data)).toEqual([{ transportId: 'recv-1' }]);
  });

  it('tell what they know of themselves: nothing of one that is not there or cannot', async () => {
    const { paths, send, recv } = make();
    paths.add(recv);
    expect(await paths.getStats()).toMatchObject({ send: null, recv: { state: 'new' } });
    send.getStats = () => Promise.reject(new Error('closed'));
    paths.add(send);
    expect(await paths.getStats()).toMatchObject({ send: null });
    paths.close(over);
    expect(await paths.getStats()).toEqual({ send: null, recv: null });
    expect([send.state, recv.state]).toEqual(['closed', 'closed']);
  });
});
