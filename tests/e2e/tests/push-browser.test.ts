// Real browsers, with no page of the app open: a push wakes the service worker, a notification is on the desktop, and
// its buttons do what they say. Firefox decrypts what the server encrypted; to Chromium the test hands the decrypted
// message, as its own push service cannot be reached.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Arrivals } from '../support/arrivals.ts';
import { Autopush } from '../support/autopush.ts';
import { flags, launch, Person, prepare } from '../support/browser.ts';
import { Desktop, type Shown } from '../support/desktop.ts';
import { Firefox, pushFrom, type Tab } from '../support/firefox.ts';
import type { Subscription } from '../support/push-service.ts';
import { World } from '../support/push-world.ts';
import { receives, signIn, turnOnPush, type Arrival } from '../support/web-app.ts';

let world: World;
let desktop: Desktop;
let browser: Browser;
let alice: Person;
/** As pages see it: service workers and push want a secure context, which localhost is. */
let url: string;

beforeAll(async () => {
  world = await World.start();
  url = world.server.url.replace('127.0.0.1', 'localhost');
  [desktop, browser] = await Promise.all([Desktop.start(), launch()]);
  alice = await Person.signIn(browser, world.server, 'Alice');
});
afterEach(async () => {
  await world.server.until(({ calls, rooms, sessions }) => calls === 0 && rooms === 0 && sessions === 1, 15_000);
  desktop.forget();
});
afterAll(async () => {
  await browser.close();
  await world.empty();
  await world.stop();
  desktop.shutDown();
});

const callBob = async () => {
  await alice.page.reload();
  await alice.see('me').waitFor();
  await alice.see('person-bob').or(alice.see('search')).first().waitFor();
  if (!(await alice.see('person-bob').isVisible())) {
    await alice.see('search').fill('bob');
    await alice.see('add-bob').click();
  } else {
    await alice.see('person-bob').click();
  }
  await alice.see('call-video').click();
};

const incoming = (): Promise<Shown> =>
  desktop.shown.next(({ title, body }) => /ALICE|Alice/.test(title) && /Incoming video call/.test(body), 15_000);

