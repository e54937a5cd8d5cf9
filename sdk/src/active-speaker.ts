// Who of a call speaks: one of the others, we ourselves, or nobody.

import type { Tell } from './emitter.js';
import type { Identity } from './identity.js';
import type { CallMedia } from './media.js';
import type { ParticipantImpl } from './participant.js';
import type { Participants } from './participants.js';
import type { CallEvents } from './types.js';

export interface ActiveSpeakerContext {
  readonly identity: Identity;
  readonly local: { speaking: boolean };
  readonly media: CallMedia;
  readonly participants: Participants;
  readonly tell: Tell<CallEvents>;
}

export class ActiveSpeaker {
  readonly #context: ActiveSpeakerContext;
  #participant: ParticipantImpl | null = null;

  constructor(context: ActiveSpeakerContext) {
    this.#context = context;
    context.media.on('active-speaker', (peerId) => this.#change(peerId));
  }

  /** Null also while it is us. */
  get participant(): ParticipantImpl | null {
    return this.#participant;
  }

  handleLeft(participant: ParticipantImpl): void {
    if (this.#participant === participant) this.#change(null);
  }

  #change(peerId: string | null): void {
    const { identity, local, participants, tell } = this.#context;
    const ours = peerId !== null && peerId === identity.peerId;
    const next = (peerId !== null && participants.byPeer(peerId)) || null;
    const before = this.#participant;
    if (local.speaking === ours && before === next) return;
    local.speaking = ours;
    this.#participant = next;
    for (const participant of before === next ? [] : [before, next]) {
      if (!participant) continue;
      participant.speaking = participant === next;
      tell('participant-changed', participant);
    }
    tell('active-speaker', next);
  }
}
