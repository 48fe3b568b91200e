// The faults of the rail: all but one are asked of the server, and are told and shown once it has done them. The SDK knows
// nothing of any of them.
import type { Client } from '@tickwire/client';
import { isTickwireError } from '@tickwire/client';
import type { dashboard } from '../src/contract.js';
import { createStore, type Store } from './journal/store.js';
import type { Timeline } from './journal/timeline.js';

export type FaultName = 'cable' | 'server' | 'drop' | 'slow' | 'fast';

/** The one fault that is made here and needs no connection. */
export const LOCAL_FAULT: FaultName = 'slow';

/** From this rate on the market counts as fast, whoever asked for it. */
export const FAST_RATE = 10_000;

/** From when to when a fault lasts, by the wall clock; `Infinity` while it is on until switched off. */
export interface FaultSpan {
  readonly startedMs: number;
  readonly endsMs: number;
}

export interface FaultState {
  readonly spans: Readonly<Record<FaultName, FaultSpan | null>>;
  /** What the server was asked for and has not answered. */
  readonly asked: ReadonlySet<FaultName | 'pause'>;
}

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

const NONE: FaultState = {
  spans: { cable: null, server: null, drop: null, slow: null, fast: null },
  asked: new Set(),
};

/** Null when it may have been done: an answer that breaks the connection cannot arrive. That is what `maybe` is for. */
function whyNotDone(error: unknown): string | null {
  if (!isTickwireError(error)) return String(error);
  if (error.executed === 'maybe') return null;
  return error.code === 'unavailable' ? 'This tab has no connection to ask over.' : error.message;
}

export function createFaults(
  client: Pick<Client<typeof dashboard>, 'command' | 'on'>,
  timeline: Timeline,
): Faults {
  const state = createStore<FaultState>(NONE);
  let busy: ReturnType<typeof setInterval> | undefined;
  /** What the network of this tab should lose; null before it was ever asked to. */
  let dropPercent: number | null = null;

  const set = (name: FaultName, span: FaultSpan | null): void => {
    state.set({ ...state.get(), spans: { ...state.get().spans, [name]: span } });
  };
  const setAsked = (name: FaultName | 'pause', isAsked: boolean): void => {
    const asked = new Set(state.get().asked);
    if (isAsked) asked.add(name);
    else asked.delete(name);
    state.set({ ...state.get(), asked });
  };
  const last = (name: FaultName, startedMs: number, forMs: number): void => {
    const endsMs = startedMs + forMs;
    set(name, { startedMs, endsMs });
    setTimeout(() => set(name, null), Math.max(0, endsMs - Date.now()));
  };

  /** Asks, and has `done` tell and show it only once it is. What was asked stands in the timeline when it was asked. */
  const ask = async (
    name: FaultName | 'pause',
    title: string,
    command: () => Promise<unknown>,
    done: (askedMs: number) => void,
  ): Promise<void> => {
    if (state.get().asked.has(name)) return;
    const askedMs = Date.now();
    setAsked(name, true);
    const why = await command().then(() => null, whyNotDone);
    setAsked(name, false);
    if (why === null) done(askedMs);
    else timeline.add({ kind: 'act', title: `${title}: not done`, text: why }, askedMs);
  };

  const tell = (title: string, text: string, atMs?: number): void => {
    timeline.add({ kind: 'act', title, text }, atMs);
  };

  const begin: Readonly<Record<FaultName, () => void>> = {
    cable: () =>
      void ask(
        'cable',
        'Cut the cable',
        () => client.command('cutCable', { forMs: CABLE_CUT_MS }),
        (atMs) => {
          last('cable', atMs, CABLE_CUT_MS);
          tell('Cable cut', 'You reset this tab’s connection; for 5 s no new one gets through.', atMs);
        },
      ),
    server: () =>
      void ask(
        'server',
        'Kill the server',
        () => client.command('killServer', { forMs: SERVER_DOWN_MS }),
        (atMs) => {
          last('server', atMs, SERVER_DOWN_MS);
          tell('Server killed', 'You took the server and all its sockets away; it is back in 3 s.', atMs);
        },
      ),
    drop: () =>
      void ask(
        'drop',
        'Drop messages',
        () => client.command('dropMessages', { percent: DROPPED_PERCENT }),
        (atMs) => {
          dropPercent = DROPPED_PERCENT;
          set('drop', { startedMs: atMs, endsMs: Infinity });
          tell('Messages dropped', 'One data message in ten no longer reaches this tab.', atMs);
        },
      ),
    slow: () => {
      set('slow', { startedMs: Date.now(), endsMs: Infinity });
      tell('Tab slowed', 'Its main thread is busy 600 ms of every second.');
      busy = setInterval(() => {
        const untilMs = performance.now() + BUSY_MS;
        while (performance.now() < untilMs);
      }, 1_000);
    },
    fast: () =>
      void ask(
        'fast',
        '10,000 updates/s',
        () => client.command('setRate', { updatesPerSecond: FAST_RATE }),
        (atMs) => tell('10,000 updates/s', 'The whole market runs that fast, for every tab.', atMs),
      ),
  };

  const end: Readonly<Partial<Record<FaultName, () => void>>> = {
    drop: () =>
      void ask(
        'drop',
        'Drop nothing',
        () => client.command('dropMessages', { percent: 0 }),
        (atMs) => {
          dropPercent = 0;
          set('drop', null);
          tell('Messages arrive again', 'None is dropped on its way to this tab any more.', atMs);
        },
      ),
    slow: () => {
      clearInterval(busy);
      set('slow', null);
      tell('Tab at full speed', 'Its main thread is free again.');
    },
    fast: () =>
      void ask(
        'fast',
        'Back to 200 updates/s',
        () => client.command('setRate', { updatesPerSecond: NORMAL_RATE }),
        (atMs) => tell('Back to 200 updates/s', 'The market runs at its usual pace, for every tab.', atMs),
      ),
  };

  client.on('connected', () => {
    // A process that was started anew knows nothing of it, and a `maybe` is no certainty: both are settled here. Where it
    // fails the connection is gone again, and the next one asks again.
    if (dropPercent !== null) client.command('dropMessages', { percent: dropPercent }).catch(() => undefined);
  });

  return {
    get: state.get,
    subscribe: state.subscribe,
    trigger: (name, isOn) => (isOn ? end : begin)[name]?.(),
    togglePause: (isPaused) => {
      if (isPaused) {
        void ask(
          'pause',
          'Resume the feed',
          () => client.command('resumeFeed', {}),
          (atMs) => tell('Feed resumed', 'The market goes on where it stood, for every tab.', atMs),
        );
      } else {
        void ask(
          'pause',
          'Pause the feed',
          () => client.command('pauseFeed', {}),
          (atMs) => tell('Feed paused', 'The market stands still, for every tab.', atMs),
        );
      }
    },
  };
}
