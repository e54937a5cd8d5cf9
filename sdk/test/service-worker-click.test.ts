import { describe, expect, it, vi } from 'vitest';
import { end, done, onScreen, ringing } from './pushed-worker.js';
import { fakeTime, wait } from './world.js';

fakeTime();

describe('Declining from the notification', () => {
  it('needs no window', async () => {
    const made = await ringing();
    await made.click('decline');
    expect(made.requests.at(-1)).toBe('POST /v1/tickets/ticket-1/decline');
    expect(made.inits.at(-1)).toMatchObject({ method: 'POST', keepalive: true });
    expect(made.screen).toEqual([]);
    expect(made.opened).toEqual([]);
  });

  it('is said once more while the network wakes up', async () => {
    const made = await ringing();
    made.mood = 'down';
    const event = made.click('decline');
    await wait(300);
    made.mood = 'up';
    await done(event);
    expect(made.requests.filter((one) => one.endsWith('/decline'))).toHaveLength(2);
    expect(made.screen).toEqual([]);
  });

  it('says so when it could not be done', async () => {
    const made = await ringing();
    made.mood = 'down';
    await done(made.click('decline'));
    expect(onScreen(made)).toEqual([
      'The call could not be declined: There is no connection, so it goes on ringing for Ben Okafor.',
    ]);
    expect(made.waitedMs).toBeLessThan(20_000);
  });

  it('is right even if the call was over by then', async () => {
    const made = await ringing();
    made.status = 409;
    await done(made.click('decline'));
    expect(made.screen).toEqual([]);
  });

  it('is followed by the end of the call, which is visible for a moment and makes no sound', async () => {
    const made = await ringing();
    await made.click('decline');
    await done(made.push(end('declined')));
    expect(onScreen(made)).toEqual(['Ben Okafor: Declined.']);
    expect(made.screen[0]!.options.silent).toBe(true);
    await wait(5_000);
    expect(made.screen).toEqual([]);
  });
});

describe('Answering from the notification', () => {
  it.each([
    ['accept', 'https://calls.test/#/carillon/call/call-1?accept=1'],
    ['', 'https://calls.test/#/carillon/call/call-1'],
  ])('opens the app when no page is open: %s', async (action, address) => {
    const made = await ringing();
    await made.click(action);
    expect(made.opened).toEqual([address]);
    expect(made.screen).toEqual([]);
  });

  it.each([
    ['accept', 'carillon-accept'],
    ['', 'carillon-open'],
  ])('brings the page that is open to the front, and tells it: %s', async (action, type) => {
    const made = await ringing();
    const page = made.open();
    await made.click(action);
    expect(page.messages).toEqual([{ type, callId: 'call-1' }]);
    expect(page.focused).toBe(true);
    expect(made.opened).toEqual([]);
  });

  it('prefers the page that the person looks at', async () => {
    const made = await ringing();
    const [hidden, visible] = [made.open(), made.open()];
    visible.visibilityState = 'visible';
    await made.click('accept');
    expect([hidden.messages, visible.messages.length]).toEqual([[], 1]);
  });

  it('leaves pages alone that are not of the app', async () => {
    const made = await ringing({}, { openUrl: '/app/index.html?from=push' });
    const shop = made.open('https://calls.test/shop/');
    await made.click('accept');
    expect(shop.messages).toEqual([]);
    expect(made.opened).toEqual(['https://calls.test/app/index.html?from=push#/carillon/call/call-1?accept=1']);
  });

  it('still tells the page when the browser does not let it come to the front', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const made = await ringing();
    const page = made.open('https://calls.test/', { focusFails: true });
    await made.click('accept');
    expect(page.messages).toEqual([{ type: 'carillon-accept', callId: 'call-1' }]);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  it('is all that happens: the notification has stopped counting', async () => {
    const made = await ringing();
    await made.click('accept');
    await wait(60_000);
    expect(made.shown).toHaveLength(1);
  });
});
