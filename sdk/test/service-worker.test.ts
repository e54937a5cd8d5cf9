import { describe, expect, it, vi } from 'vitest';
import { handleCalls, type HandleCallsOptions } from '../src/service-worker/index.js';
import { FakeWorker, type FakeNotification } from './fake-worker.js';
import { fakeTime, wait } from './world.js';

fakeTime();

const T0 = Date.UTC(2026, 0, 1, 12);

function worker(options: HandleCallsOptions = {}): FakeWorker {
  vi.setSystemTime(T0);
  const made = new FakeWorker();
  handleCalls(options, made);
  return made;
}

const ring = (rest: object = {}): object => ({
  type: 'call-started',
  callId: 'call-1',
  roomId: 'room-1',
  callerId: 'ben',
  callerName: 'Ben Okafor',
  media: 'video',
  serverTime: T0,
  ringUntil: T0 + 30_000,
  ticket: 'ticket-1',
  ...rest,
});
const end = (reason: string, rest: object = {}): object => ({
  type: 'end-call',
  callId: 'call-1',
  reason,
  serverTime: Date.now(),
  ...rest,
});
const missed = (rest: object = {}): object => ({
  type: 'missed-call',
  callId: 'call-1',
  callerId: 'ben',
  callerName: 'Ben Okafor',
  serverTime: Date.now(),
  ...rest,
});

/** The event, with time running until it is done. */
async function done(event: Promise<void>, ms = 30_000): Promise<void> {
  let over = false;
  void event.then(() => (over = true));
  for (let waited = 0; !over && waited < ms; waited += 100) await vi.advanceTimersByTimeAsync(100);
  expect(over).toBe(true);
  await event;
}

const onScreen = ({ screen }: FakeWorker): string[] =>
  screen.map(({ title, options }: FakeNotification) => `${title}: ${options.body}`);

async function ringing(rest: object = {}, options: HandleCallsOptions = {}): Promise<FakeWorker> {
  const made = worker(options);
  await done(made.push(ring(rest)));
  return made;
}

