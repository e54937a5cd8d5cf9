import { describe, expect, it, vi } from 'vitest';
import { RoomPath, type PathEvents } from '../src/room-path.js';
import { fakeTransport, listen, Questions } from './room-parts.js';
import { fakeTime, flush, wait } from './world.js';

fakeTime();

const ice = { usernameFragment: 'u', password: 'p' };

function make() {
  const server = new Questions();
  const transport = fakeTransport('send');
  const { told, tell } = listen<PathEvents>();
  const signalling = { up: true };
  const path = new RoomPath(transport, {
    requests: server,
    tell,
    hasSignalling: () => signalling.up,
    onState: (state) => told.push(state),
  });
  return { server, transport, path, told, signalling };
}

describe('A path', () => {
  it('is used from its first track on, and lost while it does not stand', () => {
    const { transport, path } = make();
    const seen = (['new', 'connecting', 'connected', 'disconnected', 'failed'] as const).map((state) => {
      transport.setState(state);
      return [path.used, path.lost];
    });
    expect(seen).toEqual([
      [false, false],
      [true, false],
      [true, false],
      [true, true],
      [true, true],
    ]);
    path.close();
    expect([path.used, path.lost]).toEqual([false, false]);
  });

  it('is restarted with what the server answers, old or new', async () => {
    const { server, transport, path } = make();
    path.restart();
    await flush();
    expect([server.methods, server.last.data]).toEqual([['restartIce'], { transportId: 'send-1' }]);
    server.last.answer({ ...ice, iceParameters: ice });
    await flush();
    transport.setState('connected');
    path.restart();
    await flush();
    server.last.answer(ice);
    await flush();
    expect(transport.restarts).toEqual([ice, ice]);
  });

  it('is restarted once, whoever wants it meanwhile', async () => {
    const { server, path } = make();
    path.restart(1_000);
    path.restart();
    await flush();
    path.restart();
    await wait(2_000);
    expect(server.methods).toEqual(['restartIce']);
  });

  it('that stands is restarted without a break, and once', async () => {
    const { server, transport, path } = make();
    transport.setState('connected');
    path.restart();
    await flush();
    server.last.answer(ice);
    await wait(60_000);
    expect(transport.restarts).toEqual([ice]);
    expect(server.asked).toHaveLength(1);
  });

  it('asks nobody without signalling', async () => {
    const { server, path, signalling } = make();
    signalling.up = false;
    path.restart();
    await wait(60_000);
    expect(server.asked).toEqual([]);
  });

  it('is restarted again after 4 s, twice as much each time, 30 s at most, and the third is told', async () => {
    const { server, transport, told } = make();
    const at: number[] = [];
    const began = Date.now();
    transport.setState('failed');
    for (let i = 0; i < 6; i++) {
      const { length } = server.asked;
      while (server.asked.length === length) await wait(500);
      at.push(Math.round((Date.now() - began) / 1000));
      if (i % 2) server.last.refuse('rate-limited');
      else server.last.answer(ice);
    }
    expect(at).toEqual([1, 5, 13, 29, 59, 89]);
    expect(told).toEqual(['failed', 'error']);
  });

  it('begins to count anew when it stood', async () => {
    const { server, transport, told } = make();
    for (let i = 0; i < 4; i++) {
      transport.setState('failed');
      await flush();
      server.last.answer(ice);
      await flush();
      transport.setState('connected');
    }
    await wait(60_000);
    expect(server.asked).toHaveLength(4);
    expect(told).not.toContain('error');
  });

  it('is left alone once it is closed', async () => {
    const { server, transport, path } = make();
    path.restart();
    await flush();
    path.close();
    server.last.answer(ice);
    await flush();
    expect(transport.restarts).toEqual([]);
    expect(server.asked).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
