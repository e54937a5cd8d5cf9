import { describe, expect, it } from 'vitest';
import type { EngineTransport } from '../src/engine.js';
import type { ServerRequests } from '../src/protocol.js';
import { RoomConsumers, type ConsumerEvents } from '../src/room-consumers.js';
import { Deferred } from '../src/waiting.js';
import { fakeTransport, listen, Questions } from './room-parts.js';

function make() {
  const server = new Questions();
  const { told, tell } = listen<ConsumerEvents>();
  const transport = fakeTransport('recv');
  const there = new Deferred<EngineTransport>();
  const consumers = new RoomConsumers({ requests: server, tell, transport: () => there.promise });
  return { server, told, transport, consumers, arrive: () => there.resolve(transport) };
}

/** With one of the other's camera and one of the microphone. */
async function consuming() {
  const made = make();
  made.arrive();
  await made.consumers.handleNew(offer('cam', 'video'));
  await made.consumers.handleNew(offer('mic', 'audio'));
  made.told.length = 0;
  return made;
}

function offer(id: string, kind: 'audio' | 'video'): ServerRequests['newConsumer'] {
  const rtpParameters = { codecs: [] };
  const terms = { peerId: 'bob', producerId: `${id}-p`, rtpParameters, type: 'simple', producerPaused: false } as const;
  return { ...terms, id, kind, appData: {} };
}

describe('What comes in', () => {
  it('is a track when the browser has it, and what is said twice is one', async () => {
    const { consumers, told, transport, arrive } = make();
    const both = Promise.all([consumers.handleNew(offer('cam', 'video')), consumers.handleNew(offer('cam', 'video'))]);
    expect(told).toEqual([]);
    arrive();
    await both;
    await consumers.handleNew(offer('cam', 'video'));
    expect(told).toEqual(['timing firstTrack', 'track-added']);
    expect(transport.consumers).toHaveLength(1);
  });

  it('may be offered again if the browser could not take it', async () => {
    const { consumers, told, transport, arrive } = make();
    arrive();
    const { consume } = transport;
    transport.consume = () => Promise.reject(new Error('no such codec'));
    await expect(consumers.handleNew(offer('cam', 'video'))).rejects.toThrow('no such codec');
    transport.consume = consume;
    await consumers.handleNew(offer('cam', 'video'));
    expect(told).toEqual(['timing firstTrack', 'track-added']);
  });

  it('is muted and gone after it was there, though the word of it came before', async () => {
    const { consumers, told, transport, arrive } = make();
    const handled = consumers.handleNew(offer('cam', 'video'));
    consumers.handlePaused('cam', true);
    consumers.handleClosed('cam');
    expect(told).toEqual([]);
    arrive();
    await handled;
    expect(told.slice(1)).toEqual(['track-added', 'track-muted cam true', 'track-removed cam']);
    expect(transport.consumers[0]!.track.readyState).toBe('ended');
  });

  it('goes once, and is as good as the worse of its two ways', async () => {
    const { consumers, told } = await consuming();
    consumers.handleScore({ consumerId: 'cam', score: { score: 9, producerScore: 4 } });
    consumers.handleClosed('cam');
    consumers.handleClosed('cam');
    expect(told).toEqual(['track-score cam 4', 'track-removed cam']);
  });

  it('is let go if the room is over before it is there', async () => {
    const { consumers, told, transport, arrive } = make();
    const handled = consumers.handleNew(offer('cam', 'video'));
    consumers.close();
    arrive();
    await handled;
    expect(told).toEqual([]);
    expect(transport.consumers[0]!.track.readyState).toBe('ended');
  });

  it('is after a reconnect what the server says', async () => {
    const { consumers, told } = await consuming();
    consumers.reconcile([{ id: 'mic', producerId: 'mic-p', producerPaused: true }]);
    expect(told).toEqual(['track-removed cam', 'track-muted mic true']);
  });

  it('is so too where it is not there yet', async () => {
    const { consumers, told, arrive } = make();
    const both = Promise.all([consumers.handleNew(offer('cam', 'video')), consumers.handleNew(offer('mic', 'audio'))]);
    consumers.reconcile([{ id: 'mic', producerId: 'mic-p', producerPaused: true }]);
    arrive();
    await both;
    expect(told.slice(-2)).toEqual(['track-removed cam', 'track-muted mic true']);
  });

  it('is asked for as the app wants it', async () => {
    const { consumers, server } = await consuming();
    void consumers.setPreferredLayers('cam', 1);
    void consumers.setPreferredLayers('cam', 2, 0);
    void consumers.setEnabled('cam', false);
    void consumers.setEnabled('cam', true);
    expect(server.asked.map(({ method, data }) => [method, data])).toEqual([
      ['setConsumerPreferredLayers', { consumerId: 'cam', spatialLayer: 1 }],
      ['setConsumerPreferredLayers', { consumerId: 'cam', spatialLayer: 2, temporalLayer: 0 }],
      ['pauseConsumer', { consumerId: 'cam' }],
      ['resumeConsumer', { consumerId: 'cam' }],
    ]);
  });

  it('has its pictures asked for as a whole, and its sound not', async () => {
    const { consumers, server } = await consuming();
    consumers.requestKeyFrames();
    expect(server.asked.map(({ method, data }) => [method, data])).toEqual([
      ['requestConsumerKeyFrame', { consumerId: 'cam' }],
    ]);
  });
});
