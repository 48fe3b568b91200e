import { expect, test } from 'vitest';
import { createTimeline } from './timeline.js';

test('newest first, and what is known only later stands where it was', () => {
  let nowMs = 100;
  const timeline = createTimeline(() => nowMs);
  timeline.add({ kind: 'live', title: 'first' });
  nowMs = 200;
  timeline.add({ kind: 'stale', title: 'effect' });
  timeline.add({ kind: 'act', title: 'cause' }, 200);
  expect(timeline.get().map(({ title }) => title)).toEqual(['effect', 'cause', 'first']);
  nowMs = 200;
  timeline.add({ kind: 'live', title: 'same moment, later' });
  expect(timeline.get()[0]?.title).toBe('same moment, later');
});
