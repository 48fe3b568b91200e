// Server: the thin shell that puts sessions, hub, broker and commands together, and ends them again. It accepts sockets
// from anywhere; HTTP and ws live in adapters.
import {
  type AnyContract,
  type Clock,
  CloseCode,
  type Logger,
  type Random,
  type ServerRules,
  TickwireError,
} from '@tickwire/protocol';
import { assertContract } from '@tickwire/protocol/lint';
import {
  type AnyAuthenticate,
  type AuthenticateContext,
  Authenticator,
  defaultPrincipalKey,
} from './auth/authenticate.js';
import { type AnyRule, Authorizer } from './auth/authorize.js';
import type { BrokerFactory } from './broker/broker.js';
import { type AnyHandler, Commands } from './command/commands.js';
import type { ServerHandlerContext } from './command/handler-context.js';
import { DEFAULT_IDEMPOTENCY, type IdempotencyOptions } from './command/idempotency-options.js';
import type { FrameForm } from './hub/channel-head.js';
import { Flusher } from './hub/flush.js';
import { Hub } from './hub/hub.js';
import { DeadlineWheel } from './liveness/deadline-wheel.js';
import { EndingClock } from './liveness/ending-clock.js';
import { DEFAULT_SETTINGS, pingOptions, type ServerAuthentication, type ServerSettings } from './options.js';
import type { CreateAbortSource } from './ports/abort-source.js';
import type { FrameEncoder } from './ports/frame-encoder.js';
import type { AcceptRequest, ServerSocket, SocketHandler } from './ports/server-socket.js';
import { channelOpener, type ChannelOpener } from './publisher.js';
import { createChannelDirectory } from './session/channel-directory.js';
import { Counters } from './session/counters.js';
import { type Limits, serverLimits } from './session/limits.js';
import { TokenBuckets } from './session/rate-limit.js';
import { Session, type SessionContext } from './session/session.js';
import type { SessionSettings } from './session/state.js';
import { sessionTransition } from './session/transition.js';
import { errorText } from './value/error-text.js';

