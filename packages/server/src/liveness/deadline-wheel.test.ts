import { describe, expect, test } from 'vitest';
import type { Clock } from '@tickwire/protocol';
import { VirtualClock } from '@tickwire/testing';
import { DeadlineWheel, type Timed } from './deadline-wheel.js';

class Owner implements Timed {
  readonly calls: number[] = [];
  deadlineMs: number;
  readonly #next: (nowMs: number) => number;

  constructor(deadlineMs: number, next: (nowMs: number) => number = () => Infinity) {
    this.deadlineMs = deadlineMs;
    this.#next = next;
  }

  onDeadline(nowMs: number): void {
    this.calls.push(nowMs);
    this.deadlineMs = this.#next(nowMs);
  }
}

describe('deadlines', () => {
  test('come up within a slot, each once', async () => {
    const clock = new VirtualClock();
    const wheel = new DeadlineWheel(clock);
    const owners = [10, 60, 1_000, 25_000].map((deadline) => new Owner(deadline));
    for (const owner of owners) wheel.schedule(owner);
    await clock.advance(30_000);
    for (const [index, due] of [10, 60, 1_000, 25_000].entries()) {
      const calls = owners[index]?.calls ?? [];
      expect(calls).toHaveLength(1);
      expect(calls[0]).toBeGreaterThanOrEqual(due);
      expect(calls[0]).toBeLessThan(due + 50);
    }
    expect(wheel.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('one that moved later is not called at the old moment', async () => {
    const clock = new VirtualClock();
    const wheel = new DeadlineWheel(clock);
    const owner = new Owner(100);
    wheel.schedule(owner);
    owner.deadlineMs = 500;
    await clock.advance(499);
    expect(owner.calls).toEqual([]);
    await clock.advance(51);
    expect(owner.calls).toHaveLength(1);
  });

  test('one that moved earlier is, once it is scheduled anew', async () => {
    const clock = new VirtualClock();
    const wheel = new DeadlineWheel(clock);
    const owner = new Owner(10_000);
    wheel.schedule(owner);
    owner.deadlineMs = 100;
    wheel.schedule(owner);
    await clock.advance(150);
    expect(owner.calls).toHaveLength(1);
    expect(wheel.size).toBe(0);
  });

  test('owners that always have a next one keep coming up; one timer serves them all', async () => {
    const clock = new VirtualClock();
    const wheel = new DeadlineWheel(clock);
    const owners = Array.from({ length: 100 }, (_, n) => new Owner(n, (now) => now + 1_000));
    for (const owner of owners) wheel.schedule(owner);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(10_500);
    for (const owner of owners) expect(owner.calls.length).toBeGreaterThanOrEqual(10);
    expect(clock.pendingTimers).toBe(1);
    for (const owner of owners) wheel.remove(owner);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a stopped wheel takes nobody', () => {
    const clock = new VirtualClock();
    const wheel = new DeadlineWheel(clock);
    wheel.schedule(new Owner(10));
    wheel.stop();
    wheel.schedule(new Owner(20));
    expect(wheel.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

test('P-LIVE-2 a process that was held up reads what waits before it judges', async () => {
  const clock = new VirtualClock();
  let heldUpMs = 0;
  const late: Clock = {
    monotonicMs: () => clock.monotonicMs() + heldUpMs,
    wallMs: () => clock.wallMs(),
    setTimer: (delayMs, run) => clock.setTimer(delayMs, run),
    endOfTurn: (run) => clock.endOfTurn(run),
  };
  const wheel = new DeadlineWheel(late);
  const owner = new Owner(100);
  wheel.schedule(owner);
  // The loop stood still for two and a half seconds, and what the peer said in them is read a turn later.
  heldUpMs = 2_500;
  const read = clock.advance(99).then(() => {
    clock.setTimer(1, () => clock.endOfTurn(() => (owner.deadlineMs = 60_000)));
  });
  await read;
  await clock.advance(10);
  expect(owner.calls).toEqual([]);
});
