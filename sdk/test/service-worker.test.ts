import { describe, expect, it, vi } from 'vitest';
import { worker, ring, missed, done, onScreen, ringing } from './pushed-worker.js';
import { fakeTime, wait } from './world.js';

fakeTime();

describe('What is not of Carillon', () => {
  it.each([
    null,
    'text',
    {},
    { type: 'mail' },
    { type: 'call-started', callId: '' },
    { type: 'call-started', callId: 'c' },
  ])('is left alone: the push %o', async (payload) => {
    const made = worker();
    await made.push(payload);
    expect([made.shown, made.requests]).toEqual([[], []]);
  });

  it('is left alone: a push that is no JSON, or empty', async () => {
    const made = worker();
    await made.dispatch('push', { data: null });
    const data = {
      json: () => {
        throw new SyntaxError('not JSON');
      },
    };
    await made.dispatch('push', { data });
    expect(made.shown).toEqual([]);
  });

  it('is left alone: a click on another notification', async () => {
    const made = worker();
    await made.registration.showNotification('Mail', { body: '', tag: 'mail', data: { carillonish: true } });
    await made.click();
    expect(made.screen).toHaveLength(1);
    expect(made.opened).toEqual([]);
  });
});

describe('A subscription that the browser changes', () => {
  it('is made again with the same key, and told to the pages', async () => {
    const made = worker();
    const page = made.open();
    const key = new Uint8Array([9]).buffer;
    await made.dispatch('pushsubscriptionchange', {
      oldSubscription: { endpoint: 'https://push.test/1', options: { applicationServerKey: key } },
    });
    expect(made.subscribedWith).toEqual([key]);
    expect(page.messages).toEqual([{ type: 'carillon-subscription' }]);
  });

  it('is made with the key of the server when the browser tells no old one', async () => {
    const made = worker();
    await made.dispatch('pushsubscriptionchange', {});
    expect(made.requests).toEqual(['GET /v1/push/key']);
    expect(made.subscribedWith).toEqual([new Uint8Array([1, 2, 3])]);
  });

  it('is not made twice when the browser has made it', async () => {
    const made = worker();
    await made.dispatch('pushsubscriptionchange', { newSubscription: { endpoint: 'https://push.test/2' } });
    expect(made.subscribedWith).toEqual([]);
  });

  it('throws at nobody when that fails', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const made = worker();
    made.mood = 'down';
    await made.dispatch('pushsubscriptionchange', {});
    expect(made.subscribedWith).toEqual([]);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});

describe('The worker', () => {
  it('lets no event last for ever, whatever hangs', async () => {
    const made = worker();
    made.registration.showNotification = () => new Promise(() => undefined);
    await done(made.push(ring()));
    expect(made.waitedMs).toBeLessThanOrEqual(25_100);
  });

  it('asks the server that it is told', async () => {
    const made = worker({ server: 'https://elsewhere.test' });
    const asked: string[] = [];
    const { fetch } = made;
    Object.assign(made, { fetch: (address: string, init: RequestInit) => (asked.push(address), fetch(address, init)) });
    await done(made.push(ring({ ticket: 'a/b' })));
    expect(asked).toEqual(['https://elsewhere.test/v1/tickets/a%2Fb/ringing']);
  });

  it('forgets the ring that the person took away, and tells the missed call all the same', async () => {
    const made = await ringing();
    const [notification] = made.screen;
    notification!.close();
    await made.dispatch('notificationclose', { notification: notification! });
    await wait(60_000);
    expect(made.screen).toEqual([]);
    await done(made.push(missed()));
    expect(onScreen(made)).toEqual(['Missed call: Ben Okafor called you.']);
  });
});
