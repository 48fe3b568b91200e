import { expect, test } from 'vitest';
import { CaptureError } from './feed/capture/capture.js';
import { parseOptions, type DemoOptions } from './options.js';
import { whyNotStarted } from './why-not-started.js';

const coded = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code });
const options = (...words: string[]): DemoOptions => {
  const parsed = parseOptions(words);
  if (parsed.kind !== 'run') throw new Error('refused');
  return parsed.options;
};

test('what the system refused is said with what to do about it', () => {
  expect(whyNotStarted(coded('EADDRINUSE'), options('--port', '5180'))).toBe(
    'Port 5180 is taken: try --port 0, which takes a free one.',
  );
  expect(whyNotStarted(coded('EADDRNOTAVAIL'), options('--host', '1.2.3.4'))).toContain('--host 1.2.3.4');
  expect(whyNotStarted(coded('EACCES'), options('--port', '80'))).toContain('Port 80 may not be used');
  expect(whyNotStarted(new CaptureError('No.'), options())).toBe('No.');
});

test('a fault of the demo is not explained away', () => {
  expect(whyNotStarted(new TypeError('x is not a function'), options())).toBeNull();
});
