// From a browser's RTCStatsReport to TransportStats. Pure. Names: https://www.w3.org/TR/webrtc-stats/

import type { EngineTransportState } from './engine.js';
import type { StreamStats, TrackSource, TransportStats } from './types.js';

/** The members we read, of whatever kind of entry; each browser leaves some out. */
interface Entry {
  id: string;
  type: string;
  kind?: 'audio' | 'video';
  selectedCandidatePairId?: string;
  selected?: boolean;
  nominated?: boolean;
  state?: string;
  localCandidateId?: string;
  currentRoundTripTime?: number;
  availableOutgoingBitrate?: number;
  availableIncomingBitrate?: number;
  protocol?: string;
  candidateType?: string;
  trackIdentifier?: string;
  mediaSourceId?: string;
  bytesReceived?: number;
  bytesSent?: number;
  packetsReceived?: number;
  packetsSent?: number;
  packetsLost?: number;
  jitter?: number;
  framesDecoded?: number;
  framesEncoded?: number;
  frameWidth?: number;
  frameHeight?: number;
  framesPerSecond?: number;
  audioLevel?: number;
  remoteId?: string;
}

export function readTransportStats(
  report: RTCStatsReport,
  state: EngineTransportState,
  sources: ReadonlyMap<string, TrackSource>,
  consumers: ReadonlyMap<string, string>,
): TransportStats {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => entries.push(entry));
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const pair = selectedPair(entries, byId);
  const local = pair?.localCandidateId ? byId.get(pair.localCandidateId) : undefined;
  const streams = [
    ...entries.filter(({ type }) => type === 'inbound-rtp').map((one) => inbound(one, consumers)),
    ...outbound(entries, byId, sources),
  ].filter((stream) => stream !== null);
  return {
    state,
    roundTripMs: pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
    availableBitrateBps: pair?.availableOutgoingBitrate ?? pair?.availableIncomingBitrate ?? null,
    bytes: (pair?.bytesSent ?? 0) + (pair?.bytesReceived ?? 0),
    bytesReceived: pair?.bytesReceived ?? 0,
    protocol: local?.protocol ?? null,
    relayed: local?.candidateType === 'relay',
    streams,
  };
}

function selectedPair(entries: readonly Entry[], byId: ReadonlyMap<string, Entry>): Entry | undefined {
  const transport = entries.find(({ type }) => type === 'transport');
  const selected = transport?.selectedCandidatePairId;
  if (selected !== undefined) return byId.get(selected);
  // Firefox has no transport entry, and says `selected` in the pair.
  return entries.find(
    (entry) =>
      entry.type === 'candidate-pair' &&
      (entry.selected === true || (entry.nominated === true && entry.state === 'succeeded')),
  );
}

function inbound(entry: Entry, consumers: ReadonlyMap<string, string>): StreamStats | null {
  const trackId = consumers.get(entry.trackIdentifier ?? '');
  if (trackId === undefined) return null; // mediasoup-client's own probing stream.
  const kind = entry.kind ?? 'audio';
  return {
    kind,
    source: kind === 'audio' ? 'microphone' : 'camera', // call.ts knows better.
    trackId,
    userId: null,
    bytes: entry.bytesReceived ?? 0,
    packets: entry.packetsReceived ?? 0,
    packetsLost: entry.packetsLost ?? 0,
    jitterMs: entry.jitter === undefined ? null : entry.jitter * 1000,
    frames: entry.framesDecoded ?? 0,
    ...picture(entry),
    audioLevel: entry.audioLevel ?? null,
  };
}

/** The layers of a simulcast camera are one stream to whoever looks at it: the largest, with the bytes of all. */
function outbound(
  entries: readonly Entry[],
  byId: ReadonlyMap<string, Entry>,
  sources: ReadonlyMap<string, TrackSource>,
): StreamStats[] {
  const bySource = new Map<TrackSource, StreamStats>();
  for (const entry of entries) {
    if (entry.type !== 'outbound-rtp') continue;
    const media = entry.mediaSourceId === undefined ? undefined : byId.get(entry.mediaSourceId);
    const source = sources.get(media?.trackIdentifier ?? entry.trackIdentifier ?? '');
    if (!source) continue; // Between two tracks.
    const remote = entry.remoteId === undefined ? undefined : byId.get(entry.remoteId);
    const before = bySource.get(source);
    const larger = !before || (entry.frameWidth ?? 0) > (before.width ?? 0);
    const now: StreamStats = {
      kind: entry.kind ?? 'audio',
      source,
      trackId: null,
      userId: null,
      bytes: (before?.bytes ?? 0) + (entry.bytesSent ?? 0),
      packets: (before?.packets ?? 0) + (entry.packetsSent ?? 0),
      packetsLost: (before?.packetsLost ?? 0) + (remote?.packetsLost ?? 0),
      jitterMs: remote?.jitter === undefined ? (before?.jitterMs ?? null) : remote.jitter * 1000,
      frames: Math.max(before?.frames ?? 0, entry.framesEncoded ?? 0),
      ...(larger || !before
        ? picture(entry)
        : { width: before.width, height: before.height, framesPerSecond: before.framesPerSecond }),
      audioLevel: media?.audioLevel ?? null,
    };
    bySource.set(source, now);
  }
  return [...bySource.values()];
}

function picture(entry: Entry): Pick<StreamStats, 'width' | 'height' | 'framesPerSecond'> {
  return {
    width: entry.frameWidth ?? null,
    height: entry.frameHeight ?? null,
    framesPerSecond: entry.framesPerSecond ?? null,
  };
}
