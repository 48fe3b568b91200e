import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setUp } from './test-support/set-up.js';

// Whatever is lost, cut or begun anew: values converge, offsets only grow, and every event is told once or announced
// as lost (P-APP-1 to P-APP-4).

const key = fc.constantFrom('a', 'b', 'c', '__proto__');
const silent = fc.boolean();
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      bid: fc.nat(3),
      ask: fc.nat(3),
      silent,
      whole: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('upsert' as const), key, q: fc.nat(3), silent }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key, silent }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), silent }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('cut' as const), code: fc.constantFrom(1006, 4400, 4301, 1001) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('goaway' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fence' as const),
      channel: fc.constantFrom('price/A', 'book/A', 'trades/A'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2_000 }) }),
  },
);

test('after the last fault every channel holds what the server holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, server, client, price, book, trades } = setUp();
      server.overlap = 3;
      server.channel('price/A', 'state');
      server.channel('book/A', 'collection');
      const stream = server.channel('trades/A', 'stream');
      /** What is known to have come or to be lost, by epoch. */
      const told: string[] = [];
      const errors: unknown[] = [];
      let position = { epoch: 'e1', offset: 0 };
      let published: string[] = [];
      const fates = new Map<string, string>();
      client.on('error', (error) => errors.push(error.cause ?? error));
      trades.onEvent(({ id }, { epoch, offset }) => {
        if (epoch === position.epoch) expect(offset).toBeGreaterThan(position.offset);
        position = { epoch, offset };
        told.push(`${epoch}:${offset}`);
        fates.set(`${epoch}:${offset}`, `event ${id}`);
      });
      trades.on('gap', ({ lost, why }) => {
        if (lost === null) expect(why).not.toBe('trimmed');
        else
          for (let offset = lost.from + 1; offset <= lost.to; offset++)
            fates.set(`${position.epoch}:${offset}`, 'lost');
      });
      price.retain();
      book.retain();
      await clock.settle();
      let epochs = 1;
      for (const act of steps) {
        const open = server.live.at(-1);
        switch (act.do) {
          case 'set':
            server.set(
              'price/A',
              { bid: act.bid, ask: act.ask, ...(act.bid === 0 ? {} : { at: act.ask }) },
              act,
            );
            break;
          case 'upsert':
            server.update('book/A', Object.fromEntries([[act.key, { id: act.key, q: act.q }]]), [], act);
            break;
          case 'remove':
            server.update('book/A', {}, [act.key], act);
            break;
          case 'append':
            server.append('trades/A', { id: stream.offset + 1 }, act);
            published.push(`${stream.epoch}:${stream.offset}`);
            break;
          case 'cut':
            open?.close(act.code);
            break;
          case 'goaway':
            open?.send({ t: 'goaway', in: 1_000 });
            break;
          case 'trim':
            stream.floor = stream.offset;
            stream.changes.length = 0;
            break;
          case 'fence':
            // A new history is told to nobody: its connections are cut, as by a server that restarts.
            server.fence(act.channel, `e${++epochs}`, 1);
            if (act.channel === 'trades/A') published = [];
            for (const pipe of server.live) pipe.close(1006);
            break;
          case 'wait':
            await clock.advance(act.ms);
        }
      }
      // The next change on each channel shows what was lost before it.
      await clock.advance(40_000);
      server.set('price/A', { bid: 99, ask: 99 });
      server.update('book/A', { last: { id: 'last', q: 1 } });
      server.append('trades/A', { id: 0 });
      await clock.advance(20_000);

      expect(price.getSnapshot()).toMatchObject({ status: 'live', data: { bid: 99, ask: 99 } });
      expect(price.getSnapshot().data).toEqual(server.channels.get('price/A')!.value);
      expect(book.getSnapshot().status).toBe('live');
      const sorted = (records: ReadonlyMap<string, unknown> | undefined): unknown =>
        [...(records ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(sorted(book.getSnapshot().data)).toEqual(sorted(server.channels.get('book/A')!.records));
      expect(trades.getSnapshot()).toMatchObject({
        status: 'live',
        position: { epoch: stream.epoch, offset: stream.offset },
      });
      expect(new Set(told).size).toBe(told.length);
      // Of the present history: each event came, or was announced as lost, or lies before the history the client joined.
      const first = told.find((name) => name.startsWith(`${stream.epoch}:`));
      const joined = Number(first?.split(':')[1] ?? 0);
      for (const name of published.filter((name) => name.startsWith(`${stream.epoch}:`))) {
        if (Number(name.split(':')[1]) >= joined) expect([name, fates.has(name)]).toEqual([name, true]);
      }
      expect(errors).toEqual([]);
      expect(server.live).toHaveLength(1);
      client.close();
      expect(clock.timers).toBe(0);
    }),
    { numRuns: 500 },
  );
}, 60_000);
