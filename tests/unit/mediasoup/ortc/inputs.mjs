// The inputs of the side-by-side test: what real browsers said (fixtures/), and endless variations of it.
import fs from 'node:fs';
import { clone, maybeBroken } from './random.mjs';

const read = (name) => JSON.parse(fs.readFileSync(new URL(`fixtures/${name}.json`, import.meta.url)));

export const browsers = { chromium: read('chromium'), firefox: read('firefox') };
export const mediaCodecs = read('router').mediaCodecs;

export const recordedCapabilities = Object.values(browsers).flatMap((browser) => [
  browser.recvRtpCapabilities,
  browser.sendRtpCapabilities,
  browser.native.recvonly,
  browser.native.sendonly,
  ...browser.senderCapabilities.map((capabilities, i) => ({
    // RTCRtpSender.getCapabilities() has no kinds; this is what a client that knows no better would send.
    codecs: capabilities.codecs,
    headerExtensions: capabilities.headerExtensions.map((extension, id) => ({
      ...extension,
      kind: ['audio', 'video'][i],
      preferredId: id + 1,
    })),
  })),
]);

export const recordedProducers = Object.values(browsers)
  .flatMap((browser) => browser.produced)
  .filter((produced) => produced.rtpParameters)
  .map(({ kind, rtpParameters }) => ({ kind, rtpParameters }));

export const recordedSctpStreams = Object.values(browsers).flatMap((browser) => browser.sctpStreamParameters);

const profileLevelIds = [
  '42e01f',
  '42e034',
  '42001f',
  '42c01f',
  '4d001f',
  '4d0032',
  '4d401f',
  '640c1f',
  '64001f',
  '640034',
  'f4001f',
  '42f00b',
  '42100b',
  '4d100b',
  '640b0b',
  '42e00a',
  '42e00b',
  '58c01f',
  '58801f',
  '4d801f',
  '42E01F',
  '42e0ff',
  '000000',
  'nonsense',
  '42e01',
  '',
  0,
  420031,
];
/** Levels of one profile each, with 1b and its neighbours. */
const sameProfile = [
  ['42e00a', '42e00b', '42f00b', '42e00c', '42e01f', '42e034', '4d801f', '58c01f'],
  ['42000a', '42000b', '42100b', '42001f', '58800b', '58901f', '58900b'],
  ['4d000a', '4d100b', '4d000b', '4d001f', '4d0032', '4d401f'],
  ['64001f', '640034', '640c1f', '640b0b', '64100b'],
  ['f4001f', 'f40034', 'f4000a'],
];
const formats = {
  'video/h264': (random) => ({
    ...(random.chance(0.8) && { 'packetization-mode': random.pick([0, 1, 1, 1, '1', '']) }),
    ...(random.chance(0.9) && { 'profile-level-id': random.pick(profileLevelIds) }),
    ...(random.chance(0.6) && { 'level-asymmetry-allowed': random.pick([0, 1, 1, '1', 2]) }),
  }),
  'video/vp9': (random) => (random.chance(0.8) ? { 'profile-id': random.pick([0, 0, 2, '0', '2', '', 1.5]) } : {}),
  'audio/multiopus': (random) => ({
    channel_mapping: '0,4,1,2,3,5',
    num_streams: random.pick([2, 4, 4, 5, '4']),
    coupled_streams: random.pick([2, 2, 3, '2']),
  }),
};

const catalogue = [
  ['audio/opus', 48000, 2],
  ['audio/multiopus', 48000, 4],
  ['audio/multiopus', 48000, 6],
  ['audio/multiopus', 48000, 8],
  ['audio/PCMU', 8000, 1],
  ['audio/PCMA', 8000],
  ['audio/ISAC', 16000],
  ['audio/SILK', 24000],
  ['audio/CN', 32000],
  ['audio/telephone-event', 48000],
  ['audio/red', 48000, 2],
  ['video/VP8', 90000],
  ['video/VP9', 90000],
  ['video/H264', 90000],
  ['video/h264', 90000],
  ['video/AV1', 90000],
  ['video/H265', 90000],
  ['video/ulpfec', 90000],
];

function withFormat(random, codec) {
  const format = formats[codec.mimeType.toLowerCase()];
  if (format) codec.parameters = { ...codec.parameters, ...format(random) };
  return codec;
}

/** A codec as in a router's mediaCodecs. */
function mediaCodec(random) {
  const [mimeType, clockRate, channels] = random.pick(catalogue);
  return withFormat(random, {
    kind: mimeType.split('/')[0],
    mimeType,
    clockRate,
    ...(channels && { channels }),
    ...(random.chance(0.2) && { preferredPayloadType: random.pick([0, 8, 96, 100, 101, 127, 1 + random.below(127)]) }),
    ...(random.chance(0.3) && { parameters: { useinbandfec: 1 } }),
  });
}

