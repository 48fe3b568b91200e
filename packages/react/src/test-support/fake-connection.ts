// A connection whose snapshots a test sets. Not part of any door.
import type { ConnectionSnapshot } from '@tickwire/client';

const START: ConnectionSnapshot = {
  status: 'disconnected',
  attempt: 0,
  reason: null,
  retryAtMs: null,
  sinceMs: 0,
  rttMs: null,
  clockOffsetMs: null,
  sessionId: null,
  online: true,
};

export function createFakeConnection(start: Partial<ConnectionSnapshot> = {}) {
  let snapshot: ConnectionSnapshot = { ...START, ...start };
  const listeners = new Set<() => void>();
  return {
    getSnapshot: () => snapshot,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    set(change: Partial<ConnectionSnapshot>) {
      snapshot = { ...START, ...change };
      for (const listener of listeners) listener();
    },
    listeners,
  };
}
