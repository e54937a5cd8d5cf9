// A client made of npm's protoo-client and mediasoup-client alone, in the order of mediasoup-demo: no line of our SDK.
import { Device, type types } from 'mediasoup-client';
import protooClient from 'protoo-client';

interface Report {
  log: string[];
  received: Record<string, number>;
}

class BareClient {
  readonly log: string[] = [];
  private readonly peer: InstanceType<typeof protooClient.Peer>;
  private readonly device = new Device();
  private readonly tracks = new Map<string, HTMLVideoElement>();
  private recv?: types.Transport;
  private callId = '';

  constructor(url: string) {
    this.peer = new protooClient.Peer(new protooClient.WebSocketTransport(url));
    this.peer.on('notification', (n) => this.log.push(n.method));
    this.peer.on('request', (request, accept, reject) => {
      if (request.method !== 'newConsumer') return reject(403, 'not wanted');
      this.consume(request.data).then(
        () => accept(),
        (error) => reject(500, String(error)),
      );
    });
  }

  ready(): Promise<void> {
    return this.until('welcome');
  }
  async until(method: string): Promise<void> {
    while (!this.log.includes(method)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  async ring(): Promise<string> {
    return new Promise((resolve) => {
      this.peer.on('notification', (n) => {
        if (n.method === 'call-started') resolve(n.data.callId);
      });
    });
  }
  async start(callee: string): Promise<string> {
    const call: any = await this.peer.request('start-call', { callees: [callee], media: 'video' });
    this.callId = call.callId;
    return call.callId;
  }
  async accept(callId: string): Promise<void> {
    this.callId = callId;
    await this.peer.request('accept-call', { callId });
  }
  async end(): Promise<void> {
    await this.peer.request('end-call', { callId: this.callId });
  }

  async joinRoom(): Promise<void> {
    const routerRtpCapabilities: any = await this.peer.request('getRouterRtpCapabilities');
    await this.device.load({ routerRtpCapabilities });
    const send = await this.transport(true);
    this.recv = await this.transport(false);
    await this.peer.request('join', {
      displayName: 'bare',
      device: { flag: 'chrome', name: 'Chrome', version: '1' },
      rtpCapabilities: (this.device as any).recvRtpCapabilities ?? this.device.rtpCapabilities,
    });
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    await send.produce({ track: stream.getAudioTracks()[0] });
    await send.produce({ track: stream.getVideoTracks()[0] });
  }

  report(): Report {
    const received: Record<string, number> = {};
    for (const [kind, element] of this.tracks) {
      received[kind] =
        kind === 'video' ? element.getVideoPlaybackQuality().totalVideoFrames : Math.round(element.currentTime * 1000);
    }
    return { log: this.log, received };
  }

  private async transport(producing: boolean): Promise<types.Transport> {
    const info: any = await this.peer.request('createWebRtcTransport', {
      forceTcp: false,
      producing,
      consuming: !producing,
    });
    const transport = producing ? this.device.createSendTransport(info) : this.device.createRecvTransport(info);
    transport.on('connect', ({ dtlsParameters }, done, fail) => {
      this.peer.request('connectWebRtcTransport', { transportId: transport.id, dtlsParameters }).then(done, fail);
    });
    if (producing) {
      transport.on('produce', ({ kind, rtpParameters, appData }, done, fail) => {
        this.peer
          .request('produce', { transportId: transport.id, kind, rtpParameters, appData })
          .then((made: any) => done({ id: made.id }), fail);
      });
    }
    return transport;
  }

  private async consume(data: any): Promise<void> {
    const consumer = await this.recv!.consume(data);
    const element = document.createElement('video');
    element.autoplay = true;
    element.muted = true;
    element.srcObject = new MediaStream([consumer.track]);
    document.body.append(element);
    this.tracks.set(consumer.kind, element);
  }
}

Object.assign(window, { BareClient });
