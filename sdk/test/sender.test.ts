import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import type { CallMedia } from '../src/media.js';
import type { MediaRoom } from '../src/media-room.js';
import { Sender } from '../src/sender.js';
import { FakeProducer, FakeTrack } from '../src/testing/index.js';

/** The media of a call of which only that is there which a sender uses. */
class Media {
  /** What was done in the room, in order. */
  readonly done: string[] = [];
  readonly producers: FakeProducer[] = [];
  /** How the next steps in the room fail, one after the other. */
  readonly failures: Error[] = [];
  /** Another room is here after this one failed. */
  next: Media | null = null;
  closed = false;
  canPrepare = true;
  room: Promise<MediaRoom>;

  constructor(readonly name = 'room') {
    this.room = Promise.resolve(this as unknown as MediaRoom);
  }
  asMedia(): CallMedia {
    return this as unknown as CallMedia;
  }
  canSend(): Promise<MediaRoom> {
    return this.room;
  }
  async replaced(): Promise<boolean> {
    if (!this.next) return false;
    this.room = this.next.room;
    return true;
  }
  async produce(room: MediaRoom, source: 'camera', track: MediaStreamTrack | null, paused: boolean) {
    const media = room as unknown as Media;
    const failure = media.failures.shift();
    const id = failure ? Promise.reject<string>(failure) : Promise.resolve(`${media.name}-${media.producers.length}`);
    id.catch(() => undefined);
    media.done.push(`produce ${track ? 'a track' : 'none'}${paused ? ' paused' : ''}`);
    const producer = new FakeProducer(id, source, track, paused, false);
    media.producers.push(producer);
    return producer;
  }
  async closeProducer(producer: FakeProducer): Promise<void> {
    producer.close();
    this.done.push(`close ${await producer.id}`);
  }
  async setProducerPaused(_producer: FakeProducer, paused: boolean): Promise<void> {
    const failure = this.failures.shift();
    this.done.push(paused ? 'pause' : 'resume');
    if (failure) throw failure;
  }
}

const track = (): MediaStreamTrack => new FakeTrack('video', 'cam');
const refusal = (code: 'conflict' | 'worker-died') => new CarillonError(code, 'as the test wants', 409);

describe('What is sent of one source', () => {
  it('waits for the room, and is then what was wished last', async () => {
    const media = new Media();
    const sender = new Sender('camera', true);
    await sender.set(track(), false);
    const latest = track();
    await sender.set(latest, true);
    await sender.attach(media.asMedia());
    expect(media.done).toEqual(['produce a track paused']);
    expect(media.producers[0]!.track).toBe(latest);
  });

  it('changes its track without negotiation, and is paused while it has none', async () => {
    const media = new Media();
    const sender = new Sender('camera', true);
    await sender.attach(media.asMedia());
    await sender.set(track(), false);
    await sender.set(null, false);
    const second = track();
    await sender.set(second, false);
    expect(media.done).toEqual(['produce a track', 'pause', 'resume']);
    expect(media.producers[0]!.track).toBe(second);
  });

  it('is taken down with its track where it is not kept', async () => {
    const media = new Media();
    const sender = new Sender('screen', false);
    await sender.attach(media.asMedia());
    await sender.set(track(), false);
    await sender.set(null, false);
    await sender.set(track(), false);
    expect(media.done).toEqual(['produce a track', 'close room-0', 'produce a track']);
  });

  it('is made ready before its track is there, where that can be', async () => {
    for (const canPrepare of [true, false]) {
      const media = Object.assign(new Media(), { canPrepare });
      const sender = new Sender('camera', true);
      await sender.attach(media.asMedia());
      await sender.expect();
      await sender.set(track(), false);
      expect(media.done).toEqual([canPrepare ? 'produce none' : 'produce a track']);
    }
  });

  it('is made anew before the old one goes', async () => {
    const media = new Media();
    const sender = new Sender('camera', true);
    await sender.attach(media.asMedia());
    await sender.set(track(), false);
    await sender.remake();
    expect(media.done).toEqual(['produce a track', 'produce a track', 'close room-0']);
  });

  it('is tried once more when it is refused, since that may come of an answer that was lost', async () => {
    const media = new Media();
    const sender = new Sender('camera', true);
    await sender.attach(media.asMedia());
    media.failures.push(refusal('conflict'));
    await sender.set(track(), false);
    expect(media.producers.map(({ closed }) => closed)).toEqual([true, false]);
    media.failures.push(refusal('conflict'), refusal('conflict'));
    await expect(sender.remake()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is sent in the next room when it failed with its own', async () => {
    const [media, next] = [new Media(), new Media('next')];
    const sender = new Sender('camera', true);
    media.next = next;
    media.failures.push(refusal('worker-died'));
    await sender.attach(media.asMedia());
    await sender.set(track(), false);
    expect([media.done, next.done]).toEqual([['produce a track'], ['produce a track']]);
  });

  it('is told to be muted once more when the connection was gone', async () => {
    const media = new Media();
    const sender = new Sender('camera', true);
    await sender.attach(media.asMedia());
    const same = track();
    await sender.set(same, false);
    media.failures.push(new CarillonError('disconnected', 'the connection is gone'));
    await sender.set(same, true);
    await sender.flush();
    await sender.flush();
    expect(media.done).toEqual(['produce a track', 'pause', 'pause']);
  });
});
