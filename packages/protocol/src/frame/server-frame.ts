// Server frames: what a server may say. Types only; the schemas that check them are in schema.ts.
import type { ChannelKind } from '../channel/kind.js';
import type { WireError } from '../error.js';
import type { ErrFrame, PingFrame, PongFrame } from './client-frame.js';

/**
 * How the contracts of both ends relate (P-CONN-7): `exact` the same hash; `compat` nothing to translate;
 * `cast` the server translates; `unchecked` the client named none.
 */
export type ContractMode = 'exact' | 'compat' | 'cast' | 'unchecked';

/** What the server accepts; a client keeps below it (P-LIM-1). All counts per connection unless said. */
export interface AnnouncedLimits {
  /** Largest message it accepts, in bytes. */
  readonly in?: number;
  /** Subscriptions. */
  readonly subs?: number;
  /** Channels in one `sub`. */
  readonly batch?: number;
  /** Commands in flight. */
  readonly inflight?: number;
  /** Frames a second. */
  readonly rate?: number;
  /** Frames at once before `rate` counts. */
  readonly burst?: number;
  /** How long the outcome of a keyed command is kept, in milliseconds. */
  readonly keyTtl?: number;
  /** Bytes of a channel id. */
  readonly chan?: number;
}

/** The server accepts the connection (P-CONN-6). */
export interface WelcomeFrame {
  readonly t: 'welcome';
  /** Id of the session, for logs; carries no authority. */
  readonly sid: string;
  /** Id of the server process. */
  readonly node: string;
  /** The server's wall clock, milliseconds since 1970. */
  readonly now: number;
  readonly contract?: { readonly ver: string; readonly hash?: string; readonly mode: ContractMode };
  /** Channels and commands of the client's contract that the server cannot serve. */
  readonly deny?: readonly string[];
  /** Capabilities both sides have. */
  readonly caps: readonly string[];
  /** The server pings each `every` ms; either side is dead `grace` ms after a ping stayed without answer. */
  readonly ping: { readonly every: number; readonly grace: number };
  /** `ttl`: milliseconds until the credentials expire. */
  readonly auth?: { readonly ttl: number };
  readonly lim: AnnouncedLimits;
}

/** The server refuses the connection and closes it next (P-CONN-2). */
export interface RejectFrame {
  readonly t: 'reject';
  readonly err: WireError;
}

/**
 * How the data gets from the client's cursor to the head (P-SUB-4): `same` nothing is missing; `full` one whole
 * value follows; `range` what changed follows; `tail` the latest events of a stream follow; `reset` the stream's
 * continuity is broken, `rst` follows.
 */
export type RecoveryMode = 'same' | 'full' | 'range' | 'tail' | 'reset';

/** The answer for one channel (P-SUB-3). */
export interface SubscribedEntry {
  /** Channel id. */
  readonly c: string;
  /** Alias: stands for the channel in all data frames of this connection. */
  readonly n: number;
  readonly kind: ChannelKind;
  /** Epoch of the channel. */
  readonly e: string;
  /** Offset of the head: the cursor is here once the frames that follow are applied. */
  readonly o: number;
  readonly m: RecoveryMode;
  /** With `tail`: where the cursor starts; absent means `o`, and nothing follows (P-SUB-6). */
  readonly b?: number;
  /** Updates per second the server conflates to; absent means every change. */
  readonly hz?: number;
  /** Payload field that holds the time of the event, in milliseconds since 1970 (P-LIVE-6). */
  readonly tf?: string;
}

/** A channel that was refused. */
export interface RefusedEntry {
  readonly c: string;
  readonly err: WireError;
}

/** Answers `sub`; may come in several frames, each channel exactly once (P-SUB-3). */
export interface SubscribedFrame {
  readonly t: 'subd';
  readonly id: number;
  readonly r: readonly (SubscribedEntry | RefusedEntry)[];
}

/** Subscriptions have ended: asked for (with `id`), or by the server (with `err`) (P-SUB-12). */
export interface UnsubscribedFrame {
  readonly t: 'unsubd';
  readonly id?: number;
  readonly ch: readonly string[];
  readonly err?: WireError;
}

