import { expect, it } from 'vitest';
import { ActiveSpeaker } from '../src/active-speaker.js';
import { Emitter, type Tell } from '../src/emitter.js';
import { Identity } from '../src/identity.js';
import type { CallMedia, CallMediaEvents } from '../src/media.js';
import { Participants } from '../src/participants.js';
import type { CallEvents } from '../src/types.js';

class Media extends Emitter<CallMediaEvents> {
  speak(peerId: string | null): void {
    this.emit('active-speaker', peerId);
  }
}

it('Who speaks is one of the others, or we, or nobody, and is told when it changes', () => {
  const seen: string[] = [];
  const tell = ((event: string, thing: { userId: string } | null) => {
    seen.push(`${event} ${thing?.userId ?? 'nobody'}`);
  }) as unknown as Tell<CallEvents>;
  const said = (): string[] => seen.splice(0);
  const media = new Media();
  const participants = new Participants(tell);
  const [bob, carol] = [participants.of('bob'), participants.of('carol')];
  const identity = Object.assign(new Identity(), { peerId: 'me' });
  Object.assign(bob, { peerId: 'bob' });
  Object.assign(carol, { peerId: 'carol' });
  const local = { speaking: false };
  const speaker = new ActiveSpeaker({ identity, local, media: media as unknown as CallMedia, participants, tell });

  media.speak('bob');
  expect(said()).toEqual(['participant-changed bob', 'active-speaker bob']);
  media.speak('bob');
  expect(said()).toEqual([]);
  media.speak('carol');
  expect(said()).toEqual(['participant-changed bob', 'participant-changed carol', 'active-speaker carol']);
  expect([bob.speaking, carol.speaking, local.speaking]).toEqual([false, true, false]);
  media.speak('me');
  expect(said()).toEqual(['participant-changed carol', 'active-speaker nobody']);
  expect([speaker.participant, carol.speaking, local.speaking]).toEqual([null, false, true]);
  media.speak('carol');
  said();
  speaker.handleLeft(bob);
  expect(said()).toEqual([]);
  speaker.handleLeft(carol);
  expect(said()).toEqual(['participant-changed carol', 'active-speaker nobody']);
  expect([speaker.participant, local.speaking]).toEqual([null, false]);
});
