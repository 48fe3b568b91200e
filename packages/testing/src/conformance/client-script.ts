// Client script: plays a server by a vector of kind `client-script` against a client, in virtual time. Knows the client by
// its door only.
import {
  type Client,
  createClient,
  type OpenRequest,
  type SocketEvents,
  type Transport,
} from '@tickwire/client';
import { createVirtualEnvironment } from '../environment/virtual-environment.js';
import { VirtualClock, type VirtualMachine } from '../clock/virtual-clock.js';
import { type Bindings, equal, match, resolve } from './pattern.js';

type Frame = Readonly<Record<string, unknown>>;

/** One step; which member is there says what it is. The README of the vectors explains each. */
export interface ClientStep {
  readonly opens?: {
    readonly offers?: readonly string[];
    readonly urlHasNot?: string;
    readonly betweenMs?: readonly [number, number];
    readonly refused?: true;
  };
  readonly greeted?: Frame;
  readonly says?: Frame;
  readonly quiet?: number;
  readonly answer?: readonly Frame[];
  readonly answerText?: string;
  readonly answerBinary?: string;
  readonly end?: number;
  readonly ended?: true | { readonly code: number };
  readonly open?: true;
  readonly stopped?: true;
  readonly wait?: number;
  readonly asleep?: number;
  readonly hold?: string | readonly string[];
  readonly last?: number;
  readonly release?: string;
  readonly shows?: {
    readonly channel: string;
    readonly value?: unknown;
    readonly status?: string;
    readonly cursor?: readonly [string, number];
    readonly latencyMs?: number;
  };
  readonly told?: { readonly channel: string; readonly list: readonly Frame[] };
  readonly call?: {
    readonly as: string;
    readonly m: string;
    readonly v: unknown;
    readonly key?: string;
    readonly timeoutMs?: number;
  };
  readonly abort?: string;
  readonly outcome?: {
    readonly of: string;
    readonly waits?: true;
    readonly gives?: unknown;
    readonly fails?: Frame;
  };
  readonly clock?: { readonly aheadMs: number };
  readonly repeat?: number;
  readonly steps?: readonly ClientStep[];
  readonly on?: number;
}

/** A vector for clients. */
export interface ClientVector {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  readonly tokens?: readonly (string | { readonly fails: true })[];
  readonly script: readonly ClientStep[];
}

/** What the wall clock of the client shows at the beginning. */
const START_WALL_MS = 1_700_000_000_000;
/** How long a client that may still connect is watched, and one that must not. */
const PATIENCE_MS = 60_000;
const STOPPED_MS = 3_600_000;

interface Connection {
  readonly request: OpenRequest;
  readonly events: SocketEvents;
  readonly openedMs: number;
  readonly unread: Frame[];
  closed: { readonly code: number } | null;
  over: boolean;
}

interface Held {
  readonly handle: ReturnType<Client['channel']>;
  readonly release: (() => void)[];
  readonly told: Frame[];
}

interface Call {
  readonly controller: AbortController;
  outcome: { readonly gives: unknown } | { readonly fails: Frame } | null;
}

/** Plays one vector against `createClient`. Rejects with a sentence at the first step that goes wrong. */
export async function playClientVector(vector: ClientVector): Promise<void> {
  const player = new Player(vector);
  try {
    await player.play(vector.script, '');
  } finally {
    player.close();
  }
}

class Player {
  readonly #clock = new VirtualClock({ startWallMs: START_WALL_MS });
  readonly #machine: VirtualMachine = this.#clock.machine();
  readonly #bindings: Bindings = new Map();
  readonly #connections: Connection[] = [];
  readonly #held = new Map<string, Held>();
  readonly #calls = new Map<string, Call>();
  readonly #client: Client;
  #met = 0;
  #sinceMs = 0;

