// People in real browsers: Debian's Chromium with a fake camera and microphone, each person in a context of their own.
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Server } from './server.ts';

export const flags = [
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

/** Before the app's own code: `peerConnections` for looking into, and a camera that shows one colour if one is given. */
export function prepare(colour?: string | null): void {
  const peerConnections: RTCPeerConnection[] = [];
  Object.assign(window, { peerConnections });
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      peerConnections.push(this);
    }
  };
  if (!colour) return;
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    for (const track of stream.getVideoTracks()) {
      stream.removeTrack(track);
      track.stop();
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
      const context = canvas.getContext('2d')!;
      let n = 0;
      const paint = () => {
        context.fillStyle = colour;
        context.fillRect(0, 0, 320, 240);
        context.fillStyle = 'black';
        context.fillRect(n++ % 40, 0, 10, 10); // Something moves, in a corner.
      };
      setInterval(paint, 66);
      paint();
      stream.addTrack(canvas.captureStream(15).getVideoTracks()[0]!);
    }
    return stream;
  };
}

interface Inbound {
  kind: 'audio' | 'video';
  framesDecoded: number;
  audioEnergy: number;
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

  /** Opens the web app and signs in. `server` may be a proxy before it; the camera shows `colour`, or a test picture. */
  static async signIn(
    browser: Browser,
    server: Pick<Server, 'url'>,
    name: string,
    colour: string | null = null,
  ): Promise<Person> {
    const context = await browser.newContext({
      permissions: ['camera', 'microphone'],
      viewport: { width: 1100, height: 760 },
    });
    await context.addInitScript(prepare, colour);
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

  async call(media: 'audio' | 'video', ...others: Pick<Person, 'id'>[]): Promise<void> {
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
  async frames(other: Pick<Person, 'id'>): Promise<number> {
    return this.see(`tile-${other.id}`)
      .locator('video')
      .first()
      .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);
  }

  /** Media truth: the picture of `other` moves in their tile. */
  async seesMoving(other: Pick<Person, 'id'>): Promise<void> {
    await this.see(`tile-${other.id}`).locator('video').first().waitFor({ timeout: 20_000 });
    await expect.poll(() => this.frames(other), { timeout: 20_000, interval: 200 }).toBeGreaterThan(0);
    const before = await this.frames(other);
    await expect.poll(() => this.frames(other), { timeout: 10_000, interval: 200 }).toBeGreaterThan(before + 5);
  }

  /** What comes in, as the browser counts it (https://www.w3.org/TR/webrtc-stats/). */
  async inbound(): Promise<Inbound[]> {
    return this.page.evaluate(async () => {
      const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
      const open = peerConnections.filter((each) => each.connectionState === 'connected');
      const reports = await Promise.all(open.map((each) => each.getStats()));
      return reports
        .flatMap((report) => [...report.values()] as RTCInboundRtpStreamStats[])
        .filter((stats) => stats.type === 'inbound-rtp' && (stats.framesDecoded ?? stats.totalSamplesReceived ?? 0) > 0)
        .map((stats) => ({
          kind: stats.kind as 'audio' | 'video',
          framesDecoded: stats.framesDecoded ?? 0,
          audioEnergy: stats.totalAudioEnergy ?? 0,
        }));
    });
  }

  /** The server's ICE username of each path; a restart makes new ones (RFC 8445 section 9). */
  async iceUsernames(): Promise<string[]> {
    return this.page.evaluate(() => {
      const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
      return peerConnections
        .filter((each) => each.connectionState === 'connected')
        .flatMap((each) => /^a=ice-ufrag:(.*)$/m.exec(each.remoteDescription?.sdp ?? '')?.[1]?.trim() ?? []);
    });
  }

  /** Media truth: from so many others sound that is not silence arrives, and pictures are decoded, more and more. */
  async receivesFrom(others: number): Promise<void> {
    const sum = async () =>
      (await this.inbound()).reduce(
        (all, { kind, framesDecoded, audioEnergy }) => ({
          heard: all.heard + (kind === 'audio' && audioEnergy > 0 ? 1 : 0),
          seen: all.seen + (kind === 'video' ? 1 : 0),
          framesDecoded: all.framesDecoded + framesDecoded,
        }),
        { heard: 0, seen: 0, framesDecoded: 0 },
      );
    await expect.poll(sum, { timeout: 20_000, interval: 200 }).toMatchObject({ heard: others, seen: others });
    const { framesDecoded } = await sum();
    await expect
      .poll(async () => (await sum()).framesDecoded, { timeout: 10_000, interval: 200 })
      .toBeGreaterThan(framesDecoded + 5 * others);
  }

  /** The colour in the middle of the tile of `other`: the strongest of red, green and blue. */
  async colourOf(other: Person): Promise<string> {
    return this.see(`tile-${other.id}`)
      .locator('video')
      .first()
      .evaluate((video: HTMLVideoElement) => {
        const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d')!;
        context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
        const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
        return red > green && red > blue ? 'red' : green > blue ? 'green' : 'blue';
      });
  }
}
