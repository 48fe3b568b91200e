import type { TickwireError } from '@tickwire/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Transport } from './ports/transport.js';
import { setUp } from './test-support/set-up.js';
import { FakeServer } from './test-support/fake-server.js';

// Whatever order the world chooses — tokens, openings, messages of either direction, cuts, what the application does —
// values converge, events are told once and in order, and every command ends (P-APP-1 to P-APP-4).

/** Carries everything when the scheduler says so; each direction of each pipe keeps its order. */
function scheduled(scheduler: fc.Scheduler, inner: Transport): Transport {
  const inOrder = (label: string): ((run: () => void) => void) => {
    let last: Promise<unknown> = Promise.resolve();
    return (run) => {
      last = last.then(() => scheduler.schedule(Promise.resolve(), label)).then(run);
    };
  };
  return {
    open(request, events) {
      const arrives = inOrder('to client');
      const leaves = inOrder('to server');
      let isOver = false;
      const report = (run: () => void): void => {
        arrives(() => {
          if (!isOver) run();
        });
      };
      const socket = inner.open(request, {
        onOpen: () => report(events.onOpen),
        onMessage: (data) => report(() => events.onMessage(data)),
        onClose: (code, reason) => report(() => events.onClose(code, reason)),
      });
      return {
        send: (text) => leaves(() => socket.send(text)),
        close: (code, reason) => {
          isOver = true;
          leaves(() => socket.close(code, reason));
        },
      };
    },
  };
}

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), bid: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('upsert' as const),
      key: fc.constantFrom('a', 'b'),
      q: fc.nat(9),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key: fc.constantFrom('a', 'b') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('command' as const), key: fc.option(fc.constant('k')) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('cut' as const), code: fc.constantFrom(1006, 4400, 4201) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('goaway' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resync' as const) }) },
);

test('in every order of events the client ends where the server is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(act, { maxLength: 25 }), async (scheduler, acts) => {
      const world = new FakeServer();
      const { clock, client, price, book, trades } = setUp({
        transport: scheduled(scheduler, world.transport),
        getToken: () => scheduler.schedule(Promise.resolve('token'), 'token'),
        reconnect: { initialDelayMs: 10, maxDelayMs: 10 },
      });
      world.welcome = { ping: { every: 100_000_000, grace: 1_000 } };
      world.onRequest = ({ id, v }, pipe) => pipe.send({ t: 'res', id, v: { id: JSON.stringify(v) } });
      world.channel('price/A', 'state');
      world.channel('book/A', 'collection');
      world.channel('trades/A', 'stream');
      const errors: unknown[] = [];
      client.on('error', (error) => errors.push(error.cause ?? error));

      const told: number[] = [];
      const outcomes: string[] = [];
      let commands = 0;
      let appended = 0;
      price.retain();
      book.retain();
      let stop = trades.onEvent(({ id }) => told.push(id));

      const run = (step: (typeof acts)[number]): void => {
        switch (step.do) {
          case 'set':
            world.set('price/A', { bid: step.bid, ask: 0 });
            return;
          case 'upsert':
            world.update('book/A', { [step.key]: { id: step.key, q: step.q } });
            return;
          case 'remove':
            world.update('book/A', {}, [step.key]);
            return;
          case 'append':
            world.append('trades/A', { id: ++appended });
            return;
          case 'command': {
            const key = step.key === null ? undefined : `k${commands}`;
            client.command('place', { qty: ++commands }, { key, queue: true }).then(
              ({ id }) => outcomes.push(id),
              (error: unknown) => outcomes.push((error as TickwireError).code),
            );
            return;
          }
          case 'cut':
            world.live.at(-1)?.close(step.code);
            return;
          case 'goaway':
            world.live.at(-1)?.send({ t: 'goaway', in: 1_000 });
            return;
          case 'reopen':
            stop();
            stop = trades.onEvent(({ id }) => told.push(id));
            return;
          case 'resync':
            book.resync();
        }
      };
      for (const step of acts) void scheduler.schedule(Promise.resolve(), step.do).then(() => run(step));

      // Time passes when nothing else can happen, until nothing happens any more.
      for (let round = 0; round < 20; round++) {
        await scheduler.waitIdle();
        await clock.advance(round < 10 ? 50 : 5_000);
      }
      await scheduler.waitIdle();

      expect(errors).toEqual([]);
      expect(client.connection.getSnapshot().status).toBe('connected');
      expect([price, book, trades].map((handle) => handle.getSnapshot().status)).toEqual([
        'live',
        'live',
        'live',
      ]);
      expect(price.getSnapshot().data).toEqual(world.channel('price/A', 'state').value);
      expect(book.getSnapshot().data).toEqual(world.channel('book/A', 'collection').records);
      expect(told).toEqual(Array.from({ length: appended }, (_, at) => at + 1));
      expect(outcomes).toHaveLength(commands);
      expect(outcomes.every((outcome) => outcome.startsWith('{') || outcome === 'indeterminate')).toBe(true);
    }),
    { numRuns: 500 },
  );
});
