import { command, defineContract, TickwireError } from '@tickwire/protocol';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createMemoryBroker, type IdempotencyStore } from '../index.js';
import { createChannelDirectory } from '../session/channel-directory.js';
import { Market } from '../test-support/market.js';
import type { Peer } from '../test-support/peer.js';
import { type AnyHandler, Commands } from './commands.js';
import { DEFAULT_IDEMPOTENCY } from './idempotency-options.js';

const req = (id: number, m: string, v: unknown, more: object = {}) => ({ t: 'req', id, m, v, ...more });

async function answer(market: Market, peer: Peer, ...frames: readonly object[]) {
  peer.send(...frames);
  await market.clock.settle();
  return peer.take();
}

describe('answers', () => {
  test('P-CMD-1 a command is answered with its output; defaults of its input are filled in', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'add', { a: 2 }))).toEqual([{ t: 'res', id: 1, v: { sum: 3 } }]);
  });

  test('P-CMD-6 declared errors carry their data; others are internal and say nothing', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'add', { a: -1 }))).toMatchObject([
      { err: { c: 'app.negative', d: { which: 'a' }, x: 'no' } },
    ]);
  });

  test('P-CMD-6 an input that does not fit: paths, never the input; the handler is not run', async () => {
    const market = new Market();
    const peer = await market.peer();
    const [res] = await answer(market, peer, req(1, 'add', { a: 'canary' }));
    expect(res).toMatchObject({ err: { c: 'bad_input', x: 'no', m: 'see a' } });
    expect(JSON.stringify(res)).not.toContain('canary');
    expect(market.added).toBe(0);
  });

  test('P-CMD-6 unknown commands, also those every object has', async () => {
    const market = new Market();
    const peer = await market.peer();
    for (const name of ['nope', '__proto__', 'constructor', 'toString']) {
      expect(await answer(market, peer, req(1, name, {}))).toMatchObject([
        { err: { c: 'unknown_command', x: 'no' } },
      ]);
    }
  });

  test('an id that is in use is refused, and the first is still answered', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'wait', {}), req(1, 'wait', {}))).toMatchObject([
      { t: 'err', id: 1, err: { c: 'bad_frame' } },
    ]);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(peer.take()).toEqual([{ t: 'res', id: 1, v: {} }]);
  });

  test('P-LIM-4 an answer larger than the client accepts: too_large, and it says that it was done', async () => {
    const market = new Market();
    const peer = await market.peer('ann', { lim: { in: 20 } });
    expect(await answer(market, peer, req(1, 'add', { a: 2 }))).toEqual([
      { t: 'res', id: 1, err: { c: 'too_large', x: 'yes' } },
    ]);
  });
});

describe('time', () => {
  test('P-CMD-3 past its deadline a running command is answered timeout, and its signal is raised', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send(req(1, 'wait', {}, { ttl: 300 }));
    await market.clock.advance(299);
    expect(peer.take()).toEqual([]);
    await market.clock.advance(1);
    expect(peer.take()).toMatchObject([{ t: 'res', id: 1, err: { c: 'timeout', x: 'maybe' } }]);
    expect(market.waiting[0]?.signal.aborted).toBe(true);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(peer.take()).toEqual([]);
  });

  test('a caller that says nothing gets the time of the contract', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send(req(1, 'wait', {}));
    await market.clock.advance(1_000);
    expect(peer.take()).toMatchObject([{ err: { c: 'timeout' } }]);
  });

  test('P-CMD-3 a deadline that passed before the start: not run, surely', async () => {
    const market = new Market();
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'add', { a: 1 }, { ttl: 0 }))).toMatchObject([
      { err: { c: 'deadline', x: 'no' } },
    ]);
    expect(market.added).toBe(0);
  });

  test('P-CMD-4 cancel raises the signal; the answer still comes', async () => {
    const market = new Market();
    const peer = await market.peer();
    await answer(market, peer, req(1, 'wait', {}), { t: 'cancel', id: 1 });
    expect(market.waiting[0]?.signal.aborted).toBe(true);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ t: 'res', id: 1 }]);
  });

  test('a connection that ends raises the signals of its commands, and leaves no timer', async () => {
    const market = new Market();
    const peer = await market.peer();
    await answer(market, peer, req(1, 'wait', {}));
    peer.handler.onClose(1006);
    expect(market.waiting[0]?.signal.aborted).toBe(true);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(market.server.stats().commandsRunning).toBe(0);
    expect(market.clock.pendingTimers).toBe(0);
  });
});

