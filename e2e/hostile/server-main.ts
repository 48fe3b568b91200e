// The server under attack, in a process of its own: what a test does must not count as the server's delay. Answers the
// questions of messages.ts and publishes a number every few milliseconds, whatever else happens.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, TickwireError } from '@tickwire/protocol';
import { createMemoryBroker, createPublisher, createServer, type BrokerFactory } from '@tickwire/server';
import { hostile } from './contract.js';
import type { Asked, Answered, Measured, ProfileName, Question, Sabotage } from './messages.js';

const TICK_EVERY_MS = 5;
const RESOLUTION_MS = 5;
const SLOW_LOGIN_MS = 60;
const SLOW_RULE_MS = 300;
/** Answers come one by one: what the application does at once is its own affair. */
const SLOW_RULE_SPREAD_MS = 200;
/** Channels that nobody reads are let go of soon, so that a case can see it. */
const LINGER_MS = 20;
const ARCHIVE_EVENTS = 200;
const SABOTAGE_MS = 120;

const uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(`uncaughtException: ${String(error.stack)}`));
process.on('unhandledRejection', (reason) => uncaught.push(`unhandledRejection: ${String(reason)}`));

const said: string[] = [];
const logger: Logger = (level, message, fields) => said.push(`${level} ${message} ${JSON.stringify(fields)}`);

const counted = { logins: 0, runs: 0, reads: 0 };
let sequence = 0;

const memory = createMemoryBroker();
const broker: BrokerFactory = (events) => {
  const connection = memory.connect(events);
  return {
    ...connection,
    read: (...request) => {
      counted.reads++;
      return connection.read(...request);
    },
  };
};

/** Publishes without a socket. */
const feed = createPublisher(hostile, { broker });

interface Principal {
  readonly id: string;
}

/** `user:<id>` is let in, `slow:<id>` after a while, `broken` meets a fault of the application; others are refused. */
async function authenticate({ token = '' }: { readonly token: string | undefined }) {
  counted.logins++;
  const [kind, id] = token.split(':');
  if (kind === 'slow') await delay(SLOW_LOGIN_MS);
  if (kind === 'broken') throw new TypeError(`cannot read ${token}`);
  if ((kind !== 'user' && kind !== 'slow') || id === undefined) {
    throw new TickwireError('unauthenticated', 'Who are you?');
  }
  const principal: Principal = { id };
  return { principal };
}

const options = {
  standard: {},
  impatient: { helloTimeoutMs: 250, ping: { everyMs: 400, graceMs: 600 } },
  crowded: { limits: { maxUnauthenticatedPerAddress: 4, maxConnections: 3 } },
  guarded: { allowedOrigins: ['https://app.example.com'] },
  proxied: { limits: { maxUnauthenticatedPerAddress: 4 }, trustProxy: true },
  patient: { limits: { framesPerSecond: 1_000_000, frameBurst: 1_000_000 } },
} as const satisfies Record<ProfileName, object>;

function createTarget(profile: ProfileName) {
  return createServer(hostile, {
    authenticate,
    authorize: {
      ticks: () => true,
      clock: () => true,
      'price/{symbol}': () => true,
      'notes/{board}': () => true,
      'archive/{name}': () => true,
      'slow/{name}': ({ params }) => delay(SLOW_RULE_MS + (Number(params.name) % SLOW_RULE_SPREAD_MS), true),
      'user/{userId}': ({ principal, params }) => principal.id === params.userId,
    },
    commands: {
      echo: ({ text }) => {
        counted.runs++;
        return { text };
      },
      measure: (input) => input,
      putNote: async ({ board, note }) => {
        counted.runs++;
        const { offset } = await feed.channel('notes/{board}', { board }).upsert(note);
        return { offset };
      },
      wait: (_, { signal }) => {
        counted.runs++;
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ ran: true }), { once: true });
        });
      },
      strict: () => ({}),
    },
    broker,
    logger,
    lingerMs: LINGER_MS,
    ...options[profile],
  });
}

type Target = ReturnType<typeof createTarget>;

const running = new Map<ProfileName, Promise<{ readonly target: Target; readonly port: number }>>();

/** Every server exists once, from the first question about it. */
function target(profile: ProfileName): Promise<{ readonly target: Target; readonly port: number }> {
  const known = running.get(profile);
  if (known !== undefined) return known;
  const started = createTarget(profile);
  const listening = started
    .listen({ port: 0, host: '127.0.0.1' })
    .then(({ port }) => ({ target: started, port }));
  running.set(profile, listening);
  return listening;
}

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
loop.enable();