describe('A push that rings', () => {
  it('confirms the ring in one round trip, and shows who calls', async () => {
    const made = await ringing({}, { icons: { icon: '/icon.png', badge: '/badge.png', accept: '/a.png' } });
    expect(made.requests).toEqual(['POST /v1/tickets/ticket-1/ringing']);
    expect(made.inits[0]).toMatchObject({ keepalive: true, credentials: 'omit' });
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
    expect(made.screen[0]!.options).toMatchObject({
      tag: 'call-1',
      renotify: true,
      requireInteraction: true,
      icon: '/icon.png',
      badge: '/badge.png',
      vibrate: [400, 200, 400, 200, 400],
      actions: [
        { action: 'accept', title: 'Answer', icon: '/a.png' },
        { action: 'decline', title: 'Decline' },
      ],
      data: { callId: 'call-1', ticket: 'ticket-1', caller: 'Ben Okafor' },
    });
  });

  it('speaks the language of the app', async () => {
    const texts = { incoming: (caller: string) => ({ title: `${caller} ruft an`, body: '' }), accept: 'Annehmen' };
    const made = await ringing({}, { texts });
    expect(made.screen[0]).toMatchObject({ title: 'Ben Okafor ruft an' });
    expect(made.screen[0]!.options.actions).toMatchObject([{ title: 'Annehmen' }, { title: 'Decline' }]);
  });

  it.each([
    ['timeout', 'ended', 'Missed call: Ben Okafor called you.'],
    ['canceled', 'ended', 'Missed call: Ben Okafor called you.'],
    ['answered-elsewhere', 'active', 'Ben Okafor: Answered on another device.'],
    ['declined-elsewhere', 'ended', 'Ben Okafor: Declined.'],
    ['failed', 'ended', 'Ben Okafor: The call is over.'],
  ] as const)('that comes too late, after %s, does not ring and says so', async (reason, state, words) => {
    const made = worker();
    made.call = { state, reason };
    await done(made.push(ring()));
    expect(made.shown).toEqual([words]);
    expect(made.screen[0]!.options).not.toHaveProperty('requireInteraction');
  });

  it.each([401, 404, 409])('whose ticket the server no longer takes (%d) is a missed call', async (status) => {
    const made = worker();
    made.status = status;
    await done(made.push(ring()));
    expect(onScreen(made)).toEqual(['Missed call: Ben Okafor called you.']);
  });

  it('shows words that nobody needs for a moment only, since a browser wants to see some', async () => {
    const made = worker();
    made.call = { state: 'active', reason: 'answered-elsewhere' };
    await done(made.push(ring()));
    expect(made.screen[0]!.options.silent).toBe(true);
    await wait(5_000);
    expect(made.screen).toEqual([]);
  });

  it('turns into a missed call by itself when its end is never told', async () => {
    const made = await ringing();
    made.call = { state: 'ended', reason: 'timeout' };
    await wait(32_000);
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
    await wait(2_000);
    expect(onScreen(made)).toEqual(['Missed call: Ben Okafor called you.']);
  });

  it('is cleared up by the next push when the worker did not live to see its end', async () => {
    const made = await ringing();
    const next = new FakeWorker();
    next.follow(made);
    handleCalls({}, next);
    await wait(60_000);
    next.call = { state: 'ended', reason: 'canceled' };
    await done(next.push(missed({ callId: 'another', callerName: 'Mara' })));
    expect(next.shown.sort()).toEqual(['Missed call: Ben Okafor called you.', 'Missed call: Mara called you.']);
    expect(next.requests).toEqual(['GET /v1/tickets/ticket-1/call']);
  });

  it('rings once when its push comes twice', async () => {
    const made = await ringing();
    await done(made.push(ring()));
    expect(made.shown).toHaveLength(1);
    expect(made.screen).toHaveLength(1);
  });

  it('cuts a name that is too long, and takes the tricks out of it', async () => {
    const made = await ringing({ callerName: `\u202eevil\n${'x'.repeat(300)}` });
    expect(made.screen[0]!.title).toHaveLength(100);
    expect(made.screen[0]!.title).toMatch(/^evil x+…$/);
  });

  it('names the caller by the id where there is no name', async () => {
    const made = await ringing({ callerName: '', media: 'audio' });
    expect(onScreen(made)).toEqual(['ben: Incoming call']);
  });

  it('shows less where the browser will not have it all', async () => {
    const made = worker();
    made.refusesOptions = true;
    await done(made.push(ring()));
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
  });
});

