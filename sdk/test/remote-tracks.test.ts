import { describe, expect, it } from 'vitest';
import { Emitter, type Tell } from '../src/emitter.js';
import type { CallMedia, CallMediaEvents, IncomingTrack } from '../src/media.js';
import { Participants } from '../src/participants.js';
import { RemoteTracks } from '../src/remote-tracks.js';
import { FakeEngine, FakeTrack } from '../src/testing/index.js';
import type { CallEvents } from '../src/types.js';

class Media extends Emitter<CallMediaEvents> {
  say<K extends keyof CallMediaEvents>(event: K, ...args: CallMediaEvents[K]): void {
    this.emit(event, ...args);
  }
}

const incoming = (consumerId: string, peerId: string): IncomingTrack => ({
  consumerId,
  peerId,
  source: 'camera',
  track: new FakeTrack('video'),
  muted: false,
  score: null,
});

function world() {
  const seen: string[] = [];
  const tell = ((event: string, ...things: { id?: string; userId?: string }[]) => {
    seen.push([event, ...things.map((thing) => thing.id ?? thing.userId)].join(' '));
  }) as unknown as Tell<CallEvents>;
  const media = new Media();
  const participants = new Participants(tell);
  const tracks = new RemoteTracks({
    engine: new FakeEngine(),
    media: media as unknown as CallMedia,
    participants,
    tell,
    mark: () => undefined,
  });
  return { seen, media, participants, tracks };
}

describe('The tracks of the others', () => {
  it('are told of when it is known whose they are, as they are by then', () => {
    const { seen, media, participants, tracks } = world();
    media.say('track-added', incoming('a', 'peer'));
    media.say('track-added', incoming('b', 'peer'));
    media.say('track-added', incoming('other', 'another peer'));
    media.say('track-muted', 'a', true);
    media.say('track-removed', 'b');
    expect(seen).toEqual([]);
    const bob = participants.of('bob');
    tracks.adopt(bob, 'peer');
    expect(seen).toEqual(['track a bob', 'participant-changed bob']);
    expect(bob.tracks).toMatchObject([{ id: 'a', muted: true }]);
  });

  it('of a peer that went before anybody knew it are never told of', () => {
    const { seen, media, participants, tracks } = world();
    media.say('track-added', incoming('a', 'peer'));
    media.say('peer-gone', 'peer');
    tracks.adopt(participants.of('bob'), 'peer');
    expect(seen).toEqual([]);
  });

  it('go with the device from which their sender moves to another one', () => {
    const { seen, media, participants, tracks } = world();
    const bob = participants.of('bob');
    tracks.adopt(bob, 'phone');
    media.say('track-added', incoming('a', 'phone'));
    tracks.adopt(bob, 'phone');
    expect(seen).not.toContain('track-removed a bob');
    tracks.adopt(bob, 'laptop');
    media.say('track-added', incoming('b', 'laptop'));
    expect(seen).toEqual([
      'track a bob',
      'participant-changed bob',
      'track-removed a bob',
      'track b bob',
      'participant-changed bob',
    ]);
  });

  it('are gone in silence with the call', () => {
    const { seen, media, participants, tracks } = world();
    const bob = participants.of('bob');
    tracks.adopt(bob, 'phone');
    media.say('track-added', incoming('a', 'phone'));
    seen.splice(0);
    tracks.close();
    expect([seen, bob.tracks]).toEqual([[], []]);
  });
});
