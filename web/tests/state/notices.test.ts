import { describe, expect, it } from 'vitest';
import { Notices } from '../../src/state/notices';
import { createStore } from '../../src/state/store';
import { t0 } from '../support/fake-client';
import { settle } from '../support/signed-in';

function world() {
  const store = createStore(t0);
  const waits: (() => void)[] = [];
  const notices = new Notices(store, { wait: () => new Promise((resolve) => waits.push(resolve)) });
  const shown = (): string[] => store.notices.value.map(({ text }) => text);
  const pass = async (): Promise<void> => {
    for (const resolve of waits.splice(0)) resolve();
    await settle();
  };
  return { store, notices, shown, pass };
}

describe('A notice', () => {
  it('is shown and read out, and goes by itself unless something is to be done', async () => {
    const { store, notices, shown, pass } = world();
    notices.notify('Choose another camera.', 'warning');
    notices.notify('Ben left.', 'info');
    expect(store.announcement.value).toEqual({ text: 'Ben left.', urgent: false });
    await pass();
    expect(shown()).toEqual(['Choose another camera.']);
    notices.dismiss(store.notices.value[0]!.id);
    expect(shown()).toEqual([]);
  });
  it('that is there already is only read out again', () => {
    const { store, notices, shown } = world();
    notices.notify('Ben left.', 'info');
    notices.say('Mara is in the call.', false);
    notices.notify('Ben left.', 'info');
    expect(shown()).toEqual(['Ben left.']);
    expect(store.announcement.value.text).toBe('Ben left.');
  });
  it('is one of three at most, the latest', () => {
    const { notices, shown } = world();
    for (const text of ['1', '2', '3', '4']) notices.notify(text, 'warning');
    expect(shown()).toEqual(['2', '3', '4']);
  });
});
