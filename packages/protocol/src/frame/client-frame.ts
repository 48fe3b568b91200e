// Client frames: what a client may say. Types only; the schemas that check them are in schema.ts.
import type { WireError } from '../error.js';

/** Who the client is and what it can do; the first frame of a connection (P-CONN-4). */
export interface HelloFrame {
  readonly t: 'hello';
  /** Minor version of the wire. */
  readonly v: number;
  /** Name and version of the software, for the server's logs. */
  readonly sdk?: string;
  /** The contract the client was built with; absent means unchecked (P-CONN-7). */
  readonly contract?: { readonly name: string; readonly ver: string; readonly hash?: string };
  readonly auth?: { readonly token?: string };
  /** Capabilities the client understands; unknown ones are ignored (P-EXT-3). */
  readonly caps?: readonly string[];
  /** `in`: the largest frame the client accepts, in bytes. */
  readonly lim?: { readonly in?: number };
}

/** One channel a client wants, and from where (P-SUB-1). */
export interface SubscribeEntry {
  /** Channel id. */
  readonly c: string;
  /** Epoch of the cursor; absent without a cursor. */
  readonly e?: string;
  /** Offset of the cursor; absent without a cursor. */
  readonly o?: number;
  /** Stream, without a cursor: how many of the latest events to send; absent means all that are kept. */
  readonly last?: number;
  /** Wanted updates per second; a server without conflation tiers ignores it and answers without `hz`. */
  readonly hz?: number;
}

/** Subscribes, or resynchronises from a cursor; answered by `subd` (P-SUB-1). */
export interface SubscribeFrame {
  readonly t: 'sub';
  readonly id: number;
  readonly ch: readonly SubscribeEntry[];
}

/** Ends subscriptions; answered by `unsubd` (P-SUB-12). */
export interface UnsubscribeFrame {
  readonly t: 'unsub';
  readonly id: number;
  readonly ch: readonly string[];
}

/** A command; answered by exactly one `res` (P-CMD-1). */
export interface RequestFrame {
  readonly t: 'req';
  readonly id: number;
  /** Name of the command. */
  readonly m: string;
  readonly v?: unknown;
  /** Milliseconds after arrival past which the handler is not started any more (P-CMD-3). */
  readonly ttl?: number;
  /** Idempotency key, at most 64 characters (P-CMD-5). */
  readonly k?: string;
}

/** Asks to give up a command; the `res` still comes (P-CMD-4). */
export interface CancelFrame {
  readonly t: 'cancel';
  readonly id: number;
}

/** Reserved: publishes into a channel. This version answers `forbidden` (P-EXT-5). */
export interface PublishFrame {
  readonly t: 'pub';
  readonly id?: number;
  readonly c: string;
  readonly v?: unknown;
}

/** A fresh token; answered by `res` with `{ ttl }` (P-AUTH-3). */
export interface AuthFrame {
  readonly t: 'auth';
  readonly id: number;
  readonly token: string;
}

/** Asks for a `pong`; proves nothing but that somebody wrote it (P-LIVE-1). */
export interface PingFrame {
  readonly t: 'ping';
  readonly k: number;
  /** Server only: the round trip it measured last on this connection, in milliseconds. */
  readonly rtt?: number;
  /** Server only: its wall clock, milliseconds since 1970 (P-LIVE-5). */
  readonly now?: number;
}

/** Answers a `ping` with its number. */
export interface PongFrame {
  readonly t: 'pong';
  readonly k: number;
}

/** A complaint that answers no question, or (with `id`) a frame that was refused; not fatal (P-EXT-4). */
export interface ErrFrame {
  readonly t: 'err';
  readonly id?: number;
  readonly err: WireError;
}

/** Every frame a client may send. */
export type ClientFrame =
  | HelloFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | RequestFrame
  | CancelFrame
  | PublishFrame
  | AuthFrame
  | PingFrame
  | PongFrame
  | ErrFrame;
