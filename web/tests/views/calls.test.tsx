// @vitest-environment happy-dom
import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../../src/views/app';

import { past, type FakeClient } from '../support/fake-client';
import { settle, signedIn, type World } from '../support/signed-in';

const root = (): HTMLElement => document.getElementById('app')!;
const find = (testId: string): HTMLElement | null => document.querySelector(`[data-testid="${testId}"]`);

/** What is in sight; there is no layout here. */
const observers = new Set<{ target: Element | null; tell(seen: boolean): void }>();
const scrollTo = (target: Element, seen: boolean): void => {
  for (const observer of observers) if (observer.target === target) observer.tell(seen);
};

const drawn = async (): Promise<void> => {
  await settle();
  await vi.advanceTimersByTimeAsync(100);
};

async function show(prepare: (client: FakeClient) => void = () => undefined): Promise<World> {
  const w = await signedIn(prepare);
  w.store.now.value = past(3).startedAt;
  render(<App store={w.store} actions={w.session} />, root());
  await drawn();
  return w;
}

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = '<div id="app"></div>';
  observers.clear();
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      target: Element | null = null;
      constructor(private readonly listener: (entries: { isIntersecting: boolean }[]) => void) {
        observers.add(this);
      }
      observe(target: Element): void {
        this.target = target;
      }
      disconnect(): void {
        observers.delete(this);
      }
      tell(isIntersecting: boolean): void {
        this.listener([{ isIntersecting }]);
      }
    },
  );
});
afterEach(() => {
  render(null, root());
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const calls = [
  past(3),
  past(2, { missed: false, outgoing: true, reason: 'hangup', lastedMs: 60_000, media: 'video' }),
  past(1, { with: [...past(1).with, { userId: 'mara', name: 'Mara' }] }),
];

describe('the list of calls', () => {
  it('says what became of each, to those who see and to those who listen', async () => {
    await show((client) => (client.history.calls = calls));
    const missed = find('history-call-past-3')!;
    expect(missed.dataset['missed']).toBe('true');
    expect(missed.textContent).toContain('Ben Okafor');
    expect(missed.textContent).toContain('Missed call, audio');
    expect(find('history-call-past-2')!.textContent).toContain('Outgoing, lasted 1 minute, video');
    expect(find('history-call-past-1')!.textContent).toContain('Ben Okafor and Mara');
    expect(find('history-call-past-1')!.textContent).toContain('Group of 3');
    expect(document.querySelector('h3')!.textContent).toBe('Today');
  });

  it.each([
    ['past-2', ['ben'], 'video'],
    ['past-1', ['ben', 'mara'], 'audio'],
  ] as const)('calls back in one tap, as it was: %s', async (id, callees, media) => {
    const w = await show((client) => (client.history.calls = calls));
    const button = find(`call-back-${id}`)!;
    expect(button.getAttribute('aria-label')).toMatch(new RegExp(`^Call Ben Okafor.* back, ${media}$`, 'u'));
    button.click();
    await drawn();
    expect(w.client.started[0]).toMatchObject({ callees, media });
  });

  it('offers no call while the server is away', async () => {
    const w = await show((client) => (client.history.calls = calls));
    w.client.go('reconnecting');
    await drawn();
    expect((find('call-back-past-2') as HTMLButtonElement).disabled).toBe(true);
  });

  it('shows the missed ones alone, and says when there are none', async () => {
    await show((client) => (client.history.calls = calls.slice(1, 2)));
    expect(find('history-all')!.getAttribute('aria-pressed')).toBe('true');
    find('history-missed')!.click();
    await drawn();
    expect(find('history-missed')!.getAttribute('aria-pressed')).toBe('true');
    expect(find('history-empty')!.textContent).toBe('No missed calls.');
  });

  it('says that it is loading, that it failed, and tries again', async () => {
    const w = await show((client) => client.history.hold());
    expect(find('history-loading')!.getAttribute('role')).toBe('status');
    w.client.history.failsWith = 'internal';
    w.client.history.release();
    await drawn();
    expect(find('history-failed')!.getAttribute('role')).toBe('alert');
    w.client.history.failsWith = null;
    find('history-retry')!.click();
    await drawn();
    expect(find('history-empty')).not.toBe(null);
  });

  it('loads older calls when the end comes into sight, and offers a button to those who do not scroll', async () => {
    const w = await show((client) => {
      client.history.calls = Array.from({ length: 70 }, (_, i) => past(70 - i));
    });
    expect(w.store.history.value.calls).toHaveLength(30);
    scrollTo(document.querySelector('.older')!, true);
    await drawn();
    scrollTo(document.querySelector('.older')!, false);
    await drawn();
    const loaded = w.store.history.value.calls.length;
    expect(loaded).toBeGreaterThanOrEqual(60);
    w.client.history.failsWith = 'timeout';
    w.session.moreHistory();
    await drawn();
    if (loaded === 60) expect(find('history-more')!.textContent).toBe('Try again');
  });
});

describe('missed calls', () => {
  const unread = (client: FakeClient): void => {
    client.history.calls = calls;
    client.history.unread = 2;
  };

  it('are counted on the tab of the browser, on the page and for those who listen', async () => {
    await show(unread);
    expect(document.title).toBe('(2) Carillon');
    expect(find('history-unread')!.textContent).toBe('2, 2 missed calls');
    expect(find('tab-unread')!.dataset['count']).toBe('2');
    expect(find('history-call-past-3')!.textContent).toContain('new');
  });

  it('are read once the list was in sight for a moment, not before', async () => {
    const w = await show(unread);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(w.client.history.read).toBe(0);
    scrollTo(find('history')!, true);
    await vi.advanceTimersByTimeAsync(500);
    scrollTo(find('history')!, false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(w.client.history.read).toBe(0);
    scrollTo(find('history')!, true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(w.client.history.read).toBe(1);
    expect(find('history-unread')).toBe(null);
    expect(document.title).toBe('Carillon');
    expect(find('history-call-past-3')!.className).toContain('call-fresh');
  });

  it('are not read by a page behind another one', async () => {
    const w = await show(unread);
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    scrollTo(find('history')!, true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(w.client.history.read).toBe(0);
    visibility.mockReturnValue('visible');
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(w.client.history.read).toBe(1);
    visibility.mockRestore();
  });

  it('come to the top while one looks', async () => {
    const w = await show(unread);
    w.client.history.add(past(4, { with: [{ userId: 'mara', name: 'Mara' }] }));
    await drawn();
    expect(document.querySelector('.call-row')!.textContent).toContain('Mara');
    expect(document.title).toBe('(3) Carillon');
  });
});

describe('the halves of the page on a phone', () => {
  it('are changed by two buttons that say which is on', async () => {
    const w = await show();
    expect(find('tab-people')!.getAttribute('aria-pressed')).toBe('true');
    find('tab-calls')!.click();
    await drawn();
    expect(w.store.tab.value).toBe('calls');
    expect(find('tab-calls')!.getAttribute('aria-pressed')).toBe('true');
    expect(document.querySelector('main')!.className).toContain('home-calls');
  });
});

describe('the switch for calls while the page is closed', () => {
  it('is a switch with a name and a state', async () => {
    const w = await show();
    const control = find('push-switch')!;
    expect(control.getAttribute('role')).toBe('switch');
    expect(control.getAttribute('aria-checked')).toBe('false');
    expect(document.getElementById(control.getAttribute('aria-labelledby')!)!.textContent).toContain('Ring when');
    control.click();
    await drawn();
    expect(find('push-switch')!.getAttribute('aria-checked')).toBe('true');
    find('push-switch')!.click();
    await drawn();
    expect(w.client.pushesOff).toBe(1);
    expect(find('push')!.dataset['state']).toBe('off');
  });

  it('asks the browser within the click, or the browser would refuse', async () => {
    let within = false;
    let asked = false;
    await show((client) => {
      client.onEnable = async () => void (asked = within);
    });
    within = true;
    find('push-switch')!.click();
    within = false;
    expect(asked).toBe(true);
  });

  it('says why it could not be done', async () => {
    await show((client) => (client.onEnable = () => Promise.reject(new Error('bug'))));
    find('push-switch')!.click();
    await drawn();
    expect(find('push-problem')!.getAttribute('role')).toBe('alert');
  });

  it.each(['denied', 'unsupported'] as const)('is not there where it would do nothing: %s', async (state) => {
    const w = await show();
    w.client.setPush(state);
    await drawn();
    expect(find('push')!.dataset['state']).toBe(state);
    expect(find('push-switch')).toBe(null);
  });

  it('is silent about what this server does not have', async () => {
    const w = await show();
    w.client.setPush('unavailable');
    await drawn();
    expect(find('push')).toBe(null);
  });
});
