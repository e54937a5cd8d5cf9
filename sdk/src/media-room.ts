// The media of one call in one room of the server: opens the room and joins its parts, which are the paths, what we send
// over the one, and what comes in over the other. When the server puts another room in the place of this one, media.ts lets
// it go and makes a new one; nothing here outlives its room.
// Order matters for speed: the three requests that open the room leave in one burst, and nothing waits that need not.

import { Emitter, type Tell } from './emitter.js';
import type { EngineProducer, EngineProduceOptions, EngineTransport } from './engine.js';
import { CarillonError } from './errors.js';
import type { MediaLink } from './media-link.js';
import { asMediaError, isRoomGone, normalized } from './media-words.js';
import type { MediaMethod, MediaNotifications, ServerRequests, WireMediaState, WirePeer } from './protocol.js';
import { RoomConsumers, type ConsumerEvents } from './room-consumers.js';
import { RoomOpening, type Unanswered } from './room-opening.js';
import { RoomPaths, type PathsEvents } from './room-paths.js';
import { RoomProducers, type ProducerEvents } from './room-producers.js';
import { RoomRequests } from './room-requests.js';
import type { TransportStats } from './types.js';

/** `changed` also tells that it is joined. */
export type RoomEvents = PathsEvents &
  ProducerEvents &
  ConsumerEvents & {
    peer: [peer: WirePeer];
    'peer-gone': [peerId: string];
    'active-speaker': [peerId: string | null];
    /** There is something to send over. */
    sendable: [];
    /** The server has no such room or transport any more, and has not said so yet. */
    doubtful: [];
  };

export class MediaRoom extends Emitter<RoomEvents> {
  readonly #link: MediaLink;
  readonly #opening: RoomOpening;
  readonly #requests: RoomRequests;
  readonly #paths: RoomPaths;
  readonly #producers: RoomProducers;
  readonly #consumers: RoomConsumers;
  /** Those that the server has made for us. */
  readonly #transportIds = new Set<string>();
  #joined = false;
  #closed = false;

  /** `before`: what the room had asked whose place this one takes. Null: it is the first. */
  constructor(link: MediaLink, { before, signalling }: { before: Unanswered | null; signalling: boolean }) {
    super();
    this.#link = link;
    const tell: Tell<RoomEvents> = (event, ...args) => this.emit(event, ...args);
    const requests = new RoomRequests(link, () => tell('doubtful'));
    this.#requests = requests;
    this.#opening = new RoomOpening(link, before);
    const onLoss = (): unknown => link.doubtNetwork();
    const onReturn = (): void => this.#consumers.requestKeyFrames();
    this.#paths = new RoomPaths({ requests, tell, onLoss, onReturn }, signalling);
    this.#producers = new RoomProducers({ requests, tell });
    this.#consumers = new RoomConsumers({ requests, tell, transport: () => this.#paths.transport('recv') });
  }

  get joined(): boolean {
    return this.#joined;
  }
  /** Something is sent or received, or is about to be. */
  get used(): boolean {
    return this.#paths.used;
  }
  get flowing(): boolean {
    return this.#paths.flowing;
  }
  /** A path that stood is gone, and is being mended. */
  get lost(): boolean {
    return this.#paths.lost;
  }

  /** Opens both transports and joins. Rejects if the server refuses. */
  async open(): Promise<void> {
    // All three in this very tick, if the engine is loaded: the server answers them in order, after one round trip.
    const send = this.#openPath('send');
    const recv = this.#openPath('recv');
    const join = this.#link.engine.loaded ? this.#join() : this.#link.loadEngine().then(() => this.#join());
    try {
      const [peers] = await Promise.all([join, send, recv]);
      if (this.#closed) return;
      this.#joined = true;
      this.emit('timing', 'transportReady');
      for (const peer of peers) this.emit('peer', peer);
      this.emit('changed');
    } catch (cause) {
      const error = asMediaError(cause, 'the room cannot be joined');
      this.#paths.fail(error);
      throw error;
    }
  }

  #join(): Promise<readonly WirePeer[]> {
    const { device, engine } = this.#link;
    return this.#opening.join(engine.rtpCapabilities, device);
  }

