// A client over a scripted server, and time that only tests move. Not part of any door.
import { act, cleanup } from '@testing-library/react';
import { createClient, type ClientOptions } from '@tickwire/client';
import { vi } from 'vitest';
import { createTickwireHooks } from '../index.js';
import { market } from './market.js';
import { createScriptedServer } from './scripted-server.js';

/** Longer than the client's default release grace. */
export const PAST_GRACE_MS = 1_500;

/** Call in `beforeEach`. */
export function stopTime(): void {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
}

/** Call in `afterEach`. */
export function restoreTime(): void {
  cleanup();
  vi.useRealTimers();
}

/** Lets time pass, with everything that is due and everything React renders. */
export async function pass(ms = 0): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
}

/** A frame of a screen: enough for answers and for one notification. */
export async function frame(): Promise<void> {
  await pass(20);
}

export function setUp(options: Partial<ClientOptions> = {}) {
  const server = createScriptedServer();
  const client = createClient(market, {
    url: 'ws://test/tickwire',
    transport: server.transport,
    // Delays that are long enough to be seen, and always the same.
    random: { float: () => 0.5 },
    logger: () => undefined,
    ...options,
  });
  return { server, client, ...createTickwireHooks(market, { client }) };
}
