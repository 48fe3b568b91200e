import { describe, expect, test } from 'vitest';
import { clipCloseReason, CloseCode, closePolicy, type ClosePolicy } from './close-code.js';

describe('P-CLOSE-2 every code from 1000 to 4999 has one policy', () => {
  const ranges: readonly [number, number, ClosePolicy][] = [
    [1000, 1001, 'backoff'],
    [1002, 1003, 'suspect'],
    [1004, 1006, 'backoff'],
    [1007, 1010, 'suspect'],
    [1011, 4099, 'backoff'],
    [4100, 4199, 'stop'],
    [4200, 4299, 'credentials'],
    [4300, 4399, 'backoff'],
    [4400, 4499, 'soon'],
    [4500, 4999, 'backoff'],
  ];
  test.each(ranges)('%i to %i: %s', (from, to, policy) => {
    for (let code = from; code <= to; code++) expect(closePolicy(code)).toBe(policy);
  });

  test('P-CLOSE-1 the codes of this version follow their range', () => {
    const policies = Object.entries(CloseCode).map(([name, code]) => [name, closePolicy(code)]);
    expect(Object.fromEntries(policies)).toMatchObject({
      banned: 'stop',
      tokenExpired: 'credentials',
      drain: 'soon',
      rate: 'backoff',
    });
  });
});

describe('P-CLOSE-4 a close reason fits into 123 bytes', () => {
  const bytes = (text: string) => Buffer.byteLength(text, 'utf8');
  test.each([
    ['ASCII', 'x'.repeat(200), 123],
    ['two bytes a character', 'é'.repeat(200), 122],
    ['four bytes a character', '😀'.repeat(200), 120],
    ['a lone surrogate', '\ud800', 3],
    ['a short one', 'bye', 3],
  ])('%s', (_name, reason, expected) => {
    expect(bytes(clipCloseReason(reason))).toBe(expected);
  });
});