  async #openPath(direction: EngineTransport['direction']): Promise<void> {
    const answer = await this.#opening.createTransport(direction);
    const transportId = answer.id;
    this.#transportIds.add(transportId);
    await this.#link.loadEngine();
    if (this.#closed) return;
    const { engine, iceServers } = this.#link;
    const transport = engine.createTransport({
      direction,
      transport: normalized(answer),
      iceServers,
      connect: async (dtlsParameters) => {
        const data = { transportId, dtlsParameters };
        await this.#requests.requestOwn('connectWebRtcTransport', data, { refusedTwiceIsDone: true });
      },
      produce: (parameters) => this.#producers.announce(transportId, parameters),
    });
    transport.on('timing', (step) => this.emit('timing', step));
    this.#paths.add(transport);
    if (direction === 'send') this.emit('sendable');
  }

  /** For the room that takes the place of this one. */
  takeUnanswered(): Unanswered {
    return this.#opening.takeUnanswered();
  }

  /** Begins to send a track. The producer is there before the server has answered; its `id` tells of that. */
  async produce(options: EngineProduceOptions): Promise<EngineProducer> {
    const transport = await this.#paths.transport('send');
    return transport.produce(options);
  }

  setProducerPaused(producer: EngineProducer, paused: boolean): Promise<void> {
    return this.#producers.setPaused(producer, paused);
  }

  closeProducer(producer: EngineProducer): Promise<void> {
    return this.#producers.close(producer);
  }

  setPreferredLayers(consumerId: string, spatialLayer: number, temporalLayer?: number): Promise<void> {
    return this.#consumers.setPreferredLayers(consumerId, spatialLayer, temporalLayer);
  }

  setConsumerEnabled(consumerId: string, enabled: boolean): Promise<void> {
    return this.#consumers.setEnabled(consumerId, enabled);
  }

  handleNewConsumer(data: ServerRequests['newConsumer']): Promise<void> {
    return this.#consumers.handleNew(data);
  }

  handleNotification(method: MediaMethod, data: MediaNotifications[MediaMethod]): void {
    switch (method) {
      case 'newPeer':
        return this.emit('peer', data as MediaNotifications['newPeer']);
      case 'peerClosed':
        return this.emit('peer-gone', (data as MediaNotifications['peerClosed']).peerId);
      case 'activeSpeaker':
        return this.emit('active-speaker', (data as MediaNotifications['activeSpeaker']).peerId ?? null);
      case 'producerScore':
        return this.#producers.handleScore(data as MediaNotifications['producerScore']);
      case 'consumerScore':
        return this.#consumers.handleScore(data as MediaNotifications['consumerScore']);
      case 'consumerPaused':
      case 'consumerResumed': {
        const { consumerId } = data as MediaNotifications['consumerPaused'];
        return this.#consumers.handlePaused(consumerId, method === 'consumerPaused');
      }
      case 'consumerClosed':
        return this.#consumers.handleClosed((data as MediaNotifications['consumerClosed']).consumerId);
      case 'consumerLayersChanged':
        return; // The picture itself shows it.
    }
  }

  /**
   * After a reconnect: is this room still the one that the server has? It lists what is ours of whoever has joined; for
   * one who has not yet, only a question tells.
   */
  stands(state: WireMediaState | undefined): boolean | Promise<boolean> {
    const [transportId] = this.#transportIds;
    if (transportId === undefined) return true; // What was asked is asked again, of the room that is there.
    if (state) return [...this.#transportIds].every((id) => state.transports.includes(id));
    if (this.#joined) return false;
    return this.#requests.request('getTransportStats', { transportId }).then(
      () => true,
      (error: unknown) => !isRoomGone(error),
    );
  }

  /** After a reconnect: what of this room stands on the server, whose words we may have missed. */
  reconcile(state: WireMediaState): void {
    for (const peer of state.peers) this.emit('peer', peer);
    this.#consumers.reconcile(state.consumers);
    void this.#producers.closeForgotten(state.producers);
  }

  handleSignalling(up: boolean): void {
    this.#paths.handleSignalling(up);
  }

  handleNetworkChange(): void {
    this.#paths.handleNetworkChange();
  }

  getStats(): Promise<{ send: TransportStats | null; recv: TransportStats | null }> {
    return this.#paths.getStats();
  }

  /** Says nothing more. Its tracks are dead, and it is for the caller to tell whom that concerns. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.clearListeners();
    const error = new CarillonError('call-ended', 'this room is over');
    this.#requests.close(error);
    this.#opening.close(error);
    this.#paths.close(error);
    this.#consumers.close();
  }
}