/** What a server holds and what has happened to it. Counts only: no names, no payloads. */
export interface ServerStats {
  /** Connections that are accepted, authenticated or not. */
  readonly connections: number;
  readonly unauthenticated: number;
  readonly subscriptions: number;
  /** Channels that are hot on this server, read or lingering. */
  readonly channels: number;
  /** Command handlers that have not returned. */
  readonly commandsRunning: number;
  /** Keys of commands that are kept in this process; not those of a store that was given. */
  readonly idempotencyKeys: number;
  /** Publications that reached this server since it started. */
  readonly publications: number;
  /** Connections accepted since it started. */
  readonly accepted: number;
  /** Entries that wait on the one timer. */
  readonly deadlines: number;
  /** Refusals, faults and closes by name since it started. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Whom {@link ServerCore.revoke} means. */
export interface RevokeOptions<Principal = unknown> {
  /**
   * The principals meant.
   * @defaultValue all
   */
  readonly principal?: ((principal: Principal) => boolean) | undefined;
  /**
   * Id of the channel that is taken away.
   * @defaultValue the whole connection, which is closed with 4202
   */
  readonly channel?: string | undefined;
  /** Told to the client: at most 123 bytes where the connection is closed. */
  readonly reason?: string | undefined;
}

/** A server without a network: it accepts what it is given. */
export interface ServerCore<C extends AnyContract> extends ChannelOpener<C> {
  /**
   * Accepts a connection that some network has made. `handler.onClose` must be called when it ends.
   * @throws never; a connection that is refused is told so and closed.
   */
  accept(socket: ServerSocket, request?: AcceptRequest): SocketHandler;
  /**
   * Takes a channel, or the connection itself, from principals on this server. When the call returns nothing more of it
   * is sent. Authorisation that must last is the rule's: a client may subscribe again. A connection whose `authenticate` has
   * not answered yet is asked about when it has, refused with 4202 if it is meant, and not counted.
   * @returns how many subscriptions or connections ended.
   */
  revoke<Principal>(options: RevokeOptions<Principal>): Promise<number>;
  /** What it holds now, and has counted. */
  stats(): ServerStats;
  /**
   * Ends the server: no new connections, every client is asked to move at a random moment within `drainMs`, commands that
   * run are waited for, then what is left is closed with 4400.
   */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
}

/** What the shell needs from the platform. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly encode: FrameEncoder;
  readonly broker: BrokerFactory;
  readonly createAbortSource: CreateAbortSource;
}

/** What only adapters use. */
export interface ServerInternals {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Logger;
  /** Why a connection from this address would be refused now; `null` if it would not. */
  shedding(address: string | undefined): 'draining' | 'limit' | null;
}

/** The types of the rules as `createServer` takes them. */
export type RulesOf<C extends AnyContract, Auth extends ServerAuthentication> = ServerRules<
  C,
  Auth,
  AuthenticateContext,
  AbortSignal,
  ServerHandlerContext<C>
>;

interface ErasedRules {
  readonly authenticate: AnyAuthenticate;
  readonly authorize: Readonly<Record<string, AnyRule>>;
  readonly commands?: Readonly<Record<string, AnyHandler>> | undefined;
}

/** How long after the end of a drain connections whose commands still run are kept, in milliseconds. */
const COMMAND_GRACE_MS = 10_000;

/** How many frames over its rate a connection may send in a row. */
const MAX_RATE_REFUSALS = 200;

/** Makes a server without a network. */
export function createServerCore<C extends AnyContract>(
  contract: C,
  options: object,
  settings: ServerSettings,
  platform: Platform,
): { readonly core: ServerCore<C>; readonly internals: ServerInternals } {
  assertContract(contract);
  const rules = options as ErasedRules;
  checkRules(contract, rules);
  const core = new Core(contract, rules, settings, platform);
  const directory = createChannelDirectory(contract);
  return {
    core: {
      channel: channelOpener<C>(directory, core.hub.broker),
      accept: (socket, request = {}) => core.accept(socket, request),
      revoke: (revoked) => core.revoke(revoked as RevokeOptions),
      stats: () => core.stats(),
      close: ({ drainMs = settings.drainMs ?? DEFAULT_SETTINGS.drainMs } = {}) => core.close(drainMs),
    },
    internals: core,
  };
}

class Core implements ServerInternals {
  readonly limits: Limits;
  readonly counters = new Counters();
  readonly log: Logger;
  readonly hub: Hub;
  readonly #platform: Platform;
  readonly #settings: ServerSettings;
  readonly #wheel: DeadlineWheel;
  readonly #hookClock: EndingClock;
  readonly #flusher: Flusher;
  readonly #commands: Commands;
  readonly #context: SessionContext;
  readonly #sessions = new Set<Session>();
  readonly #unauthenticated = new Map<string, number>();
  readonly #connectionsOf = new Map<string, number>();
  readonly #keyOf = new Map<Session, string>();
  readonly #forms = new Map<string, FrameForm>();
  #unsettled = 0;
  #accepted = 0;
  #closing: Promise<void> | null = null;
  #onEmpty: (() => void) | null = null;

