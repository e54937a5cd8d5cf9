// The call of this page: from the wish to call somebody, or the answer, to the page that says how it ended.
import { CarillonError, type Call, type CarillonClient, type EndReason } from 'carillon-sdk';
import { batch } from '@preact/signals';
import { listNames } from '../lib/names';
import { endWords, type EndReason as AnyEndReason } from '../lib/reasons';
import { spokenDuration } from '../lib/time';
import { endReasonOf, isTold, type Named, type ParticipantView } from './model';
import type { Notices } from './notices';
import type { OwnMedia } from './own-media';
import type { People } from './people';
import { viewOfCall, viewOfWish } from './snapshot';
import type { Store } from './store';
import { declinedLine, failureReason, failureWords, leftLine, sentence } from './told';

/** Who else is told, and who knows more. */
export interface CurrentCallHost {
  readonly people: People;
  readonly notices: Notices;
  readonly own: OwnMedia;
}

/** Events after which the page looks another way, and nothing is to be told. */
const shown_by = [
  'state',
  'ringing',
  'participant-changed',
  'track',
  'track-removed',
  'active-speaker',
  'quality',
  'local-quality',
  'local',
] as const;

/** A call of this page, and what only this page knows of it. */
interface Current {
  readonly call: Call;
  byMe: boolean;
  everTold: boolean;
}

export class CurrentCall {
  readonly #store: Store;
  readonly #host: CurrentCallHost;
  #client: CarillonClient | undefined;
  #current: Current | undefined;
  /** Grows with each wish to call, so that a canceled one is known when the server's answer comes. */
  #wish = 0;

  constructor(store: Store, host: CurrentCallHost) {
    this.#store = store;
    this.#host = host;
  }

  /** Undefined also while the server has not answered the wish for one. */
  get call(): Call | undefined {
    return this.#current?.call;
  }

  open(client: CarillonClient): void {
    this.#client = client;
    // A call that this page asked for is adopted by start(), which knows whether it is still wanted.
    client.on('call', (call) => this.#client === client && !call.outgoing && this.#adopt(call));
  }

  /** Whatever becomes of it is not shown any more. */
  close(): void {
    this.#client = undefined;
    this.#current = undefined;
    ++this.#wish;
  }

  async start(userIds: readonly string[], media: 'audio' | 'video'): Promise<void> {
    const client = this.#client;
    const store = this.#store;
    const { people, notices } = this.#host;
    if (!client || userIds.length === 0 || store.call.value) return;
    const callees = userIds.map((userId) => ({ userId, name: people.nameOf(userId) }));
    const wish = ++this.#wish;
    batch(() => {
      store.ended.value = null;
      store.selected.value = new Set();
      store.call.value = viewOfWish(callees, media);
    });
    notices.say(`Calling ${listNames(callees.map((one) => one.name))}.`, false);
    try {
      const call = await client.startCall({ callees: [...userIds], media, video: media === 'video' });
      if (wish === this.#wish) this.#adopt(call);
      else void call.leave();
    } catch (error) {
      if (wish !== this.#wish || this.#current) return;
      const wait = error instanceof CarillonError ? error.retryAfterMs : undefined;
      this.#showEnd(failureReason(error), callees, media, null, true, false, wait);
    }
  }

  async hangUp(): Promise<void> {
    const current = this.#current;
    if (current) {
      current.byMe = true;
      await current.call.leave();
      return;
    }
    const wish = this.#store.call.value;
    if (!wish) return;
    ++this.#wish;
    this.#showEnd('canceled', wish.participants, wish.media, null, true, true);
  }

  /** Another call is answered: this one, or the wish for it, ends with no page of its own. */
  giveWay(): void {
    const { call } = this;
    ++this.#wish;
    this.#current = undefined;
    void call?.leave();
    this.#store.call.value = null;
  }

  async invite(userIds: readonly string[]): Promise<void> {
    const { people, notices } = this.#host;
    if (!this.call || userIds.length === 0) return;
    try {
      await this.call.invite([...userIds]);
      notices.say(`Calling ${listNames(userIds.map((id) => people.nameOf(id)))}.`, false);
    } catch (error) {
      notices.notify(`Nobody was added. ${failureWords(error)}`, 'warning');
    }
  }

  /** Shows a call of this device, however it came to be. */
  #adopt(call: Call): void {
    if (this.call === call) return;
    const store = this.#store;
    const { people, notices, own } = this.#host;
    const current: Current = { call, byMe: false, everTold: false };
    this.#current = current;
    const mine = (): boolean => this.#current === current;
    const show = (): void => {
      if (!mine()) return;
      if (call.participants.some(isTold)) current.everTold = true;
      store.call.value = viewOfCall(call, people.nameOf);
    };
    const name = (p: Named): string => people.nameOf(p.userId, p.name);
    for (const event of shown_by) call.on(event, show);
    call.on('accepted', (p) => {
      current.everTold = true;
      show();
      if (mine()) notices.say(`${name(p)} answered.`, true);
    });
    call.on('declined', (p, reason) => {
      current.everTold = true;
      show();
      if (mine() && call.participants.length > 1) notices.notify(declinedLine(name(p), reason), 'info');
    });
    call.on('participant-joined', (p) => {
      show();
      if (mine() && call.participants.length > 1) notices.say(`${name(p)} is in the call.`, false);
    });
    call.on('participant-left', (p, reason) => {
      show();
      if (mine() && call.participants.length > 1) notices.notify(leftLine(name(p), reason), 'info');
    });
    call.on('participant-reconnecting', (p) => {
      show();
      if (mine()) notices.say(`${name(p)} is reconnecting.`, false);
    });
    call.on('media-error', (error, source) => {
      show();
      if (mine()) own.failed(error.code, source?.source ?? null);
    });
    call.on('ended', (reason) => this.#ended(current, reason));
    if (call.state === 'ended') {
      this.#ended(current, call.endReason ?? 'failed');
      return;
    }
    batch(() => {
      store.ended.value = null;
      show();
    });
  }

  #ended(current: Current, reason: EndReason): void {
    const client = this.#client;
    if (this.#current !== current || !client) return;
    this.#current = undefined;
    const view = viewOfCall(current.call, this.#host.people.nameOf);
    const real = endReasonOf(reason, view, current.everTold);
    const { startedAt } = current.call;
    const lasted = startedAt === null ? null : Math.max(0, client.serverNow() - startedAt);
    this.#showEnd(real, view.participants, view.media, lasted, view.outgoing, current.byMe);
  }

  #showEnd(
    reason: AnyEndReason,
    people: readonly (Named & Partial<ParticipantView>)[],
    media: 'audio' | 'video',
    lastedMs: number | null,
    outgoing: boolean,
    byMe: boolean,
    retryAfterMs?: number,
  ): void {
    const store = this.#store;
    const named = people.map(({ userId, name }) => ({ userId, name }));
    const words = endWords({
      reason,
      names: named.map((one) => one.name),
      outgoing,
      connected: lastedMs !== null,
      byMe,
      retryAfterMs,
    });
    batch(() => {
      store.call.value = null;
      store.dialog.value = null;
      store.notices.value = store.notices.value.filter((one) => one.tone === 'info'); // what was to be mended is over
      store.ended.value = { words, reason, people: named, media, lastedMs };
    });
    const lasted = lastedMs === null ? '' : ` It lasted ${spokenDuration(lastedMs)}.`;
    this.#host.notices.say(`${sentence(words)}${lasted}`, true);
  }
}
