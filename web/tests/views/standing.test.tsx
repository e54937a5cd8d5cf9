// @vitest-environment happy-dom
import { CarillonError } from 'carillon-sdk';
import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../../src/views/app';
import { t0 } from '../support/fake-client';
import { settle, signedIn, talking, type World } from '../support/signed-in';

const find = (testId: string): HTMLElement | null => document.querySelector(`[data-testid="${testId}"]`);
const there = async (testId: string): Promise<HTMLElement> => {
  await vi.waitFor(() => expect(find(testId), testId).not.toBe(null), 5_000);
  return find(testId)!;
};
const text = (testId: string): string => find(testId)?.textContent ?? '';
const notices = (w: World): string[] => w.store.notices.value.map((notice) => notice.text);

async function show(w: World): Promise<World> {
  render(<App store={w.store} actions={w.session} />, document.getElementById('app')!);
  await settle();
  return w;
}

beforeEach(() => {
  document.body.innerHTML = '<div id="app"></div>';
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      disconnect(): void {}
    },
  );
});
afterEach(() => {
  render(null, document.getElementById('app')!);
  vi.unstubAllGlobals();
});

describe('Do not disturb', () => {
  it('is switched on and off, and says what that means', async () => {
    const w = await show(await signedIn());
    const button = await there('quiet-switch');
    expect(button.getAttribute('aria-checked')).toBe('false');
    expect(text('quiet')).toContain('Calls ring on all your devices.');
    button.click();
    await vi.waitFor(() => expect(find('quiet-switch')?.getAttribute('aria-checked')).toBe('true'));
    expect(w.client.doNotDisturb).toBe(true);
    expect(text('quiet')).toContain('listed as missed');
    find('quiet-switch')!.click();
    await vi.waitFor(() => expect(find('quiet-switch')?.getAttribute('aria-checked')).toBe('false'));
  });

  it('is shown as the server has it', async () => {
    const w = await show(await signedIn());
    await w.client.setDoNotDisturb(true);
    await vi.waitFor(() => expect(find('quiet')?.dataset['on']).toBe('true'));
    w.session.signOut();
    expect(w.store.quiet.value.on).toBe(false);
  });

  it('stays as it was when the server refuses, and says when to try again', async () => {
    const w = await show(await signedIn());
    w.client.standingFails = new CarillonError('rate-limited', 'too often', 429, undefined, 41_500);
    (await there('quiet-switch')).click();
    await vi.waitFor(() =>
      expect(notices(w)).toEqual(['That could not be changed. That was too often. Try again in 42 s.']),
    );
    expect(w.store.quiet.value).toEqual({ on: false, busy: false });
  });
});

describe('Blocking', () => {
  it('is offered where somebody calls: the call is declined, and nobody is told of the block', async () => {
    const w = await show(await signedIn());
    const incoming = w.client.ring('in-1', { userId: 'mara', name: 'Mara' });
    (await there('decline-block')).click();
    await vi.waitFor(() => expect([...w.client.blocked]).toEqual(['mara']));
    expect(incoming.declined).toBe('declined');
    expect(notices(w)).toContain('Mara is blocked.');
  });

  it('is offered in the list of calls, and undone there', async () => {
    const w = await show(await signedIn());
    w.session.openDialog({ userId: 'ben', name: 'Ben Okafor' });
    (await there('block')).click();
    await vi.waitFor(() => expect([...w.client.blocked]).toEqual(['ben']));
    expect(w.store.dialog.value).toBe(null);
    w.session.openDialog({ userId: 'ben', name: 'Ben Okafor' });
    (await there('unblock')).click();
    await vi.waitFor(() => expect(w.client.blocked.size).toBe(0));
    expect(notices(w)).toContain('Ben Okafor can call you again.');
  });

  it('lists whom the server has, with their names', async () => {
    const w = await show(await signedIn((client) => client.blocked.add('ben').add('zed')));
    await vi.waitFor(() => expect(text('open-blocked')).toBe('2 blocked people'));
    find('open-blocked')!.click();
    const dialog = await there('blocked-dialog');
    expect(dialog.textContent).toContain('Ben Okafor');
    find('unblock-zed')!.click();
    await vi.waitFor(() => expect(find('unblock-zed')).toBe(null));
    expect([...w.client.blocked]).toEqual(['ben']);
    expect([...w.store.blocked.value]).toEqual(['ben']);
  });

  it('that fails changes nothing, and is told', async () => {
    const w = await show(await signedIn());
    w.client.standingFails = new CarillonError('disconnected', 'gone');
    await w.session.block({ userId: 'ben', name: 'Ben' }, true);
    expect(w.store.blocked.value.size).toBe(0);
    expect(notices(w)).toEqual(['Ben could not be blocked. The server cannot be reached now.']);
  });
});

describe('A server that is about to stop', () => {
  it('says so on the page of people, until it goes on after all', async () => {
    const w = await show(await signedIn());
    w.client.emitNow('server-draining', t0 + 60_000);
    const banner = await there('draining');
    expect(banner.textContent).toMatch(/^The server stops at .+New calls have to wait/u);
    w.client.emitNow('server-draining', null);
    await vi.waitFor(() => expect(find('draining')).toBe(null));
  });

  it('says so quietly in a call', async () => {
    const w = await show(await talking());
    w.client.emitNow('server-draining', t0 + 60_000);
    expect(notices(w)).toEqual(['The server stops soon. This call may end then.']);
    expect(w.store.notices.value[0]!.tone).toBe('info');
    expect(find('draining')).toBe(null);
  });
});

describe('A call that the server does not take', () => {
  it.each([
    ['rate-limited', 12_200, 'Too many calls', 'That was too often. Try again in 13 s.'],
    ['rate-limited', undefined, 'Too many calls', 'That was too often. Try again in a moment.'],
    ['unavailable', 240_000, 'No new calls now', 'The server is about to stop. Try again in 4 min.'],
  ] as const)('%s, for %s ms', async (code, retryAfterMs, title, detail) => {
    const w = await show(await signedIn());
    w.client.onStart = () => Promise.reject(new CarillonError(code, 'no', 429, undefined, retryAfterMs));
    await w.session.startCall(['ben'], 'audio');
    await there('ended');
    expect(w.store.ended.value?.words).toEqual({ title, detail, again: true });
  });
});
