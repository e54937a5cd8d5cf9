// The media methods of the fake server: who has joined a room, what each sends, and who is offered it. Nothing flows.

import type { ClientMethod, WireMediaState, WirePeer } from '../protocol.js';
import type { FakeCall, FakeProducerEntry } from './fake-call.js';
import type { FakeServer } from './fake-server.js';
import { afterAnswer, Refusal, type Data, type FakeSession, type Handler } from './fake-session.js';

const ICE = { usernameFragment: 'ufrag', password: 'password', iceLite: true };

export class FakeRooms {
  readonly #server: Pick<FakeServer, 'callOf' | 'nextId' | 'notify' | 'request'>;

  constructor(server: Pick<FakeServer, 'callOf' | 'nextId' | 'notify' | 'request'>) {
    this.#server = server;
  }

  readonly handlers: { [M in ClientMethod]?: Handler } = {
    getRouterRtpCapabilities: () => ({ codecs: [], headerExtensions: [] }),
    createWebRtcTransport: (session, data) => this.createTransport(session, data),
    connectWebRtcTransport: (session, data) => this.#checkTransport(session, data),
    getTransportStats: (session, data) => {
      this.#checkTransport(session, data);
      return { stats: [] };
    },
    restartIce: (session, data) => {
      this.#checkTransport(session, data);
      return { ...ICE, iceParameters: ICE };
    },
    join: (session, data) => {
      const call = this.#seated(session, data);
      if (call.joined.has(session.peerId)) throw new Refusal(409, 'conflict', 'joined already');
      const others = this.#inRoom(call, session);
      call.joined.add(session.peerId);
      afterAnswer(() => {
        this.#handOut(call, session);
        for (const other of others) {
          this.#server.notify(other, 'newPeer', { callId: call.id, ...peerOf(session) });
        }
      });
      return { peers: others.map(peerOf) };
    },
    produce: (session, data) => {
      const call = this.#seated(session, data);
      this.#checkTransport(session, data);
      const producer: FakeProducerEntry = {
        id: this.#server.nextId('producer'),
        owner: session,
        kind: data['kind'] as 'audio' | 'video',
        appData: data['appData'] as Data,
        paused: data['paused'] === true,
      };
      call.producers.set(producer.id, producer);
      afterAnswer(() => {
        for (const other of this.#inRoom(call, session)) this.#handOut(call, other);
      });
      return { id: producer.id, producerId: producer.id };
    },
    pauseProducer: (session, data) => this.#setPaused(session, data, true),
    resumeProducer: (session, data) => this.#setPaused(session, data, false),
    closeProducer: (session, data) => {
      const call = this.#seated(session, data);
      afterAnswer(() => this.#closeProducer(call, data['producerId'] as string));
    },
    pauseConsumer: () => ({}),
    resumeConsumer: () => ({}),
    setConsumerPreferredLayers: () => ({}),
    requestConsumerKeyFrame: () => ({}),
  };

  createTransport(session: FakeSession, data: Data): unknown {
    const call = this.#seated(session, data);
    const id = this.#server.nextId('transport');
    call.transports.set(id, { session, consuming: data['consuming'] === true });
    afterAnswer(() => this.#handOut(call, session));
    return { id, transportId: id, iceParameters: ICE, iceCandidates: [], dtlsParameters: { fingerprints: [] } };
  }

  /** Another room takes the place of this one, and nobody is in it. */
  renew(call: FakeCall): void {
    for (const { session } of call.consumers.values()) {
      for (const [id, { frame }] of session.pending) {
        if ('method' in frame && frame.method === 'newConsumer') session.pending.delete(id);
      }
    }
    call.joined.clear();
    call.transports.clear();
    call.producers.clear();
    call.consumers.clear();
  }

  /** With its transports goes all that it sends, and the others see it go. */
  leave(call: FakeCall, session: FakeSession): void {
    call.joined.delete(session.peerId);
    for (const [id, transport] of call.transports) if (transport.session === session) call.transports.delete(id);
    for (const producer of [...call.producers.values()]) {
      if (producer.owner === session) this.#closeProducer(call, producer.id);
    }
    for (const other of this.#inRoom(call, session)) {
      this.#server.notify(other, 'peerClosed', { callId: call.id, peerId: session.peerId });
    }
  }

  /** What stands for a device that has joined. */
  stateFor(call: FakeCall, session: FakeSession): WireMediaState | undefined {
    if (!call.joined.has(session.peerId)) return undefined;
    return {
      peers: this.#inRoom(call, session).map(peerOf),
      transports: [...call.transports].flatMap(([id, { session: owner }]) => (owner === session ? [id] : [])),
      producers: [...call.producers.values()].filter(({ owner }) => owner === session).map(({ id }) => id),
      consumers: [...call.consumers].flatMap(([id, { session: to, producerId }]) =>
        to === session ? [{ id, producerId, producerPaused: call.producers.get(producerId)?.paused ?? false }] : [],
      ),
    };
  }

  /** What the others send and this one has not been offered, once it has joined and can receive. */
  #handOut(call: FakeCall, to: FakeSession): void {
    const ready = [...call.transports.values()].some(({ session, consuming }) => session === to && consuming);
    if (!ready || !call.joined.has(to.peerId)) return;
    const offered = new Set(
      [...call.consumers.values()].flatMap((one) => (one.session === to ? [one.producerId] : [])),
    );
    for (const producer of call.producers.values()) {
      if (producer.owner !== to && !offered.has(producer.id)) this.#consume(call, to, producer);
    }
  }

  #consume(call: FakeCall, to: FakeSession, producer: FakeProducerEntry): void {
    const id = this.#server.nextId('consumer');
    call.consumers.set(id, { session: to, producerId: producer.id });
    void this.#server.request(to, 'newConsumer', {
      callId: call.id,
      peerId: producer.owner.peerId,
      producerId: producer.id,
      id,
      consumerId: id,
      kind: producer.kind,
      rtpParameters: { codecs: [], headerExtensions: [], encodings: [], rtcp: {} },
      type: 'simple',
      producerPaused: producer.paused,
      appData: { ...producer.appData, peerId: producer.owner.peerId },
    });
  }

  #setPaused(session: FakeSession, data: Data, paused: boolean): void {
    const call = this.#seated(session, data);
    const producer = call.producers.get(data['producerId'] as string);
    if (!producer) throw new Refusal(404, 'not-found', 'no such producer');
    producer.paused = paused;
    afterAnswer(() => {
      for (const [consumerId, consumer] of call.consumers) {
        if (consumer.producerId !== producer.id) continue;
        const method = paused ? 'consumerPaused' : 'consumerResumed';
        this.#server.notify(consumer.session, method, { callId: call.id, consumerId });
      }
    });
  }

  #closeProducer(call: FakeCall, producerId: string): void {
    call.producers.delete(producerId);
    for (const [consumerId, consumer] of [...call.consumers]) {
      if (consumer.producerId !== producerId) continue;
      call.consumers.delete(consumerId);
      this.#server.notify(consumer.session, 'consumerClosed', { callId: call.id, consumerId });
    }
  }

  #seated(session: FakeSession, data: Data): FakeCall {
    const call = this.#server.callOf(data);
    if (!call.seatOf(session)) throw new Refusal(403, 'forbidden', 'not in this call');
    return call;
  }

  #checkTransport(session: FakeSession, data: Data): void {
    const { transports } = this.#seated(session, data);
    if (transports.get(String(data['transportId']))?.session !== session)
      throw new Refusal(404, 'not-found', 'no such transport');
  }

  #inRoom(call: FakeCall, except: FakeSession): FakeSession[] {
    return call.seats.filter((seat) => seat !== except && call.joined.has(seat.peerId));
  }
}

function peerOf({ peerId, deviceId, userId, name }: FakeSession): WirePeer {
  return { id: peerId, peerId, userId, deviceId, displayName: name };
}
