// All others of one call, and what becomes of each: asked, rung, in it, gone. Says so to whoever follows the call; why
// it happens is call.ts's to know.

import type { Tell } from './emitter.js';
import { ParticipantImpl, type RemoteTrackImpl } from './participant.js';
import type { CallEvents, EndReason, ParticipantState } from './types.js';

export class Participants {
  readonly #tell: Tell<CallEvents>;
  readonly #byId = new Map<string, ParticipantImpl>();

  constructor(tell: Tell<CallEvents>) {
    this.#tell = tell;
  }

  get all(): readonly ParticipantImpl[] {
    return [...this.#byId.values()];
  }

  get(userId: string): ParticipantImpl | undefined {
    return this.#byId.get(userId);
  }

  /** Somebody who is spoken of, and takes part from now on if they did not before. */
  of(userId: string, name?: string): ParticipantImpl {
    let participant = this.#byId.get(userId);
    if (!participant) {
      participant = new ParticipantImpl(userId, name);
      this.#byId.set(userId, participant);
    } else if (name) participant.name = name;
    return participant;
  }

  byPeer(peerId: string): ParticipantImpl | undefined {
    return this.all.find((participant) => participant.peerId === peerId);
  }

  withTrack(trackId: string | null, act: (track: RemoteTrackImpl, participant: ParticipantImpl) => void): void {
    for (const participant of this.all) {
      const track = participant.tracks.find((one) => one.id === trackId);
      if (track) return act(track, participant);
    }
  }

  place(participant: ParticipantImpl, state: ParticipantState): void {
    participant.state = state;
    if (state !== 'ringing' && state !== 'invited') {
      participant.ringing = null;
      participant.reach.clear(); // Should they be invited once more, it is another ring.
    }
    if (state === 'invited' || state === 'ringing' || participant.present) {
      participant.endReason = null;
    }
    this.#tell('participant-changed', participant);
  }

  /** The call is over: nobody rings any more. */
  stopRinging(reason: EndReason): void {
    const declined = reason === 'declined' || reason === 'busy';
    for (const participant of this.all) {
      if (participant.state !== 'invited' && participant.state !== 'ringing') continue;
      participant.endReason = reason;
      this.place(participant, reason === 'timeout' ? 'no-answer' : declined ? 'declined' : 'left');
    }
  }
}
