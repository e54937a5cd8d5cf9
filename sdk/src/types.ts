// The public shapes of the SDK: what an app sees. The classes behind them are not exported.
// Words are those of the server: user, device, call, caller, callee, participant (a user in a call).

export type { EndReason, MediaChoice, RingState } from './protocol.js';
export type * from './types/options.js';
export type * from './types/client.js';
export type * from './types/user.js';
export type * from './types/incoming.js';
export type * from './types/call.js';
export type * from './types/participant.js';
export type * from './types/local.js';
export type * from './types/devices.js';
export type * from './types/presence.js';
export type * from './types/push.js';
export type * from './types/history.js';
export type * from './types/stats.js';
