// Strangers at the media port: RTP from an address that ICE has not validated, STUN with wrong credentials, a DTLS hello
// before its time, and a million random datagrams. Nothing of it is forwarded or answered, and a call in two browsers on
// the same port goes on.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, Person } from '../support/browser.ts';
import { callWithMedia, type Held } from '../support/media-world.ts';
import { clientHello, rtp, Stranger, stun } from '../support/probes.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

let server: Server;
let browser: Browser;
let alice: Person;
let bob: Person;
let carol: Wire;
let dan: Wire;
let hers: Held;
let his: Held;
let ice: { usernameFragment: string; password: string };
let stranger: Stranger;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  [alice, bob] = await Promise.all([Person.signIn(browser, server, 'Alice'), Person.signIn(browser, server, 'Bob')]);
  await alice.call('video', bob);
  await bob.accept();
  // A second call, without browsers, on the same port: all its secrets are known here, and no media of its own flows.
  carol = await Wire.connect(server, 'carol');
  dan = await Wire.connect(server, 'dan');
  [hers, his] = (await callWithMedia([carol, dan])) as [Held, Held];
  const made = await carol.request('createWebRtcTransport', { callId: hers.callId, producing: true });
  ({ iceParameters: ice } = await carol.request('restartIce', { callId: hers.callId, transportId: hers.transportId }));
  const udp = (made.iceCandidates as { protocol: string; port: number }[]).find((one) => one.protocol === 'udp')!;
  stranger = new Stranger(udp.port);
});
afterAll(async () => {
  stranger.close();
  await browser.close();
  expect(await server.stop()).toBe(0);
});

const ssrcOfCarol = 1001; // the first that the world gives
const statsOf = async (wire: Wire, method: string, data: object) => (await wire.request(method, data))[0];

/** Nothing has come in at carol's transport, and nothing has gone out to dan. */
async function nothingForwarded(): Promise<void> {
  const sending = await statsOf(carol, 'getTransportStats', hers);
  expect(sending).toMatchObject({ rtpBytesReceived: 0, iceState: 'new' });
  const receiving = await statsOf(dan, 'getTransportStats', { ...his, transportId: his.receivingId });
  expect(receiving).toMatchObject({ rtpBytesSent: 0, bytesSent: 0 });
  expect(await statsOf(dan, 'getConsumerStats', his)).toMatchObject({ type: 'outbound-rtp', packetCount: 0 });
}

test('the call is on', async () => {
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
});

test('RTP from an address that ICE has not validated is not forwarded', async () => {
  for (let i = 0; i < 2000; ++i) await stranger.send(rtp(ssrcOfCarol, 111, i));
  await nothingForwarded();
  expect(stranger.heard).toEqual([]);
});

test('RTP with the ids of a stream that flows reaches nobody', async () => {
  const streams = await alice.page.evaluate(async () => {
    const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
    const reports = await Promise.all(peerConnections.map((each) => each.getStats()));
    return reports
      .flatMap((report) => [...report.values()] as RTCOutboundRtpStreamStats[])
      .filter((stats) => stats.type === 'outbound-rtp')
      .map((stats) => stats.ssrc);
  });
  expect(streams.length).toBeGreaterThan(0);
  for (const ssrc of streams) for (let i = 0; i < 500; ++i) await stranger.send(rtp(ssrc, 96, i));
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  expect(stranger.heard).toEqual([]);
});

test('STUN with wrong credentials gets no success and opens nothing', async () => {
  const wrong = [
    stun(`${ice.usernameFragment}:x`, 'not the password of this transport'),
    stun(`${ice.usernameFragment.slice(0, -1)}_:x`, ice.password),
    stun('x:x', ice.password),
    stun(':', ''),
    stun(`${ice.usernameFragment}:x`, ice.password).subarray(0, 40),
  ];
  for (const message of wrong) for (let i = 0; i < 100; ++i) await stranger.send(message);
  // What is right is answered: whatever came before it has been read.
  const friend = new Stranger(stranger.port);
  await nothingForwarded();
  await expect
    .poll(
      async () => {
        await friend.send(stun(`${ice.usernameFragment}:x`, ice.password));
        return friend.heard.map((one) => one.readUInt16BE(0)).includes(0x0101);
      },
      { timeout: 5000, interval: 100 },
    )
    .toBe(true);
  friend.close();
  expect(stranger.heard.filter((one) => one.readUInt16BE(0) === 0x0101)).toEqual([]);
});

test('a DTLS hello from an address that ICE has not validated is not answered', async () => {
  const before = stranger.heard.length;
  for (let i = 0; i < 100; ++i) await stranger.send(clientHello());
  const sending = await statsOf(carol, 'getTransportStats', hers);
  expect(['new', 'connecting']).toContain(sending.dtlsState);
  expect(stranger.heard.length).toBe(before);
});

test('a million random datagrams do not disturb a call', { timeout: 300_000 }, async () => {
  const count = 1_000_000;
  const before = await server.counts();
  // The page itself looks how long its picture stands still.
  await bob
    .see('tile-alice')
    .locator('video')
    .first()
    .evaluate((video: HTMLVideoElement) => {
      const seen = Object.assign(window, { pictures: 0, longest: 0 });
      let last = performance.now();
      const next = () => {
        const now = performance.now();
        seen.pictures += 1;
        seen.longest = Math.max(seen.longest, now - last);
        last = now;
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    });
  const started = Date.now();
  const script = fileURLToPath(new URL('../support/noise.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [script, String(stranger.port), String(count), '500']);
  const seconds = (Date.now() - started) / 1000;
  const { pictures, longest } = await bob.page.evaluate(() => {
    const seen = window as unknown as { pictures: number; longest: number };
    return { pictures: seen.pictures, longest: seen.longest };
  });
  console.log(
    `${count} datagrams in ${seconds.toFixed(0)} s: ${pictures} pictures, longest gap ${longest.toFixed(0)} ms`,
  );
  expect(pictures).toBeGreaterThan(seconds * 2);
  expect(longest).toBeLessThan(5000);
  await Promise.all([alice.seesMoving(bob), bob.seesMoving(alice)]);
  expect(await server.counts()).toEqual(before);
  expect(await statsOf(dan, 'getConsumerStats', his)).toMatchObject({ packetCount: 0 });
  await alice.hangUp();
  expect(await bob.endReason()).toBe('hangup');
});
