// Gives the same inputs to mediasoup's own node/lib/ortc.js and to our C++, and compares results and refusals.
//   node side_by_side.mjs PATH_OF_ORTC_DRIVER [INPUTS_PER_FUNCTION [SEED|random]]
// README.md beside this file says where the two may differ.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import {
  browsers,
  generate,
  mediaCodecs,
  recordedCapabilities,
  recordedProducers,
  recordedSctpStreams,
} from './inputs.mjs';
import { Random, clone, maybeBroken } from './random.mjs';
import { reasonsToRefuse } from './refusals.mjs';

const [driver, perFunction = '2500', seedText = '20261122'] = process.argv.slice(2);
const seed = seedText === 'random' ? Date.now() >>> 0 : Number(seedText);
const random = new Random(seed);
console.log(`seed ${seed}: to repeat, node side_by_side.mjs ortc_driver ${perFunction} ${seed}`);

const here = path.dirname(fileURLToPath(import.meta.url));
const lib = path.resolve(here, '../../../../node_modules/mediasoup/node/lib');
const { default: ortc } = await import(pathToFileURL(path.join(lib, 'ortc.js')).href);
const require = createRequire(import.meta.url);
const { parseScalabilityMode } = require(path.join(lib, 'scalabilityModesUtils.js'));
const { supportedRtpCapabilities } = require(path.join(lib, 'supportedRtpCapabilities.js'));

// The random SSRCs, which the driver gives as arguments.
const ssrcs = [];
require(path.join(lib, 'utils.js')).generateRandomNumber = () => ssrcs.shift();

// ---- the JavaScript side

// Typed values are always checked ones, as they are in Transport.produce() and consume(); so each value is checked first here too.
const capabilities = (value) => (ortc.validateAndNormalizeRtpCapabilities(value), value);
const parameters = (value) => (ortc.validateAndNormalizeRtpParameters(value), value);

const functions = {
  supportedRtpCapabilities: () => capabilities(clone(supportedRtpCapabilities)),
  validateRtpCapabilities: capabilities,
  validateRtpParameters: parameters,
  validateSctpStreamParameters: (value) => (ortc.validateAndNormalizeSctpStreamParameters(value), value),
  generateRouterRtpCapabilities: (codecs) => ortc.generateRouterRtpCapabilities(codecs),
  getProducerRtpParametersMapping: (params, router) => {
    const mapping = ortc.getProducerRtpParametersMapping(parameters(params), capabilities(router));
    return { mapping, params };
  },
  getConsumableRtpParameters: (kind, params, router, mapping) =>
    ortc.getConsumableRtpParameters(kind, parameters(params), capabilities(router), mapping),
  canConsume: (consumable, remote) => ortc.canConsume(parameters(consumable), remote),
  getConsumerRtpParameters: (consumable, remote, pipe, enableRtx) =>
    ortc.getConsumerRtpParameters({
      consumableRtpParameters: parameters(consumable),
      remoteRtpCapabilities: capabilities(remote),
      pipe,
      enableRtx,
    }),
  getPipeConsumerRtpParameters: (consumable, enableRtx) =>
    ortc.getPipeConsumerRtpParameters({ consumableRtpParameters: parameters(consumable), enableRtx }),
  parseScalabilityMode,
};

function runJavaScript(name, args) {
  ssrcs.splice(0, ssrcs.length, 111111111, 222222222);
  try {
    return { value: functions[name](...clone(args)) };
  } catch (error) {
    return {
      refused: { code: error.name === 'UnsupportedError' ? 'unsupported' : 'bad-request', detail: error.message },
    };
  }
}

// ---- what a typed value keeps of a result: our fields, and nothing for a falsy thing of another type

const given = (entries) => Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
const text = (value) => (typeof value === 'string' ? value : undefined);
const number = (value) => (typeof value === 'number' ? value : undefined);
const feedback = ({ type, parameter }) => ({ type, parameter });
// mediasoup leaves an empty array where parameters belong as it is.
const pairs = (value) => ({ ...value });

