// History: everything one run showed, in order, with virtual time. The checker judges this and nothing else, so the
// same rules hold for histories recorded elsewhere. Knows neither client nor server.
import { createHash } from 'node:crypto';
import type { ChannelKind, Executed, Position, RecoveryMode, ResetReason } from '@tickwire/protocol';

/** What a publisher asks for: exactly one of the fields. */
export type Change =
  | { readonly set: unknown }
  | {
      readonly upsert?: Readonly<Record<string, unknown>>;
      readonly patch?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      readonly remove?: readonly string[];
    }
  | { readonly append: readonly unknown[] }
  | { readonly clear: true };

/** What the broker wrote, with whole values. */
export type WrittenChange =
  | { readonly set: unknown }
  | { readonly upsert: Readonly<Record<string, unknown>>; readonly remove: readonly string[] }
  | { readonly append: readonly unknown[] };

/** How fresh a subscriber was told its data is. */
export type SeenStatus = 'idle' | 'pending' | 'live' | 'stale' | 'closed';

/** One thing that happened. `subscription`, `session`, `publish` and `call` are numbers the recorder gives out. */
export type HistoryEvent = { readonly atMs: number } & (
  | {
      readonly type: 'channel';
      readonly channel: string;
      readonly kind: ChannelKind;
      /** Streams: how much of it is kept. @defaultValue nobody knows */
      readonly history?: { readonly size: number; readonly ttlMs: number };
    }
  // Publishers and the broker.
  | {
      readonly type: 'published';
      readonly publish: number;
      readonly publisher: string;
      readonly channel: string;
      readonly change: Change;
    }
  | { readonly type: 'acknowledged'; readonly publish: number; readonly position: Position }
  | {
      readonly type: 'publishFailed';
      readonly publish: number;
      readonly executed: Executed;
      readonly code: string;
    }
  /** A broker that took over wrote there what it knew from before. */
  | { readonly type: 'restored'; readonly channel: string; readonly position: Position }
  | {
      readonly type: 'written';
      readonly channel: string;
      readonly epoch: string;
      readonly previousOffset: number;
      readonly offset: number;
      readonly change: WrittenChange;
    }
  /** A server that missed something of a channel has not looked at it for so long. */
  | { readonly type: 'unnoticed'; readonly server: string; readonly channel: string; readonly forMs: number }
  // Subscribers.
  | {
      readonly type: 'subscribed';
      readonly subscription: number;
      readonly client: string;
      readonly channel: string;
    }
  | { readonly type: 'unsubscribed'; readonly subscription: number }
  /** A snapshot. `value` is canonical JSON; of a stream, the last three events. */
  | {
      readonly type: 'applied';
      readonly subscription: number;
      readonly position: Position | null;
      readonly value: string;
      readonly status: SeenStatus;
    }
  /** An event of a stream, at receipt. */
  | {
      readonly type: 'delivered';
      readonly subscription: number;
      readonly position: Position;
      readonly value: string;
    }
  | {
      readonly type: 'gap';
      readonly subscription: number;
      readonly why: ResetReason;
      readonly lost: readonly [number, number] | null;
      /** Where the subscriber stands after it, if it was told. */ readonly to: Position | null;
    }
  | {
      readonly type: 'recovered';
      readonly subscription: number;
      readonly mode: RecoveryMode;
      readonly to: Position;
    }
  /** The subscriber's connection ended, so that what follows is a recovery. */
  | { readonly type: 'interrupted'; readonly client: string }
  | { readonly type: 'refused'; readonly subscription: number; readonly code: string }
  /** Something was called after it had been ended. */
  | { readonly type: 'calledLate'; readonly what: string }
  // Commands.
  | {
      readonly type: 'commandCalled';
      readonly call: number;
      readonly principal: string;
      readonly command: string;
      readonly key: string | null;
      /** What is asked for: calls with one key may differ in it, which is a mistake. @defaultValue the same for all */
      readonly input?: number;
    }
  | {
      readonly type: 'commandRan';
      readonly call: number;
      readonly input?: number;
      /** What remembers the keys: one life of one server, or something that servers share. */
      readonly store: string;
      readonly principal: string;
      readonly command: string;
      readonly key: string | null;
      readonly output: string;
    }
  | {
      readonly type: 'commandSettled';
      readonly call: number;
      readonly executed: Executed;
      readonly code: string | null;
      readonly output: string | null;
    }
  // Authority, seen at the server's hooks and on the wire.
  /** Somebody is about to judge credentials: until it has, those from before may still count. */
  | { readonly type: 'authenticating'; readonly session: string }
  | { readonly type: 'notAuthenticated'; readonly session: string }
  /** Credentials that expire were accepted, first or anew: after `endsInMs` nothing may be written to the session. */
  | { readonly type: 'authenticated'; readonly session: string; readonly endsInMs: number }
  | {
      readonly type: 'authorized';
      readonly session: string;
      readonly channel: string;
      readonly allowed: boolean;
    }
  | { readonly type: 'revoked'; readonly session: string; readonly channel: string }
  /** A subscription was asked for, on this session's socket. */
  | {
      readonly type: 'asked';
      readonly session: string;
      readonly channel: string;
      /** Which of the session's questions it is in. */
      readonly id: number;
    }
  /** The server answered it. */
  | {
      readonly type: 'attached';
      readonly session: string;
      readonly channel: string;
      readonly id: number;
      readonly mode: RecoveryMode;
    }
  /** Data of the channel was written to this session's socket. */
  | { readonly type: 'exposed'; readonly session: string; readonly channel: string }
  // The world.
  | { readonly type: 'fault'; readonly fault: string; readonly target: string }
  | { readonly type: 'clockJumped'; readonly byMs: number }
  /** At rest, a connection that has not been pinged for longer than it may be. */
  | { readonly type: 'unpinged'; readonly connection: number; readonly forMs: number }
  /** A connection ended although nobody had touched it. */
  | { readonly type: 'endedUntouched'; readonly connection: number; readonly code: number }
  // The end of the run, after everything has come to rest.
  | { readonly type: 'head'; readonly channel: string; readonly position: Position; readonly value: string }
  | {
      readonly type: 'atRest';
      readonly subscription: number;
      readonly position: Position | null;
      readonly value: string;
      readonly status: SeenStatus;
    }
  | {
      readonly type: 'leftOver';
      readonly owner: 'client' | 'server';
      readonly what: string;
      readonly count: number;
    }
);

/** A {@link HistoryEvent} as it is handed to {@link History.add}: the history knows the time. */
export type Happening = HistoryEvent extends infer Event
  ? Event extends HistoryEvent
    ? Omit<Event, 'atMs'>
    : never
  : never;

/** The record of one run. */
export class History {
  readonly #events: HistoryEvent[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  /** Fingerprint of everything so far: two runs of one seed must agree. 16 hexadecimal digits. */
  get hash(): string {
    const text = this.#events.map(textOf).join('');
    return createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 16);
  }

  add(happening: Happening): void {
    this.#events.push({ atMs: this.#nowMs(), ...happening });
  }
}

/** Texts as they are: escaping those that hold JSON would cost more than all the rest. */
function textOf(event: HistoryEvent): string {
  // What is asked for comes from the seed.
  if (event.type === 'published') return `\n${event.atMs} ${event.publish}`;
  let text = '\n';
  for (const field of Object.values<unknown>(event)) {
    text += typeof field === 'string' ? field : JSON.stringify(field);
    text += '\t';
  }
  return text;
}