/** When a picture of this person was shown first, by the machine's clock. */
function firstPicture(page: Page, userId: string): Promise<number> {
  return page.evaluate(async (id) => {
    const end = Date.now() + 20_000;
    const frames = () =>
      document.querySelector<HTMLVideoElement>(`[data-testid=tile-${id}] video`)?.getVideoPlaybackQuality()
        .totalVideoFrames;
    while (!frames()) {
      if (Date.now() > end) throw new Error(`no picture of ${id}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return Date.now();
  }, userId);
}

/** TRIALS 61, without the time that a finger needs. */
function figures(browserName: string, notified: number, pressed: number, bob: Arrival, atAlice: number): string {
  const both = Math.max(bob.mediaAt, atAlice);
  return (
    `${browserName}: push to notification ${notified} ms; accept to page ${bob.pageAt - pressed} ms, to media at the ` +
    `callee ${bob.mediaAt - pressed} ms, at the caller ${atAlice - pressed} ms; in all ${notified + both - pressed} ms`
  );
}

describe('Firefox', () => {
  let autopush: Autopush;
  let firefox: Firefox;

  beforeAll(async () => {
    autopush = await Autopush.before(world.service);
    firefox = await Firefox.launch(pushFrom(autopush.url), desktop.environment);
    await firefox.beforePages(prepare);
    await firefox.allow(url, 'notifications');
    const tab = await firefox.open(url);
    await signIn(tab, 'Bob');
    await turnOnPush(tab);
    await tab.close();
  });
  afterAll(async () => {
    await firefox.close();
    autopush.close();
  });
  const appTabs = async () => (await firefox.tabs()).filter((each) => each.url.startsWith(url));

  test('from no page open to media both ways', async () => {
    expect(await appTabs()).toEqual([]);
    await callBob();
    const shown = await incoming();
    const [pushed] = [...autopush.channels.values()].flatMap(({ messages }) => messages.all.slice(-1));
    expect(shown.actions.map(({ label }) => label)).toEqual(expect.arrayContaining(['Answer', 'Decline']));
    const pressed = Date.now();
    desktop.press(shown, /Answer/);
    await expect.poll(async () => (await appTabs()).length, { timeout: 10_000, interval: 20 }).toBe(1);
    const [{ tab }] = (await appTabs()) as [{ tab: Tab; url: string }];
    const [bob, atAlice] = await Promise.all([receives(tab), firstPicture(alice.page, 'bob')]);
    console.log(figures('Firefox', shown.at - pushed!.at, pressed, bob, atAlice));
    await Promise.all([alice.seesMoving({ id: 'bob' }), alice.receivesFrom(1)]);
    expect(autopush.acknowledged.all.every(({ code }) => code === 100)).toBe(true);
    await alice.hangUp();
    await tab.close();
  });

  test('declined without opening a window', async () => {
    await callBob();
    desktop.press(await incoming(), /Decline/);
    expect(await alice.endReason()).toBe('declined');
    expect(await appTabs()).toEqual([]);
  });

  test('the caller cancels: the notification changes to a missed call', async () => {
    await callBob();
    const ring = await incoming();
    await alice.hangUp();
    const missed = await desktop.shown.next(({ title }) => /Missed call/.test(title), 15_000);
    expect(missed.body).toContain('Alice');
    await expect.poll(() => ring.open, { timeout: 5000 }).toBe(false);
    expect(await appTabs()).toEqual([]);
  });

  test('a ring that comes when the call is over: a missed call, and nothing that rings', async () => {
    autopush.hold();
    await callBob();
    const [bob] = [...autopush.channels.values()];
    await bob!.messages.until(
      (all) => all.some(({ at, urgency }) => urgency === 'high' && Date.now() - at < 3000),
      5000,
    );
    await alice.hangUp();
    await world.server.until(({ calls }) => calls === 0);
    autopush.releaseFirst();
    const shown = await desktop.shown.next(undefined, 15_000);
    expect(shown.title).toBe('Missed call');
    expect(desktop.shown.all.filter(({ body }) => /Incoming/.test(body))).toEqual([]);
  });
});

describe('Chromium', () => {
  const folder = mkdtempSync(`${tmpdir()}/carillon-chromium-`);
  let context: BrowserContext;
  let session: CDPSession;
  let registrationId: string;
  /** Gets what the server sends to Bob's Chromium, and decrypts it. */
  let phone: Subscription;

  beforeAll(async () => {
    const env = { ...process.env, ...desktop.environment } as Record<string, string>;
    context = await chromium.launchPersistentContext(folder, {
      ...{ executablePath: '/usr/bin/chromium', headless: true, args: flags, env },
      permissions: ['camera', 'microphone', 'notifications'],
    });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByTestId('sign-in-name').fill('Bob');
    await page.getByTestId('sign-in-button').click();
    await page.getByTestId('me').waitFor();
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/carillon-sw.js');
      await navigator.serviceWorker.ready;
    });
    session = await context.newCDPSession(context.pages()[0]!);
    const workers = new Arrivals<{ registrationId: string; scopeURL: string }>('workers', ({ scopeURL }) => scopeURL);
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) =>
      registrations.forEach((registration) => workers.add(registration)),
    );
    await session.send('ServiceWorker.enable');
    ({ registrationId } = await workers.next(({ scopeURL }) => scopeURL.startsWith(url), 10_000));
    await page.close();
    // Firefox's subscription goes; this one takes its place.
    phone = await world.away('bob/chromium');
  });
  afterAll(async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const appPages = (): Page[] => context.pages().filter((page) => page.url().startsWith(url));
  const deliver = async (type: string) => {
    const { plaintext } = await phone.next(type, 10_000);
    await session.send('ServiceWorker.deliverPushMessage', { origin: url, registrationId, data: plaintext.toString() });
  };

  test('accepted on the notification: straight into the call', async () => {
    await callBob();
    const pushed = Date.now();
    await deliver('call-started');
    const shown = await incoming();
    const pressed = Date.now();
    desktop.press(shown, /Answer/);
    await expect.poll(() => appPages().length, { timeout: 10_000, interval: 20 }).toBe(1);
    const [page] = appPages();
    const [mediaAt, atAlice, pageAt] = await Promise.all([
      firstPicture(page!, 'alice'),
      firstPicture(alice.page, 'bob'),
      page!.evaluate(() => performance.timeOrigin),
    ]);
    console.log(figures('Chromium', shown.at - pushed, pressed, { pageAt: Math.round(pageAt), mediaAt }, atAlice));
    await Promise.all([alice.seesMoving({ id: 'bob' }), alice.receivesFrom(1)]);
    await alice.hangUp();
    await deliver('end-call');
    await page!.close();
  });

  test('declined without opening a window', async () => {
    await callBob();
    await deliver('call-started');
    desktop.press(await incoming(), /Decline/);
    expect(await alice.endReason()).toBe('declined');
    expect(appPages()).toEqual([]);
  });

  test('a late push: a missed call, and nothing that rings', async () => {
    await callBob();
    await phone.messages.until((all) => all.filter(({ data }) => data.type === 'call-started').length === 3);
    await alice.hangUp();
    await world.server.until(({ calls }) => calls === 0);
    await deliver('call-started');
    const shown = await desktop.shown.next(undefined, 15_000);
    expect(shown.title).toBe('Missed call');
    expect(desktop.shown.all.filter(({ body }) => /Incoming/.test(body))).toEqual([]);
    expect(appPages()).toEqual([]);
  });
});
