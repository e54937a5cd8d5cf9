// When the picture of somebody is there again after it was lost, by the clock of the page that shows it.
import type { JSHandle } from 'playwright-core';
import type { Person } from './browser.ts';

/**
 * Begins to wait, in the page, for a frame of another track than the one that is shown now. Asking from outside would take
 * longer than what is measured.
 */
export async function nextPicture(viewer: Person, of: Pick<Person, 'id'>): Promise<() => Promise<number>> {
  const waiting: JSHandle<{ at: Promise<number> }> = await viewer.page.evaluateHandle((tile) => {
    const shown = () => document.querySelector<HTMLVideoElement>(`[data-testid="${tile}"] video`);
    const trackOf = (video: HTMLVideoElement | null) =>
      (video?.srcObject as MediaStream | null)?.getVideoTracks()[0] ?? null;
    const before = trackOf(shown())?.id;
    let followed: MediaStreamTrack | null = null;
    const at = new Promise<number>((resolve) => {
      const watch = setInterval(() => {
        const video = shown();
        const track = trackOf(video);
        if (!video || !track || track.id === before || track === followed) return;
        followed = track;
        video.requestVideoFrameCallback(() => {
          if (trackOf(video) !== track) return; // It was replaced once more.
          clearInterval(watch);
          resolve(Date.now());
        });
      }, 5);
    });
    return { at };
  }, `tile-${of.id}`);
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${viewer.id} does not see ${of.id} again`)), 30_000);
    });
    try {
      return await Promise.race([waiting.evaluate(({ at }) => at), late]);
    } finally {
      clearTimeout(timer);
      await waiting.dispose();
    }
  };
}

/** Of so many, the one that 95 % do not exceed. */
export function p95(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]!;
}

export function report(what: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted[Math.floor(sorted.length / 2)];
  console.log(
    `${what}: of ${values.length} times half in ${half} ms, p95 ${p95(values)} ms, longest ${sorted.at(-1)} ms`,
  );
}

/** How sound comes in, watched in the page: the longest time in which no packet came, and the new connections meanwhile. */
export async function hearing(person: Person): Promise<() => Promise<{ silenceMs: number; connections: number }>> {
  const watching = await person.page.evaluateHandle(() => {
    const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
    const before = peerConnections.length;
    const state = { before, packets: -1, since: performance.now(), silenceMs: 0, reads: 0, timer: 0 };
    const look = async () => {
      const open = peerConnections.filter((each) => each.connectionState === 'connected');
      const reports = await Promise.all(open.map((each) => each.getStats()));
      const packets = reports
        .flatMap((each) => [...each.values()] as RTCInboundRtpStreamStats[])
        .filter((each) => each.type === 'inbound-rtp')
        .reduce((sum, each) => sum + (each.packetsReceived ?? 0), 0);
      const now = performance.now();
      if (packets !== state.packets) state.since = now;
      else state.silenceMs = Math.max(state.silenceMs, now - state.since);
      state.packets = packets;
      state.reads++;
      state.timer = window.setTimeout(() => void look(), 50);
    };
    void look();
    return state;
  });
  return async () => {
    const heard = await watching.evaluate((state) => {
      clearTimeout(state.timer);
      const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
      return {
        silenceMs: Math.round(state.silenceMs),
        reads: state.reads,
        connections: peerConnections.length - state.before,
      };
    });
    await watching.dispose();
    if (heard.reads < 2) throw new Error('nobody has listened');
    return heard;
  };
}

/**
 * Watches, in the page, when each frame of `of` is shown, whichever element shows it, from one that it waits for. Asking
 * gives the times so far, in milliseconds since the epoch.
 */
export async function frameTimes(viewer: Person, of: Pick<Person, 'id'>): Promise<() => Promise<number[]>> {
  const watching = await viewer.page.evaluateHandle((tile) => {
    const times: number[] = [];
    let followed: HTMLVideoElement | null = null;
    const follow = (video: HTMLVideoElement) => {
      video.requestVideoFrameCallback(() => {
        times.push(Date.now());
        if (followed === video) follow(video);
      });
    };
    setInterval(() => {
      const video = document.querySelector<HTMLVideoElement>(`[data-testid="${tile}"] video`);
      if (video === followed) return;
      followed = video;
      if (video) follow(video);
    }, 20);
    return times;
  }, `tile-${of.id}`);
  const times = () => watching.evaluate((each) => each);
  const until = Date.now() + 15_000;
  while ((await times()).length === 0) {
    if (Date.now() > until) throw new Error(`${viewer.id} does not see ${of.id}`);
  }
  return times;
}
