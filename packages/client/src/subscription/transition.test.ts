import { TickwireError } from '@tickwire/protocol';
import { describe, expect, test } from 'vitest';
import { IDLE_SUBSCRIPTION, type SubscriptionEvent, type SubscriptionState } from './state.js';
import { awaits, createSubscriptionTransition, subscriptionDeadlineMs } from './transition.js';

const transition = createSubscriptionTransition(10_000);
const error = new TickwireError('forbidden', '');
const AT = 5_000;

type Given<E = SubscriptionEvent> = E extends SubscriptionEvent
  ? Omit<E, 'at' | 'requestId'> & { requestId?: number; at?: number }
  : never;

const send = (state: SubscriptionState, event: Given) =>
  transition(state, { at: AT, requestId: 2, ...event });

const states: Record<string, SubscriptionState> = {
  idle: IDLE_SUBSCRIPTION,
  pending: {
    status: 'pending',
    socketId: 1,
    requestId: 1,
    askedMs: 4_900,
    deadlineMs: 14_900,
    again: false,
  },
  attached: { status: 'attached', socketId: 1, requestId: 1, askedMs: 1_000 },
  'attached just now': { status: 'attached', socketId: 1, requestId: 1, askedMs: 4_900 },
  resyncing: { status: 'resyncing', socketId: 1, deadlineMs: 5_900 },
  refused: { status: 'refused', socketId: 1, error, deadlineMs: Infinity },
};

const events: Record<string, Given> = {
  wanted: { type: 'wanted', socketId: 1 },
  'wanted on another connection': { type: 'wanted', socketId: 2 },
  released: { type: 'released' },
  disconnected: { type: 'disconnected', socketId: 1 },
  'disconnected elsewhere': { type: 'disconnected', socketId: 2 },
  answered: { type: 'answered', socketId: 1, requestId: 1 },
  'answered to a later copy': { type: 'answered', socketId: 1, requestId: 7 },
  'answered to an earlier question': { type: 'answered', socketId: 1, requestId: 0 },
  'answered elsewhere': { type: 'answered', socketId: 2, requestId: 1 },
  refused: { type: 'refused', socketId: 1, error },
  'refused elsewhere': { type: 'refused', socketId: 2, error },
  resyncAsked: { type: 'resyncAsked' },
  deadlineReached: { type: 'deadlineReached' },
  'deadlineReached much later': { type: 'deadlineReached', at: 100_000 },
};

const table: Record<string, Record<string, string>> = {
  idle: {
    wanted: 'pending on 1 until 15000 | subscribe 1',
    'wanted on another connection': 'pending on 2 until 15000 | subscribe 2',
  },
  pending: {
    'wanted on another connection': 'pending on 2 until 15000 | subscribe 2',
    released: 'idle | unsubscribe 1',
    disconnected: 'idle |',
    answered: 'attached on 1 |',
    'answered to a later copy': 'attached on 1 |',
    refused: 'refused on 1 until Infinity |',
    'deadlineReached much later': 'pending on 1 until 110000 | subscribe 1',
  },
  attached: {
    'wanted on another connection': 'pending on 2 until 15000 | subscribe 2',
    released: 'idle | unsubscribe 1',
    disconnected: 'idle |',
    refused: 'refused on 1 until Infinity |',
    resyncAsked: 'pending on 1 until 15000 | subscribe 1',
  },
  'attached just now': {
    'wanted on another connection': 'pending on 2 until 15000 | subscribe 2',
    released: 'idle | unsubscribe 1',
    disconnected: 'idle |',
    refused: 'refused on 1 until Infinity |',
    resyncAsked: 'resyncing on 1 until 5900 |',
  },
  resyncing: {
    'wanted on another connection': 'pending on 2 until 15000 | subscribe 2',
    released: 'idle | unsubscribe 1',
    disconnected: 'idle |',
    refused: 'refused on 1 until Infinity |',
    'deadlineReached much later': 'pending on 1 until 110000 | subscribe 1',
  },
  refused: {
    wanted: 'pending on 1 until 15000 | subscribe 1',
    'wanted on another connection': 'pending on 2 until 15000 | subscribe 2',
    released: 'idle | unsubscribe 1',
    disconnected: 'idle |',
    refused: 'refused on 1 until Infinity |',
  },
};

function describeState(state: SubscriptionState): string {
  const on = 'socketId' in state ? ` on ${state.socketId}` : '';
  return state.status + on + ('deadlineMs' in state ? ` until ${state.deadlineMs}` : '');
}

