// The plain flow to compare with: what one writes in an afternoon with protoo-server and mediasoup, in mediasoup-demo's
// order. One call at a time, no rings by timers, no resume: less work than ours for each message, if anything.
import http from 'node:http';
import * as mediasoup from 'mediasoup';
import protoo from 'protoo-server';

// mediasoup-demo's, which are ours as well: each makes the browsers' SDP longer.
const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
  { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 2 } },
  ...['4d0032', '42e01f'].map((profile) => ({
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': profile, 'level-asymmetry-allowed': 1 },
  })),
];

export async function startPlainServer(workerBin) {
  const worker = await mediasoup.createWorker({ workerBin, logLevel: 'error' });
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: ['udp', 'tcp'].map((protocol) => ({ protocol, ip: '127.0.0.1' })),
  });
  const server = http.createServer((_request, response) => response.end('plain'));
  const sockets = new protoo.WebSocketServer(server);
  const room = new protoo.Room();
  let router;

  // protoo's `data` can be filled, not replaced.
  function reset(peer) {
    for (const name of Object.keys(peer.data)) delete peer.data[name];
    peer.data.producers = [];
  }
  async function consume(peer, from, producer) {
    const transport = peer.data.recv;
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: peer.data.rtpCapabilities,
      paused: true,
    });
    await peer.request('newConsumer', {
      peerId: from.id,
      producerId: producer.id,
      id: consumer.id,
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
    });
    await consumer.resume();
  }
  const others = (peer) => room.peers.filter((other) => other !== peer && other.data.joined);

  const methods = {
    'start-call': async (peer, { callee }) => {
      router = await worker.createRouter({ mediaCodecs });
      await room.getPeer(callee).notify('call-started', { caller: peer.id });
      return {};
    },
    'accept-call': async (_peer, { caller }) => {
      await room.getPeer(caller).notify('call-accepted', {});
      return {};
    },
    'end-call': async () => {
      router.close();
      for (const peer of room.peers) {
        reset(peer);
        peer.notify('end-call', {}).catch(() => {});
      }
      return {};
    },
    getRouterRtpCapabilities: async () => router.rtpCapabilities,
    createWebRtcTransport: async (peer, { consuming }) => {
      const transport = await router.createWebRtcTransport({
        webRtcServer,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
        initialAvailableOutgoingBitrate: 1_000_000,
      });
      peer.data[consuming ? 'recv' : 'send'] = transport;
      const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
      return { id, iceParameters, iceCandidates, dtlsParameters };
    },
    connectWebRtcTransport: async (peer, { transportId, dtlsParameters }) => {
      await [peer.data.send, peer.data.recv].find((t) => t?.id === transportId).connect({ dtlsParameters });
      return {};
    },
    join: async (peer, { rtpCapabilities }) => {
      Object.assign(peer.data, { joined: true, rtpCapabilities });
      setImmediate(() => {
        for (const other of others(peer)) {
          for (const producer of other.data.producers) consume(peer, other, producer).catch(() => {});
        }
      });
      return { peers: others(peer).map(({ id }) => ({ id })) };
    },
    produce: async (peer, { kind, rtpParameters }) => {
      const producer = await peer.data.send.produce({ kind, rtpParameters });
      peer.data.producers.push(producer);
      setImmediate(() => {
        for (const other of others(peer)) consume(other, peer, producer).catch(() => {});
      });
      return { id: producer.id };
    },
  };

  sockets.on('connectionrequest', (info, accept) => {
    const user = new URL(info.request.url, 'http://localhost').searchParams.get('peerId');
    serve(room.createPeer(user, accept()));
  });
  function serve(peer) {
    reset(peer);
    peer.on('request', (request, accept, reject) => {
      methods[request.method](peer, request.data).then(accept, (error) => reject(500, error.message));
    });
  }
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    address: async (user) => ({ page: `http://127.0.0.1:${port}/`, ws: `ws://127.0.0.1:${port}/?peerId=${user}` }),
    stop: () => {
      worker.close();
      server.close();
    },
  };
}
