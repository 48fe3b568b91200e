import { command, type ErrorCode, TickwireError } from '@tickwire/protocol';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { errorOfHandler, fail } from './fail.js';

const definition = command({
  input: z.object({}),
  output: z.object({}),
  errors: { refused: z.object({ why: z.string().max(10) }) },
});

describe('what a caller is told of what a handler threw', () => {
  test('P-CMD-9 a declared error passes, and says that nothing was done', () => {
    expect(errorOfHandler(definition, fail('refused', { why: 'late' }))).toMatchObject({
      code: 'app.refused',
      executed: 'no',
      data: { why: 'late' },
    });
  });

  test.each([
    ['a wrong parameter of a channel', new TickwireError('bad_params', 'orders/secret')],
    ['another server that did nothing', new TickwireError('unavailable', 'secret', { executed: 'no' })],
    ['a rule of its own', new TickwireError('forbidden', 'secret', { executed: 'no' })],
  ])('P-CMD-9 %s: the code passes, but not that nothing was done, nor the text', (_what, thrown) => {
    const told = errorOfHandler(definition, thrown);
    expect(told).toMatchObject({ code: thrown.code, executed: 'maybe', message: '' });
    expect(told.cause).toBe(thrown);
  });

  test('P-MODEL-4 a declared error from JavaScript is told in what JSON can say', () => {
    const thrown = new TickwireError('app.refused', 'x\ud800', {
      executed: 5n as never,
      data: { why: 'late' },
      retryAfterMs: NaN,
    });
    expect(errorOfHandler(definition, thrown)).toMatchObject({
      code: 'app.refused',
      message: 'x\ufffd',
      executed: 'maybe',
      retryAfterMs: undefined,
    });
  });

  test('when to come back passes', () => {
    const thrown = new TickwireError('rate_limited', '', { retryAfterMs: 700 });
    expect(errorOfHandler(definition, thrown).retryAfterMs).toBe(700);
  });

  test.each<ErrorCode>(['in_flight', 'key_reused', 'indeterminate'])(
    'P-CMD-5 %s is said by the server alone: a client would ask again',
    (code) => {
      expect(errorOfHandler(definition, new TickwireError(code, ''))).toMatchObject({
        code: 'internal',
        executed: 'maybe',
      });
    },
  );

  test.each([
    ['an error that is not declared', fail('other', {})],
    ['data that do not fit', fail('refused', { why: 7 })],
    ['anything else', new Error('secret')],
  ])('%s is internal and says nothing', (_what, thrown) => {
    expect(errorOfHandler(definition, thrown)).toMatchObject({ code: 'internal', message: '' });
  });
});
