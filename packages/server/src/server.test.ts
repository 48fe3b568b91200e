import { describe, expect, test } from 'vitest';
import { command, defineContract, state } from '@tickwire/protocol';
import * as z from 'zod';
import { createServer } from './index.js';
import { Market } from './test-support/market.js';
import { Peer } from './test-support/peer.js';

describe('what a server is made of', () => {
  const contract = defineContract({
    name: 'names',
    version: '1.0.0',
    channels: { valueOf: state(z.number()) },
    commands: { toString: command({ input: z.object({}), output: z.object({}) }) },
  });
  const authenticate = () => ({ principal: null });

  test('a rule or a handler that is missing is missed, also where every object has a function of its name', () => {
    const make = () => createServer(contract, { authenticate, authorize: {}, commands: {} } as never);
    expect(make).toThrow('authorize["valueOf"], commands["toString"] must be a function');
  });

  test('those that were written down are taken', () => {
    const make = () =>
      createServer(contract, {
        authenticate,
        authorize: { valueOf: () => true },
        commands: { toString: () => ({}) },
      });
    expect(make).not.toThrow();
  });
});

test('a broker that fails with something that has no text does not hold up the end of the server', async () => {
  const whole = new Market().broker;
  const market = new Market({
    broker: (events) => ({
      ...whole(events),
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
      close: () => Promise.reject(Object.create(null)),
    }),
  });
  await market.server.close({ drainMs: 0 });
  expect(market.logs).toContain('warn broker could not be closed');
});

test('hooks that have not answered when the server ends do not keep its process', async () => {
  const market = new Market();
  const peer = await market.peer();
  market.rules.set('A', () => new Promise(() => undefined));
  peer.send({ t: 'sub', id: 1, ch: [{ c: 'quote/A' }] });
  market.login = () => new Promise(() => undefined);
  new Peer(market.server).hello('ann');
  await market.clock.settle();
  const closed = market.server.close({ drainMs: 0 });
  await market.clock.advance(100);
  peer.handler.onClose(1000);
  await closed;
  expect(market.clock.pendingTimers).toBe(0);
});
