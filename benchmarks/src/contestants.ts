// Contestants: which servers are compared, and how a connection of the load generator subscribes to each.
import { symbolName } from './workload.js';

export type ServerName = 'naive-ws' | 'socket.io' | 'tickwire' | 'tickwire-delta';

export interface Contestant {
  readonly name: ServerName;
  /** File in servers/. */
  readonly entry: string;
  readonly path: string;
  /** Arguments of the load generator; {0} in a text is what `held` says of the connection. */
  readonly steps: readonly string[];
  readonly held: (symbols: readonly number[]) => unknown;
}

const names = (symbols: readonly number[]): readonly string[] => symbols.map(symbolName);

function tickwire(name: ServerName, caps: readonly string[]): Contestant {
  const hello = JSON.stringify({ t: 'hello', v: 1, sdk: 'loadgen', caps });
  return {
    name,
    entry: 'tickwire',
    path: '/tickwire',
    steps: [
      ...['--subprotocol', 'tickwire.v1+json'],
      ...['--answer', '{"t":"ping","k":', '{"t":"pong","k":#}'],
      ...['--text', hello, '--wait', '"t":"welcome"'],
      ...['--text', '{"t":"sub","id":1,"ch":{0}}', '--wait', '"t":"subd"'],
    ],
    held: (symbols) => names(symbols).map((symbol) => ({ c: `price/${symbol}` })),
  };
}

export const CONTESTANTS: readonly Contestant[] = [
  // Without the capability `delta` every update carries the full value, byte for byte what the others send.
  tickwire('tickwire', []),
  tickwire('tickwire-delta', ['delta']),
  {
    name: 'naive-ws',
    entry: 'naive-ws',
    path: '/',
    steps: ['--text', '{0}', '--wait', 'subscribed'],
    held: names,
  },
  {
    name: 'socket.io',
    entry: 'socket-io',
    path: '/socket.io/?EIO=4&transport=websocket',
    steps: [
      ...['--answer', '2', '3'],
      ...['--wait', '0{"sid"', '--text', '40', '--wait', '40{"sid"'],
      ...['--text', '42["subscribe",{0}]', '--wait', '42["subscribed"'],
    ],
    held: names,
  },
];
