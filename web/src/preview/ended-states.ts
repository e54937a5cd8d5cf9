// States of the page that says how a call ended.
import { endWords, type EndFacts } from '../lib/reasons';
import type { Named } from '../state/model';
import type { Store } from '../state/store';
import { ben, joan, long, mara, noor } from './cast';
import { home, type States } from './signed-in';

const answered = { outgoing: true, connected: true, byMe: false };
const unanswered = { outgoing: true, connected: false, byMe: false };
const rung = { outgoing: false, connected: false, byMe: false };

function ended(
  store: Store,
  who: readonly Named[],
  facts: Omit<EndFacts, 'names'>,
  lastedMs: number | null = null,
): void {
  store.ended.value = {
    words: endWords({ ...facts, names: who.map((one) => one.name) }),
    reason: facts.reason,
    people: who,
    media: 'video',
    lastedMs,
  };
}

export const ended_states: States = {
  'ended-too-often': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'rate-limited', retryAfterMs: 42_000 })),
  'ended-no-new-calls': (s) => (
    home(s),
    ended(s, [ben], { ...unanswered, reason: 'unavailable', retryAfterMs: 9 * 60_000 })
  ),
  'ended-hangup': (s) => (home(s), ended(s, [ben], { ...answered, reason: 'hangup' }, 754_000)),
  'ended-group': (s) => (
    home(s),
    ended(s, [ben, mara, noor, joan], { ...answered, byMe: true, reason: 'hangup' }, 3_754_000)
  ),
  'ended-no-answer': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'timeout' })),
  'ended-declined': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'declined' })),
  'ended-busy': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'busy' })),
  'ended-unreachable': (s) => (home(s), ended(s, [joan], { ...unanswered, reason: 'unreachable' })),
  'ended-disconnected': (s) => (home(s), ended(s, [ben], { ...answered, reason: 'disconnected' }, 61_000)),
  'ended-failed': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'failed' })),
  'ended-removed': (s) => (home(s), ended(s, [ben, mara], { ...answered, reason: 'removed' }, 61_000)),
  'ended-missed': (s) => (home(s), ended(s, [long], { ...rung, reason: 'canceled' })),
  'ended-elsewhere': (s) => {
    home(s);
    const words = endWords({ ...rung, reason: 'answered-elsewhere', names: [ben.name] });
    s.notices.value = [{ id: 1, tone: 'info', text: `${words.title}. ${words.detail}`, end: true }];
  },
};
