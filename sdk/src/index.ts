// carillon-sdk: calls for any app. Start at `Carillon`; README.md shows ten lines that call somebody.

export { Carillon } from './carillon.js';
export { BrowserEngine } from './browser-engine.js';
export { BrowserPush } from './browser-push.js';
export { CarillonError } from './errors.js';
export type { CarillonErrorCode, LocalErrorCode, ServerErrorCode } from './errors.js';
export { Emitter } from './emitter.js';
export type { Unsubscribe } from './emitter.js';
export { END_REASONS } from './protocol.js';
export type * from './types.js';
export type * from './engine.js';
export type * from './push-platform.js';