/** A whole value (P-DATA-2). Without `v` and `k`: there is none. */
export interface FullFrame {
  readonly t: 'f';
  readonly n: number;
  readonly o: number;
  /** A new epoch, adopted with the value. */
  readonly e?: string;
  /** State: the document. */
  readonly v?: unknown;
  /** Collection: records by key. */
  readonly k?: Readonly<Record<string, unknown>>;
  /** Number of this part, from 0, where the value comes in parts (P-DATA-7). */
  readonly i?: number;
  /** More parts follow. */
  readonly more?: 1;
}

/** Everything touched after `b` up to and including `o`, as absolute values (P-DATA-3). */
export interface DeltaFrame {
  readonly t: 'd';
  readonly n: number;
  readonly o: number;
  /** Base; absent means `o - 1`. */
  readonly b?: number;
  /** State: fields and their values at `o`. */
  readonly s?: Readonly<Record<string, unknown>>;
  /** State: fields that are gone. Collection: keys that are gone. */
  readonly x?: readonly string[];
  /** Collection: whole records by key. */
  readonly u?: Readonly<Record<string, unknown>>;
  /** Collection: fields set, by key, of records that existed throughout the range. */
  readonly p?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Collection: fields gone, by key, of records that existed throughout the range. */
  readonly q?: Readonly<Record<string, readonly string[]>>;
  readonly i?: number;
  readonly more?: 1;
}

/** Events of a stream after `b` up to and including `o` (P-DATA-4). */
export interface EventsFrame {
  readonly t: 'e';
  readonly n: number;
  /** Offset of the last event. */
  readonly o: number;
  /** Base; absent means `o` less the number of events. */
  readonly b?: number;
  /** One event. */
  readonly v?: unknown;
  /** Several events, oldest first. */
  readonly vs?: readonly unknown[];
  /** Their offsets, where they are not consecutive up to `o`. */
  readonly os?: readonly number[];
}

/** Why a stream's continuity broke: another history, history no longer kept, or the server's head went back. */
export type ResetReason = 'epoch' | 'trimmed' | 'regress';

/** The continuity of a stream is broken; the cursor becomes (`e`, `o`) (P-DATA-5). */
export interface ResetFrame {
  readonly t: 'rst';
  readonly n: number;
  readonly e: string;
  readonly o: number;
  readonly why: ResetReason;
  /** `[b, o]`: the events after `b` up to and including `o` are lost to this subscriber. */
  readonly lost?: readonly [number, number];
}

/** Whether the source behind a channel is delivering (P-DATA-8). */
export type FeedStatus = 'live' | 'stale' | 'closed';

/** The status of the feed behind a channel has changed. */
export interface StatusFrame {
  readonly t: 'stat';
  readonly n: number;
  readonly s: FeedStatus;
  /** Wall clock of the server when it became so. */
  readonly since: number;
}

/** Where in a channel the effect of a command is visible: from this offset on (P-CMD-10). */
export interface EffectPosition {
  /** Channel id. */
  readonly c: string;
  readonly e: string;
  readonly o: number;
}

/** Answers `req` and `auth` (P-CMD-1). */
export interface ResponseFrame {
  readonly t: 'res';
  readonly id: number;
  readonly v?: unknown;
  readonly err?: WireError;
  /** The stored outcome of an earlier call with the same key (P-CMD-5). */
  readonly rp?: 1;
  /** Where its effect is visible, in the channels this connection has subscribed (P-CMD-10). */
  readonly at?: readonly EffectPosition[];
}

/** The credentials expire in so many milliseconds: send `auth` (P-AUTH-2). */
export interface ReauthenticateFrame {
  readonly t: 'reauth';
  readonly in: number;
}

/** The server closes this connection in so many milliseconds: open the next one first (P-LIVE-7). */
export interface GoAwayFrame {
  readonly t: 'goaway';
  readonly in: number;
  readonly c?: string;
  readonly url?: string;
}

/** Frames that carry data of a channel. */
export type DataFrame = FullFrame | DeltaFrame | EventsFrame | ResetFrame | StatusFrame;

/** Every frame a server may send. */
export type ServerFrame =
  | WelcomeFrame
  | RejectFrame
  | SubscribedFrame
  | UnsubscribedFrame
  | DataFrame
  | ResponseFrame
  | ReauthenticateFrame
  | PingFrame
  | PongFrame
  | GoAwayFrame
  | ErrFrame;
