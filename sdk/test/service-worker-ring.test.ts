import { describe, expect, it } from 'vitest';
import { handleCalls } from '../src/service-worker/index.js';
import { FakeWorker } from './fake-worker.js';
import { T0, worker, ring, missed, done, onScreen, ringing } from './pushed-worker.js';
import { fakeTime, wait } from './world.js';

fakeTime();

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
    expect(made.screen[0]!.options).toMatchObject({ tag: 'call-1', data: { callId: 'call-1' } });
    expect(made.screen[0]!.options).not.toHaveProperty('actions');
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