/** A producer of several codecs, each with its RTX. Browsers negotiate one; the API allows more. */
function addCodecsOf(rtpParameters, other) {
  const used = rtpParameters.codecs.map((codec) => codec.payloadType);
  rtpParameters.codecs.push(...other.rtpParameters.codecs.filter((codec) => !used.includes(codec.payloadType)));
}

export const generate = {
  mediaCodecs(random) {
    if (random.chance(0.3)) return maybeBroken(random, random.some(mediaCodecs), 0.4);
    // Now and then more than there are payload types for.
    const count = random.chance(0.03) ? 20 + random.below(20) : random.below(5);
    return maybeBroken(
      random,
      Array.from({ length: count }, () => mediaCodec(random)),
      0.4,
    );
  },

  /** `routers` are the capabilities of routers that could be made. */
  capabilities(random, routers, chance = 0.5) {
    const base = clone(random.pick(random.chance(0.7) ? recordedCapabilities : routers));
    base.codecs = random.some(base.codecs, 24);
    if (base.headerExtensions.length > 0) base.headerExtensions = random.some(base.headerExtensions);
    for (const codec of base.codecs) if (random.chance(0.2)) withFormat(random, codec);
    return maybeBroken(random, base, chance);
  },

  producer(random, chance = 0.5) {
    const { kind, rtpParameters } = clone(random.pick(recordedProducers));
    if (random.chance(0.25))
      addCodecsOf(rtpParameters, clone(random.pick(recordedProducers.filter((p) => p.kind === kind))));
    for (const codec of rtpParameters.codecs) if (random.chance(0.3)) withFormat(random, codec);
    if (random.chance(0.2)) {
      const [mimeType, clockRate, channels] = random.pick(catalogue);
      const codec = { mimeType, payloadType: 35 + random.below(90), clockRate, ...(channels && { channels }) };
      rtpParameters.codecs.splice(
        random.below(2),
        0,
        withFormat(random, { ...codec, rtcpFeedback: [{ type: 'nack' }] }),
      );
    }
    if (random.chance(0.2)) rtpParameters.codecs = random.some(rtpParameters.codecs);
    for (const encoding of rtpParameters.encodings) {
      if (random.chance(0.2)) encoding.scalabilityMode = this.scalabilityMode(random);
      if (random.chance(0.2)) encoding.maxBitrate = random.below(5_000_000);
      if (random.chance(0.1)) encoding.dtx = true;
    }
    if (random.chance(0.1)) rtpParameters.encodings = [];
    if (random.chance(0.1)) rtpParameters.msid = 'stream track';
    return {
      kind: random.chance(0.95) ? kind : random.pick(['audio', 'video']),
      rtpParameters: maybeBroken(random, rtpParameters, chance),
    };
  },

  /** A producer's and a router's format of H264, often of the same profile, so that it comes to the levels. */
  h264Formats(random) {
    const profile = random.pick(sameProfile);
    const format = () => ({
      ...(random.chance(0.1) && { 'packetization-mode': 1 }),
      'profile-level-id': random.pick(profile),
      ...(random.chance(0.5) && { 'level-asymmetry-allowed': random.pick([0, 1, 1, '1']) }),
    });
    return [format(), format()];
  },

  sctpStream(random) {
    if (random.chance(0.3)) return maybeBroken(random, random.pick(recordedSctpStreams), 0.7);
    const number = () =>
      random.pick([0, 1, 100, 5000, 65535, 65536, -1, 1.5, null, false, '', '5', undefined, undefined]);
    return maybeBroken(
      random,
      clone({
        streamId: random.pick([0, 1, 1, 2, 1023, 65534, 65535, 70000, -1, 0.5]),
        ordered: random.pick([true, false, false, undefined, undefined, null, 1]),
        maxPacketLifeTime: number(),
        maxRetransmits: number(),
      }),
      0.2,
    );
  },

  scalabilityMode(random) {
    const count = () => random.pick(['1', '2', '3', '9', '10', '99', '0', '100', '', '03', 'x']);
    const mode = `${random.pick(['L', 'L', 'L', 'S', 'M', 'l', ''])}${count()}${random.pick(['T', 'T', 'T', 't', ''])}${count()}`;
    return `${mode}${random.pick(['', '', '_KEY', '_KEY_SHIFT', 'h', '_key'])}`;
  },
};
