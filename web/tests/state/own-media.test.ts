import { describe, expect, it } from 'vitest';
import { Notices } from '../../src/state/notices';
import { OwnMedia } from '../../src/state/own-media';
import { createStore } from '../../src/state/store';
import { FakeSource, t0 } from '../support/fake-client';

function world(which: 'microphone' | 'camera' | 'screen') {
  const store = createStore(t0);
  const own = new OwnMedia(store, new Notices(store, { wait: () => new Promise(() => undefined) }));
  const source = new FakeSource(which, () => undefined);
  const press = async (): Promise<string> => {
    await own.toggle(source);
    return `${source.state}${source.muted ? ' muted' : ''}: ${store.announcement.value.text}`;
  };
  return { store, own, source, press };
}

describe('The button of', () => {
  it('the microphone opens it once, and mutes it from then on', async () => {
    const { press } = world('microphone');
    expect(await press()).toBe('on: Microphone on.');
    expect(await press()).toBe('on muted: Microphone off.');
    expect(await press()).toBe('on: Microphone on.');
  });
  it('the camera opens and closes it, so that its light goes out', async () => {
    const { press } = world('camera');
    expect(await press()).toBe('on: Camera on.');
    expect(await press()).toBe('off: Camera off.');
  });
  it('the screen shares it with its sound', async () => {
    const { source, press } = world('screen');
    const asked: unknown[] = [];
    const enable = source.enable.bind(source);
    source.enable = (...options: unknown[]) => (asked.push(...options), enable());
    expect(await press()).toBe('on: You share your screen.');
    expect(await press()).toBe('off: You stopped sharing your screen.');
    expect(asked).toEqual([{ audio: true }]);
  });
  it('a camera that does not start says so, and what to do', async () => {
    const { store, source, press } = world('camera');
    source.failsWith = 'device-busy';
    await press();
    expect(store.notices.value).toMatchObject([{ tone: 'warning', text: expect.stringMatching(/in use/u) as unknown }]);
  });
  it('a screen that the person chose not to share says nothing', async () => {
    const { store, source, press } = world('screen');
    source.failsWith = 'permission-denied';
    await press();
    expect([store.notices.value, store.announcement.value.text]).toEqual([[], '']);
  });
});
