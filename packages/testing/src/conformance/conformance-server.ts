// Conformance server: the conformance contract, kept by this repository's server.
import { TickwireError } from '@tickwire/protocol';
import { createServer, type Server, type ServerSettings } from '@tickwire/server';
import { conformanceContract } from './contract.js';

/** How long credentials of `brief:` tokens last. */
const BRIEF_MS = 1_500;

/** What of the optional parts of the contract this server offers. */
const FEATURES = ['contract', 'tokens', 'stale'];

/** Tokens that are refused, and how. */
const REFUSALS: ReadonlyMap<string, TickwireError> = new Map([
  ['expired', new TickwireError('token_expired', 'expired')],
  ['revoked', new TickwireError('session_revoked', 'revoked')],
  ['banned', new TickwireError('banned', 'banned')],
  ['later', new TickwireError('unavailable', 'later', { retryAfterMs: 700 })],
]);

let connections = 0;

/**
 * Creates a server that offers the conformance contract, with the limits and times that its scripts expect. Give a clock and
 * a broker to run it in virtual time.
 */
export function createConformanceServer(settings: ServerSettings = {}): Server<typeof conformanceContract> {
  const counts = new Map<string, number>();
  const revoked = new Set<string>();
  const nowMs = (): number => settings.clock?.wallMs() ?? Date.now();

  const server: Server<typeof conformanceContract> = createServer(conformanceContract, {
    authenticate: ({ token }) => {
      if (token === undefined) return { principal: { id: `anonymous ${++connections}` } };
      const [kind = '', user = ''] = token.split(':', 2);
      const refusal = REFUSALS.get(token);
      if (refusal !== undefined) throw refusal;
      if (user === '' || (kind !== 'user' && kind !== 'brief')) throw new Error('no such user');
      const principal = { id: user };
      return kind === 'brief' ? { principal, expiresAtMs: nowMs() + BRIEF_MS } : { principal };
    },
    authorize: {
      'state/{name}': () => true,
      'collection/{name}': () => true,
      'stream/{name}': () => true,
      'private/{user}': ({ principal, params }) => principal.id === params.user && !revoked.has(params.user),
      'feed/{name}': () => true,
    },
    commands: {
      features: () => ({ features: FEATURES }),
      echo: ({ say }) => ({ said: say }),
      sum: ({ a, b }) => ({ sum: a + b }),
      fail: ({ needed }, { fail }) => {
        throw fail('refused', { needed });
      },
      crash: () => {
        throw new Error('canary-9731: nobody must see this');
      },
      wait: (_input, { signal }) =>
        new Promise((_done, stop) =>
          signal.addEventListener('abort', () => stop(new Error('asked to stop'))),
        ),
      count: ({ name }) => {
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        return { count };
      },
      look: ({ name }) => ({ count: counts.get(name) ?? 0 }),
      set: ({ name, value, padding = 0 }) => state(name).set(padded(value, padding)),
      // Names that are parts of every prototype.
      setOdd: ({ name, value }) =>
        state(name).set({ constructor: value, toString: 'x', hasOwnProperty: null }),
      clear: ({ name }) => state(name).clear(),
      burst: async ({ name, count }) => {
        await Promise.all(Array.from({ length: count }, (_, at) => state(name).set({ n: at + 1 })));
        return {};
      },
      flip: async ({ name }) => {
        await Promise.all([state(name).set({ a: 2, b: 0 }), state(name).set({ a: 1, b: 1 })]);
        return {};
      },
      update: ({ name, upsert, remove }) => records(name).update({ upsert, remove }),
      fill: ({ name, records: size }) =>
        records(name).upsert(
          Array.from({ length: size }, (_, at) => ({ id: `r${at}`, size: at, note: 'x'.repeat(60) })),
        ),
      append: ({ name, events, padding = 0 }) =>
        server.channel('stream/{name}', { name }).append(...events.map((event) => padded(event, padding))),
      setFeed: ({ name, value }) => server.channel('feed/{name}', { name }).set(value),
      setPrivate: ({ user, value }) => server.channel('private/{user}', { user }).set(value),
      revoke: async ({ user }) => {
        revoked.add(user);
        await server.revoke({ channel: `private/${user}` });
        return {};
      },
    },
    limits: { maxChannelsPerSubscribe: 10, maxSubscriptions: 12, maxCommandsInFlight: 4 },
    ping: { everyMs: 1_000, graceMs: 1_000 },
    authGraceMs: 1_000,
    logger: () => undefined,
    ...settings,
  });
  const state = (name: string) => server.channel('state/{name}', { name });
  const records = (name: string) => server.channel('collection/{name}', { name });
  return server;
}

function padded<Value>(value: Value, bytes: number): Value {
  return bytes > 0 && typeof value === 'object' && value !== null
    ? { ...value, pad: 'x'.repeat(bytes) }
    : value;
}