describe('A push that rings while the server cannot be asked', () => {
  it.each(['down', 'failing', 'dead'] as const)('rings when it is in time: %s', async (mood) => {
    const made = worker();
    made.mood = mood;
    await done(made.push(ring()));
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
    expect(made.requests.length).toBeGreaterThan(1);
    expect(made.waitedMs).toBeLessThan(20_000);
  });

  it('rings within 3 s, whatever the server does', async () => {
    const made = worker();
    made.mood = 'dead';
    const event = made.push(ring());
    await wait(3_000);
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
    await done(event);
  });

  it('waits for the server when only its clock says that it is late', async () => {
    const made = worker();
    made.delayMs = 3_500;
    await done(made.push(ring({ serverTime: T0 - 3_600_000, ringUntil: T0 - 3_570_000 })));
    expect(made.shown).toEqual(['Ben Okafor: Incoming video call']);
  });

  it('stops when the server says, late, that the call is over', async () => {
    const made = worker();
    made.delayMs = 3_500;
    made.call = { state: 'ended', reason: 'canceled' };
    await done(made.push(ring()));
    expect(made.shown).toEqual(['Ben Okafor: Incoming video call', 'Missed call: Ben Okafor called you.']);
    expect(onScreen(made)).toEqual(['Missed call: Ben Okafor called you.']);
  });

  it.each([
    ['just in time', 29_000, 'Incoming'],
    ['a little late, within what clocks differ', 34_000, 'Incoming'],
    ['late', 40_000, 'Missed'],
    ['an hour late, as on a laptop that slept', 3_600_000, 'Missed'],
    ['years late, which only a wrong clock can say', 3 * 365 * 24 * 3_600_000, 'Incoming'],
    ['early by an hour, which only a wrong clock can say', -3_600_000, 'Incoming'],
  ])('judges by its clock as far as that makes sense: %s', async (_, lateMs, words) => {
    const made = worker();
    made.mood = 'down';
    await done(made.push(ring({ serverTime: T0 - lateMs, ringUntil: T0 - lateMs + 30_000 })));
    expect(onScreen(made)[0]).toContain(words);
  });

  it('knows how wrong its clock is once a server has told it', async () => {
    const made = worker();
    made.clockOffsetMs = -3_600_000; // The phone is an hour ahead.
    const server = (lateMs: number): object => {
      const serverTime = Date.now() - 3_600_000 - lateMs;
      return { serverTime, ringUntil: serverTime + 30_000 };
    };
    await done(made.push(ring({ ...server(0), callId: 'first' })));
    made.mood = 'down';
    await done(made.push(ring({ ...server(0), callId: 'second' })));
    await done(made.push(ring({ ...server(60_000), callId: 'third' })));
    expect(made.shown.map((words) => words.split(':')[0])).toEqual(['Ben Okafor', 'Ben Okafor', 'Missed call']);
  });

  it('rings for as long as the server said, on a phone whose clock is wrong', async () => {
    const made = worker();
    made.mood = 'down';
    await done(made.push(ring({ serverTime: T0 + 3_600_000, ringUntil: T0 + 3_630_000 })));
    await wait(30_000);
    expect(onScreen(made)[0]).toContain('Incoming');
    await wait(20_000);
    expect(onScreen(made)[0]).toContain('Missed');
  });
});

describe('A push that ends a call', () => {
  it.each([
    ['timeout', ['Missed call: Ben Okafor called you.']],
    ['canceled', ['Missed call: Ben Okafor called you.']],
    ['answered-elsewhere', ['Ben Okafor: Answered on another device.']],
    ['declined-elsewhere', ['Ben Okafor: Declined.']],
    ['hangup', ['Ben Okafor: The call is over.']],
  ])('takes the ring away: %s', async (reason, words) => {
    const made = await ringing();
    await done(made.push(end(reason)));
    expect(onScreen(made)).toEqual(words);
    expect(made.screen[0]!.options).toMatchObject({ tag: 'call-1', silent: true });
    expect(made.screen[0]!.options).not.toHaveProperty('renotify');
  });

  it('leaves a missed call on screen, and nothing else', async () => {
    const made = await ringing();
    await done(made.push(end('answered-elsewhere')));
    await wait(60_000);
    expect(made.screen).toEqual([]);
    const other = await ringing();
    await done(other.push(end('timeout')));
    await wait(60_000);
    expect(onScreen(other)).toEqual(['Missed call: Ben Okafor called you.']);
  });

  it('that comes before its ring keeps it silent, though the server cannot be asked', async () => {
    const made = worker();
    await done(made.push(end('canceled', { serverTime: T0 + 2_000 })));
    expect(onScreen(made)).toEqual(['Missed call: Somebody called you.']);
    made.mood = 'down';
    await done(made.push(ring()));
    expect(made.shown.some((words) => words.includes('Incoming'))).toBe(false);
    expect(onScreen(made)).toEqual(['Missed call: Ben Okafor called you.']);
  });

  it('that comes while the server is still asked keeps it silent', async () => {
    const made = worker();
    made.delayMs = 2_000;
    const event = made.push(ring());
    await wait(500);
    await done(made.push(end('answered-elsewhere')));
    await done(event);
    expect(made.shown.some((words) => words.includes('Incoming'))).toBe(false);
  });

  it('does not keep the same call from ringing again later', async () => {
    const made = await ringing();
    await done(made.push(end('declined', { serverTime: T0 + 4_000 })));
    await done(made.push(ring({ serverTime: T0 + 9_000, ringUntil: T0 + 39_000, ticket: 'ticket-2' })));
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
  });

  it('touches no other call, and nothing that others have shown', async () => {
    const made = await ringing();
    await done(made.push(ring({ callId: 'call-2', callerName: 'Mara' })));
    await made.registration.showNotification('Mail', { body: 'from the app itself', tag: 'mail', data: null });
    await done(made.push(end('timeout')));
    expect(onScreen(made)).toEqual([
      'Mara: Incoming video call',
      'Mail: from the app itself',
      'Missed call: Ben Okafor called you.',
    ]);
  });
});