/** How long the loop was late while the process had a processor: without one it is the machine that was late. */
const busy = { longestMs: 0, wallMs: performance.now(), cpuMs: 0 };

function sampleBusy(): void {
  const { user, system } = process.cpuUsage();
  const wallMs = performance.now();
  const cpuMs = (user + system) / 1_000;
  busy.longestMs = Math.max(
    busy.longestMs,
    Math.min(wallMs - busy.wallMs - TICK_EVERY_MS, cpuMs - busy.cpuMs),
  );
  busy.wallMs = wallMs;
  busy.cpuMs = cpuMs;
}

async function measured(): Promise<Measured> {
  // A stall that ends with this very question is written down by the histogram's timer in the next rounds only.
  await delay(4 * RESOLUTION_MS);
  const lateMs = Math.max(0, loop.max / 1e6 - RESOLUTION_MS);
  return { stallMs: Math.min(lateMs, busy.longestMs), uncaught: uncaught.splice(0) };
}

async function revoke(profile: ProfileName, userId: string, reason: unknown): Promise<number> {
  const principal = (who: unknown): boolean => (who as Principal).id === userId;
  return (await target(profile)).target.revoke({ principal, reason: reason as string });
}

async function sabotage(how: Sabotage, text: string): Promise<void> {
  switch (how) {
    case 'throw':
      setImmediate(() => {
        throw new Error('sabotage');
      });
      return;
    case 'reject':
      void Promise.reject(new Error('sabotage'));
      return;
    case 'skip':
      sequence++;
      return;
    case 'revoke':
      await revoke('standard', 'bystander', 'sabotage');
      return;
    case 'log':
      logger('info', text);
      return;
    case 'print':
      console.error(text);
      return;
    case 'block':
      // Of the processor, not of the wall: a machine with other work does not block a loop.
      for (const start = process.cpuUsage(); process.cpuUsage(start).user < SABOTAGE_MS * 1_000;);
  }
}

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'port':
      return (await target(question.profile)).port;
    case 'gauges':
      return (await target(question.profile)).target.stats();
    case 'beginMeasuring':
      loop.reset();
      // The histogram measures between firings of its timer: what comes before the first after a reset is not seen.
      await delay(4 * RESOLUTION_MS);
      sampleBusy();
      busy.longestMs = 0;
      return null;
    case 'measured':
      return measured();
    case 'sequence':
      return sequence;
    case 'said':
      return said.splice(0).join('\n');
    case 'counted':
      return counted;
    case 'fillArchives':
      for (let name = 0; name < question.count; name++) {
        const archive = feed.channel('archive/{name}', { name: String(name) });
        const text = 'x'.repeat(question.bytes);
        await archive.append(...Array.from({ length: ARCHIVE_EVENTS }, (_, at) => ({ sequence: at, text })));
      }
      return null;
    case 'publishDeep': {
      const deep = JSON.parse(`${'['.repeat(question.depth)}${']'.repeat(question.depth)}`) as never;
      return feed
        .channel('price/{symbol}', { symbol: 'DEEP' })
        .set({ symbol: deep, price: '1' })
        .then(
          () => 'published',
          (error: unknown) => (error instanceof TickwireError ? error.code : String(error)),
        );
    }
    case 'setSecret':
      await feed.channel('user/{userId}', { userId: question.userId }).set({ secret: question.secret });
      return null;
    case 'setPrice': {
      const { symbol, price } = question;
      await feed.channel('price/{symbol}', { symbol }).set({ symbol, price });
      return null;
    }
    case 'prototypes': {
      const inherited: string[] = [];
      for (const prototype of [{}, [], '', 0, () => undefined, new Map()]) {
        for (const name in prototype) inherited.push(name);
      }
      return { inherited, admin: 'admin' in {} || 'admin' in Function.prototype };
    }
    case 'revoke':
      return revoke(question.profile, question.userId, question.reason);
    case 'sabotage':
      await sabotage(question.how, question.text);
      return null;
  }
}

const ticks = feed.channel('ticks');
const clock = feed.channel('clock');
setInterval(() => {
  sampleBusy();
  sequence++;
  void ticks.append({ sequence });
  void clock.set({ sequence });
}, TICK_EVERY_MS);

process.on('message', ({ number, question }: Asked) => {
  const reply = (given: Answered): void => void process.send?.(given);
  answer(question).then(
    (value) => reply({ number, value }),
    (error: unknown) => reply({ number, error: String(error) }),
  );
});
// A test that dies takes the server with it.
process.on('disconnect', () => process.exit(0));
process.send?.({ number: 0 } satisfies Answered);
