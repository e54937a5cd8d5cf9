import { describe, expect, it } from 'vitest';
import { T0, worker, ring, end, missed, done, onScreen, ringing } from './pushed-worker.js';
import { fakeTime, wait } from './world.js';

fakeTime();

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
