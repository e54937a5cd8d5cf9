// Calls that ring on this page: how each is shown and told until it is answered, declined or over.
import type { CarillonClient, EndReason, IncomingCall } from 'carillon-sdk';
import { batch } from '@preact/signals';
import { listNames } from '../lib/names';
import { endWords } from '../lib/reasons';
import type { CurrentCall } from './current-call';
import type { IncomingView, Named } from './model';
import type { Notices } from './notices';
import type { People } from './people';
import { viewOfIncoming } from './snapshot';
import type { Store } from './store';
import { failureWords, sentence } from './told';

/** Who else is told, and who knows more. */
export interface IncomingHost {
  readonly people: People;
  readonly notices: Notices;
  readonly current: CurrentCall;
}

export class Incoming {
  readonly #store: Store;
  readonly #host: IncomingHost;
  #client: CarillonClient | undefined;
  readonly #declinedByMe = new Set<string>();

  constructor(store: Store, host: IncomingHost) {
    this.#store = store;
    this.#host = host;
  }

  open(client: CarillonClient, me: Named): void {
    this.#client = client;
    client.on('incoming', (call) => this.#client === client && this.#ring(call, me, client.serverNow()));
  }

  close(): void {
    this.#client = undefined;
  }

  async accept(callId: string, media: 'audio' | 'video'): Promise<void> {
    const call = this.#find(callId);
    if (!call) return;
    this.#host.current.giveWay();
    try {
      await call.accept({ audio: true, video: media === 'video' });
    } catch (error) {
      if (call.state !== 'ended')
        this.#host.notices.notify(`The call could not be answered. ${failureWords(error)}`, 'warning');
    }
  }

  async decline(callId: string): Promise<void> {
    const call = this.#find(callId);
    if (!call) return;
    this.#declinedByMe.add(callId);
    try {
      await call.decline(this.#host.current.call ? 'busy' : 'declined');
    } catch (error) {
      this.#declinedByMe.delete(callId);
      this.#host.notices.notify(`The call could not be declined. ${failureWords(error)}`, 'warning');
    }
  }

  #find(callId: string): IncomingCall | undefined {
    return this.#client?.incoming.find((one) => one.callId === callId);
  }

  #ring(call: IncomingCall, me: Named, since: number): void {
    const store = this.#store;
    const { people, notices } = this.#host;
    people.know(call.caller);
    const view = viewOfIncoming(call, me.userId, people.nameOf, since);
    const others = (): IncomingView[] => store.incoming.value.filter((one) => one.callId !== call.callId);
    batch(() => {
      store.incoming.value = [...others(), view];
      store.ended.value = null;
      store.now.value = since;
    });
    const video = view.media === 'video' ? 'video ' : '';
    const group = view.others.length > 0 ? ` with ${listNames(view.others.map((one) => one.name))}` : '';
    notices.say(`${view.caller.name} calls you, ${video}call${group}. Press Enter to answer, Escape to decline.`, true);

    call.on('state', (state) => {
      if (state !== 'accepting' && state !== 'ringing') return;
      store.incoming.value = store.incoming.value.map((one) =>
        one.callId === call.callId ? { ...one, accepting: state === 'accepting' } : one,
      );
    });
    call.on('accepted', () => {
      store.incoming.value = others();
    });
    call.on('ended', (reason) => {
      store.incoming.value = others();
      this.#over(view, reason);
    });
  }

  #over({ caller, media, callId }: IncomingView, reason: EndReason): void {
    const store = this.#store;
    const { notices } = this.#host;
    const byMe = this.#declinedByMe.delete(callId);
    const words = endWords({ reason, names: [caller.name], outgoing: false, connected: false, byMe });
    const missed = reason === 'timeout' || reason === 'canceled';
    notices.say(sentence(words), true);
    // What one decided oneself, here or on another device, needs no page of its own.
    const small = byMe || reason === 'answered-elsewhere' || reason === 'declined-elsewhere' || reason === 'declined';
    if (small || store.call.value || store.incoming.value.length > 0) {
      notices.notify(missed ? `Missed call from ${caller.name}.` : sentence(words), 'info', true);
    } else {
      store.ended.value = { words, reason, people: [caller], media, lastedMs: null };
    }
  }
}