const keep = {
  codec: (codec) =>
    given({
      kind: codec.kind,
      mimeType: codec.mimeType,
      payloadType: number(codec.payloadType),
      preferredPayloadType: number(codec.preferredPayloadType),
      clockRate: codec.clockRate,
      channels: codec.channels,
      parameters: pairs(codec.parameters),
      rtcpFeedback: codec.rtcpFeedback.map(feedback),
    }),
  capabilities: (value) => ({
    codecs: value.codecs.map(keep.codec),
    headerExtensions: value.headerExtensions.map(({ kind, uri, preferredId, preferredEncrypt, direction }) => ({
      kind,
      uri,
      preferredId,
      preferredEncrypt,
      direction,
    })),
  }),
  encoding: (encoding) =>
    given({
      ssrc: number(encoding.ssrc),
      rid: text(encoding.rid),
      codecPayloadType: number(encoding.codecPayloadType),
      rtx: encoding.rtx ? { ssrc: encoding.rtx.ssrc } : undefined,
      dtx: encoding.dtx,
      scalabilityMode: text(encoding.scalabilityMode),
      maxBitrate: number(encoding.maxBitrate),
    }),
  parameters: (value) =>
    given({
      mid: text(value.mid),
      // Codecs of parameters have no kind; one that a client adds is an unknown field.
      codecs: value.codecs.map((codec) => keep.codec({ ...codec, kind: undefined, preferredPayloadType: undefined })),
      headerExtensions: value.headerExtensions.map((extension) => ({
        uri: extension.uri,
        id: extension.id,
        encrypt: extension.encrypt,
        parameters: pairs(extension.parameters),
      })),
      encodings: value.encodings.map(keep.encoding),
      rtcp: given({ cname: text(value.rtcp.cname), reducedSize: value.rtcp.reducedSize }),
      msid: text(value.msid),
    }),
  sctpStream: (value) =>
    given({
      streamId: value.streamId,
      ordered: value.ordered,
      maxPacketLifeTime: number(value.maxPacketLifeTime),
      maxRetransmits: number(value.maxRetransmits),
    }),
  mapping: (value) => ({
    codecs: value.codecs,
    encodings: value.encodings.map(({ rid, ssrc, mappedSsrc }) =>
      given({ rid: text(rid), ssrc: number(ssrc), mappedSsrc }),
    ),
  }),
  as: (value) => value,
};

const kept = {
  supportedRtpCapabilities: keep.capabilities,
  validateRtpCapabilities: keep.capabilities,
  validateRtpParameters: keep.parameters,
  validateSctpStreamParameters: keep.sctpStream,
  generateRouterRtpCapabilities: (value) =>
    keep.capabilities({ ...value, codecs: value.codecs.map((c) => ({ channels: undefined, ...c })) }),
  getProducerRtpParametersMapping: ({ mapping, params }) => ({
    mapping: keep.mapping(mapping),
    params: keep.parameters(params),
  }),
  getConsumableRtpParameters: keep.parameters,
  canConsume: keep.as,
  getConsumerRtpParameters: keep.parameters,
  getPipeConsumerRtpParameters: keep.parameters,
  parseScalabilityMode: keep.as,
};

// ---- the inputs: first all that was recorded, then the generated ones

