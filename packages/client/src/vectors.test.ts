// The conformance vectors that are pure functions, against the parts of the client they are about.
import { closePolicy, type FullFrame, type Position, type SubscribedEntry } from '@tickwire/protocol';
import { eventsOf, offsetOfEvent } from '@tickwire/protocol';
import { describe, expect, test } from 'vitest';
import { INITIAL_CONNECTION, type ConnectionEvent, type ConnectionState } from './connection/state.js';
import { createConnectionTransition } from './connection/transition.js';
import { decode } from './link.js';
import { DEFAULTS, RECONNECT_DEFAULTS } from './options.js';
import { createCollectionStore } from './store/collection-store.js';
import { createStateStore } from './store/state-store.js';
import { createSequencer, type SequencedFrame, type Sequencer } from './subscription/sequencer.js';
import { type Text, textOf, titled, vectorsOf } from '../../protocol/src/test-support/vectors.js';

type Pair = readonly [epoch: string, offset: number];
const positionOf = (pair: Pair | null): Position | null => pair && { epoch: pair[0], offset: pair[1] };
const pairOf = (position: Position | null): Pair | null => position && [position.epoch, position.offset];

describe('messages, as a client reads them', () => {
  const vectors = vectorsOf<{
    message: Text;
    frames?: readonly unknown[];
    count?: number;
    refused?: true;
    for?: string;
  }>('messages').filter(({ for: receiver = 'client' }) => receiver === 'client');
  test.each(titled(vectors))('%s', (_title, { message, frames, count, refused }) => {
    const read = (): unknown[] => decode(textOf(message), DEFAULTS.maxFrameBytes);
    if (refused === true) {
      expect(read).toThrow();
      return;
    }
    if (frames !== undefined) expect(JSON.stringify(read())).toBe(JSON.stringify(frames));
    if (count !== undefined) expect(read()).toHaveLength(count);
  });
});

describe('the cursor rule', () => {
  interface Step {
    readonly entry?: Pick<SubscribedEntry, 'kind' | 'e' | 'o' | 'm' | 'b'>;
    readonly sent?: Pair | null;
    readonly frame?: SequencedFrame;
    readonly cut?: true;
    readonly verdict?: 'apply' | 'ignore' | 'hole' | 'wait';
    readonly cursor?: Pair | null;
    readonly delivers?: readonly unknown[];
    readonly applies?: Readonly<Record<string, unknown>>;
    readonly asks?: Pair | null;
  }
  interface Reader {
    readonly cursor: Pair | null;
    readonly void?: true;
    readonly hole?: true;
  }

  function readerOf({ cursor, void: isVoid, hole }: Reader): Sequencer {
    const sequencer = createSequencer();
    if (cursor === null) return sequencer;
    const [e, o] = cursor;
    const entry = { c: 'c', n: 1, kind: 'state', e, o } as const;
    sequencer.attach({ ...entry, m: 'tail' }, null);
    if (isVoid) sequencer.attach({ ...entry, m: 'full' }, positionOf(cursor));
    if (hole) expect(sequencer.accept({ t: 'd', n: 1, b: o + 1, o: o + 2 })).toBe('hole');
    return sequencer;
  }

  function play(sequencer: Sequencer, step: Step): void {
    const { entry, sent, frame, cut, verdict, cursor, delivers = [], applies, asks } = step;
    const before = sequencer.offset;
    if (cut) sequencer.detach();
    if (entry) {
      // A cursor that has not moved is the very object that was sent.
      const { cursor: held } = sequencer;
      const asked = sent?.join() === pairOf(held)?.join() ? held : positionOf(sent ?? null);
      const fits = sequencer.attach({ c: 'c', n: 1, ...entry }, asked);
      expect(fits ? 'apply' : 'hole').toBe(verdict);
    }
    if (frame) {
      const said = sequencer.accept(frame);
      // The sequencer does not tell apart a part that it keeps from a frame that it ignores: what follows does.
      if (verdict === 'hole') expect(said).toBe('hole');
      else if (verdict !== 'apply') expect(said).toBe('ignore');
      else {
        expect(said).toBeTypeOf('object');
        const applied = said as SequencedFrame;
        if (applies) expect(applied).toMatchObject(applies);
        if (applied.t === 'e') {
          const fresh = eventsOf(applied).filter((_, at) => offsetOfEvent(applied, at) > before);
          expect(fresh).toEqual(delivers);
        }
        sequencer.commit(applied);
      }
    }
    if (cursor !== undefined) expect(pairOf(sequencer.cursor)).toEqual(cursor);
    if (asks !== undefined) expect(pairOf(sequencer.cursor)).toEqual(asks);
  }

  const vectors = vectorsOf<{ reader: Reader; steps: readonly Step[] }>('cursor');
  test.each(titled(vectors))('%s', (_title, { reader, steps }) => {
    const sequencer = readerOf(reader);
    for (const step of steps) play(sequencer, step);
  });
});

