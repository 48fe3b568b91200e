// Fault proxy: stands between WebSocket clients and a server, understands what they say, and does to it what rules tell.
import { connect, createServer, type AddressInfo } from 'node:net';
import { type Random, TickwireError } from '@tickwire/protocol';
import type { Direction } from '../network/virtual-network.js';
import { SeededRandom } from '../random/seeded-random.js';
import type { Fault, FaultRule } from './fault-rule.js';
import type { ObservedMessage } from './observed-message.js';
import { ProxiedConnection } from './proxied-connection.js';
import { type FaultProxyStats, noFaults } from './proxy-stats.js';
import { RuleBook } from './rule-book.js';

/** Options of {@link createFaultProxy}. */
export interface FaultProxyOptions {
  /** The server behind it: `ws://127.0.0.1:8080/tickwire`. Not `wss`: nobody can look into that. */
  readonly target: string;
  /**
   * What goes wrong.
   * @defaultValue nothing
   */
  readonly rules?: readonly FaultRule[] | undefined;
  /**
   * Where `match.chance` is drawn from: a {@link SeededRandom} gives the same draws for the same messages.
   * @defaultValue a source with a seed of its own, the same for every proxy
   */
  readonly random?: Pick<Random, 'float'> | undefined;
  /**
   * What it listens at, on 127.0.0.1: 0 to 65535, 0 for any that is free.
   * @defaultValue any free port
   */
  readonly port?: number | undefined;
}

/** A proxy that listens: made by {@link createFaultProxy}. */
export interface FaultProxy {
  /** For clients: the target's own, with this proxy's host and port. */
  readonly url: string;
  readonly port: number;
  /** Counts until now. */
  readonly stats: FaultProxyStats;
  /**
   * Other rules from the next message on, also on connections that are open; their counts begin anew. A throttle or a
   * black hole that has begun goes on for its connection.
   * @throws TickwireError `bad_input` for rules that cannot be; the old ones stay.
   */
  setRules(rules: readonly FaultRule[]): void;
  /** Resets every connection at once; new ones are taken. @returns how many there were. */
  cutAll(): number;
  /** Resets every connection, stops listening, and waits until all have ended. Calling it again waits for the same end. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const DEFAULT_PORT = 80;
const MAX_PORT = 65_535;

/**
 * Starts a proxy on this machine. It is transparent until a rule fits: bytes pass as they came, backpressure and both
 * ends' closes included; a server that is not there is a reset.
 *
 * @throws (rejects with) TickwireError `bad_input` for a target, a port or a rule that cannot be, `unavailable` where the
 * port cannot be had.
 */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = targetOf(options.target);
  const wanted = portOf(options.port ?? 0);
  const random = options.random ?? new SeededRandom('fault proxy');
  let rules = new RuleBook(options.rules ?? [], random);
  let accepted = 0;
  const connections = new Set<ProxiedConnection>();
  /** Whoever waits for the last connection to end. */
  let whenEmpty: () => void = () => undefined;
  const messages: Record<Direction, number> = { toServer: 0, toClient: 0 };
  const faults = noFaults();

  const faultOf = (message: ObservedMessage): Fault | null => {
    if (message.kind === 'text' || message.kind === 'binary') messages[message.direction]++;
    const fault = rules.faultOf(message);
    if (fault !== null) faults[fault.do]++;
    return fault;
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...target, allowHalfOpen: true });
    const connection = new ProxiedConnection(++accepted, near, far, {
      faultOf,
      onEnd: () => {
        connections.delete(connection);
        if (connections.size === 0) whenEmpty();
      },
    });
    connections.add(connection);
  });
  const cutAll = (): number => {
    const cut = [...connections];
    for (const connection of cut) connection.reset();
    return cut.length;
  };

  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new TickwireError('unavailable', `Cannot listen on port ${wanted}: ${cause.message}`, { cause }),
      ),
    );
    server.listen({ port: wanted, host: HOST, backlog: 4_096 }, () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
  const url = new URL(options.target);
  url.host = `${HOST}:${port}`;
  let closed: Promise<void> | null = null;
  return {
    url: url.href,
    port,
    get stats() {
      return {
        connections: accepted,
        open: connections.size,
        messages: { ...messages },
        faults: { ...faults },
      };
    },
    setRules: (next) => {
      rules = new RuleBook(next, random);
    },
    cutAll,
    close: () => (closed ??= end()),
  };

  /** The listener waits for the ends of clients only, so those of the target are waited for here. */
  async function end(): Promise<void> {
    const empty = new Promise<void>((resolve) => (whenEmpty = resolve));
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    if (cutAll() > 0) await empty;
    await stopped;
  }
}

function portOf(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port;
  throw new TickwireError(
    'bad_input',
    `port: ${String(port)} must be a whole number from 0 to ${MAX_PORT}; leave it out for any port that is free.`,
  );
}

function targetOf(target: string): { readonly host: string; readonly port: number } {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url?.protocol !== 'ws:')
    throw new TickwireError(
      'bad_input',
      `target: ${JSON.stringify(target)} must be a URL that begins with ws://, such as ws://127.0.0.1:8080/tickwire.`,
    );
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}
