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

export interface Arrival {
  /** When the page began to load, and when the first picture was decoded and sound had come, by the machine's clock. */
  pageAt: number;
  mediaAt: number;
}

/** It looks in the page itself, since a question from outside takes longer than what is measured. */
export function receives(tab: Tab): Promise<Arrival> {
  return tab.until(20_000, async () => {
    const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
    const has = async (kind: string, field: 'framesDecoded' | 'packetsReceived') => {
      // Of one that is closed meanwhile Firefox would answer nothing at all.
      const open = peerConnections.filter(({ connectionState }) => connectionState === 'connected');
      const reports = await Promise.all(open.map((each) => each.getStats()));
      const all = reports.flatMap((report) => [...report.values()] as RTCInboundRtpStreamStats[]);
      return all.some((each) => each.type === 'inbound-rtp' && each.kind === kind && (each[field] ?? 0) > 0);
    };
    for (const end = Date.now() + 1500; Date.now() < end;) {
      const both = (await has('video', 'framesDecoded')) && (await has('audio', 'packetsReceived'));
      if (both) return { pageAt: Math.round(performance.timeOrigin), mediaAt: Date.now() };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }) as Promise<Arrival>;
}
