import type { RecoveredEvent } from '@tickwire/client';
import { expect, test } from 'vitest';
import { createCatchUp } from './catch-up.js';

const recovered = (mode: RecoveredEvent['mode'], replayed = 0): RecoveredEvent => ({
  channel: 'trades',
  mode,
  from: null,
  to: { epoch: 'e', offset: 1 },
  replayed,
});

test('counts channels by how they went on, and the trades that were replayed', () => {
  const catchUp = createCatchUp();
  for (const event of [recovered('range'), recovered('range', 148), recovered('same')]) catchUp.add(event);
  expect(catchUp.chips().map(({ value, label }) => `${value} ${label}`)).toEqual([
    '1 same',
    '2 range',
    '0 full',
    '0 reset',
    '148 trades replayed',
  ]);
});

test('a history that had to begin anew stands out', () => {
  const catchUp = createCatchUp();
  catchUp.add(recovered('reset'));
  expect(catchUp.chips().find((chip) => chip.label === 'reset')).toEqual({
    value: '1',
    label: 'reset',
    tone: 'warn',
  });
});

test('the sentence says what the counts say, and never more', () => {
  const catchUp = createCatchUp();
  expect(catchUp.sentence()).toBe('The channels are catching up.');
  for (const event of [recovered('range'), recovered('same')]) catchUp.add(event);
  expect(catchUp.sentence()).toBe('2 channels went on from where this tab stood.');
  catchUp.add(recovered('full'));
  expect(catchUp.sentence()).toBe(
    '2 channels went on from where this tab stood; 1 channel began again from what the server holds now.',
  );
});

test('a process that began anew continues nothing, and the sentence does not claim it', () => {
  const catchUp = createCatchUp();
  for (let count = 0; count < 23; count++) catchUp.add(recovered('full'));
  catchUp.add(recovered('reset'));
  expect(catchUp.sentence()).toBe(
    '23 channels began again from what the server holds now; 1 channel lost the history between, and said so.',
  );
});
