import { describe, expect, test } from 'vitest';
import {
  ERROR_CODES,
  fromWireError,
  isTickwireError,
  MAX_RETRY_AFTER_MS,
  TickwireError,
  toWireError,
} from './error.js';

describe('P-ERR-2 whether the work was done', () => {
  test('is what the table says unless told otherwise', () => {
    expect(new TickwireError('timeout', '').executed).toBe('maybe');
    expect(new TickwireError('forbidden', '').executed).toBe('no');
    expect(new TickwireError('timeout', '', { executed: 'no' }).executed).toBe('no');
  });

  test('is maybe for a code nobody knows, also one named like a property of every object', () => {
    for (const code of ['from_the_future', '__proto__', 'constructor', 'toString']) {
      const error = fromWireError({ c: code });
      expect([error.executed, error.retry]).toEqual(['maybe', 'application']);
    }
  });
});

describe('P-ERR-1 the wire form', () => {
  test.each(ERROR_CODES)('%s comes back as it went', (name) => {
    const error = new TickwireError(name, 'text', {
      data: { a: 1 },
      retryAfterMs: 50,
      cause: new Error('inner'),
    });
    const back = fromWireError(toWireError(error));
    const told = ({ code, message, executed, data, retryAfterMs }: TickwireError) => ({
      code,
      message,
      executed,
      data,
      retryAfterMs,
    });
    expect(told(back)).toEqual(told(error));
    expect(back.cause).toBeUndefined();
  });

  test('P-ERR-6 a peer cannot ask to wait for ever', () => {
    expect(fromWireError({ c: 'limit', ra: 1e12 }).retryAfterMs).toBe(MAX_RETRY_AFTER_MS);
    expect(fromWireError({ c: 'limit', ra: -5 }).retryAfterMs).toBeUndefined();
    expect(fromWireError({ c: 'limit', ra: Number.NaN }).retryAfterMs).toBeUndefined();
  });

  test('P-ERR-5 an error of the contract carries its data', () => {
    expect(fromWireError({ c: 'app.insufficientFunds', d: { needed: '9.50' }, x: 'no' })).toMatchObject({
      code: 'app.insufficientFunds',
      data: { needed: '9.50' },
      executed: 'no',
    });
  });
});

test('P-ERR-3 what may be tried again is read from the table', () => {
  const advice = (code: string) => new TickwireError(code, '').retry;
  expect([
    advice('forbidden'),
    advice('token_expired'),
    advice('limit'),
    advice('internal'),
    advice('indeterminate'),
  ]).toEqual(['never', 'credentials', 'later', 'keyed', 'application']);
});

test('an error of another copy of the package is recognised', () => {
  const foreign = Object.assign(new Error('x'), { code: 'limit', executed: 'no' });
  foreign.name = 'TickwireError';
  expect(isTickwireError(foreign)).toBe(true);
  expect(isTickwireError(new Error('x'))).toBe(false);
});
