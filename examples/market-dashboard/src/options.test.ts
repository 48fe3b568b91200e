import { describe, expect, test } from 'vitest';
import { HELP, parseOptions } from './options.js';

const run = (...words: string[]) => {
  const parsed = parseOptions(words);
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed));
  return parsed.options;
};
const refusal = (...words: string[]): string => {
  const parsed = parseOptions(words);
  return parsed.kind === 'refused' ? parsed.message : `accepted: ${words.join(' ')}`;
};

describe('parseOptions', () => {
  test('without flags it is the simulated market on the loopback address', () => {
    expect(run()).toEqual({
      replay: null,
      once: false,
      speed: 1,
      port: 5_180,
      host: '127.0.0.1',
      open: false,
      seed: 1,
      rate: 200,
    });
  });

  test('speed 0 and max are as fast as it goes', () => {
    expect(run('--replay', 'a.txt', '--speed', '0').speed).toBe(Infinity);
    expect(run('--replay', 'a.txt', '--speed=max', '--once')).toMatchObject({ speed: Infinity, once: true });
    expect(run('--replay', 'a.txt', '--speed', '2.5').speed).toBe(2.5);
  });

  test('says what is wrong with a flag instead of guessing', () => {
    expect(refusal('--port', '70000')).toBe('--port 70000: expected a whole number from 0 to 65535.');
    expect(refusal('--rate', 'fast')).toContain('--rate fast');
    expect(refusal('--replay', 'a', '--speed', '-1')).not.toContain('accepted');
    expect(refusal('--seed', '1.5')).toContain('whole number');
    expect(refusal('--sede', '1')).toContain('--sede');
    expect(refusal('--once')).toContain('--replay');
    expect(refusal('--replay', 'a', '--rate', '5')).toContain('simulated');
  });

  test('what is no flag, wants a value or takes none is one sentence of its own', () => {
    expect(refusal('--sede', '1')).toBe('--sede is no flag of this demo.');
    expect(refusal('-x')).toBe('-x is no flag of this demo.');
    expect(refusal('recording.txt')).toBe('"recording.txt" belongs to no flag.');
    for (const words of [['--replay'], ['--replay='], ['--replay', ' '], ['--replay', '--once']]) {
      expect(refusal(...words)).toBe('--replay wants a value.');
    }
    expect(refusal('--once=yes')).toBe('--once takes no value.');
    expect(refusal('--rate', '-5')).toBe('--rate -5: expected a whole number from 1 to 20000.');
  });

  test('help wins, and names every flag', () => {
    expect(parseOptions(['--help', '--port', '1'])).toEqual({ kind: 'help' });
    for (const flag of ['replay', 'once', 'speed', 'port', 'host', 'open', 'seed', 'rate']) {
      expect(HELP).toContain(`--${flag} `);
    }
  });
});