  constructor({ tokens }: ClientVector) {
    let given = 0;
    const token = (): Promise<string> => {
      const next = tokens?.[Math.min(given++, tokens.length - 1)];
      return typeof next === 'string' ? Promise.resolve(next) : Promise.reject(new Error('no token'));
    };
    this.#client = createClient({
      url: 'ws://scripted',
      clock: this.#machine,
      environment: createVirtualEnvironment(),
      transport: this.#transport(),
      random: { float: () => 0.5 },
      scheduler: 'sync',
      logger: () => undefined,
      ...(tokens === undefined ? {} : { getToken: token }),
    });
    this.#client.connect();
  }

  close(): void {
    this.#client.close();
  }

  async play(script: readonly ClientStep[], place: string): Promise<void> {
    for (const [at, step] of script.entries()) {
      const where = `${place}step ${at + 1}`;
      if (step.repeat !== undefined) {
        for (let round = 1; round <= step.repeat; round++)
          await this.play(step.steps ?? [], `${where}, round ${round}, `);
        continue;
      }
      await this.#clock.settle();
      const wrong = await this.#step(step);
      if (wrong !== null) throw new Error(`${where} ${JSON.stringify(step)}: ${wrong}`);
      this.#sinceMs = this.#clock.monotonicMs();
    }
  }

  #transport(): Transport {
    return {
      open: (request, events) => {
        const openedMs = this.#clock.monotonicMs();
        const connection: Connection = { request, events, openedMs, unread: [], closed: null, over: false };
        this.#connections.push(connection);
        return {
          send: (text) => {
            for (const line of text.split('\n')) connection.unread.push(JSON.parse(line) as Frame);
          },
          close: (code) => {
            connection.closed ??= { code };
            connection.over = true;
          },
        };
      },
    };
  }

  async #step(step: ClientStep): Promise<string | null> {
    if (step.opens !== undefined) return this.#opens(step.opens);
    if (step.greeted !== undefined) return this.#greeted(step.greeted);
    if (step.hold !== undefined) {
      for (const id of [step.hold].flat()) this.#hold(id, step.last);
      return null;
    }
    if (step.release !== undefined) return this.#release(step.release);
    if (step.call !== undefined) return this.#call(step.call);
    if (step.abort !== undefined) return this.#abort(step.abort);
    if (step.wait !== undefined) return this.#pass(step.wait);
    if (step.asleep !== undefined) return this.#sleep(step.asleep);
    if (step.quiet !== undefined) return this.#quiet(step.quiet);
    if (step.stopped !== undefined) return this.#stopped();
    if (step.shows !== undefined) return this.#shows(step.shows);
    if (step.told !== undefined) return this.#told(step.told);
    if (step.outcome !== undefined) return this.#outcome(step.outcome);
    if (step.clock !== undefined) {
      const { clockOffsetMs } = this.#client.connection.getSnapshot();
      return match(step.clock.aheadMs, clockOffsetMs, this.#bindings);
    }
    const connection = this.#connections[(step.on ?? this.#met) - 1];
    return connection === undefined ? 'there is no such connection' : this.#onConnection(step, connection);
  }

  async #onConnection(step: ClientStep, connection: Connection): Promise<string | null> {
    if (step.says !== undefined) {
      const frame = connection.unread.shift();
      return frame === undefined ? 'the client says nothing' : match(step.says, frame, this.#bindings);
    }
    if (step.open !== undefined) return connection.over ? 'the connection is over' : null;
    if (step.ended !== undefined) {
      if (connection.closed === null) return 'the client did not end the connection';
      return step.ended === true ? null : match(step.ended.code, connection.closed.code, this.#bindings);
    }
    if (connection.over && step.answer === undefined) return 'the connection is over';
    if (step.end !== undefined) {
      connection.over = true;
      connection.events.onClose(step.end, '');
    } else if (!connection.over) {
      connection.events.onMessage(messageOf(step, this.#bindings));
    }
    await this.#clock.settle();
    return null;
  }

  async #opens({
    offers,
    urlHasNot,
    betweenMs,
    refused,
  }: NonNullable<ClientStep['opens']>): Promise<string | null> {
    const sinceMs = this.#sinceMs;
    const [least, most] = betweenMs ?? [0, PATIENCE_MS];
    while (this.#connections.length <= this.#met) {
      const leftMs = sinceMs + most - this.#clock.monotonicMs();
      const { nextInMs } = this.#clock;
      if (nextInMs === null || nextInMs > leftMs) return `the client opens no connection within ${most} ms`;
      await this.#clock.advance(nextInMs);
    }
    const connection = this.#connections[this.#met++];
    if (connection === undefined) return 'the client opens no connection';
    const afterMs = connection.openedMs - sinceMs;
    if (afterMs < least) return `the client connects after ${afterMs} ms already`;
    if (offers !== undefined && !equal(offers, [...connection.request.protocols]))
      return `the client offers ${JSON.stringify(connection.request.protocols)}`;
    if (urlHasNot !== undefined && connection.request.url.includes(urlHasNot))
      return `the URL holds ${urlHasNot}`;
    if (refused === true) {
      connection.over = true;
      connection.events.onClose(1006, '');
    } else {
      connection.events.onOpen();
    }
    await this.#clock.settle();
    return null;
  }

  async #greeted(more: Frame): Promise<string | null> {
    const wrong = await this.#opens({});
    if (wrong !== null) return wrong;
    const connection = this.#connections[this.#met - 1];
    const hello = connection?.unread.shift();
    if (hello?.['t'] !== 'hello') return `expected a hello, got ${JSON.stringify(hello)}`;
    const welcome = {
      t: 'welcome',
      sid: 's',
      node: 'n',
      now: START_WALL_MS,
      caps: ['delta'],
      ping: { every: 25_000, grace: 10_000 },
      lim: { in: 65_536 },
      ...more,
    };
    connection?.events.onMessage(JSON.stringify(welcome));
    await this.#clock.settle();
    return null;
  }

  #hold(id: string, last: number | undefined): void {
    const [name = '', param = ''] = id.split('/');
    const isStream = name === 'trades';
    let held = this.#held.get(id);
    if (held === undefined) {
      const handle = this.#client.channel(`${name}/{p}`, { p: decodeURIComponent(param) });
      const told: Frame[] = [];
      held = { handle, told, release: [] };
      this.#held.set(id, held);
      handle.on('gap', ({ why, lost }) =>
        told.push({ gap: why, ...(lost === null ? {} : { lost: [lost.from, lost.to] }) }),
      );
    }
    const { handle, told, release } = held;
    const stream = handle as unknown as {
      with(options: object): typeof stream;
      onEvent(listener: (event: unknown) => void): () => void;
    };
    release.push(
      isStream
        ? (last === undefined ? stream : stream.with({ last })).onEvent((event) => told.push({ event }))
        : handle.retain(),
    );
  }

  #release(id: string): string | null {
    for (const release of this.#held.get(id)?.release.splice(0) ?? []) release();
    return null;
  }

  #call({ as, m, v, key, timeoutMs }: NonNullable<ClientStep['call']>): string | null {
    const controller = new AbortController();
    const call: Call = { controller, outcome: null };
    this.#calls.set(as, call);
    this.#client.command(m, v, { key, timeoutMs, signal: controller.signal }).then(
      (gives: unknown) => (call.outcome = { gives }),
      (error: unknown) => {
        const { code, executed, data } = error as Frame;
        call.outcome = { fails: { c: code, x: executed, d: data } };
      },
    );
    return null;
  }

  #abort(as: string): string | null {
    this.#calls.get(as)?.controller.abort();
    return null;
  }

  async #pass(ms: number): Promise<null> {
    await this.#clock.advance(ms);
    return null;
  }

  async #sleep(ms: number): Promise<null> {
    this.#machine.freeze();
    await this.#clock.advance(ms);
    this.#machine.thaw();
    return this.#pass(0);
  }

  async #quiet(ms: number): Promise<string | null> {
    const noise = (): string | null => {
      if (this.#connections.length > this.#met) return 'the client opens a connection';
      const frame = this.#connections.find(({ unread }) => unread.length > 0)?.unread[0];
      return frame === undefined ? null : `the client says ${JSON.stringify(frame)}`;
    };
    const before = noise();
    if (before !== null) return `${before}, before the silence`;
    await this.#clock.advance(ms);
    return noise();
  }

  async #stopped(): Promise<string | null> {
    await this.#clock.advance(STOPPED_MS);
    if (this.#connections.length > this.#met) return 'the client opens a connection';
    return this.#connections.some(({ over }) => !over) ? 'a connection is open' : null;
  }

  #shows({ channel, value, status, cursor, latencyMs }: NonNullable<ClientStep['shows']>): string | null {
    const snapshot = this.#held.get(channel)?.handle.getSnapshot();
    if (snapshot === undefined) return `nothing holds ${channel}`;
    if (status !== undefined && snapshot.status !== status)
      return `expected ${status}, got ${snapshot.status}`;
    const data: unknown = snapshot.data;
    const shown: unknown = data instanceof Map ? Object.fromEntries(data) : data;
    const isAbsent = equal(value, { $absent: true });
    if (value !== undefined && !(isAbsent ? shown === undefined : equal(value, shown)))
      return `the value is ${JSON.stringify(shown)}`;
    const { position } = snapshot;
    const at = position === null ? null : [position.epoch, position.offset];
    if (cursor !== undefined && !equal(cursor, at)) return `the cursor is ${JSON.stringify(at)}`;
    return latencyMs === undefined ? null : match(latencyMs, snapshot.latencyMs, this.#bindings);
  }

  #told({ channel, list }: NonNullable<ClientStep['told']>): string | null {
    const told = this.#held.get(channel)?.told.splice(0);
    return equal(list, told) ? null : `the application was told ${JSON.stringify(told)}`;
  }

  #outcome({ of, waits, fails, ...rest }: NonNullable<ClientStep['outcome']>): string | null {
    const outcome = this.#calls.get(of)?.outcome ?? null;
    if (waits === true) return outcome === null ? null : `the call ended: ${JSON.stringify(outcome)}`;
    if (outcome === null) return 'the call waits';
    if (fails === undefined)
      return 'gives' in outcome && equal(rest.gives, outcome.gives) ? null : `got ${JSON.stringify(outcome)}`;
    return 'fails' in outcome
      ? match(fails, outcome.fails, this.#bindings)
      : `got ${JSON.stringify(outcome)}`;
  }
}

function messageOf({ answer, answerText, answerBinary }: ClientStep, bindings: Bindings): unknown {
  if (answerBinary !== undefined)
    return Uint8Array.from(atob(answerBinary), (unit) => unit.charCodeAt(0)).buffer;
  if (answerText !== undefined) return answerText;
  return (answer ?? []).map((frame) => JSON.stringify(resolve(frame, bindings))).join('\n');
}
