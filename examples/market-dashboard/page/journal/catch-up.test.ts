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
  expect(catchUp.channels()).toBe(3);
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
