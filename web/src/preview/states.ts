// Every state of the app by name, for the gallery: each is set into a store, and the real pages draw it.
import { call_states } from './call-states';
import { ended_states } from './ended-states';
import { home_states } from './home-states';
import type { States } from './signed-in';

export const states: States = { ...home_states, ...call_states, ...ended_states };
