// Where most states begin: somebody has signed in, sees who is online, and what was called.
import type { HistoryView, ListedCall, Named } from '../state/model';
import { no_history, type Store } from '../state/store';
import { ben, frozen_now, html, joan, long, mara, me, noor, people, yusuf } from './cast';

/** By name: each sets what its page is to show. */
export type States = { readonly [name: string]: (store: Store) => void };

const minute = 60_000;
const hour = 60 * minute;

/** What became of one in the list. The first is the latest. */
function listed(
  callId: string,
  ago: number,
  who: readonly Named[],
  rest: Partial<ListedCall> & Pick<ListedCall, 'reason'>,
): ListedCall {
  const facts = { media: 'video', outgoing: false, missed: false, lastedMs: null } as const;
  return { callId, people: who, startedAt: frozen_now - ago, ...facts, ...rest };
}

export const calls: readonly ListedCall[] = [
  listed('h1', 12 * minute, [mara], { reason: 'timeout', missed: true }),
  listed('h2', 48 * minute, [noor], { reason: 'canceled', missed: true, media: 'audio' }),
  listed('h3', 3 * hour, [ben], { reason: 'hangup', outgoing: true, media: 'audio', lastedMs: 754_000 }),
  listed('h4', 5 * hour, [yusuf, mara, ben], { reason: 'hangup', lastedMs: 2_472_000 }),
  listed('h5', 26 * hour, [html], { reason: 'declined-elsewhere', media: 'audio' }),
  listed('h6', 27 * hour, [long], { reason: 'timeout', outgoing: true }),
  listed('h7', 28 * hour, [joan, noor, long, yusuf], { reason: 'canceled', missed: true }),
  listed('h8', 30 * hour, [ben], { reason: 'disconnected', outgoing: true, lastedMs: 61_000 }),
  listed('h9', 75 * hour, [yusuf], { reason: 'busy', outgoing: true, media: 'audio' }),
  listed('h10', 76 * hour, [mara], { reason: 'answered-elsewhere', media: 'audio' }),
  listed('h11', 300 * hour, [joan], { reason: 'hangup', lastedMs: 5_041_000, media: 'audio' }),
  listed('h12', 9_000 * hour, [ben], { reason: 'failed', outgoing: true }),
];

export function history(store: Store, shown: readonly ListedCall[], rest: Partial<HistoryView> = {}): void {
  store.history.value = { ...no_history, state: 'ready', calls: shown, ...rest };
}

export function home(store: Store): void {
  store.me.value = me;
  store.connection.value = 'online';
  store.people.value = people;
  store.push.value = { ...store.push.value, state: 'on' };
  history(store, calls.slice(0, 6));
}
