// People in real browsers: Debian's Chromium with a fake camera and microphone, each person in a context of their own.
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Server } from './server.ts';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: flags });
}

export class Person {
  readonly problems: string[] = [];

  private constructor(
    readonly name: string,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.problems.push(`page error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`);
    });
  }

  /** Opens the web app and signs in. `baseUrl` may be a proxy before the server. */
  static async signIn(browser: Browser, server: Pick<Server, 'url'>, name: string): Promise<Person> {
    const context = await browser.newContext({
      permissions: ['camera', 'microphone'],
      viewport: { width: 1100, height: 760 },
    });
    const page = await context.newPage();
    const person = new Person(name, context, page);
    await page.goto(server.url);
    await person.see('sign-in-name').fill(name);
    await person.see('sign-in-button').click();
    await person.see('me').waitFor();
    return person;
  }

  get id(): string {
    return this.name.toLowerCase();
  }
  see(testId: string) {
    return this.page.getByTestId(testId);
  }

  async call(media: 'audio' | 'video', ...others: Person[]): Promise<void> {
    for (const other of others) await this.see(`person-${other.id}`).click();
    await this.see(`call-${media}`).click();
  }
  async accept(media: 'audio' | 'video' = 'video'): Promise<void> {
    await this.see(`accept-${media}`).click();
  }
  async hangUp(): Promise<void> {
    await this.see('hang-up').click();
  }
  /** How the call ended, in the app's closed list. */
  async endReason(): Promise<string | null> {
    await this.see('ended').waitFor();
    return this.see('ended').getAttribute('data-reason');
  }

  /** Frames shown so far in the tile of `other`, from the element itself. */
  async frames(other: Person): Promise<number> {
    return this.see(`tile-${other.id}`)
      .locator('video')
      .first()
      .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);
  }

  /** Media truth: the picture of `other` moves in their tile. */
  async seesMoving(other: Person): Promise<void> {
    await this.see(`tile-${other.id}`).locator('video').first().waitFor({ timeout: 20_000 });
    await expect.poll(() => this.frames(other), { timeout: 20_000, interval: 200 }).toBeGreaterThan(0);
    const before = await this.frames(other);
    await expect.poll(() => this.frames(other), { timeout: 10_000, interval: 200 }).toBeGreaterThan(before + 5);
  }
}
