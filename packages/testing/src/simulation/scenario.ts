// Scenario: what one run does, as JSON, so that it can be printed, cut down and kept. Knows nothing of how it is run.
import type { Direction } from '../network/virtual-network.js';
import type { PipeConditions } from '../network/virtual-pipe.js';
import type { ChannelPlan, HistoryLimits } from './contract.js';
import type { Change } from './history.js';
import type { HookName } from './hook-faults.js';

/** One simulated client. */
export interface ClientPlan {
  readonly name: string;
  readonly principal: string;
  readonly scheduler: 'sync' | 'microtask';
  readonly releaseGraceMs: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** How many commands wait for a connection. @defaultValue 100 */
  readonly maxQueued?: number;
}

/** What can go wrong in a run, by fault or by somebody's will. */
export type FaultName =
  | 'reset'
  | 'tornBatch'
  | 'tornBytes'
  | 'halfOpen'
  | 'oneWayLoss'
  | 'swappedFrames'
  | 'stall'
  | 'slowReader'
  | 'refusal'
  | 'swallowedConnect'
  | 'serverKill'
  | 'serverDrain'
  | 'brokerLoss'
  | 'brokerDeaf'
  | 'brokerDrop'
  | 'brokerDuplicate'
  | 'brokerReorder'
  | 'brokerStall'
  | 'brokerRefusal'
  | 'brokerWipe'
  | 'brokerFailover'
  | 'serverFreeze'
  | 'loopStall'
  | 'clientFreeze'
  | 'sleep'
  | 'slowHook'
  | 'failingHook'
  | 'wallJump'
  | 'latency'
  | 'ruleChange'
  | 'revocation'
  | 'clientDisconnect'
  | 'offline';