  constructor(contract: AnyContract, rules: ErasedRules, settings: ServerSettings, platform: Platform) {
    const { clock, random } = platform;
    this.#platform = platform;
    this.#settings = settings;
    this.log = (level, message, fields) => {
      try {
        platform.logger(level, message, fields);
      } catch {
        // A logger that throws is ignored: diagnostics never decide what happens.
      }
    };
    this.limits = serverLimits(settings.limits);
    const ping = pingOptions(settings.ping);
    const sessionSettings: SessionSettings = {
      helloTimeoutMs: settings.helloTimeoutMs ?? DEFAULT_SETTINGS.helloTimeoutMs,
      maxHeldBytes: this.limits.maxHeldBytes,
      maxRefusedFramesPerMinute: this.limits.maxRefusedFramesPerMinute,
      pingEveryMs: ping.everyMs,
      pingGraceMs: ping.graceMs,
      slowConsumerMs: this.limits.slowConsumerMs,
      reauthLeadMs: settings.reauthLeadMs ?? DEFAULT_SETTINGS.reauthLeadMs,
      authGraceMs: settings.authGraceMs ?? DEFAULT_SETTINGS.authGraceMs,
      maxIdleMs: this.limits.maxIdleMs,
      maxAgeMs: this.limits.maxAgeMs,
      maxRateRefusals: MAX_RATE_REFUSALS,
    };
    this.#wheel = new DeadlineWheel(clock);
    this.#hookClock = new EndingClock(clock);
    this.#flusher = new Flusher(
      clock,
      settings.flushMs ?? DEFAULT_SETTINGS.flushMs,
      () => this.#wheel.isBehind,
    );
    this.hub = new Hub({
      clock,
      wheel: this.#wheel,
      flusher: this.#flusher,
      encode: platform.encode,
      broker: platform.broker,
      lingerMs: settings.lingerMs ?? DEFAULT_SETTINGS.lingerMs,
      verifyMs: settings.verifyMs ?? DEFAULT_SETTINGS.verifyMs,
      log: this.log,
      onAliasesSpent: () => {
        for (const session of [...this.#sessions]) session.close(CloseCode.rebalance, 'rebalance');
      },
      onExpelled: (id, error) => {
        for (const session of this.#sessions)
          session.revokeChannel(id, { c: error.code, m: error.message, x: 'no' });
      },
    });
    const { store, ...ownIdempotency }: IdempotencyOptions = settings.idempotency ?? {};
    const idempotency = { ...DEFAULT_IDEMPOTENCY, ...given(ownIdempotency) };
    const hookTimeoutMs = settings.hookTimeoutMs ?? DEFAULT_SETTINGS.hookTimeoutMs;
    const directory = createChannelDirectory(contract);
    this.#commands = new Commands({
      contract,
      handlers: rules.commands ?? {},
      clock,
      random,
      createAbortSource: platform.createAbortSource,
      store: store ?? null,
      idempotency,
      directory,
      broker: this.hub.broker,
      log: this.log,
      maxTimeoutMs: settings.maxCommandTimeoutMs ?? DEFAULT_SETTINGS.maxCommandTimeoutMs,
      defaultTimeoutMs: settings.commandTimeoutMs ?? DEFAULT_SETTINGS.commandTimeoutMs,
      storeTimeoutMs: hookTimeoutMs,
    });
    const keyOf = settings.principalKey ?? defaultPrincipalKey;
    this.#context = {
      clock,
      random,
      log: this.log,
      encode: platform.encode,
      flusher: this.#flusher,
      wheel: this.#wheel,
      hub: this.hub,
      directory,
      authenticator: new Authenticator(rules.authenticate, keyOf, this.#hookClock, hookTimeoutMs, this.log),
      authorizer: new Authorizer(rules.authorize, this.#hookClock, hookTimeoutMs, this.log),
      commands: this.#commands,
      buckets: new TokenBuckets(),
      changeBuckets: new TokenBuckets(),
      counters: this.counters,
      limits: this.limits,
      settings: sessionSettings,
      transition: sessionTransition(sessionSettings),
      identity: {
        node: random.id(),
        contract,
        contractHash: settings.contractHash,
        keyTtlMs: idempotency.ttlMs,
      },
      form: (patches, partBytes) => this.#form(patches, partBytes),
      admit: (session, key, maxConnections) => this.#admit(session, key, maxConnections),
      onSettled: (session) => this.#settled(session),
      onClosed: (session) => this.#closed(session),
    };
  }

  accept(socket: ServerSocket, request: AcceptRequest): SocketHandler {
    const wrapped = this.#settings.wrapSocket?.(socket, request) ?? socket;
    const why = this.shedding(request.address);
    const session = new Session(this.#context, wrapped, request);
    this.#accepted++;
    this.#sessions.add(session);
    this.#unsettled++;
    const { address } = request;
    if (address !== undefined)
      this.#unauthenticated.set(address, (this.#unauthenticated.get(address) ?? 0) + 1);
    if (why === null) session.begin();
    else session.refuse(new TickwireError(why, '', { retryAfterMs: why === 'limit' ? 1_000 : undefined }));
    return session;
  }

  shedding(address: string | undefined): 'draining' | 'limit' | null {
    if (this.#closing !== null) return 'draining';
    if (this.#sessions.size >= this.limits.maxTotalConnections) return 'limit';
    const pending = address === undefined ? 0 : (this.#unauthenticated.get(address) ?? 0);
    return pending >= this.limits.maxUnauthenticatedPerAddress ? 'limit' : null;
  }

  revoke({ principal = () => true, channel, reason: given }: RevokeOptions): Promise<number> {
    // From JavaScript anything may come, and it goes into a close frame.
    const reason = typeof given === 'string' ? given : undefined;
    let ended = 0;
    try {
      for (const session of [...this.#sessions]) {
        const who = session.principal;
        if (who === undefined && channel === undefined)
          session.revokeUnlessKnown(principal, reason ?? 'revoked');
        if (who === undefined || !principal(who.value)) continue;
        if (channel === undefined) {
          session.close(CloseCode.sessionRevoked, reason ?? 'revoked');
          ended++;
        } else if (
          session.revokeChannel(channel, {
            c: 'forbidden',
            ...(reason === undefined ? {} : { m: reason }),
            x: 'no',
          })
        ) {
          ended++;
        }
      }
    } catch (error) {
      return Promise.reject(
        new TickwireError('bad_input', 'revoke: `principal` threw.', { executed: 'maybe', cause: error }),
      );
    }
    return Promise.resolve(ended);
  }

  stats(): ServerStats {
    let subscriptions = 0;
    for (const session of this.#sessions) subscriptions += session.subscriptionCount;
    return {
      connections: this.#sessions.size,
      unauthenticated: this.#unsettled,
      subscriptions,
      channels: this.hub.size,
      commandsRunning: this.#commands.running,
      idempotencyKeys: this.#commands.keys,
      publications: this.hub.publications,
      accepted: this.#accepted,
      deadlines: this.#wheel.size,
      errors: this.counters.all(),
    };
  }

  close(drainMs: number): Promise<void> {
    return (this.#closing ??= this.#close(drainMs));
  }

  async #close(drainMs: number): Promise<void> {
    const { random, clock } = this.#platform;
    for (const session of [...this.#sessions]) session.drain(Math.round(random.float() * drainMs));
    if (this.#sessions.size > 0) {
      const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
      const cancel = clock.setTimer(drainMs + COMMAND_GRACE_MS, () => {
        for (const session of [...this.#sessions]) session.close(CloseCode.drain, 'drain');
      });
      await empty;
      cancel();
    }
    this.#flusher.stop();
    this.#wheel.stop();
    this.#hookClock.end();
    await this.hub.close().catch((error: unknown) => {
      this.log('warn', 'broker could not be closed', { error: errorText(error) });
    });
  }

  #form(patches: boolean, partBytes: number): FrameForm {
    const name = `${patches} ${partBytes}`;
    const known = this.#forms.get(name);
    if (known !== undefined) return known;
    const form = Object.freeze({ patches, partBytes });
    this.#forms.set(name, form);
    return form;
  }

  #admit(session: Session, key: string, maxConnections: number): boolean {
    const present = this.#connectionsOf.get(key) ?? 0;
    if (present >= maxConnections) return false;
    this.#connectionsOf.set(key, present + 1);
    this.#keyOf.set(session, key);
    return true;
  }

  #settled(session: Session): void {
    this.#unsettled--;
    const { address } = session.request;
    if (address === undefined) return;
    const pending = (this.#unauthenticated.get(address) ?? 0) - 1;
    if (pending > 0) this.#unauthenticated.set(address, pending);
    else this.#unauthenticated.delete(address);
  }

  #closed(session: Session): void {
    this.#sessions.delete(session);
    const key = this.#keyOf.get(session);
    if (key !== undefined) {
      this.#keyOf.delete(session);
      const left = (this.#connectionsOf.get(key) ?? 0) - 1;
      if (left > 0) this.#connectionsOf.set(key, left);
      else this.#connectionsOf.delete(key);
    }
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }
}

/** The options that were really given: `undefined` means the default, as everywhere. */
function given<Options extends object>(
  options: Options | undefined,
): { [K in keyof Options]-?: NonNullable<Options[K]> } {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof Options]-?: NonNullable<Options[K]> };
}

/** The compiler checks this too; JavaScript does not. */
function checkRules(contract: AnyContract, rules: ErasedRules): void {
  const missing = [
    ...(typeof rules.authenticate === 'function' ? [] : ['authenticate']),
    ...Object.keys(contract.channels)
      .filter((name) => !hasFunction(rules.authorize, name))
      .map((name) => `authorize["${name}"]`),
    ...Object.keys(contract.commands)
      .filter((name) => !hasFunction(rules.commands, name))
      .map((name) => `commands["${name}"]`),
  ];
  if (missing.length === 0) return;
  throw new TypeError(
    `createServer: ${missing.join(', ')} must be a function. Nothing is allowed by default.`,
  );
}

/** Every object has a function by the name `toString`: only what was written down counts. */
function hasFunction(given: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  const own = given ?? {};
  return Object.hasOwn(own, name) && typeof own[name] === 'function';
}
