// The web app in a tab of Firefox, as far as the tests of push need it; people in Chromium are in browser.ts.
import type { Tab } from './firefox.ts';

export async function signIn(tab: Tab, name: string): Promise<void> {
  await tab.fill('sign-in-name', name);
  await tab.click('sign-in-button');
  await tab.see('me');
}

/** With the switch that people use; permission has been given. */
export async function turnOnPush(tab: Tab): Promise<void> {
  await tab.click('push-switch');
  await tab.until(20_000, () => document.querySelector<HTMLElement>('[data-testid=push]')?.dataset.state === 'on');
}

/** When, by the machine's clock, more than five pictures had been decoded, and sound had come. */
export function receives(tab: Tab): Promise<number> {
  return tab.until(20_000, async () => {
    const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
    // Firefox has no statistics of closed ones.
    const open = peerConnections.filter(({ signalingState }) => signalingState !== 'closed');
    const reports = await Promise.all(open.map((each) => each.getStats()));
    const all = reports.flatMap((report) => [...report.values()] as RTCInboundRtpStreamStats[]);
    const inbound = (kind: string) => all.filter((each) => each.type === 'inbound-rtp' && each.kind === kind);
    const pictures = inbound('video').some(({ framesDecoded }) => (framesDecoded ?? 0) > 5);
    const sound = inbound('audio').some(({ packetsReceived }) => (packetsReceived ?? 0) > 0);
    return pictures && sound && Date.now();
  }) as Promise<number>;
}