const routers = [
  ortc.generateRouterRtpCapabilities(clone(mediaCodecs)),
  ortc.generateRouterRtpCapabilities([clone(mediaCodecs[0]), clone(mediaCodecs[4])]),
  ortc.generateRouterRtpCapabilities([
    { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
    {
      kind: 'audio',
      mimeType: 'audio/multiopus',
      clockRate: 48000,
      channels: 6,
      parameters: { num_streams: 4, coupled_streams: 2 },
    },
    { kind: 'video', mimeType: 'video/H264', clockRate: 90000, parameters: { 'profile-level-id': '42100b' } },
    {
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90000,
      parameters: { 'packetization-mode': 1, 'profile-level-id': '64001f' },
    },
    { kind: 'video', mimeType: 'video/H264', clockRate: 90000 },
  ]),
].map(clone);

/** What a producer becomes in a router, or undefined if it cannot be there. */
function inRouter({ kind, rtpParameters }, router) {
  const mapped = runJavaScript('getProducerRtpParametersMapping', [rtpParameters, router]).value;
  if (!mapped) return undefined;
  const args = clone([kind, mapped.params, router, mapped.mapping]);
  const consumable = runJavaScript('getConsumableRtpParameters', args).value;
  return consumable && { args, consumable: clone(consumable) };
}

const recordedInRouter = recordedProducers.flatMap((producer) =>
  routers.map((router) => inRouter(producer, router)).filter(Boolean),
);

function anyInRouter() {
  for (;;) {
    const made = inRouter(generate.producer(random, 0), random.pick(routers));
    if (made) return made;
  }
}

function brokenMapping(args) {
  const [kind, params, router, mapping] = args;
  if (random.chance(0.1)) mapping.codecs.splice(random.below(mapping.codecs.length), 1);
  if (random.chance(0.1)) mapping.encodings.pop();
  if (random.chance(0.1) && mapping.codecs.length > 0)
    random.pick(mapping.codecs).mappedPayloadType = random.below(128);
  return [
    random.chance(0.9) ? kind : random.pick(['audio', 'video']),
    maybeBroken(random, params, 0.3),
    maybeBroken(random, router, 0.3),
    mapping,
  ];
}

/** One H264 codec on each side. */
function h264Pair() {
  const [sent, routed] = generate.h264Formats(random);
  const codec = { mimeType: 'video/H264', clockRate: 90000 };
  return [
    { codecs: [{ ...codec, payloadType: 102, parameters: sent }], encodings: [{ ssrc: 1 }] },
    ortc.generateRouterRtpCapabilities([{ ...codec, kind: 'video', parameters: routed }]),
  ];
}

const flags = [true, false];
const recorded = {
  supportedRtpCapabilities: [[]],
  validateRtpCapabilities: recordedCapabilities.map((value) => [value]),
  validateRtpParameters: recordedProducers.map(({ rtpParameters }) => [rtpParameters]),
  validateSctpStreamParameters: recordedSctpStreams.map((value) => [value]),
  generateRouterRtpCapabilities: [[mediaCodecs], [[]], ...supportedRtpCapabilities.codecs.map((codec) => [[codec]])],
  getProducerRtpParametersMapping: recordedProducers.flatMap(({ rtpParameters }) =>
    routers.map((router) => [rtpParameters, router]),
  ),
  getConsumableRtpParameters: recordedInRouter.map(({ args }) => args),
  canConsume: recordedInRouter.flatMap(({ consumable }) => recordedCapabilities.map((remote) => [consumable, remote])),
  getConsumerRtpParameters: recordedInRouter.flatMap(({ consumable }) =>
    recordedCapabilities.flatMap((remote) =>
      flags.flatMap((pipe) => flags.map((rtx) => [consumable, remote, pipe, rtx])),
    ),
  ),
  getPipeConsumerRtpParameters: recordedInRouter.flatMap(({ consumable }) => flags.map((rtx) => [consumable, rtx])),
  parseScalabilityMode: ['', 'L1T1', 'L3T3', 'S3T3_KEY', 'L2T2h', 'L10T99_KEY'].map((mode) => [mode]),
};

const generated = {
  validateRtpCapabilities: () => [generate.capabilities(random, routers)],
  validateRtpParameters: () => [generate.producer(random).rtpParameters],
  validateSctpStreamParameters: () => [generate.sctpStream(random)],
  generateRouterRtpCapabilities: () => [generate.mediaCodecs(random)],
  getProducerRtpParametersMapping: () => {
    if (random.chance(0.2)) return h264Pair();
    return [
      generate.producer(random, 0.3).rtpParameters,
      random.chance(0.9) ? random.pick(routers) : maybeBroken(random, random.pick(routers), 1),
    ];
  },
  getConsumableRtpParameters: () => brokenMapping(clone(anyInRouter().args)),
  canConsume: () => [maybeBroken(random, anyInRouter().consumable, 0.2), generate.capabilities(random, routers, 0.4)],
  getConsumerRtpParameters: () => [
    maybeBroken(random, anyInRouter().consumable, 0.2),
    generate.capabilities(random, routers, 0.3),
    random.chance(0.3),
    random.chance(0.6),
  ],
  getPipeConsumerRtpParameters: () => [maybeBroken(random, anyInRouter().consumable, 0.4), random.chance(0.5)],
  parseScalabilityMode: () => [generate.scalabilityMode(random)],
};

// ---- the comparison

function runCpp(requests) {
  const run = spawnSync(driver, { input: requests.map((r) => `${JSON.stringify(r)}\n`).join(''), maxBuffer: 1 << 30 });
  if (run.status !== 0)
    throw new Error(`ortc_driver ended with ${run.status ?? run.signal}: ${run.error ?? run.stderr}`);
  return String(run.stdout)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** What is wrong with our answer, or undefined. `notes` takes what was refused on purpose. */
function difference(name, args, theirs, ours, notes) {
  if (theirs.refused) {
    if (!ours.refused) return `ortc.js refuses it: ${theirs.refused.detail}`;
    // mediaCodecs are all checked before the first is looked for, so of two faults the other may be named.
    const sameCode = theirs.refused.code === ours.refused.code || name === 'generateRouterRtpCapabilities';
    return sameCode || anyReasons(name, args).length > 0
      ? undefined
      : `refused as ${ours.refused.code}, not ${theirs.refused.code}`;
  }
  const reasons = reasonsToRefuse(name, args);
  if (reasons.length > 0) {
    if (!ours.refused) return `accepted in spite of: ${reasons}`;
    notes.push(...new Set(reasons));
    return undefined;
  }
  if (ours.refused) return `refused, but ortc.js accepts it: ${ours.refused.detail}`;
  const expected = JSON.parse(JSON.stringify(kept[name](theirs.value)));
  return isDeepStrictEqual(ours.value, expected) ? undefined : `expected ${JSON.stringify(expected)}`;
}

/** Reasons for arguments that ortc.js itself refuses may not be countable: the value is too broken to walk through. */
function anyReasons(name, args) {
  try {
    return reasonsToRefuse(name, args);
  } catch {
    return ['broken'];
  }
}

const batchSize = 500;
const onPurpose = new Map();
let compared = 0;
let mismatches = 0;

function compareBatch(name, batch, counts) {
  const answers = runCpp(batch.map((args) => ({ function: name, arguments: args })));
  batch.forEach((args, i) => {
    const theirs = runJavaScript(name, args);
    const notes = [];
    const wrong = difference(name, args, theirs, answers[i], notes);
    for (const reason of notes) onPurpose.set(reason, (onPurpose.get(reason) ?? 0) + 1);
    compared += 1;
    if (wrong) counts.mismatches += 1;
    else if (theirs.refused) counts.refused += 1;
    else if (notes.length > 0) counts.onPurpose += 1;
    else counts.equal += 1;
    if (wrong && counts.mismatches <= 3)
      console.log(`MISMATCH ${name}: ${wrong}\n  ours ${JSON.stringify(answers[i])}\n  of   ${JSON.stringify(args)}`);
  });
}

for (const name of Object.keys(functions)) {
  const inputs = [...recorded[name]];
  for (let i = 0; generated[name] && i < Number(perFunction); ++i) inputs.push(generated[name]());
  const counts = { equal: 0, refused: 0, onPurpose: 0, mismatches: 0 };
  const all = inputs.map(clone);
  for (let start = 0; start < all.length; start += batchSize)
    compareBatch(name, all.slice(start, start + batchSize), counts);
  console.log(
    `${name}: ${all.length} inputs (${recorded[name].length} recorded): ` +
      `${counts.equal} equal results, ${counts.refused} refused by both, ` +
      `${counts.onPurpose} refused by us on purpose, ${counts.mismatches} mismatches`,
  );
  mismatches += counts.mismatches;
  // Inputs that are nearly all refused, or nearly all fine, would show little.
  if (counts.equal < all.length / 10) {
    console.log(`MISMATCH ${name} was hardly tried: ${counts.equal} equal results`);
    mismatches += 1;
  }
}

console.log(
  `browsers: ${Object.values(browsers)
    .map((browser) => browser.userAgent)
    .join('; ')}`,
);
for (const [reason, count] of [...onPurpose].sort((a, b) => b[1] - a[1]))
  console.log(`on purpose, ${count}: ${reason}`);
console.log(`${compared} inputs compared, ${mismatches} mismatches`);
process.exitCode = mismatches === 0 ? 0 : 1;
