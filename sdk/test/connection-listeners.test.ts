// What an app does when it hears a word of the connection.

import { describe, expect, it } from 'vitest';
import { fakeTime, flush, record, rejection, settled, wait, World } from './world.js';

fakeTime();

describe('A listener', () => {
  it.each(['connecting', 'connected', 'reconnecting'] as const)(
    'that disconnects when it hears %s has the last word',
    async (when) => {
      const world = new World();
      const { carillon } = world.make('alice');
      const seen = record(carillon, 'state');
      carillon.on('state', (state) => {
        if (state === when) carillon.disconnect();
      });
      const connecting = carillon.connect().catch(() => undefined);
      await flush();
      if (when === 'reconnecting') world.server.drop(world.server.session('alice'));
      await wait(20_000);
      await connecting;
      expect(carillon.state).toBe('closed');
      expect(seen.at(-1)).toBe('state closed');
      expect(world.server.sockets.filter(({ readyState }) => readyState <= 1)).toEqual([]);
      expect(world.server.sockets).toHaveLength(when === 'connecting' ? 0 : 1);
    },
  );

  it('that disconnects because of what the welcome says has the last word', async () => {
    const world = new World();
    world.server.drain(Date.now() + 60_000);
    const { carillon } = world.make('alice');
    const seen = record(carillon, 'state');
    carillon.on('server-draining', () => carillon.disconnect());
    expect(await rejection(carillon.connect())).toMatchObject({ code: 'closed' });
    await wait(20_000);
    expect(seen).toEqual(['state connecting', 'state closed']);
    expect(carillon.state).toBe('closed');
  });

  it('that disconnects and connects again waits for the second welcome', async () => {
    const world = new World();
    const { carillon } = world.make('alice');
    const again: Promise<string>[] = [];
    carillon.on('state', (state) => {
      if (state !== 'connected' || again.length > 0) return;
      carillon.disconnect();
      again.push(carillon.connect().then(() => carillon.state));
    });
    expect(await rejection(carillon.connect())).toMatchObject({ code: 'closed' });
    expect(await settled(again[0]!)).toBe('connected');
  });

  it('may connect again when it hears of the end', async () => {
    const world = new World();
    const { carillon } = world.make('alice');
    const again: Promise<unknown>[] = [];
    carillon.on('state', (state) => {
      if (state === 'closed' && again.length === 0) again.push(carillon.connect());
    });
    const first = rejection(carillon.connect());
    carillon.disconnect();
    expect(await first).toMatchObject({ code: 'closed' });
    expect(await settled(again[0]!)).toMatchObject({ userId: 'alice' });
    expect(carillon.state).toBe('connected');
  });
});
