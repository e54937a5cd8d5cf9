// What comes in from a room: each consumer that the server offers becomes a track, which is told, and goes as the server
// says. Whose track it is and where it is shown is for others to know.

import type { Tell } from './emitter.js';
import type { EngineConsumer, EngineTransport } from './engine.js';
import { sourceOf, worst } from './media-words.js';
import type { MediaNotifications, ServerRequests, WireMediaState } from './protocol.js';
import type { RoomRequests } from './room-requests.js';
import type { CallTimings, TrackSource } from './types.js';

/** A track of another peer. */
export interface IncomingTrack {
  consumerId: string;
  peerId: string;
  source: TrackSource;
  track: MediaStreamTrack;
  muted: boolean;
  score: number | null;
}

export type ConsumerEvents = {
  'track-added': [track: IncomingTrack];
  'track-removed': [consumerId: string];
  'track-muted': [consumerId: string, muted: boolean];
  'track-score': [consumerId: string, score: number];
  timing: [step: keyof CallTimings];
};

export interface ConsumersContext {
  readonly requests: Pick<RoomRequests, 'request'>;
  readonly tell: Tell<ConsumerEvents>;
  /** Over which they come, as soon as it is there. */
  transport(): Promise<EngineTransport>;
}

export class RoomConsumers {
  readonly #context: ConsumersContext;
  readonly #consumers = new Map<string, EngineConsumer>();
  /** Being set up: a repeated announcement waits for the same. */
  readonly #consuming = new Map<string, Promise<void>>();
  #closed = false;

  constructor(context: ConsumersContext) {
    this.#context = context;
  }

  /** A track for us. The answer lets it flow, so it is given when the browser is ready for the first packet. */
  async handleNew(data: ServerRequests['newConsumer']): Promise<void> {
    if (this.#consumers.has(data.id)) return;
    let consuming = this.#consuming.get(data.id);
    if (!consuming) {
      consuming = this.#consume(data).finally(() => this.#consuming.delete(data.id));
      this.#consuming.set(data.id, consuming);
    }
    await consuming;
  }

  async #consume(data: ServerRequests['newConsumer']): Promise<void> {
    const transport = await this.#context.transport();
    const { id, producerId, kind, rtpParameters, peerId, appData } = data;
    const source = sourceOf(kind, appData);
    const streamId = `${peerId}-${source.startsWith('screen') ? 'screen' : 'person'}`;
    const consumer = await transport.consume({ id, producerId, kind, rtpParameters, streamId });
    if (this.#closed) {
      consumer.close();
      return;
    }
    this.#consumers.set(id, consumer);
    this.#context.tell('timing', 'firstTrack');
    this.#context.tell('track-added', {
      consumerId: id,
      peerId,
      source,
      track: consumer.track,
      muted: data.producerPaused,
      score: data.consumerScore ? worst(data.consumerScore) : null,
    });
  }

  handleScore({ consumerId, score }: MediaNotifications['consumerScore']): void {
    this.#context.tell('track-score', consumerId, worst(score));
  }

  handlePaused(consumerId: string, paused: boolean): void {
    this.#afterConsuming(consumerId, () => this.#context.tell('track-muted', consumerId, paused));
  }

  handleClosed(consumerId: string): void {
    this.#afterConsuming(consumerId, () => this.#remove(consumerId));
  }

  /** After a reconnect: what stands on the server. */
  reconcile(state: WireMediaState['consumers']): void {
    const standing = new Map(state.map((consumer) => [consumer.id, consumer]));
    for (const id of [...this.#consumers.keys(), ...this.#consuming.keys()]) {
      const consumer = standing.get(id);
      if (consumer) this.handlePaused(id, consumer.producerPaused);
      else this.handleClosed(id);
    }
  }

  async setPreferredLayers(consumerId: string, spatialLayer: number, temporalLayer?: number): Promise<void> {
    const layers = { spatialLayer, ...(temporalLayer !== undefined && { temporalLayer }) };
    await this.#context.requests.request('setConsumerPreferredLayers', { consumerId, ...layers });
  }

  async setEnabled(consumerId: string, enabled: boolean): Promise<void> {
    await this.#context.requests.request(enabled ? 'resumeConsumer' : 'pauseConsumer', { consumerId });
  }

  /** Some were lost. A browser waits three seconds for them before it asks for a whole picture. */
  requestKeyFrames(): void {
    for (const [consumerId, { track }] of this.#consumers) {
      if (track.kind !== 'video') continue;
      this.#context.requests.request('requestConsumerKeyFrame', { consumerId }).catch(() => undefined);
    }
  }

  /** Their transport goes, and they with it. */
  close(): void {
    this.#closed = true;
    this.#consumers.clear();
  }

  /** News of a consumer may come while it is being set up. */
  #afterConsuming(consumerId: string, act: () => void): void {
    const consuming = this.#consuming.get(consumerId);
    if (consuming) consuming.then(act, () => undefined);
    else act();
  }

  #remove(id: string): void {
    this.#consumers.get(id)?.close();
    if (this.#consumers.delete(id)) this.#context.tell('track-removed', id);
  }
}
