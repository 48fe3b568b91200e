import { expect, test } from 'vitest';
import { type Pending, PendingQuestions } from './pending-questions.js';

const about = (id: string, question: number): Pending => ({
  id,
  question,
  overruled: null,
  allowed: false,
  generation: 0,
});

test('questions are found by their channel, and a channel without one is forgotten', () => {
  const questions = new PendingQuestions();
  const [first, second, other] = [about('a', 1), about('a', 2), about('b', 3)];
  for (const pending of [first, second, other]) questions.add(pending);
  expect([...questions.of('a')]).toEqual([first, second]);
  expect(questions.channels).toBe(2);
  questions.delete(first);
  questions.delete(first);
  expect([...questions.of('a')]).toEqual([second]);
  questions.delete(second);
  expect([...questions.of('a')]).toEqual([]);
  expect(questions.channels).toBe(1);
});