describe('keys', () => {
  test('P-CMD-5 the same key is run once, also over two connections; the replay says so', async () => {
    const market = new Market();
    const first = await market.peer();
    const second = await market.peer();
    const call = req(1, 'add', { a: 1 }, { k: 'key' });
    expect(await answer(market, first, call)).toEqual([{ t: 'res', id: 1, v: { sum: 2 } }]);
    expect(await answer(market, second, call)).toEqual([{ t: 'res', id: 1, v: { sum: 2 }, rp: 1 }]);
    expect(market.added).toBe(1);
  });

  test('a default that was left out is the same input', async () => {
    const market = new Market();
    const peer = await market.peer();
    await answer(market, peer, req(1, 'add', { a: 1 }, { k: 'key' }));
    expect(await answer(market, peer, req(2, 'add', { a: 1, b: 1 }, { k: 'key' }))).toMatchObject([
      { rp: 1 },
    ]);
  });

  test('what a handler did after its deadline is what the key remembers', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.send(req(1, 'wait', {}, { k: 'key', ttl: 100 }));
    await market.clock.advance(100);
    expect(peer.take()).toMatchObject([{ err: { c: 'timeout' } }]);
    expect(await answer(market, peer, req(2, 'wait', {}, { k: 'key' }))).toMatchObject([
      { err: { c: 'in_flight' } },
    ]);
    market.waiting[0]?.finish();
    await market.clock.settle();
    expect(await answer(market, peer, req(3, 'wait', {}, { k: 'key' }))).toEqual([
      { t: 'res', id: 3, v: {}, rp: 1 },
    ]);
    expect(market.waiting).toHaveLength(1);
  });

  test('half a surrogate pair is no key', async () => {
    const market = new Market();
    const peer = await market.peer();
    peer.handler.onMessage('{"t":"req","id":1,"m":"add","v":{"a":1},"k":"\\ud800"}');
    await market.clock.settle();
    expect(peer.take()).toMatchObject([{ err: { c: 'bad_input', x: 'no' } }]);
  });

  test('an anonymous connection keeps its keys to itself, and takes them along', async () => {
    const market = new Market();
    market.login = () => ({ principal: { anonymous: true } });
    const peer = await market.peer();
    await answer(market, peer, req(1, 'add', { a: 1 }, { k: 'key' }));
    expect(market.server.stats().idempotencyKeys).toBe(1);
    peer.handler.onClose(1000);
    expect(market.server.stats().idempotencyKeys).toBe(0);
  });
});

/** One command, `go`, without a server around it. */
function commandsOf(go: AnyHandler) {
  const contract = defineContract({
    name: 'go',
    version: '1.0.0',
    channels: {},
    commands: { go: command({ input: z.object({}), output: z.object({}) }) },
  });
  const clock = new VirtualClock();
  const random = new SeededRandom('go');
  const commands = new Commands({
    contract,
    handlers: { go },
    clock,
    random,
    createAbortSource: () => new AbortController(),
    store: null,
    idempotency: DEFAULT_IDEMPOTENCY,
    directory: createChannelDirectory(contract),
    broker: createMemoryBroker({ clock, random }).connect({
      onPublication: () => undefined,
      onDeliveryUncertain: () => undefined,
    }),
    log: () => undefined,
    maxTimeoutMs: 60_000,
    defaultTimeoutMs: 10_000,
    storeTimeoutMs: 5_000,
  });
  const answers: unknown[] = [];
  const caller = { principal: null, key: 'ann', isItsOwn: false };
  const run = () =>
    commands.run({ t: 'req', id: 1, m: 'go', v: {} }, caller, 0, (response) => answers.push(response));
  return { clock, commands, answers, run };
}

describe('whatever a handler throws or gives back', () => {
  test.each<[string, AnyHandler]>([
    [
      'rejects with what no text can be made of',
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- from JavaScript
      () => Promise.reject(Object.create(null)),
    ],
    ['rejects with a code that is no text', () => Promise.reject(new TickwireError(404 as never, 'x'))],
    [
      'rejects with a wait that is no number',
      () => Promise.reject(new TickwireError('limit', '', { retryAfterMs: 5n as never })),
    ],
    [
      'gives what throws when it is looked at',
      () => ({
        get then(): never {
          throw new Error('secret');
        },
      }),
    ],
  ])('P-CMD-1 it is answered: %s', async (_what, go) => {
    const { clock, commands, answers, run } = commandsOf(go);
    run();
    await clock.settle();
    expect(answers).toMatchObject([{ t: 'res', err: { x: 'maybe' } }]);
    expect(() => JSON.stringify(answers)).not.toThrow();
    expect(commands.running).toBe(0);
  });

  test('what only looks like a promise and calls back twice ends one run', async () => {
    const { clock, commands, answers, run } = commandsOf(() => ({
      then(resolve: (value: object) => void) {
        resolve({});
        resolve({});
      },
    }));
    run();
    await clock.settle();
    expect(answers).toEqual([{ t: 'res', id: 1, v: {} }]);
    expect(commands.running).toBe(0);
  });

  test('a command whose caller is gone leaves no timer, even if its handler looks at no signal', () => {
    const { clock, answers, run } = commandsOf(() => new Promise(() => undefined));
    run()?.abandon(new TickwireError('cancelled', 'the connection is gone'));
    expect(clock.pendingTimers).toBe(0);
    expect(answers).toEqual([]);
  });

  test('P-CMD-4 a command that was given up, and looks at no signal, is answered at its deadline', async () => {
    const { clock, answers, run } = commandsOf(() => new Promise(() => undefined));
    run()?.cancel(new TickwireError('cancelled', 'the caller gave up'));
    await clock.advance(10_000);
    expect(answers).toMatchObject([{ err: { c: 'timeout', x: 'maybe' } }]);
  });
});

describe('a store that answers what no store should', () => {
  const storeThatSays = (claim: unknown): IdempotencyStore => ({
    claim: () => claim as never,
    complete: () => undefined,
    release: () => undefined,
    read: () => null,
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['nothing, later', Promise.resolve(undefined)],
    ['a status nobody knows', { status: 'busy' }],
    ['a status nobody knows, later', Promise.resolve({ status: 'busy' })],
    ['an end without an outcome, later', Promise.resolve({ status: 'done' })],
    ['an end that is no JSON, later', Promise.resolve({ status: 'done', outcome: { v: { sum: 5n } } })],
  ])('P-CMD-8 %s: nothing is started, surely', async (_what, claim) => {
    const market = new Market({ idempotency: { store: storeThatSays(claim) } });
    const peer = await market.peer();
    expect(await answer(market, peer, req(1, 'add', { a: 1 }, { k: 'key' }))).toMatchObject([
      { t: 'res', err: { c: 'unavailable', x: 'no' } },
    ]);
    expect(market.added).toBe(0);
    expect(market.logs).toContain('error idempotency store failed to claim');
  });
});
