// carillon-sdk: calls for any app. Start at `Carillon`; README.md shows ten lines that call somebody.

import type { CarillonClient, CarillonOptions } from './types.js';

export declare const Carillon: new (options: CarillonOptions) => CarillonClient;
export type Carillon = CarillonClient;
export { CarillonError } from './errors.js';
export type { CarillonErrorCode, LocalErrorCode, ServerErrorCode } from './errors.js';
export { Emitter } from './emitter.js';
export type { Unsubscribe } from './emitter.js';
export { END_REASONS } from './protocol.js';
export type * from './types.js';
export type * from './engine.js';
