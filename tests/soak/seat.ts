// What one phone has in the room of a call: transports, producers of sound, pictures and data, and what the others' offer.
// No media flows; the worker has the objects all the same.
import { dtlsParameters, rtpParameters } from '../e2e/support/media-world.ts';
import type { Phone } from './phone.ts';
import type { Random } from './random.ts';

const vp8 = { mimeType: 'video/VP8', clockRate: 90000 };
const capabilities = {
  codecs: [
    {
      mimeType: 'audio/opus',
      kind: 'audio',
      clockRate: 48000,
      channels: 2,
      preferredPayloadType: 100,
      parameters: {},
      rtcpFeedback: [],
    },
    {
      ...vp8,
      kind: 'video',
      preferredPayloadType: 101,
      parameters: {},
      rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
    },
  ],
  headerExtensions: [],
};

/** Three layers, as a browser sends them. */
const simulcast = (ssrc: number) => ({
  mid: String(ssrc),
  codecs: [{ ...vp8, payloadType: 96, parameters: {}, rtcpFeedback: [{ type: 'nack', parameter: 'pli' }] }],
  headerExtensions: [],
  encodings: [0, 1, 2].map((layer) => ({ ssrc: ssrc + layer, scalabilityMode: 'L1T3' })),
  rtcp: { cname: 'soak' },
});

let nextSsrc = 1000;

/** Of the others with everything, each: sound, pictures and data. */
export const offers_of_everything = 3;

export class Seat {
  /** Where the worker of this room listens for UDP; 0: not known, since all transports are to be TCP. */
  port = 0;
  private sending = '';
  private receiving = '';
  private producers: string[] = [];
  private dataProducers: string[] = [];
  private consumers: string[] = [];

  constructor(
    private readonly phone: Phone,
    private readonly random: Random,
    private readonly callId: string,
    private readonly everything = false,
  ) {}

  private ask(method: string, data: object): Promise<any> {
    return this.phone.ask(method, { callId: this.callId, ...data });
  }

  /** Also anew, after media-restart: what there was is void. */
  async enter(): Promise<void> {
    this.producers = [];
    this.dataProducers = [];
    this.consumers = [];
    this.sending = await this.transport(true);
    this.receiving = await this.transport(false);
    await this.ask('join', { displayName: 'X', rtpCapabilities: capabilities });
    await this.produce('audio');
    if (this.everything || this.random.happens(0.6)) await this.produce('video');
    if (this.everything || this.random.happens(0.5)) await this.produceData();
  }

  /** Whether the worker still answers for both transports. */
  async isAlive(): Promise<boolean> {
    const both = [this.sending, this.receiving].map((transportId) => this.ask('getTransportStats', { transportId }));
    return (await Promise.all(both)).every(Boolean);
  }

  /** One thing that somebody in a call may do. */
  async fidget(): Promise<void> {
    const { random } = this;
    const producerId = random.of(this.producers);
    const consumerId = random.of(this.consumers);
    switch (random.whole(0, 9)) {
      case 0:
        await this.ask('pauseProducer', { producerId });
        return void (await this.ask('resumeProducer', { producerId }));
      case 1:
        await this.ask('pauseConsumer', { consumerId });
        return void (await this.ask('resumeConsumer', { consumerId }));
      case 2:
        return void (await this.ask('restartIce', { transportId: random.of([this.sending, this.receiving]) }));
      case 3:
        await this.ask('closeProducer', { producerId });
        this.producers = this.producers.filter((id) => id !== producerId);
        return void (await this.produce(random.of(['audio', 'video'])));
      case 4:
        return void (await this.ask('setConsumerPreferredLayers', {
          consumerId,
          spatialLayer: random.whole(0, 2),
          temporalLayer: random.whole(0, 2),
        }));
      case 5:
        return void (await this.ask('requestConsumerKeyFrame', { consumerId }));
      case 6:
        return void (await this.ask('getTransportStats', { transportId: this.sending }));
      case 7:
        await this.ask('getProducerStats', { producerId });
        return void (await this.ask('getConsumerStats', { consumerId }));
      case 8:
        return void (await this.ask('setConsumerPriority', { consumerId, priority: random.whole(1, 255) }));
      default:
        return void (await this.produceData());
    }
  }

  offered(consumerId: string): void {
    this.consumers.push(consumerId);
  }

  private async transport(producing: boolean): Promise<string> {
    const made = await this.ask('createWebRtcTransport', {
      producing,
      consuming: !producing,
      forceTcp: this.random.happens(0.1),
      sctpCapabilities: { numStreams: { OS: 1024, MIS: 1024 } },
    });
    if (!made) return 'none';
    const { world } = this.phone;
    const port = made.iceCandidates[0].port as number;
    if (made.iceCandidates[0].protocol === 'udp') this.port = port;
    if (!world.workerPorts.includes(port)) world.workerPorts = [port, ...world.workerPorts].slice(0, 2);
    await this.ask('connectWebRtcTransport', { transportId: made.id, dtlsParameters });
    return made.id as string;
  }

  private async produce(kind: 'audio' | 'video'): Promise<void> {
    nextSsrc += 3;
    const parameters = kind === 'audio' ? rtpParameters(nextSsrc, 'soak') : simulcast(nextSsrc);
    const made = await this.ask('produce', { transportId: this.sending, kind, rtpParameters: parameters });
    if (made) this.producers.push(made.producerId as string);
  }

  private async produceData(): Promise<void> {
    const streamId = this.dataProducers.length;
    const stream = { streamId, ordered: streamId % 2 === 0, ...(streamId % 2 ? { maxRetransmits: 3 } : {}) };
    const data = { transportId: this.sending, sctpStreamParameters: stream, label: 'chat' };
    const made = await this.ask('produceData', data);
    if (made) this.dataProducers.push(made.dataProducerId as string);
  }
}
