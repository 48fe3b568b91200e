import { VirtualClock } from '@tickwire/testing';
import { expect, test } from 'vitest';
import { Flusher } from './flush.js';

function world(isBehind: () => boolean, windowMs = 0) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const flusher = new Flusher(clock, windowMs, isBehind);
  const publish = (): void => {
    flusher.channel({ flush: () => void done.push('flush') });
    flusher.writer({ warm: () => 0, write: () => void done.push('write') });
  };
  return { clock, done, flusher, publish };
}

test('channels are flushed and then connections written, once a turn', async () => {
  const { clock, done, publish } = world(() => false);
  publish();
  expect(done).toEqual([]);
  await clock.settle();
  expect(done).toEqual(['flush', 'write']);
  await clock.settle();
  expect(done).toHaveLength(2);
});

test('with a window data waits for its end, what connections say for themselves does not', async () => {
  const { clock, done, publish } = world(() => false, 50);
  publish();
  await clock.advance(49);
  expect(done).toEqual(['write']);
  await clock.advance(1);
  expect(done).toEqual(['write', 'flush']);
});

test('R12 nothing is written while rights may have ended that nobody has looked at', async () => {
  let behind = true;
  const { clock, done, publish } = world(() => behind);
  publish();
  let writtenBefore: number | undefined;
  const judge = (): void => {
    writtenBefore = done.length;
    behind = false;
  };
  clock.setTimer(0, () => clock.endOfTurn(() => clock.endOfTurn(judge)));
  await clock.settle();
  expect(writtenBefore).toBe(0);
  expect(done).toEqual(['flush', 'write']);
});

test('a process that is always behind writes all the same', async () => {
  const { clock, done, publish } = world(() => true);
  publish();
  await clock.settle();
  publish();
  await clock.settle();
  expect(done).toEqual(['flush', 'write', 'flush', 'write']);
});

test('nothing happens after the end', async () => {
  const { clock, done, flusher, publish } = world(() => false, 50);
  publish();
  flusher.stop();
  await clock.advance(100);
  expect(done).toEqual([]);
});

test('connections are read ahead before any of them is written, so many at a time that the processor keeps them', async () => {
  const clock = new VirtualClock();
  const done: string[] = [];
  const flusher = new Flusher(clock, 0, () => false);
  for (let each = 0; each < 40; each++) {
    flusher.writer({ warm: () => done.push('warm'), write: () => void done.push('write') });
  }
  await clock.settle();
  const inTurn = done
    .join(' ')
    .replaceAll(/(\w+)( \1)*/g, (all, what: string) => `${all.split(' ').length} ${what}`);
  expect(inTurn).toBe('32 warm 32 write 8 warm 8 write');
});
