import { expect, test } from 'vitest';
import { utf8Length } from './utf8-length.js';

test.each([
  '',
  'plain',
  'é',
  '€',
  '😀',
  'a😀é€b',
  '😀😀',
  '\ud800',
  '\udc00',
  '\udc00\ud800',
  'x\ud83dx',
  '\ud83d\ud83d\ude00',
])('%j takes what an encoder makes of it', (text) => {
  expect(utf8Length(text)).toBe(Buffer.byteLength(text));
});
