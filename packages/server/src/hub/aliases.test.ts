import { describe, expect, test } from 'vitest';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import { createMemoryBroker } from '../index.js';
import { DeadlineWheel } from '../liveness/deadline-wheel.js';
import { textEncoder } from '../test-support/peer.js';
import { Flusher } from './flush.js';
import { Hub } from './hub.js';

describe('P-SUB-3 when every alias has been given', () => {
  const make = () => {
    const clock = new VirtualClock();
    let closed = 0;
    const hub: Hub = new Hub({
      clock,
      wheel: new DeadlineWheel(clock),
      flusher: new Flusher(clock, 0, () => false),
      encode: textEncoder,
      broker: createMemoryBroker({ clock, random: new SeededRandom('aliases') }).connect,
      lingerMs: 0,
      verifyMs: 10_000,
      maxAlias: 5,
      log: () => undefined,
      onAliasesSpent: () => closed++,
      onExpelled: () => undefined,
    });
    const acquire = (id: string) => hub.acquire({ spec: { id, kind: 'state' }, staleAfterMs: undefined });
    const visit = async (id: string) => {
      const channel = acquire(id);
      await hub.warm(channel);
      hub.release(channel);
      return channel.alias;
    };
    return { clock, acquire, visit, closed: () => closed };
  };

  test('every connection ends, and only then they begin anew, without those that are in use', async () => {
    const { clock, acquire, visit, closed } = make();
    await visit('a');
    expect(acquire('held').alias).toBe(2);
    for (const id of ['b', 'c', 'd']) await visit(id);
    expect(closed()).toBe(0);
    // Whoever asks meanwhile may have been told any of them.
    for (const id of ['e', 'f']) expect(() => acquire(id)).toThrow('Aliases begin anew.');
    expect(closed()).toBe(1);
    expect(acquire('held').alias).toBe(2);
    await clock.settle();
    const anew = [];
    for (const id of ['e', 'f', 'g', 'h']) anew.push(await visit(id));
    expect(anew).toEqual([1, 3, 4, 5]);
    expect(() => acquire('i')).toThrow('Aliases begin anew.');
    expect(closed()).toBe(2);
  });
});
