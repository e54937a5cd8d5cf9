// What the others send us, and of whom each track is. The room speaks of peers, and may speak of a track before it has told
// who that peer is; the app hears of a track when it is somebody's.

import type { Tell } from './emitter.js';
import type { CallMedia, IncomingTrack } from './media.js';
import { RemoteTrackImpl, type ParticipantImpl, type TrackContext } from './participant.js';
import type { Participants } from './participants.js';
import type { CallEvents } from './types.js';

export interface RemoteTracksContext extends TrackContext {
  readonly media: CallMedia;
  readonly participants: Participants;
  readonly tell: Tell<CallEvents>;
}

export class RemoteTracks {
  readonly #context: RemoteTracksContext;
  /** Tracks of a peer of whom we do not know yet who it is. */
  #orphans: IncomingTrack[] = [];

  constructor(context: RemoteTracksContext) {
    this.#context = context;
    const { media, participants } = context;
    media.on('track-added', (track) => this.#add(track));
    media.on('track-removed', (id) => this.#remove(id));
    media.on('track-muted', (id, muted) => this.#mute(id, muted));
    media.on('peer-gone', (peerId) => {
      const participant = participants.byPeer(peerId);
      if (participant) this.drop(participant);
      this.#takeOrphans(peerId);
    });
  }

  /** They are this peer, and what it sends is theirs. */
  adopt(participant: ParticipantImpl, peerId: string): void {
    if (participant.peerId !== peerId) this.drop(participant);
    participant.peerId = peerId;
    for (const track of this.#takeOrphans(peerId)) this.#add(track);
  }

  /** They are the peer no more that they were. */
  drop(participant: ParticipantImpl): void {
    participant.peerId = null;
    for (const track of this.#close(participant)) this.#context.tell('track-removed', track, participant);
  }

  /** The call is over, which is all that there is to be told. */
  close(): void {
    for (const participant of this.#context.participants.all) this.#close(participant);
  }

  #close(participant: ParticipantImpl): readonly RemoteTrackImpl[] {
    const { tracks } = participant;
    for (const track of tracks) {
      participant.removeTrack(track.id);
      track.close();
    }
    return tracks;
  }

  #add(incoming: IncomingTrack): void {
    const { participants, tell } = this.#context;
    const participant = participants.byPeer(incoming.peerId);
    if (!participant) {
      this.#orphans.push(incoming);
      return;
    }
    const { consumerId, source, muted } = incoming;
    const track = new RemoteTrackImpl(consumerId, source, incoming.track, muted, this.#context);
    track.score = incoming.score;
    participant.addTrack(track);
    tell('track', track, participant);
    tell('participant-changed', participant);
  }

  #remove(id: string): void {
    const { participants, tell } = this.#context;
    this.#orphans = this.#orphans.filter((track) => track.consumerId !== id);
    participants.withTrack(id, (track, participant) => {
      participant.removeTrack(id);
      track.close();
      tell('track-removed', track, participant);
      tell('participant-changed', participant);
    });
  }

  #mute(id: string, muted: boolean): void {
    const { participants, tell } = this.#context;
    this.#orphans = this.#orphans.map((orphan) => (orphan.consumerId === id ? { ...orphan, muted } : orphan));
    participants.withTrack(id, (track, participant) => {
      if (track.muted === muted) return;
      track.muted = muted;
      tell('participant-changed', participant);
    });
  }

  #takeOrphans(peerId: string): IncomingTrack[] {
    const taken = this.#orphans.filter((track) => track.peerId === peerId);
    this.#orphans = this.#orphans.filter((track) => track.peerId !== peerId);
    return taken;
  }
}
