// What ortc.js accepts and a typed value cannot hold, so that we refuse it: the whole list, and nothing else.
//
// Most of it would not get through mediasoup either: its next step writes these numbers into the worker's schema, where
// they wrap around or throw. The test holds that we refuse exactly what this list names, and never accept what ortc.js refuses.

const bytes = (text) => Buffer.byteLength(text);
const isWhole = (value, min, max) => Number.isInteger(value) && value >= min && value <= max;
const uint8 = 255;
const uint16 = 65535;
const uint32 = 4294967295;

class List {
  reasons = [];
  when(condition, reason) {
    if (condition) this.reasons.push(reason);
  }
  /** A number that is given must be whole and in range. */
  number(value, min, max, reason) {
    this.when(typeof value === 'number' && !isWhole(value, min, max), reason);
  }
  text(value, max, reason) {
    this.when(typeof value === 'string' && bytes(value) > max, reason);
  }
  /** JavaScript takes an array for an object without our fields. It is a mistake, and says nothing. */
  object(value) {
    this.when(Array.isArray(value), 'an array where an object belongs');
  }
  count(value, max) {
    this.when(Array.isArray(value) && value.length > max, 'more elements than anybody needs');
  }

  parameters(value) {
    if (!value || typeof value !== 'object') return;
    this.when(Array.isArray(value) && value.length > 0, 'an array where an object belongs');
    this.when(Object.keys(value).length > 64, 'more elements than anybody needs');
    for (const [key, each] of Object.entries(value)) {
      this.text(key, 255, 'a text of absurd size');
      this.text(each, 1024, 'a text of absurd size');
    }
  }

  /** Capabilities and parameters of a codec. */
  codec(codec) {
    // RFC 6838: the names of media types are visible ASCII. JavaScript also folds the Kelvin sign into a k.
    this.when(!/^[\x21-\x7e]+$/.test(codec.mimeType), 'a media type with blanks or beyond ASCII');
    this.text(codec.mimeType, 255, 'a text of absurd size');
    this.number(codec.preferredPayloadType, 0, 127, 'a payload type beyond 7 bits');
    this.number(codec.payloadType, 0, 127, 'a payload type beyond 7 bits');
    this.number(codec.clockRate, 0, uint32, 'a clock rate that is no uint32');
    if (/^audio/i.test(codec.mimeType)) this.number(codec.channels, 0, uint8, 'a number of channels that is no uint8');
    this.parameters(codec.parameters);
    if (!Array.isArray(codec.rtcpFeedback)) return;
    this.count(codec.rtcpFeedback, 64);
    for (const feedback of codec.rtcpFeedback) {
      this.text(feedback.type, 255, 'a text of absurd size');
      this.text(feedback.parameter, 255, 'a text of absurd size');
    }
  }

  capabilities(capabilities) {
    this.object(capabilities);
    this.count(capabilities.codecs, 128);
    for (const codec of capabilities.codecs || []) this.codec(codec);
    this.count(capabilities.headerExtensions, 255);
    for (const extension of capabilities.headerExtensions || []) {
      this.text(extension.uri, 1024, 'a text of absurd size');
      this.number(extension.preferredId, 0, uint8, 'a header extension id that is no uint8');
      this.when(
        extension.direction && !['sendrecv', 'sendonly', 'recvonly', 'inactive'].includes(extension.direction),
        'an unknown direction',
      );
    }
  }

  encoding(encoding) {
    this.object(encoding);
    this.number(encoding.ssrc, 0, uint32, 'an SSRC that is no uint32');
    this.text(encoding.rid, 255, 'a text of absurd size');
    // ortc.js looks at neither of these two; writing them for the worker throws, or makes other numbers of them.
    this.number(encoding.codecPayloadType, 0, 127, 'a payload type beyond 7 bits');
    this.when(
      encoding.codecPayloadType && typeof encoding.codecPayloadType !== 'number',
      'a payload type that is no number',
    );
    this.number(encoding.maxBitrate, 0, Number.MAX_SAFE_INTEGER, 'a bitrate that is no whole number');
    this.when(encoding.maxBitrate && typeof encoding.maxBitrate !== 'number', 'a bitrate that is no number');
    if (encoding.rtx) this.number(encoding.rtx.ssrc, 0, uint32, 'an SSRC that is no uint32');
    this.text(encoding.scalabilityMode, 255, 'a text of absurd size');
  }

  rtpParameters(params) {
    this.text(params.mid, 255, 'a text of absurd size');
    this.text(params.msid, 1024, 'a text of absurd size');
    this.count(params.codecs, 128);
    for (const codec of params.codecs) this.codec(codec);
    this.count(params.headerExtensions, 255);
    for (const extension of params.headerExtensions || []) {
      this.text(extension.uri, 1024, 'a text of absurd size');
      this.number(extension.id, 0, uint8, 'a header extension id that is no uint8');
      this.parameters(extension.parameters);
    }
    this.count(params.encodings, 16);
    for (const encoding of params.encodings || []) this.encoding(encoding);
    if (params.rtcp) this.object(params.rtcp);
    this.text(params.rtcp?.cname, 255, 'a text of absurd size');
  }

  sctpStream(params) {
    this.number(params.streamId, 0, 65534, 'a stream id beyond 0..65534');
    this.number(params.maxPacketLifeTime, 0, uint16, 'a reliability that is no uint16');
    this.number(params.maxRetransmits, 0, uint16, 'a reliability that is no uint16');
  }

  /** A router's own capabilities; in C++ every codec of a router has its payload type. */
  router(capabilities) {
    this.capabilities(capabilities);
    for (const codec of capabilities.codecs || [])
      this.when(typeof codec.preferredPayloadType !== 'number', 'a router codec without a payload type');
  }
}

/** Why we refuse these arguments of this function, given that ortc.js takes them. */
export function reasonsToRefuse(name, args) {
  const list = new List();
  switch (name) {
    case 'validateRtpCapabilities':
      list.capabilities(args[0]);
      break;
    case 'validateRtpParameters':
      list.rtpParameters(args[0]);
      break;
    case 'validateSctpStreamParameters':
      list.sctpStream(args[0]);
      break;
    case 'generateRouterRtpCapabilities':
      for (const codec of args[0]) list.codec(codec);
      break;
    case 'getProducerRtpParametersMapping':
      list.rtpParameters(args[0]);
      list.router(args[1]);
      break;
    case 'getConsumableRtpParameters':
      list.rtpParameters(args[1]);
      list.router(args[2]);
      break;
    case 'canConsume':
    case 'getConsumerRtpParameters':
      list.rtpParameters(args[0]);
      list.capabilities(args[1]);
      break;
    case 'getPipeConsumerRtpParameters':
      list.rtpParameters(args[0]);
      break;
    default:
  }
  return list.reasons;
}
