// The faults of the rail: three are asked of the server, one is made here. The SDK knows nothing of any of them.
import type { Client } from '@tickwire/client';
import { isTickwireError } from '@tickwire/client';
import type { dashboard } from '../src/contract.js';
import { createStore, type Store } from './journal/store.js';
import type { Timeline } from './journal/timeline.js';

export type FaultName = 'cable' | 'server' | 'drop' | 'slow' | 'fast';

/** From this rate on the market counts as fast, whoever asked for it. */
export const FAST_RATE = 10_000;

/** From when to when a fault lasts, by the wall clock; `Infinity` while it is on until switched off. */
export interface FaultSpan {
  readonly startedMs: number;
  readonly endsMs: number;
}

export type FaultState = Readonly<Record<FaultName, FaultSpan | null>>;

export interface Faults extends Pick<Store<FaultState>, 'get' | 'subscribe'> {
  /** Begins a fault, or ends one that has no end of its own. */
  readonly trigger: (name: FaultName, isOn: boolean) => void;
  readonly togglePause: (isPaused: boolean) => void;
}

const CABLE_CUT_MS = 5_000;
const SERVER_DOWN_MS = 3_000;
const DROPPED_PERCENT = 10;
const NORMAL_RATE = 200;
/** The main thread is busy this long of every second. */
const BUSY_MS = 600;

const NONE: FaultState = { cable: null, server: null, drop: null, slow: null, fast: null };

export function createFaults(client: Client<typeof dashboard>, timeline: Timeline): Faults {
  const state = createStore<FaultState>(NONE);
  let busy: ReturnType<typeof setInterval> | undefined;

  const set = (name: FaultName, span: FaultSpan | null): void => state.set({ ...state.get(), [name]: span });
  const last = (name: FaultName, forMs: number): void => {
    const startedMs = Date.now();
    set(name, { startedMs, endsMs: startedMs + forMs });
    setTimeout(() => set(name, null), forMs);
  };
  const act = (title: string, text: string): void => {
    timeline.add({ kind: 'act', title, text });
  };

  /** A command that breaks the connection cannot be told whether it was executed; that is what `maybe` is for. */
  const ask = async (title: string, command: () => Promise<unknown>): Promise<void> => {
    try {
      await command();
    } catch (error) {
      if (isTickwireError(error) && error.executed === 'maybe') return;
      act(`${title}: refused`, error instanceof Error ? error.message : String(error));
    }
  };

  const begin: Readonly<Record<FaultName, () => void>> = {
    cable: () => {
      act('Cable cut', 'You reset this tab’s connection; for 5 s no new one gets through.');
      last('cable', CABLE_CUT_MS);
      void ask('Cable cut', () => client.command('cutCable', { forMs: CABLE_CUT_MS }));
    },
    server: () => {
      act('Server killed', 'You took the server and all its sockets away; it is back in 3 s.');
      last('server', SERVER_DOWN_MS);
      void ask('Server killed', () => client.command('killServer', { forMs: SERVER_DOWN_MS }));
    },
    drop: () => {
      act('Messages dropped', 'One data message in ten no longer reaches this tab.');
      set('drop', { startedMs: Date.now(), endsMs: Infinity });
      void ask('Drop', () => client.command('dropMessages', { percent: DROPPED_PERCENT }));
    },
    slow: () => {
      act('Tab slowed', 'Its main thread is busy 600 ms of every second.');
      set('slow', { startedMs: Date.now(), endsMs: Infinity });
      busy = setInterval(() => {
        const untilMs = performance.now() + BUSY_MS;
        while (performance.now() < untilMs);
      }, 1_000);
    },
    fast: () => {
      act('10,000 updates/s', 'The whole market runs that fast, for every tab.');
      void ask('Rate', () => client.command('setRate', { updatesPerSecond: FAST_RATE }));
    },
  };

  const end: Readonly<Partial<Record<FaultName, () => void>>> = {
    drop: () => void ask('Drop', () => client.command('dropMessages', { percent: 0 })),
    slow: () => clearInterval(busy),
    fast: () => void ask('Rate', () => client.command('setRate', { updatesPerSecond: NORMAL_RATE })),
  };

  return {
    get: state.get,
    subscribe: state.subscribe,
    trigger: (name, isOn) => {
      if (!isOn) {
        begin[name]();
      } else {
        set(name, null);
        end[name]?.();
      }
    },
    togglePause: (isPaused) => {
      void ask('Feed', () => client.command(isPaused ? 'resumeFeed' : 'pauseFeed', {}));
    },
  };
}
