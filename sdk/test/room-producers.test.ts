import { describe, expect, it } from 'vitest';
import type { EngineProduceParameters } from '../src/engine.js';
import { RoomProducers, type ProducerEvents } from '../src/room-producers.js';
import { FakeProducer } from '../src/testing/index.js';
import type { TrackSource } from '../src/types.js';
import { listen, Questions } from './room-parts.js';

function make() {
  const server = new Questions();
  const { told, tell } = listen<ProducerEvents>();
  return { server, told, producers: new RoomProducers({ requests: server, tell }) };
}

function parameters(source: TrackSource): EngineProduceParameters {
  const kind = source === 'microphone' || source === 'screen-audio' ? 'audio' : 'video';
  return { kind, source, paused: false, rtpParameters: { codecs: [] } };
}

async function announced(id = 'p') {
  const made = make();
  const announcing = made.producers.announce('t', parameters('camera'));
  made.server.last.answer({ id });
  await announcing;
  made.told.length = 0;
  return { ...made, producer: new FakeProducer(Promise.resolve(id), 'camera', null, false, false) };
}

const tick = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

describe('What we send', () => {
  it.each([
    ['microphone', 'audio', { source: 'audio' }],
    ['camera', 'video', { source: 'video' }],
    ['screen', 'video', { source: 'screensharing', share: true }],
    ['screen-audio', 'audio', { source: 'screensharing', share: true }],
  ] as const)('is announced as what it is: %s', (source, kind, appData) => {
    const { server, producers } = make();
    void producers.announce('t', parameters(source));
    const rtpParameters = { codecs: [] };
    expect(server.last.data).toEqual({ transportId: 't', kind, paused: false, rtpParameters, appData });
  });

  it('is there when the server has all of it', async () => {
    const { server, producers, told } = make();
    const all = [producers.announce('t', parameters('camera')), producers.announce('t', parameters('microphone'))];
    server.asked[0]!.answer({ id: 'camera' });
    expect(await all[0]).toBe('camera');
    expect(told).toEqual([]);
    server.asked[1]!.refuse('conflict');
    await expect(all[1]).rejects.toMatchObject({ code: 'conflict' });
    expect(told).toEqual(['timing produced']);
  });

  it('is not there when the server refused all of it', async () => {
    const { server, producers, told } = make();
    const announcing = producers.announce('t', parameters('camera'));
    server.last.refuse('conflict');
    await expect(announcing).rejects.toMatchObject({ code: 'conflict' });
    expect(told).toEqual([]);
  });

  it('is paused and closed here at once, and on the server under its id', async () => {
    const { server, producers, producer } = await announced();
    const done = [producers.setPaused(producer, true)];
    expect(producer.paused).toBe(true);
    done.push(producers.setPaused(producer, false));
    expect(producer.paused).toBe(false);
    done.push(producers.close(producer));
    expect(producer.closed).toBe(true);
    await tick();
    expect(server.methods.slice(1)).toEqual(['pauseProducer', 'resumeProducer', 'closeProducer']);
    for (const { data, answer } of server.asked.slice(1)) {
      expect(data).toEqual({ producerId: 'p' });
      answer();
    }
    await Promise.all(done);
  });

  it('is as good as its best layer, as long as it is ours', async () => {
    const { server, producers, producer, told } = await announced();
    producers.handleScore({ producerId: 'p', score: [{ score: 0 }, { score: 7 }, { score: 3 }] });
    producers.handleScore({ producerId: 'p', score: [] });
    producers.handleScore({ producerId: 'other', score: [{ score: 1 }] });
    const closing = producers.close(producer);
    await tick();
    producers.handleScore({ producerId: 'p', score: [{ score: 1 }] });
    server.last.answer();
    await closing;
    expect(told).toEqual(['own-score 7']);
  });

  it('is closed on the server if nobody here knows it, once all that is under way is known', async () => {
    const { server, producers } = await announced();
    const announcing = producers.announce('t', parameters('screen'));
    const closing = producers.closeForgotten(['p', 'q', 'lost', 'gone']);
    await tick();
    expect(server.methods).toEqual(['produce', 'produce']);
    server.last.answer({ id: 'q' });
    await announcing;
    await tick();
    expect(server.last).toMatchObject({ method: 'closeProducer', data: { producerId: 'lost' } });
    server.last.refuse('not-found');
    await tick();
    expect(server.last).toMatchObject({ method: 'closeProducer', data: { producerId: 'gone' } });
    server.last.answer();
    await closing;
    expect(server.asked).toHaveLength(4);
  });
});
