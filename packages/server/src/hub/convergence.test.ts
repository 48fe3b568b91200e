// Whatever is published, however slow the peer and whenever it asks again: by the cursor rule it never meets a hole, and
// when everything has been read it holds what the broker holds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Market } from '../test-support/market.js';
import { ModelReader } from '../test-support/model-reader.js';

const KEYS = ['a', 'b', 'c', 'd'];

type Step =
  | { readonly do: 'set'; readonly bid: number; readonly ask: number; readonly venue: string | undefined }
  | { readonly do: 'upsert'; readonly key: string; readonly size: number; readonly pad: number }
  | { readonly do: 'patch'; readonly key: string; readonly size: number }
  | { readonly do: 'remove'; readonly key: string }
  | { readonly do: 'clear' }
  | { readonly do: 'append'; readonly count: number; readonly pad: number }
  | { readonly do: 'turn' | 'stall' | 'drain' | 'resume' | 'resync' };

const small = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('set'),
    bid: small,
    ask: small,
    venue: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  }),
  fc.record({
    do: fc.constant('upsert'),
    key: fc.constantFrom(...KEYS),
    size: small,
    pad: fc.integer({ min: 0, max: 900 }),
  }),
  fc.record({ do: fc.constant('patch'), key: fc.constantFrom(...KEYS), size: small }),
  fc.record({ do: fc.constant('remove'), key: fc.constantFrom(...KEYS) }),
  fc.record({ do: fc.constant('clear') }),
  fc.record({
    do: fc.constant('append'),
    count: fc.integer({ min: 1, max: 7 }),
    pad: fc.integer({ min: 0, max: 300 }),
  }),
  fc.record({ do: fc.constantFrom('turn', 'turn', 'turn', 'stall', 'drain', 'resume', 'resync') }),
);

const channels = ['quote/A', 'orders/A', 'tape/A'] as const;

async function play(steps: readonly Step[], delta: boolean, flushMs: number): Promise<void> {
  const market = new Market({ limits: { watermarkBytes: 500, maxPartBytes: 1_024 }, flushMs });
  const readers = {
    'quote/A': new ModelReader('state'),
    'orders/A': new ModelReader('collection'),
    'tape/A': new ModelReader('stream'),
  };
  const channelOf = new Map<number, keyof typeof readers>();
  const connect = () => market.peer('ann', { caps: delta ? ['delta'] : [] });
  let peer = await connect();
  let id = 0;
  let appended = 0;
  const read = (): void => {
    for (const frame of peer.take()) {
      if (frame.t === 'subd') {
        for (const entry of frame.r) {
          const channel = entry.c as keyof typeof readers;
          if ('n' in entry) channelOf.set(entry.n, channel);
          readers[channel].read({ ...frame, r: [entry] });
        }
      } else if (typeof frame['n'] === 'number') {
        const channel = channelOf.get(frame['n']);
        if (channel !== undefined) readers[channel].read(frame);
      }
    }
  };
  const subscribe = (): void => {
    id++;
    const ch = channels.map((c) => {
      const { epoch, cursor } = readers[c];
      return cursor < 0 || epoch === '' ? { c } : { c, e: epoch, o: cursor };
    });
    peer.send({ t: 'sub', id, ch });
  };
  const ignore = () => undefined;
  subscribe();
  for (const each of steps) {
    switch (each.do) {
      case 'set':
        void market.quote('A').set({ bid: each.bid, ask: each.ask, venue: each.venue });
        break;
      case 'upsert':
        void market.orders('A').upsert({ id: each.key, size: each.size, note: 'x'.repeat(each.pad) });
        break;
      case 'patch':
        market.orders('A').patch(each.key, { size: each.size }).catch(ignore);
        break;
      case 'remove':
        void market.orders('A').remove(each.key);
        break;
      case 'clear':
        void market.orders('A').clear();
        void market.quote('A').clear();
        break;
      case 'append':
        void market
          .tape('A')
          .append(
            ...Array.from({ length: each.count }, () => ({ n: ++appended, pad: 'x'.repeat(each.pad) })),
          );
        break;
      case 'turn':
        await market.clock.advance(flushMs);
        break;
      case 'stall':
        peer.socket.stalled = true;
        break;
      case 'drain':
        peer.drain();
        break;
      case 'resync':
        read();
        subscribe();
        break;
      case 'resume':
        // A cut: what was read stays, what was under way is lost, and the next connection begins from the cursors.
        await market.clock.settle();
        read();
        peer.handler.onClose(1006);
        channelOf.clear();
        peer = await connect();
        subscribe();
        break;
    }
  }
  for (let turns = 0; turns < 40; turns++) {
    peer.drain();
    await market.clock.advance(flushMs);
  }
  read();

  const quote = await market.quote('A').read();
  expect(readers['quote/A'].value).toEqual(quote.data);
  const orders = await market.orders('A').read();
  expect(readers['orders/A'].value).toEqual(orders.data);
  const { events, lost, cursor } = readers['tape/A'];
  expect(cursor).toBe(appended);
  const told = new Set(events.map(({ offset }) => offset));
  expect(told.size).toBe(events.length);
  for (const { offset, value } of events) expect(value).toMatchObject({ n: offset });
  for (let offset = 1; offset <= appended; offset++) {
    const announced = lost.some(([from, to]) => offset > from && offset <= to);
    expect(told.has(offset) || announced).toBe(true);
  }
}

test.each([
  ['with deltas, at the end of the turn', true, 0],
  ['without deltas, at the end of the turn', false, 0],
  ['with deltas, in windows', true, 10],
])(
  'converges %s',
  async (_how, delta, flushMs) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) =>
        play(steps, delta, flushMs),
      ),
      { numRuns: 120 },
    );
  },
  60_000,
);
