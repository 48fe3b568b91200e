import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('runs timers at their instants, in order, those of one instant as they were armed', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.monotonicMs()}`);
    clock.setTimer(20, note('c'));
    clock.setTimer(10, note('a'));
    clock.setTimer(10, note('b'));
    await clock.advance(15);
    expect(seen).toEqual(['a@10', 'b@10']);
    await clock.advance(15);
    expect(seen).toEqual(['a@10', 'b@10', 'c@20']);
    expect(clock.monotonicMs()).toBe(30);
  });

  it('lets promise chains of any length run between two events', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(1, () => {
      void (async () => {
        for (let i = 0; i < 1_000; i++) await Promise.resolve();
        seen.push('chain');
      })();
    });
    clock.setTimer(1, () => seen.push('next'));
    await clock.advance(1);
    expect(seen).toEqual(['chain', 'next']);
  });

  it('ends a turn after everything that was due with it, before what was armed in it', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(1, () => {
      clock.endOfTurn(() => seen.push('end'));
      clock.setTimer(0, () => seen.push('armed'));
      seen.push('first');
    });
    clock.setTimer(1, () => seen.push('second'));
    await clock.advance(1);
    expect(seen).toEqual(['first', 'second', 'end', 'armed']);
  });

  it('runs nothing that was cancelled and counts what waits', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const cancel = clock.setTimer(1, () => seen.push('never'));
    clock.setTimer(2, () => seen.push('kept'));
    expect(clock.pendingTimers).toBe(2);
    cancel();
    cancel();
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(5);
    cancel();
    expect(seen).toEqual(['kept']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('honours delays beyond 32 bits', async () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.setTimer(40 * 86_400_000, () => (fired = true));
    await clock.advance(39 * 86_400_000);
    expect(fired).toBe(false);
    await clock.advance(2 * 86_400_000);
    expect(fired).toBe(true);
  });

  it('moves the wall clock without moving time', async () => {
    const clock = new VirtualClock({ startWallMs: 1_000 });
    clock.jumpWallClock(-3_600_000);
    expect(clock.wallMs()).toBe(1_000 - 3_600_000);
    expect(clock.monotonicMs()).toBe(0);
    await clock.advance(5);
    expect(clock.wallMs()).toBe(1_005 - 3_600_000);
  });

  it('hands on what an event throws and can go on after it', async () => {
    const clock = new VirtualClock();
    clock.setTimer(1, () => {
      throw new Error('boom');
    });
    await expect(clock.advance(1)).rejects.toThrow('boom');
    let fired = false;
    clock.setTimer(1, () => (fired = true));
    await clock.advance(1);
    expect(fired).toBe(true);
  });

  it('refuses to go back and to advance twice at once', async () => {
    const clock = new VirtualClock();
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    const first = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow('already under way');
    await first;
  });

  it('says so where a timer without delay re-arms itself for ever', async () => {
    const clock = new VirtualClock();
    const again = (): void => void clock.setTimer(0, again);
    again();
    await expect(clock.settle()).rejects.toThrow('A hundred thousand events at one instant');
  });
});

describe('VirtualMachine', () => {
  it('keeps what falls due while frozen, in order, until it is thawed', async () => {
    const clock = new VirtualClock();
    const machine = clock.machine();
    const seen: string[] = [];
    machine.setTimer(1, () => seen.push('a'));
    const cancel = machine.setTimer(2, () => seen.push('cancelled'));
    machine.setTimer(3, () => seen.push('b'));
    clock.setTimer(2, () => seen.push('other machine'));
    machine.freeze();
    await clock.advance(10);
    expect(seen).toEqual(['other machine']);
    cancel();
    machine.thaw();
    await clock.settle();
    expect(seen).toEqual(['other machine', 'a', 'b']);
    expect(machine.pendingTimers).toBe(0);
  });

  it('never runs anything again once halted', async () => {
    const clock = new VirtualClock();
    const machine = clock.machine();
    let ran = 0;
    machine.setTimer(1, () => ran++);
    machine.endOfTurn(() => ran++);
    machine.halt();
    machine.setTimer(1, () => ran++);
    await clock.advance(10);
    expect(ran).toBe(0);
    expect(machine.pendingTimers).toBe(0);
  });

  it('has a wall clock of its own', () => {
    const clock = new VirtualClock({ startWallMs: 0 });
    const machine = clock.machine();
    machine.jumpWallClock(60_000);
    expect(machine.wallMs()).toBe(60_000);
    expect(clock.wallMs()).toBe(0);
  });
});