describe('deltas in the stores', () => {
  const vectors = vectorsOf<{
    channel: 'state' | 'collection';
    before?: unknown;
    befores?: readonly unknown[];
    frame: Readonly<Record<string, never>>;
    after?: unknown;
    hole?: true;
    unchanged?: true;
  }>('deltas');
  test.each(titled(vectors))(
    '%s',
    (_title, { channel, before, befores = [before], frame, after, hole, unchanged }) => {
      for (const held of befores) {
        const store = channel === 'state' ? createStateStore() : createCollectionStore();
        const whole: FullFrame = {
          t: 'f',
          n: 1,
          o: 1,
          ...(channel === 'state' ? { v: held } : { k: held as Record<string, unknown> }),
        };
        store.apply(whole, []);
        const change = store.apply({ t: 'd', n: 1, o: 2, ...frame }, []);
        expect(change === false).toBe(hole === true);
        const value = store.read();
        const result = hole || unchanged ? held : after;
        if (channel === 'state') expect(value).toEqual(result);
        else
          expect([...(value as Map<string, unknown>)].sort()).toEqual(
            Object.entries(result as object).sort(),
          );
      }
    },
  );
});

describe('the next attempt', () => {
  interface Ends {
    readonly attempts: number;
    readonly code: number;
    readonly livedMs?: number;
    readonly retryAfterMs?: number;
    readonly betweenMs?: readonly [number, number];
    readonly leastMs?: number;
  }

  const transition = createConnectionTransition({ ...DEFAULTS, ...RECONNECT_DEFAULTS });

  /** The delay before the attempt that follows, by a machine for which chance always says `random`. */
  function delayMs({ attempts, code, livedMs, retryAfterMs }: Ends, random: number): number {
    let state: ConnectionState = INITIAL_CONNECTION;
    let at = 1_000;
    const step = (event: object): void => {
      const context = { at, random, online: true, receivedMs: at };
      [state] = transition(state, { ...event, ...context } as ConnectionEvent);
    };
    function open(): number {
      at = Math.max(at, state.current?.deadlineMs ?? at);
      step({ type: state.current ? 'deadlineReached' : 'connectCalled' });
      const { socketId } = state;
      step({ type: 'tokenReady', socketId });
      step({ type: 'socketOpened', socketId });
      return socketId;
    }
    for (let failed = 0; failed < attempts; failed++) {
      const socketId = open();
      step({ type: 'socketClosed', socketId, code: 1006, message: '' });
    }
    const socketId = open();
    if (livedMs !== undefined) {
      step({ type: 'welcomed', socketId, silenceMs: 1e9 });
      at += livedMs;
    }
    if (retryAfterMs !== undefined) {
      step({ type: 'rejected', socketId, code: 'unavailable', message: '', retryAfterMs });
    }
    step({ type: 'socketClosed', socketId, code, message: '' });
    const { current } = state as ConnectionState;
    expect(current?.phase).toBe('backoff');
    return (current?.deadlineMs ?? NaN) - at;
  }

  test.each(titled(vectorsOf<Ends>('backoff')))('%s', (_title, vector) => {
    const delays = [0, 0.25, 0.5, 0.75, 1].map((random) => delayMs(vector, random)).sort((a, b) => a - b);
    const [least = NaN, greatest = NaN] = [delays[0], delays.at(-1)];
    if (vector.leastMs !== undefined) expect(least).toBeGreaterThanOrEqual(vector.leastMs);
    if (vector.betweenMs === undefined) return;
    expect([least, greatest]).toEqual(vector.betweenMs);
    expect(closePolicy(vector.code)).toMatch(/backoff|soon/);
  });
});
