// What somebody hears and sees of the one other, watched in his page for a while: whether sound goes on, and what comes of
// the picture.
import type { Person } from './browser.ts';

/** Counted from the beginning of the call, at one moment (https://www.w3.org/TR/webrtc-stats/). */
export interface Look {
  /** ms, by the page's clock. */
  at: number;
  audioBytes: number;
  audioPackets: number;
  audioLost: number;
  frames: number;
  width: number;
  height: number;
}

export interface Reception {
  /** The longest time in which no byte of sound came. */
  silenceMs: number;
  /** Whole seconds, and how many bytes of sound came in the poorest of them. */
  seconds: number;
  poorestBytes: number;
  audioLostPercent: number;
  framesPerSecond: number;
  /** The longest time without a new picture. */
  freezeMs: number;
  /** As it was last; 0: there was none. */
  width: number;
  height: number;
}

const everyMs = 100;

/** Begins to watch; what it resolves to ends that and tells. */
export async function watchReception(person: Person): Promise<() => Promise<Reception>> {
  const watching = await person.page.evaluateHandle((everyMs) => {
    const { peerConnections } = window as unknown as { peerConnections: RTCPeerConnection[] };
    const state = { looks: [] as Look[], timer: 0 };
    const look = async () => {
      // Those that are disconnected for a moment too: what they have counted stays.
      const open = peerConnections.filter((each) => each.signalingState !== 'closed');
      const reports = await Promise.all(open.map((each) => each.getStats()));
      const seen: Look = {
        at: performance.now(),
        audioBytes: 0,
        audioPackets: 0,
        audioLost: 0,
        frames: 0,
        width: 0,
        height: 0,
      };
      for (const each of reports.flatMap((report) => [...report.values()] as RTCInboundRtpStreamStats[])) {
        if (each.type !== 'inbound-rtp') continue;
        if (each.kind === 'audio') {
          seen.audioBytes += each.bytesReceived ?? 0;
          seen.audioPackets += each.packetsReceived ?? 0;
          seen.audioLost += each.packetsLost ?? 0;
        } else if (each.frameWidth) {
          seen.frames += each.framesDecoded ?? 0;
          seen.width = each.frameWidth;
          seen.height = each.frameHeight ?? 0;
        }
      }
      state.looks.push(seen);
      state.timer = window.setTimeout(() => void look(), everyMs);
    };
    void look();
    return state;
  }, everyMs);
  return async () => {
    const looks = await watching.evaluate((state) => {
      clearTimeout(state.timer);
      return state.looks;
    });
    await watching.dispose();
    return receptionOf(looks);
  };
}

export function receptionOf(looks: readonly Look[]): Reception {
  const [first, last] = [looks[0], looks.at(-1)];
  if (!first || !last || first === last) throw new Error('nobody has watched');
  const seconds = Math.floor((last.at - first.at) / 1000);
  // What had come by the end of each second, by the last look in it.
  const bytesBy = (ms: number) => looks.findLast(({ at }) => at <= first.at + ms)!.audioBytes;
  const inEach = Array.from({ length: seconds }, (_, n) => bytesBy((n + 1) * 1000) - bytesBy(n * 1000));
  const packets = last.audioPackets - first.audioPackets;
  // Fewer than before, when what was lost comes late.
  const lost = Math.max(0, last.audioLost - first.audioLost);
  return {
    silenceMs: longestRest(looks, ({ audioBytes }) => audioBytes),
    seconds,
    poorestBytes: Math.min(...inEach),
    audioLostPercent: packets + lost > 0 ? (lost * 100) / (packets + lost) : 0,
    framesPerSecond: ((last.frames - first.frames) * 1000) / (last.at - first.at),
    freezeMs: longestRest(looks, ({ frames }) => frames),
    width: last.width,
    height: last.height,
  };
}

/** The longest time in which this has not grown. */
function longestRest(looks: readonly Look[], count: (look: Look) => number): number {
  let [longest, grown] = [0, looks[0]!];
  for (const look of looks) {
    longest = Math.max(longest, look.at - grown.at);
    if (count(look) > count(grown)) grown = look;
  }
  return Math.round(longest);
}