/** One thing the run does at its moment. */
export type Action =
  | {
      readonly do: 'publish';
      readonly publish: number;
      readonly channel: string;
      readonly change: Change;
      readonly server: number | null;
    }
  | {
      readonly do: 'subscribe';
      readonly client: number;
      readonly channel: string;
      readonly subscription: number;
      readonly last: number | null;
    }
  | { readonly do: 'unsubscribe'; readonly subscription: number }
  | {
      readonly do: 'command';
      readonly client: number;
      readonly call: number;
      readonly key: string | null;
      readonly sameAs: number;
      readonly timeoutMs: number;
      readonly workMs: number;
      /** Waits for a connection instead of failing at once. @defaultValue false */
      readonly queued?: boolean;
    }
  | { readonly do: 'reset'; readonly client: number }
  | { readonly do: 'tornBatch'; readonly client: number; readonly messages: number }
  /** A cut after so many more bytes, wherever in a message that is. */
  | {
      readonly do: 'tornBytes';
      readonly client: number;
      readonly direction: Direction;
      readonly bytes: number;
    }
  | { readonly do: 'halfOpen'; readonly client: number; readonly forMs: number }
  | {
      readonly do: 'oneWayLoss';
      readonly client: number;
      readonly direction: Direction;
      readonly forMs: number;
    }
  /** Neighbouring frames of one channel change places: no TCP does that, but the cursor rule must stand it. */
  | { readonly do: 'swappedFrames'; readonly forMs: number }
  | { readonly do: 'stall'; readonly client: number; readonly forMs: number }
  | {
      readonly do: 'slowReader';
      readonly client: number;
      readonly bytesPerMs: number;
      readonly forMs: number;
    }
  | { readonly do: 'refusal'; readonly server: number; readonly forMs: number }
  | { readonly do: 'swallowedConnect'; readonly forMs: number }
  | { readonly do: 'serverKill'; readonly server: number; readonly forMs: number }
  | { readonly do: 'serverDrain'; readonly server: number; readonly drainMs: number }
  | { readonly do: 'brokerLoss'; readonly forMs: number }
  | { readonly do: 'brokerDeaf'; readonly server: number; readonly forMs: number }
  /** Single publications do not arrive; the link holds. */
  | { readonly do: 'brokerDrop'; readonly server: number; readonly forMs: number }
  /** Publications arrive twice, the second time after up to so long. */
  | {
      readonly do: 'brokerDuplicate';
      readonly server: number;
      readonly laterMs: number;
      readonly forMs: number;
    }
  /** Each publication takes up to so long more, so that they overtake each other. */
  | {
      readonly do: 'brokerReorder';
      readonly server: number;
      readonly jitterMs: number;
      readonly forMs: number;
    }
  /** The broker answers nobody and tells nothing; then everything at once. */
  | { readonly do: 'brokerStall'; readonly forMs: number }
  /** The broker refuses every request. */
  | { readonly do: 'brokerRefusal'; readonly forMs: number }
  /** The broker restarts empty under servers that live on. */
  | { readonly do: 'brokerWipe' }
  /** A replica takes over that lacks the last writes of every channel, acknowledged ones among them. */
  | { readonly do: 'brokerFailover'; readonly lostWrites: number }
  | { readonly do: 'serverFreeze'; readonly server: number; readonly forMs: number }
  /** A handler that computes: shorter than a freeze, and nobody may be dropped for it. */
  | { readonly do: 'loopStall'; readonly server: number; readonly forMs: number }
  | { readonly do: 'clientFreeze'; readonly client: number; readonly forMs: number }
  /** The device sleeps; when it wakes, its page may be told. */
  | { readonly do: 'sleep'; readonly client: number; readonly forMs: number; readonly told: boolean }
  | {
      readonly do: 'slowHook';
      readonly hook: HookName;
      readonly delayMs: number;
      readonly forMs: number;
    }
  | { readonly do: 'failingHook'; readonly hook: HookName; readonly forMs: number }
  | {
      readonly do: 'wallJump';
      readonly machine: { readonly server: number } | { readonly client: number };
      readonly byMs: number;
    }
  | { readonly do: 'latency'; readonly conditions: PipeConditions }
  | {
      readonly do: 'ruleChange';
      readonly principal: string;
      readonly channel: string;
      readonly allowed: boolean;
    }
  | { readonly do: 'revocation'; readonly principal: string; readonly channel: string }
  | { readonly do: 'clientDisconnect'; readonly client: number; readonly forMs: number }
  | { readonly do: 'offline'; readonly client: number; readonly forMs: number };

/** An {@link Action} and its moment. */
export type Step = Action & { readonly atMs: number };

/** One run. */
export interface Scenario {
  readonly seed: number;
  readonly servers: number;
  readonly clients: readonly ClientPlan[];
  readonly channels: readonly ChannelPlan[];
  readonly history: HistoryLimits;
  /** What the network is like before any step changes it. */
  readonly conditions: PipeConditions;
  /** One way, between a server and the broker. 0: the broker is in the process. */
  readonly brokerLatencyMs: number;
  /** Whether a link that lost publications says so; else the server must find out by itself. */
  readonly brokerNoticesLoss: boolean;
  readonly flushMs: number;
  readonly watermarkBytes: number;
  /** At which size values and histories are cut into parts. */
  readonly maxPartBytes: number;
  /** How many removed keys the broker remembers. */
  readonly maxTombstones: number;
  /** How many written channels the broker keeps that nobody watches. @defaultValue 100_000 */
  readonly maxUnwatchedChannels?: number;
  /** How long tokens are good for, by the server's wall clock. @defaultValue for ever */
  readonly tokenTtlMs?: number | null;
  /** Whether the servers share what they know of keyed commands, and keep it when they die. @defaultValue false */
  readonly sharedKeys?: boolean;
  /** How long a server keeps a channel that nobody reads. */
  readonly lingerMs: number;
  readonly ping: { readonly everyMs: number; readonly graceMs: number };
  readonly steps: readonly Step[];
  /** Nothing is published and no fault begins after this moment. */
  readonly activeMs: number;
  /** How long everything may take to come to rest. */
  readonly restMs: number;
}
