// Wire tap: reads every message on the virtual network and records what it says of authority: who opened a session,
// which channels were attached to it, and whose data was written to its socket. Knows frames, but no client or server.
import type { ClientFrame, RecoveryMode, ServerFrame } from '@tickwire/protocol';
import type { TappedMessage, Verdict, VirtualConnection } from '../network/virtual-network.js';
import { taintsIn } from './contract.js';
import type { History } from './history.js';
import { principalOf } from './rules.js';

/** A frame under way, in either direction. */
export type WireFrame =
  | { readonly to: 'server'; readonly frame: ClientFrame }
  | { readonly to: 'client'; readonly frame: ServerFrame };

/**
 * Changes frames on their way, to prove that the checker finds what comes of it: returns the frames that travel in
 * place of the one given, or `undefined` to leave it alone.
 */
export type WireSabotage = (
  frame: WireFrame,
  atMs: number,
) => readonly (ClientFrame | ServerFrame)[] | undefined;

/** What a tap works with. */
export interface WireTapOptions {
  readonly history: History;
  readonly nowMs: () => number;
  readonly sabotage?: WireSabotage | undefined;
}

/** Watches a virtual network for one run. */
export class WireTap {
  readonly #history: History;
  readonly #nowMs: () => number;
  readonly #sabotage: WireSabotage | undefined;
  readonly #sessions = new WeakMap<VirtualConnection, string>();
  readonly #pingedAtMs = new WeakMap<VirtualConnection, number>();
  readonly #held = new WeakMap<VirtualConnection, string>();
  /** Whether neighbouring data frames of one channel change places on their way to a client. */
  swapsFrames = false;
  /** How often each kind of answer was given. */
  readonly recovery: Record<RecoveryMode, number> = { same: 0, range: 0, full: 0, tail: 0, reset: 0 };

  constructor(options: WireTapOptions) {
    this.#history = options.history;
    this.#nowMs = options.nowMs;
    this.#sabotage = options.sabotage;
  }

  /** Give this to the network. */
  readonly see = (message: TappedMessage): Verdict => {
    const sabotaged = this.#sabotage === undefined ? message.data : this.#change(message, this.#sabotage);
    if (sabotaged === '') return 'lose';
    const { connection, direction } = message;
    if (direction === 'toServer') {
      this.#seeHello(connection, sabotaged);
      this.#seeQuestions(connection, sabotaged);
    } else {
      this.#seeData(connection, sabotaged);
      const data = this.#swap(connection, sabotaged);
      if (data !== message.data) return data === '' ? 'lose' : { data };
    }
    return sabotaged === message.data ? 'carry' : { data: sabotaged };
  };

  /** How long ago the server pinged a connection last; `null` if it never did. */
  sincePingMs(connection: VirtualConnection): number | null {
    const pingedAtMs = this.#pingedAtMs.get(connection);
    return pingedAtMs === undefined ? null : this.#nowMs() - pingedAtMs;
  }

  /** Holds a change back until the next message, and lets that overtake it where it is of the same channel. */
  #swap(connection: VirtualConnection, data: string): string {
    const held = this.#held.get(connection);
    if (held !== undefined) {
      this.#held.delete(connection);
      const isSameChannel = channelOfChange(held) === channelOfChange(data);
      return isSameChannel ? `${data}\n${held}` : `${held}\n${data}`;
    }
    if (!this.swapsFrames || channelOfChange(data) === null) return data;
    this.#held.set(connection, data);
    return '';
  }

  #seeHello(connection: VirtualConnection, data: string): void {
    if (!data.includes('"hello"')) return;
    for (const frame of framesOf<ClientFrame>(data)) {
      if (frame.t === 'hello' && frame.auth?.token !== undefined)
        this.#sessions.set(connection, principalOf(frame.auth.token, connection.id).session);
    }
  }

  #seeQuestions(connection: VirtualConnection, data: string): void {
    if (!data.includes('"t":"sub"')) return;
    const session = this.#sessionOf(connection);
    for (const frame of framesOf<ClientFrame>(data)) {
      if (frame.t !== 'sub') continue;
      for (const { c: channel } of frame.ch)
        this.#history.add({ type: 'asked', session, channel, id: frame.id });
    }
  }

  #sessionOf(connection: VirtualConnection): string {
    return this.#sessions.get(connection) ?? `connection ${connection.id} before its hello`;
  }

  #seeData(connection: VirtualConnection, data: string): void {
    if (data.includes('"t":"ping"')) this.#pingedAtMs.set(connection, this.#nowMs());
    const session = this.#sessionOf(connection);
    for (const frame of data.includes('"subd"') ? framesOf<ServerFrame>(data) : []) {
      if (frame.t !== 'subd') continue;
      for (const entry of frame.r) {
        if ('err' in entry) continue;
        this.recovery[entry.m]++;
        this.#history.add({ type: 'attached', session, channel: entry.c, id: frame.id, mode: entry.m });
      }
    }
    for (const channel of taintsIn(data)) this.#history.add({ type: 'exposed', session, channel });
  }

  #change({ direction, data }: TappedMessage, sabotage: WireSabotage): string {
    const frames = framesOf<ClientFrame | ServerFrame>(data).flatMap((frame) => {
      const to = direction === 'toServer' ? 'server' : 'client';
      return sabotage({ to, frame } as WireFrame, this.#nowMs()) ?? [frame];
    });
    return frames.map((frame) => JSON.stringify(frame)).join('\n');
  }
}

function framesOf<Frame>(message: string): Frame[] {
  return message
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Frame);
}

/**
 * The alias of a message that is one `d` frame, as text. Events are left alone, also those behind a `d` in one message:
 * a reset behind a hole says nothing of what is in the hole.
 */
function channelOfChange(message: string): string | null {
  return /^\{"t":"d","n":(\d+),[^\n]*$/.exec(message)?.[1] ?? null;
}
