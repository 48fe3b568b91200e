// Door `@tickwire/protocol`: what both ends agree on. No zod at run time, no I/O, no clock.
export * from './version.js';
export * from './position.js';
export * from './cursor.js';
export * from './close-code.js';
export * from './error.js';
export type * from './transition.js';
export type * from './frame/client-frame.js';
export type * from './frame/server-frame.js';
export type * from './codec/codec.js';
export * from './codec/json.js';
export * from './delta/plain-object.js';
export * from './delta/touched-fields.js';
export * from './delta/state-delta.js';
export * from './delta/collection-delta.js';
export type * from './ports/clock.js';
export type * from './ports/random.js';
export type * from './ports/logger.js';
