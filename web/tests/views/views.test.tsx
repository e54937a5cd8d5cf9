// @vitest-environment happy-dom
import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../src/state/store';
import { App } from '../../src/views/app';
import { settle, signedIn, talking, world, type World } from '../support/signed-in';

const root = (): HTMLElement => document.getElementById('app')!;
const find = (testId: string): HTMLElement | null => document.querySelector(`[data-testid="${testId}"]`);
const press = (key: string, target: EventTarget = document.body): void =>
  void target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));

/** Lets Preact draw what has changed. */
const drawn = async (): Promise<void> => {
  await settle();
  await new Promise((resolve) => setTimeout(resolve, 60));
};

async function show(w: World): Promise<Store> {
  render(<App store={w.store} actions={w.session} />, root());
  await drawn();
  return w.store;
}

// There is no layout here; the stage only needs to have a size.
for (const side of ['clientWidth', 'clientHeight']) {
  Object.defineProperty(HTMLElement.prototype, side, { configurable: true, get: () => 800 });
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
  render(null, root());
  vi.unstubAllGlobals();
});

describe('the pages', () => {
  it('let somebody in by name, with the field focused', async () => {
    const w = world();
    await show(w);
    const input = find('sign-in-name') as HTMLInputElement;
    expect(document.activeElement).toBe(input);
    input.value = 'Ana María';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await drawn();
    expect(root().textContent).toContain('ana-maria');
    (input.closest('form') as HTMLFormElement).dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    await drawn();
    expect(find('me')?.textContent).toContain('Ana María');
  });

  it('show a name that is HTML as the text it is', async () => {
    const w = await signedIn();
    w.client.presence.set([{ userId: 'x', name: '<img src=x onerror=alert(1)>', devices: 1 }]);
    await show(w);
    expect(root().querySelector('img')).toBe(null);
    expect(find('person-x')?.textContent).toContain('<img src=x onerror=alert(1)>');
  });

  it('offer the call once somebody is selected', async () => {
    const w = await signedIn();
    await show(w);
    expect(find('call-video')).toBe(null);
    find('person-ben')!.querySelector('input')!.click();
    await drawn();
    find('call-video')!.click();
    await drawn();
    expect(w.client.started[0]).toMatchObject({ callees: ['ben'], media: 'video' });
    expect(find('outgoing-state')?.textContent).toBe('Calling…');
    expect(find('hang-up')).not.toBe(null);
  });

  it('offer no call while the server is away', async () => {
    const w = await signedIn();
    w.client.go('reconnecting');
    w.session.toggleSelected('ben');
    await show(w);
    expect((find('call-video') as HTMLButtonElement).disabled).toBe(true);
    expect(find('banner')?.getAttribute('role')).toBe('status');
  });

  it('fill the screen when somebody calls, count the seconds, and take the focus', async () => {
    const w = await signedIn();
    await show(w);
    w.client.ring('in', { userId: 'ben', name: 'Ben' }, { callees: ['me', 'mara'] });
    await drawn();
    const page = find('incoming-call')!;
    expect(page.getAttribute('role')).toBe('alertdialog');
    expect(document.activeElement).toBe(page);
    expect(page.textContent).toContain('with Mara');
    expect(find('countdown')?.textContent).toBe('Rings for 30 s');
    expect(document.title).toBe('Ben is calling · Carillon');
    expect(find('announce-urgent')?.textContent).toContain('Ben calls you');
    w.store.now.value += 12_000;
    await drawn();
    expect(find('countdown')?.textContent).toBe('Rings for 18 s');
  });

  it('do not let somebody who is writing answer by accident, but do let Enter and Escape a moment later', async () => {
    const clock = vi.spyOn(performance, 'now');
    clock.mockReturnValue(1_000);
    const w = await signedIn();
    await show(w);
    const incoming = w.client.ring('in', { userId: 'ben', name: 'Ben' });
    await drawn();
    clock.mockReturnValue(1_200);
    press('Enter');
    await drawn();
    expect(incoming.answeredWith).toBe(null);
    clock.mockReturnValue(1_900);
    press('Escape');
    await drawn();
    expect(incoming.declined).toBe('declined');
    clock.mockRestore();
  });

  it('mute by the key m in a call, but not while a dialog is open', async () => {
    const w = await talking();
    await show(w);
    press('m');
    await drawn();
    expect(w.call.local.microphone.muted).toBe(true);
    expect(find('toggle-mic')?.getAttribute('aria-label')).toBe('Unmute');
    expect(find('tile-ben')).not.toBe(null);
    expect(find('tile-me')).not.toBe(null);
    w.session.openDialog('shortcuts');
    await vi.waitFor(() => expect(document.querySelector('dialog[open]')).not.toBe(null), 5_000);
    press('m');
    await drawn();
    expect(w.call.local.microphone.muted).toBe(true);
  });

  it('say why a call ended, put the focus there, and offer it again', async () => {
    const w = await talking();
    await show(w);
    w.call.end('hangup');
    await drawn();
    expect(find('end-reason')?.textContent).toBe('Call endedBen Okafor hung up.');
    expect(document.activeElement?.textContent).toBe('Call ended');
    find('call-again')!.click();
    await drawn();
    expect(w.client.started).toHaveLength(2);
  });

  it('show a second call without taking the first away', async () => {
    const w = await talking();
    await show(w);
    w.client.ring('second', { userId: 'mara', name: 'Mara' });
    await drawn();
    expect(find('call')).not.toBe(null);
    expect(find('waiting-call')?.textContent).toContain('Mara');
    find('waiting-decline')!.click();
    await drawn();
    expect(find('waiting-call')).toBe(null);
  });
});