describe('A push about a missed call', () => {
  it('says who called, with a mark on the icon of the app', async () => {
    const made = worker();
    await done(made.push(missed()));
    expect(onScreen(made)).toEqual(['Missed call: Ben Okafor called you.']);
    expect(made.screen[0]!.options.silent).toBe(false);
    expect(made.badges).toBe(1);
  });

  it('says when it was, also when it comes hours later, to a phone whose clock is wrong', async () => {
    const made = worker();
    made.clockOffsetMs = -600_000;
    await done(made.push(ring({ callId: 'another' }))); // From here on the clock of the server is known.
    const hoursAgo = Date.now() - 7_200_000;
    await done(made.push(missed({ serverTime: hoursAgo - 600_000 })));
    expect(made.screen.at(-1)!.options.timestamp).toBe(hoursAgo);
  });

  it('replaces what was there, without another sound', async () => {
    const made = await ringing();
    await done(made.push(end('timeout')));
    await done(made.push(missed()));
    expect(onScreen(made)).toEqual(['Missed call: Ben Okafor called you.']);
    expect(made.screen[0]!.options.silent).toBe(true);
  });

  it('opens the list of calls when it is clicked', async () => {
    const made = worker();
    await done(made.push(missed()));
    await made.click();
    expect(made.opened).toEqual(['https://calls.test/#/carillon/calls']);
    expect(made.screen).toEqual([]);
  });
});

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
    expect(page.messages).toHaveLength(1);
    warn.mockRestore();
  });

  it('is all that happens: the notification has stopped counting', async () => {
    const made = await ringing();
    await made.click('accept');
    await wait(60_000);
    expect(made.shown).toHaveLength(1);
  });
});

describe('While a page of the app is on screen', () => {
  it('that rings already, no notification does', async () => {
    const made = worker();
    const page = made.open('https://calls.test/', { visibilityState: 'visible', rings: true });
    await done(made.push(ring()));
    expect(page.messages).toEqual([{ type: 'carillon-ring', callId: 'call-1' }]);
    expect(made.shown).toEqual([]);
    expect(made.requests).toEqual(['POST /v1/tickets/ticket-1/ringing']);
  });

  it.each([false, null])('that does not ring (%s), a notification does', async (rings) => {
    const made = worker();
    made.open('https://calls.test/', { visibilityState: 'visible', rings });
    await done(made.push(ring()));
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
    expect(made.waitedMs).toBeLessThan(1_500);
  });

  it('a page behind another window does not count', async () => {
    const made = worker();
    made.open('https://calls.test/', { rings: true });
    await done(made.push(ring()));
    expect(onScreen(made)).toEqual(['Ben Okafor: Incoming video call']);
  });

  it('a page that is not of the app does not count: it would say nothing', async () => {
    const made = worker({ openUrl: '/app/' });
    const shop = made.open('https://calls.test/shop/', { visibilityState: 'visible', rings: true });
    await done(made.push(ring()));
    await done(made.push(end('timeout')));
    expect(made.shown).toEqual(['Ben Okafor: Incoming video call', 'Missed call: Ben Okafor called you.']);
    expect(shop.messages).toEqual([]);
  });

  it('the end of a call takes its notification away and says no more', async () => {
    const made = await ringing();
    made.open('https://calls.test/', { visibilityState: 'visible', rings: true });
    await done(made.push(end('timeout')));
    await done(made.push(missed()));
    expect(made.screen).toEqual([]);
    expect(made.shown).toHaveLength(1);
  });
});

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
