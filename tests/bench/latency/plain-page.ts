// The plain side of the benchmark: mediasoup-client and protoo-client in mediasoup-demo's order.
import { Device, type types } from 'mediasoup-client';
import protooClient from 'protoo-client';
import { firstFrame, now } from './first-frame';

declare global {
  interface Window {
    ended(): Promise<void>;
  }
}

// As our SDK captures and sends by default, and mediasoup-demo too: otherwise pixels would be compared, not flows.
const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

type Marks = Record<string, number>;

let peer: any;
let device: Device;
let transports: types.Transport[] = [];
let stream: MediaStream | undefined;
const listeners = new Map<string, (data: any) => void>();
const once = (method: string) => new Promise<any>((resolve) => listeners.set(method, resolve));
let frame: (at: number) => void = () => {};
let recv: types.Transport;
let over: Promise<unknown> = Promise.resolve();

async function transport(producing: boolean, marks: Marks): Promise<types.Transport> {
  const info = await peer.request('createWebRtcTransport', { producing, consuming: !producing });
  const made = producing ? device.createSendTransport(info) : device.createRecvTransport(info);
  transports.push(made);
  made.on('connect', ({ dtlsParameters }, done, fail) => {
    peer.request('connectWebRtcTransport', { transportId: made.id, dtlsParameters }).then(done, fail);
  });
  made.on('connectionstatechange', (state) => {
    if (state === 'connected') marks.dtls ??= now();
  });
  made.on('produce', ({ kind, rtpParameters }, done, fail) => {
    peer.request('produce', { kind, rtpParameters }).then(done, fail);
  });
  return made;
}

function markIce(ice: RTCIceTransport | undefined, marks: Marks): void {
  const look = () => {
    if (ice?.state === 'connected' || ice?.state === 'completed') marks.ice ??= now();
  };
  ice?.addEventListener('statechange', look);
  look();
}

async function media(marks: Marks): Promise<Marks> {
  const seen = new Promise<number>((resolve) => (frame = resolve));
  over = once('end-call');
  device = new Device();
  await device.load({ routerRtpCapabilities: await peer.request('getRouterRtpCapabilities') });
  const send = await transport(true, marks);
  recv = await transport(false, marks);
  marks.transports = now();
  await peer.request('join', { rtpCapabilities: (device as any).recvRtpCapabilities ?? device.rtpCapabilities });
  stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: picture });
  marks.captured = now();
  const audio = await send.produce({ track: stream.getAudioTracks()[0] });
  markIce(audio.rtpSender?.transport?.iceTransport, marks);
  await send.produce({ track: stream.getVideoTracks()[0], codecOptions: { videoGoogleStartBitrate: 1_000 } });
  marks.firstFrame = await seen;
  return marks;
}

Object.assign(window, {
  async connect(address: { ws: string }) {
    peer = new protooClient.Peer(new protooClient.WebSocketTransport(address.ws));
    peer.on('notification', (n: any) => listeners.get(n.method)?.(n.data));
    peer.on('request', (request: any, accept: () => void, reject: (code: number, reason: string) => void) => {
      recv
        .consume(request.data)
        .then((consumer) => {
          if (consumer.kind === 'video') void firstFrame(consumer.track).then((at) => frame(at));
          accept();
        })
        .catch((error) => reject(500, String(error)));
    });
    await new Promise<void>((resolve) => peer.on('open', resolve));
  },
  async call(callee: string) {
    const marks: Marks = { start: now() };
    const accepted = once('call-accepted');
    await peer.request('start-call', { callee });
    await accepted;
    marks.accepted = now();
    return media(marks);
  },
  async answer() {
    const { caller } = await once('call-started');
    const marks: Marks = { start: now() };
    await peer.request('accept-call', { caller });
    marks.accepted = now();
    return media(marks);
  },
  async end() {
    await peer.request('end-call', {});
    await window.ended();
  },
  async ended() {
    await over;
    for (const each of transports) each.close();
    transports = [];
    stream?.getTracks().forEach((track) => track.stop());
  },
});
