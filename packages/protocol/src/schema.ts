// Door `@tickwire/protocol/schema`: the frames of wire version 1 as zod/mini schemas.
export * from './frame/schema.js';
