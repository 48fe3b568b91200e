import type * as z from 'zod/mini';
import { expectTypeOf, test } from 'vitest';
import type { clientFrameSchema, serverFrameSchema } from './schema.js';
import type { ClientFrame } from './client-frame.js';
import type { ServerFrame } from './server-frame.js';

test('what the schemas accept is what the types say', () => {
  expectTypeOf<z.output<typeof clientFrameSchema>['t']>().toEqualTypeOf<ClientFrame['t']>();
  expectTypeOf<z.output<typeof serverFrameSchema>['t']>().toEqualTypeOf<ServerFrame['t']>();
  expectTypeOf<keyof Extract<ClientFrame, { t: 'sub' }>>().toEqualTypeOf<
    keyof Extract<z.output<typeof clientFrameSchema>, { t: 'sub' }>
  >();
  expectTypeOf<keyof Extract<ServerFrame, { t: 'd' }>>().toEqualTypeOf<
    keyof Extract<z.output<typeof serverFrameSchema>, { t: 'd' }>
  >();
  expectTypeOf<keyof Extract<ServerFrame, { t: 'welcome' }>>().toEqualTypeOf<
    keyof Extract<z.output<typeof serverFrameSchema>, { t: 'welcome' }>
  >();
});
