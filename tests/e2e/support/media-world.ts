// Two people in a call with everything a room can hold, made over the wire without a browser: no media flows, but the
// worker has real transports, producers and consumers to be asked about.
import type { Wire } from './wire.ts';

export const dtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array<string>(32).fill('AB').join(':') }],
};

const opus = { mimeType: 'audio/opus', clockRate: 48000, channels: 2 };

export const rtpCapabilities = {
  codecs: [{ ...opus, kind: 'audio', preferredPayloadType: 100, parameters: {}, rtcpFeedback: [] }],
  headerExtensions: [],
};

export const rtpParameters = (ssrc: number, cname: string) => ({
  mid: String(ssrc),
  codecs: [{ ...opus, payloadType: 111, parameters: { useinbandfec: 1 }, rtcpFeedback: [] }],
  headerExtensions: [],
  encodings: [{ ssrc }],
  rtcp: { cname },
});

/** What one device has in a room. */
export interface Held {
  callId: string;
  transportId: string;
  receivingId: string;
  producerId: string;
  dataProducerId: string;
  consumerId: string;
  dataConsumerId: string;
}

let nextSsrc = 1000;

/** Transports, a producer and a data producer of a device that has a seat in the call. */
export async function enterRoom(wire: Wire, callId: string): Promise<Held> {
  const transport = async (producing: boolean) => {
    const { id } = await wire.request('createWebRtcTransport', {
      callId,
      producing,
      consuming: !producing,
      sctpCapabilities: { numStreams: { OS: 1024, MIS: 1024 } },
    });
    await wire.request('connectWebRtcTransport', { callId, transportId: id, dtlsParameters });
    return id as string;
  };
  const [transportId, receivingId] = [await transport(true), await transport(false)];
  await wire.request('join', { callId, displayName: 'X', rtpCapabilities });
  const { producerId } = await wire.request('produce', {
    callId,
    transportId,
    kind: 'audio',
    rtpParameters: rtpParameters(++nextSsrc, 'x'),
  });
  const { dataProducerId } = await wire.request('produceData', {
    callId,
    transportId,
    sctpStreamParameters: { streamId: 0 },
    label: 'chat',
  });
  return { callId, transportId, receivingId, producerId, dataProducerId, consumerId: '', dataConsumerId: '' };
}

/** The first of `people` calls the others, all answer and enter the room; each gets consumers of the others. */
export async function callWithMedia(people: Wire[]): Promise<Held[]> {
  const [caller, ...callees] = people as [Wire, ...Wire[]];
  const { callId } = await caller.request('start-call', {
    callees: callees.map((one) => one.welcome.userId as string),
    media: 'audio',
  });
  for (const callee of callees) {
    await callee.untilHeard('call-started', (data) => data.callId === callId);
    await callee.request('accept-call', { callId });
  }
  const held: Held[] = [];
  for (const person of people) held.push(await enterRoom(person, callId));
  for (const [i, person] of people.entries()) {
    const consumer = await person.untilHeard('newConsumer', (data) => data.callId === callId);
    const dataConsumer = await person.untilHeard('newDataConsumer', (data) => data.callId === callId);
    held[i]!.consumerId = consumer.consumerId;
    held[i]!.dataConsumerId = dataConsumer.dataConsumerId;
  }
  return held;
}
