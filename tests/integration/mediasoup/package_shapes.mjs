// Makes one object of each kind with the npm package mediasoup, on the worker binary that CARILLON_WORKER names, and prints
// their dump(), getStats() and trace events as JSON by name. package_shapes_test.cpp makes the same and compares.
import * as mediasoup from 'mediasoup';

const worker = await mediasoup.createWorker({ workerBin: process.env.CARILLON_WORKER, logLevel: 'none' });
const router = await worker.createRouter({
  mediaCodecs: [
    { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2, parameters: { useinbandfec: 1 } },
    { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
  ],
});
const listenInfo = { protocol: 'udp', ip: '127.0.0.1' };
const webrtc = await router.createWebRtcTransport({ listenInfos: [listenInfo], enableSctp: true });
const plain = await router.createPlainTransport({ listenInfo, rtcpMux: false, enableSctp: true, enableSrtp: true });
const pipe = await router.createPipeTransport({ listenInfo, enableSctp: true, enableRtx: true, enableSrtp: true });
const direct = await router.createDirectTransport();

const audio = await direct.produce({
  kind: 'audio',
  rtpParameters: {
    mid: 'AUDIO',
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48000,
        channels: 2,
        parameters: { useinbandfec: 1, foo: 'bar' },
      },
    ],
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 10 },
      { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 12 },
    ],
    encodings: [{ ssrc: 11111111 }],
    rtcp: { cname: 'alice' },
  },
});
const video = await webrtc.produce({
  kind: 'video',
  rtpParameters: {
    mid: 'VIDEO',
    codecs: [
      {
        mimeType: 'video/VP8',
        payloadType: 112,
        clockRate: 90000,
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'goog-remb' }],
      },
      { mimeType: 'video/rtx', payloadType: 113, clockRate: 90000, parameters: { apt: 112 } },
    ],
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 10 },
      { uri: 'urn:3gpp:video-orientation', id: 13 },
    ],
    encodings: [22222220, 22222222, 22222224].map((ssrc) => ({
      ssrc,
      rtx: { ssrc: ssrc + 1 },
      scalabilityMode: 'L1T3',
    })),
    rtcp: { cname: 'alice' },
  },
});
const { rtpCapabilities } = router;
const audioConsumer = await direct.consume({ producerId: audio.id, rtpCapabilities });
const videoConsumer = await plain.consume({ producerId: video.id, rtpCapabilities });
const pipeConsumer = await pipe.consume({ producerId: video.id });
const chat = await direct.produceData({ label: 'chat', protocol: 'lines' });
const sctpChat = await webrtc.produceData({
  sctpStreamParameters: { streamId: 1, ordered: false, maxRetransmits: 2 },
  label: 'chat',
});
const chatConsumer = await direct.consumeData({ dataProducerId: chat.id, subchannels: [1] });
const sctpChatConsumer = await plain.consumeData({ dataProducerId: sctpChat.id });

// Five packets, seen by a trace of the producer and of the consumer.
await audio.enableTraceEvent(['rtp']);
await audioConsumer.enableTraceEvent(['rtp']);
const traced = (object) => new Promise((resolve) => object.once('trace', resolve));
const producerTrace = traced(audio);
const consumerTrace = traced(audioConsumer);
for (let number = 1; number <= 5; ++number) {
  const packet = Buffer.alloc(52, 0x5a);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(111, 1);
  packet.writeUInt16BE(number, 2);
  packet.writeUInt32BE(960 * number, 4);
  packet.writeUInt32BE(11111111, 8);
  audio.send(packet);
}

const objects = {
  webrtc,
  plain,
  pipe,
  direct,
  audio,
  video,
  audioConsumer,
  videoConsumer,
  pipeConsumer,
  chat,
  sctpChat,
  chatConsumer,
  sctpChatConsumer,
};
const shown = { producerTrace: await producerTrace, consumerTrace: await consumerTrace };
for (const [name, object] of Object.entries(objects)) {
  shown[`${name}.dump`] = await object.dump();
  shown[`${name}.getStats`] = await object.getStats();
}
// The package has some 64-bit numbers as BigInt, which JSON does not know.
console.log(JSON.stringify(shown, (key, value) => (typeof value === 'bigint' ? Number(value) : value)));
worker.close();
