// Scheduler: when listeners run. Values are applied at once; only telling about them waits.
import type { Cancel } from '@tickwire/protocol';
import type { ClientClock } from '../ports/clock.js';
import type { Environment } from '../ports/environment.js';

/**
 * When listeners are told of a change:
 * - `sync`: before the call or message that caused it is done.
 * - `microtask`: right after.
 * - `frame`: once before the next paint. A hidden page paints nothing, so there it is `microtask`.
 * - `{ intervalMs }`: at once, then not again before so many milliseconds have passed; the last change always arrives.
 */
export type SchedulerMode = 'sync' | 'microtask' | 'frame' | { readonly intervalMs: number };

/** Runs tasks once, later. */
export interface Scheduler {
  /** Runs `task` at the next moment; asked twice before that, it still runs once. */
  readonly schedule: (task: () => void) => void;
  /** Runs what waits, now. */
  readonly flush: () => void;
}

/** What schedulers need of the client. */
export interface SchedulerPorts {
  readonly clock: ClientClock;
  readonly environment: Environment;
  /** Runs once the present call or message has been dealt with. */
  readonly afterTurn: (run: () => void) => void;
}

/** Makes a scheduler. Tasks must not throw. */
function createScheduler(mode: SchedulerMode, { clock, environment, afterTurn }: SchedulerPorts): Scheduler {
  const intervalMs = typeof mode === 'object' ? mode.intervalMs : 0;
  let tasks = new Set<() => void>();
  let cancel: Cancel | undefined;
  let armed = false;
  let nextMs = 0;

  function flush(): void {
    cancel?.();
    armed = false;
    if (!tasks.size) return;
    nextMs = clock.monotonicMs() + intervalMs;
    const due = tasks;
    tasks = new Set();
    for (const task of due) task();
  }

  function arm(): Cancel {
    const waitMs = nextMs - clock.monotonicMs();
    if (waitMs > 0) return clock.setTimer(waitMs, flush);
    if (mode === 'frame' && environment.requestFrame && !environment.isHidden())
      return environment.requestFrame(flush);
    let wanted = true;
    const run = (): void => {
      if (wanted) flush();
    };
    if (mode === 'sync') afterTurn(run);
    else void Promise.resolve().then(run);
    return () => (wanted = false);
  }

  return {
    schedule(task) {
      tasks.add(task);
      if (armed) return;
      // First, because arming may run it all.
      armed = true;
      cancel = arm();
    },
    flush,
  };
}

/** The schedulers of a client, one of each kind. */
export interface Schedulers {
  readonly of: (mode?: SchedulerMode) => Scheduler;
  /** Runs what waits anywhere, now. */
  readonly flush: () => void;
}

/** Makes the schedulers; `usual` is the mode where none is asked for. */
export function createSchedulers(usual: SchedulerMode, ports: SchedulerPorts): Schedulers {
  const schedulers = new Map<string, Scheduler>();
  return {
    of(mode = usual) {
      const name = JSON.stringify(mode);
      const scheduler = schedulers.get(name) ?? createScheduler(mode, ports);
      schedulers.set(name, scheduler);
      return scheduler;
    },
    flush: () => schedulers.forEach((scheduler) => scheduler.flush()),
  };
}