describe('every state and every event', () => {
  for (const [stateName, expected] of Object.entries(table)) {
    for (const [eventName, event] of Object.entries(events)) {
      test(`${stateName} + ${eventName} -> ${expected[eventName] ?? 'unchanged'}`, () => {
        const before = states[stateName]!;
        const [state, ...effects] = send(before, event);
        if (expected[eventName] === undefined) {
          expect(state).toBe(before);
          expect(effects).toEqual([]);
        } else {
          const wanted = effects.map(
            (effect) => `${effect.type} ${'socketId' in effect ? effect.socketId : ''}`,
          );
          expect(`${describeState(state)} | ${wanted.join()}`.trimEnd()).toBe(expected[eventName]);
        }
      });
    }
  }
});

describe('an unanswered sub (P-SUB-2)', () => {
  test('is sent again once after 10 s, then the connection is dropped', () => {
    let [state] = send(IDLE_SUBSCRIPTION, { type: 'wanted', socketId: 1 });
    const [second, ...effects] = send(state, { type: 'deadlineReached', at: subscriptionDeadlineMs(state) });
    expect(effects).toEqual([{ type: 'subscribe', socketId: 1 }]);
    state = second;
    const [third, ...drastic] = send(state, { type: 'deadlineReached', at: subscriptionDeadlineMs(state) });
    expect(drastic).toEqual([{ type: 'dropConnection' }]);
    expect(third).toBe(state);
  });

  test('is answered by the answer to either', () => {
    const [first] = transition(IDLE_SUBSCRIPTION, { type: 'wanted', socketId: 1, at: AT, requestId: 5 });
    const [again] = transition(first, { type: 'deadlineReached', at: 100_000, requestId: 9 });
    for (const requestId of [5, 9]) {
      const [attached] = transition(again, { type: 'answered', socketId: 1, at: 100_001, requestId });
      expect(attached.status).toBe('attached');
      // The other answer may still come, and its entry counts then.
      expect(awaits(attached, 9)).toBe(true);
    }
    expect(transition(again, { type: 'answered', socketId: 1, at: 100_001, requestId: 4 })[0]).toBe(again);
  });
});

describe('a refusal', () => {
  const refuse = (refusal: TickwireError): number =>
    subscriptionDeadlineMs(send(states['pending']!, { type: 'refused', socketId: 1, error: refusal })[0]) -
    AT;

  test('for good is not asked again on this connection', () => {
    expect(refuse(error)).toBe(Infinity);
  });

  test('for a while is asked again when the server said, never more than once a second', () => {
    expect(refuse(new TickwireError('unavailable', ''))).toBe(5_000);
    expect(refuse(new TickwireError('rate_limited', '', { retryAfterMs: 8_000 }))).toBe(8_000);
    expect(refuse(new TickwireError('rate_limited', '', { retryAfterMs: 1 }))).toBe(1_000);
  });
});

test('random walks: never two questions at once on one connection, never an answer to a wrong one', () => {
  let seed = 3;
  const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  let state: SubscriptionState = IDLE_SUBSCRIPTION;
  let at = 0;
  let unanswered = 0;
  for (let requestId = 1; requestId < 10_000; requestId++) {
    at += random() * 3_000;
    const socketId = 1 + Math.floor(random() * 2);
    const choices: Given[] = [
      { type: 'wanted', socketId },
      { type: 'released' },
      { type: 'disconnected', socketId },
      {
        type: 'answered',
        socketId,
        requestId: state.status === 'pending' && random() < 0.7 ? state.requestId : requestId,
      },
      { type: 'refused', socketId, error },
      { type: 'resyncAsked' },
      { type: 'deadlineReached' },
    ];
    const before = state;
    const [next, effect] = send(state, {
      requestId,
      ...choices[Math.floor(random() * choices.length)]!,
      at,
    });
    state = next;
    if (effect?.type === 'subscribe') {
      const isCopy = before.status === 'pending' && before.socketId === effect.socketId;
      const expectedId = isCopy ? before.requestId : requestId;
      expect(state).toMatchObject({ status: 'pending', socketId: effect.socketId, requestId: expectedId });
      // Asked again on one connection only when nothing was in flight there, or nobody answered.
      if (isCopy) {
        expect(at).toBeGreaterThanOrEqual(before.deadlineMs);
        unanswered++;
      }
    }
    if (effect?.type === 'unsubscribe') expect(state.status).toBe('idle');
  }
  expect(unanswered).toBeGreaterThan(0);
});
