// Client: the only shell. Owns the sockets, the one timer and the order of things; runs what the machines want done and
// routes frames. Decides nothing about the protocol itself.
import {
  fromWireError,
  OFFERED_SUBPROTOCOLS,
  DEFAULT_PATH,
  TickwireError,
  WIRE_MINOR,
  type AnnouncedLimits,
  type AnyContract,
  type Cancel,
  type ClientFrame,
  type ServerFrame,
  type WelcomeFrame,
} from '@tickwire/protocol';
import { channelIdOf } from './channel-id.js';
import type { Client, ClientEvents, CommandOptions, ConnectionSnapshot } from './client-types.js';
import { Commands, isCommandError } from './command/commands.js';
import { silenceLimitMs } from './connection/liveness.js';
import {
  connectionDeadlineMs,
  INITIAL_CONNECTION,
  writableSocketId,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  type TokenReason,
} from './connection/state.js';
import { createConnectionTransition } from './connection/transition.js';
import { createHandle, type HandlePorts } from './create-handle.js';
import { createLogger } from './debug.js';
import { Emitter, guard } from './emitter.js';
import { browserEnvironment } from './environment/browser.js';
import { systemClock } from './environment/clock.js';
import { systemRandom } from './environment/random.js';
import {
  DEFAULTS,
  QUEUE_DEFAULTS,
  RECONNECT_DEFAULTS,
  withDefaults,
  type ClientContract,
  type ClientOptions,
} from './options.js';
import type { Socket } from './ports/transport.js';
import { createCounters, smooth, type ClientStats } from './stats.js';
import { createScheduler, type Scheduler, type SchedulerMode } from './store/scheduler.js';
import type { Channel, ChannelSink } from './subscription/channel.js';
import { Registry } from './subscription/registry.js';
import { createWebSocketTransport } from './transports/websocket.js';

/** Most frames in one message (P-FRAME-4). */
const MAX_FRAMES = 64;
/** What a server takes before it has said how much it takes (P-CONN-6). */
const DEFAULT_LIMIT_BYTES = 65_536;

/** A socket, and what belongs to it alone. */
interface Link {
  readonly socket: Socket;
  readonly openedMs: number;
  readonly aliases: Map<number, Channel>;
  /** Frames that wait for the end of the turn. */
  out: string[];
  /** Written before `welcome`. */
  pipelinedBytes: number;
  limits: AnnouncedLimits;
  welcomed: boolean;
  /** The server said that it did nothing of what it was sent. */
  rejected: boolean;
  receivedMs: number;
  /** When the last probe was sent. */
  probedMs: number;
}

type OwnEvent<E = ConnectionEvent> = E extends ConnectionEvent
  ? Omit<E, 'at' | 'random' | 'online' | 'receivedMs'>
  : never;

/** Events of the client, and behind a slash those of one channel. */
type InternalEvents = ClientEvents &
  Record<`${'recovered' | 'gap' | 'error' | 'change' | 'event'}/${string}`, unknown>;

/**
 * Makes a client. Opens nothing: the first interest in a channel, the first command or `connect()` does. Safe to import
 * and to call on a server that renders pages.
 *
 * `createClient<typeof market>({ url })` needs the contract's type only; `createClient(market, { url })` also tells the
 * server which contract it is, and knows which commands may be repeated.
 */
export function createClient<C extends AnyContract>(contract: C, options?: ClientOptions): Client<C>;
export function createClient<C extends AnyContract>(options?: ClientOptions): Client<C>;
export function createClient(first: AnyContract | ClientOptions = {}, second?: ClientOptions): Client {
  const contract = 'channels' in first ? first : undefined;
  const options: ClientOptions = contract === undefined ? (first as ClientOptions) : (second ?? {});
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const environment = options.environment ?? browserEnvironment;
  const transport = options.transport ?? createWebSocketTransport(options.WebSocket);
  const settings = withDefaults(DEFAULTS, options);
  const logger = createLogger(options.debug ?? environment.wantsDebug(), options.logger);
  const counters = createCounters();

  let state: ConnectionState = INITIAL_CONNECTION;
  let closed = false;
  /** Only the first wish opens a connection by itself; after that it is up to `connect()`. */
  let opensByItself = options.connect !== 'manual';
  let sinceMs = clock.wallMs();
  let sessionId: string | null = null;
  let rttMs: number | null = null;
  let clockOffsetMs: number | null = null;
  let lastId = 0;
  let authId = -1;
  let stopWatching: Cancel | null = null;

  const links = new Map<number, Link>();
  const nowMs = (): number => clock.monotonicMs();
  const nextId = (): number => (lastId = (lastId + 1) % 2 ** 32);
  const socketId = (): number | null => writableSocketId(state);
  const isConnected = (): boolean => state.status === 'connected';
  const limits = (): AnnouncedLimits => links.get(socketId() ?? -1)?.limits ?? {};

  // Order of things: what a call or a message changes is changed first, then listeners are told.

  let busy = false;
  const later: (() => void)[] = [];

  function turn<T>(run: () => T): T {
    if (busy) return run();
    busy = true;
    try {
      return run();
    } finally {
      for (let at = 0; at < later.length; at++) later[at]?.();
      later.length = 0;
      busy = false;
    }
  }

  function report(error: TickwireError): void {
    counters.errors++;
    logger('warn', error.message, { code: error.code });
    later.push(() => emitter.emit('error', error));
    turn(() => undefined);
  }

  const reportThrown = (cause: unknown): void => {
    report(new TickwireError('internal', 'A listener threw an error', { executed: 'no', cause }));
    if (!emitter.has('error')) logger('error', 'A listener threw an error', { cause });
  };

  const emitter = new Emitter<InternalEvents>(reportThrown);

  function tell<Name extends keyof InternalEvents & string>(name: Name, event: InternalEvents[Name]): void {
    if (emitter.has(name)) later.push(() => emitter.emit(name, event));
  }

  // One timer, for whatever is due first. Firing early is harmless.

  let timerMs = Infinity;
  let cancelTimer: Cancel | null = null;

  function wakeAt(atMs: number): void {
    if (atMs >= timerMs || closed) return;
    cancelTimer?.();
    timerMs = atMs;
    cancelTimer = clock.setTimer(atMs - nowMs(), () => turn(tick));
  }

  function tick(): void {
    timerMs = Infinity;
    const now = nowMs();
    if (connectionDeadlineMs(state) <= now) dispatch({ type: 'deadlineReached' });
    registry.tick(now);
    commands.tick(now);
    wakeAt(connectionDeadlineMs(state));
  }

  // Schedulers, one of each kind.

  const schedulers = new Map<string, Scheduler>();
  const defaultMode: SchedulerMode =
    options.scheduler ?? (environment.requestFrame === undefined ? 'microtask' : 'frame');

  function schedulerOf(mode: SchedulerMode = defaultMode): Scheduler {
    const name = typeof mode === 'object' ? String(mode.intervalMs) : mode;
    let scheduler = schedulers.get(name);
    if (scheduler === undefined) {
      scheduler = createScheduler(mode, {
        clock,
        environment,
        afterTurn: (run) => turn(() => void later.push(run)),
      });
      schedulers.set(name, scheduler);
    }
    return scheduler;
  }

  const flushSchedulers = (): void => {
    for (const scheduler of schedulers.values()) scheduler.flush();
  };

  // Connection.

  const transition = createConnectionTransition({
    ...settings,
    ...withDefaults(RECONNECT_DEFAULTS, options.reconnect),
  });
  const pending: ConnectionEvent[] = [];

  function dispatch(event: OwnEvent): void {
    const receivedMs = state.status === 'connected' ? (links.get(state.activeId)?.receivedMs ?? 0) : 0;
    const context = { at: nowMs(), random: random.float(), online: environment.isOnline(), receivedMs };
    pending.push({ ...event, ...context } as ConnectionEvent);
    // Effects may dispatch; their events wait for the one at hand.
    if (pending.length > 1) return;
    for (let next; (next = pending[0]) !== undefined; pending.shift()) step(next);
  }

  function step(event: ConnectionEvent): void {
    const before = state;
    const writable = socketId();
    const [next, ...effects] = transition(before, event);
    state = next;
    if (next.status !== before.status) {
      logger('debug', next.status, { reason: next.reason?.code });
      sinceMs = clock.wallMs();
      if (next.status === 'connected') counters.connections++;
      else sessionId = null;
      registry.setConnected(isConnected());
    }
    for (const effect of effects) run(effect);
    if (socketId() !== writable && socketId() !== null) {
      registry.attachAll();
      commands.flush();
    }
    if (!isOpening() && socketId() === null) commands.refuseWaiting();
    watchEnvironment();
    wakeAt(connectionDeadlineMs(next));
    refreshConnection();
    if (next.status === 'connected' && before.status !== 'connected') tell('connected', connectionSnapshot);
    if (next.status !== 'connected' && before.status === 'connected') {
      tell('disconnected', { reason: next.reason, willRetry: next.status === 'connecting' });
    }
  }

  /** A first connection is on its way and nothing has gone wrong yet: what is called now may wait for it. */
  function isOpening(): boolean {
    return state.status === 'connecting' && state.reason === null;
  }

  function run(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'fetchToken':
        return fetchToken(effect.socketId, effect.reason);
      case 'abortToken':
        tokenFetch?.abort();
        tokenFetch = null;
        return;
      case 'openSocket':
        return openSocket(effect.socketId);
      case 'sendHello':
        return sendHello(effect.socketId);
      case 'sendAuth':
        if (token !== null) send(effect.socketId, { t: 'auth', id: (authId = nextId()), token });
        return;
      case 'sendPing': {
        const link = links.get(effect.socketId);
        if (link !== undefined) link.probedMs = nowMs();
        send(effect.socketId, { t: 'ping', k: nextId() });
        return;
      }
      case 'closeSocket':
        links.get(effect.socketId)?.socket.close(effect.code, effect.message);
        return forgetSocket(effect.socketId);
      case 'reportTokenFailure':
        return report(
          new TickwireError('unauthenticated', `No token: ${effect.message}`, {
            executed: 'no',
            cause: tokenFault,
          }),
        );
      case 'giveUp':
        tell('connection_failed', { attempts: effect.attempts, reason: state.reason });
    }
  }

  function openSocket(id: number): void {
    const socket = transport.open(
      { url: endpoint(), protocols: OFFERED_SUBPROTOCOLS },
      {
        onOpen: () => turn(() => dispatch({ type: 'socketOpened', socketId: id })),
        onMessage: (data) => receive(id, data),
        onClose: (code, message) =>
          turn(() => {
            dispatch({ type: 'socketClosed', socketId: id, code, message });
            forgetSocket(id);
          }),
      },
    );
    links.set(id, {
      socket,
      openedMs: nowMs(),
      aliases: new Map(),
      out: [],
      pipelinedBytes: 0,
      limits: {},
      welcomed: false,
      rejected: false,
      receivedMs: nowMs(),
      probedMs: 0,
    });
  }

  function forgetSocket(id: number): void {
    const link = links.get(id);
    if (link === undefined) return;
    links.delete(id);
    registry.detachAll(id);
    commands.disconnected(id, link.rejected);
  }

  function endpoint(): string {
    const { url = DEFAULT_PATH } = options;
    const full = url.startsWith('/') ? environment.urlOf(url) : url.replace(/^http/, 'ws');
    if (full === undefined) throw new TypeError('createClient: give a url, there is no page to take it from');
    return full;
  }

  function connect(): void {
    if (closed) throw new TypeError('This client was closed: make a new one');
    endpoint();
    opensByItself = false;
    turn(() => dispatch({ type: 'connectCalled' }));
  }

  /** Somebody wants something. */
  function wish(): void {
    if (opensByItself && !closed) connect();
  }

  // Tokens: one fetch at a time.

  let token: string | null = null;
  let tokenFetch: AbortController | null = null;
  let tokenWaiters: number[] = [];
  let tokenFault: unknown;

  function fetchToken(id: number, reason: TokenReason): void {
    const { getToken } = options;
    if (getToken === undefined) return dispatch({ type: 'tokenReady', socketId: id });
    if (tokenFetch !== null) return void tokenWaiters.push(id);
    const fetch = (tokenFetch = new AbortController());
    tokenWaiters = [id];
    const settle = (event: (socketId: number) => OwnEvent): void =>
      turn(() => {
        // Nobody waits for the answer of a fetch that was given up.
        if (tokenFetch !== fetch) return;
        tokenFetch = null;
        for (const waiter of tokenWaiters) dispatch(event(waiter));
      });
    void new Promise<string | null>((resolve) => resolve(getToken({ reason, signal: fetch.signal }))).then(
      (value) =>
        settle((waiter) => {
          token = value;
          return { type: 'tokenReady', socketId: waiter };
        }),
      (cause: unknown) =>
        settle((waiter) => {
          tokenFault = cause;
          const message = cause instanceof Error ? cause.message : 'getToken failed';
          return { type: 'tokenFailed', socketId: waiter, message };
        }),
    );
  }

  // Sending: frames of one turn leave as one message.

  let flushing = false;

  function wantsFlush(): void {
    if (flushing) return;
    flushing = true;
    void Promise.resolve().then(() => {
      flushing = false;
      turn(() => {
        registry.flush();
        for (const link of links.values()) write(link);
      });
    });
  }

  /** @returns `false`, with nothing sent, if the frame is larger than the server accepts. */
  function send(id: number, frame: ClientFrame): boolean {
    const link = links.get(id);
    const text = JSON.stringify(frame);
    if (link === undefined || bytesOf(text) > (link.limits.in ?? DEFAULT_LIMIT_BYTES)) return false;
    link.out.push(text);
    wantsFlush();
    return true;
  }

  function write(link: Link): void {
    const max = link.limits.in ?? DEFAULT_LIMIT_BYTES;
    while (link.out.length > 0) {
      let count = 0;
      let bytes = 0;
      for (const text of link.out) {
        const size = bytesOf(text) + 1;
        if (count > 0 && (count === MAX_FRAMES || bytes + size > max)) break;
        bytes += size;
        count++;
      }
      // The server keeps so much before its `welcome`; the rest goes after it.
      if (!link.welcomed && (link.pipelinedBytes += bytes) > DEFAULT_LIMIT_BYTES) return;
      link.socket.send(link.out.splice(0, count).join('\n'));
      counters.messagesSent++;
    }
  }

  function sendHello(id: number): void {
    const said: ClientContract | undefined = options.contract ?? contract;
    send(id, {
      t: 'hello',
      v: WIRE_MINOR,
      sdk: 'ts',
      ...(said === undefined
        ? {}
        : {
            contract: {
              name: said.name,
              ver: said.version,
              ...(said.hash === undefined ? {} : { hash: said.hash }),
            },
          }),
      ...(token === null ? {} : { auth: { token } }),
      caps: ['delta'],
      lim: { in: settings.maxFrameBytes },
    });
  }

  // Receiving.

  function receive(id: number, data: unknown): void {
    const link = links.get(id);
    if (link === undefined) return;
    link.receivedMs = nowMs();
    counters.messagesReceived++;
    counters.lastMessageTime = clock.wallMs();
    const frames = decode(data, settings.maxFrameBytes);
    if (frames === null) return ignore();
    for (const frame of frames) {
      // A frame may have ended the connection.
      if (links.get(id) !== link) return;
      counters.framesReceived++;
      turn(() => {
        try {
          handle(id, link, frame);
        } catch {
          ignore();
        }
      });
    }
  }

  function ignore(): void {
    counters.undecodable++;
    logger('warn', 'A message could not be understood');
  }

  function handle(id: number, link: Link, frame: ServerFrame): void {
    switch (frame.t) {
      case 'd':
      case 'e':
      case 'f':
      case 'rst':
      case 'stat': {
        const channel = link.aliases.get(frame.n);
        if (channel === undefined) return;
        counters.updatesApplied++;
        if (!channel.receive(frame, counters.lastMessageTime ?? 0)) registry.resync(channel);
        return;
      }
      case 'ping':
        noteClock(frame.now, frame.rtt);
        send(id, { t: 'pong', k: frame.k });
        return;
      case 'pong':
        rttMs = nowMs() - link.probedMs;
        return refreshConnection();
      case 'res':
        if (frame.id !== authId) return commands.answered(frame, id);
        authId = -1;
        if (frame.err !== undefined) report(fromWireError(frame.err));
        return;
      case 'subd':
        registry.answered(frame, id, (channel, alias) => {
          unlink(channel);
          link.aliases.set(alias, channel);
        });
        return settle();
      case 'unsubd':
        return registry.ended(frame, id);
      case 'welcome':
        return welcome(id, link, frame);
      case 'reject': {
        const { code, message, retryAfterMs } = fromWireError(frame.err);
        link.rejected = true;
        if (retryAfterMs !== undefined) dispatch({ type: 'delayed', retryAfterMs });
        return dispatch({ type: 'rejected', socketId: id, code, message });
      }
      case 'reauth':
        return dispatch({ type: 'tokenAsked', socketId: id });
      case 'goaway':
        return dispatch({ type: 'goneAway', socketId: id, inMs: Math.max(0, frame.in) || 0 });
      case 'err': {
        const error = fromWireError(frame.err);
        if (frame.id === undefined) {
          if (error.retryAfterMs !== undefined)
            dispatch({ type: 'delayed', retryAfterMs: error.retryAfterMs });
          return report(error);
        }
        registry.refusedAll(frame.id, id, frame.err);
        return commands.answered({ t: 'res', id: frame.id, err: frame.err }, id);
      }
      default:
        // A newer server may say more than this client knows, unless it says that it must be known (P-EXT-2).
        if ((frame as { crit?: unknown }).crit === 1) {
          link.socket.close(4100, 'unknown critical frame');
          dispatch({
            type: 'socketClosed',
            socketId: id,
            code: 4100,
            message: 'The server speaks a newer protocol',
          });
          forgetSocket(id);
        }
    }
  }

  function welcome(id: number, link: Link, frame: WelcomeFrame): void {
    if (link.welcomed) return;
    link.welcomed = true;
    link.limits = frame.lim ?? {};
    sessionId = frame.sid;
    noteClock(frame.now, nowMs() - link.openedMs);
    dispatch({ type: 'welcomed', socketId: id, silenceMs: silenceLimitMs(frame.ping) });
    settle();
    wantsFlush();
  }

  /** The old connection goes once every channel and every command has moved to the new one (P-LIVE-7). */
  function settle(): void {
    if (state.status !== 'connected' || state.retiring === null) return;
    if (registry.isSettled(state.activeId) && commands.inFlight(state.retiring.socketId) === 0)
      dispatch({ type: 'settled' });
  }

  function noteClock(serverMs: number | undefined, roundTripMs: number | undefined): void {
    if (typeof serverMs !== 'number' || typeof roundTripMs !== 'number') return;
    rttMs = roundTripMs;
    clockOffsetMs = serverMs + roundTripMs / 2 - clock.wallMs();
    refreshConnection();
  }

  // Channels and commands.

  function unlink(channel: Channel): void {
    if (channel.link !== null) links.get(channel.link.socketId)?.aliases.delete(channel.link.alias);
  }

  const sinkOf = (id: string): ChannelSink => ({
    changed: (change, position) => tell(`change/${id}`, { ...change, position }),
    event: (event) => tell(`event/${id}`, event),
    gap(event) {
      tell('gap', event);
      tell(`gap/${id}`, event);
    },
    recovered(event) {
      tell('recovered', event);
      tell(`recovered/${id}`, event);
    },
    latencyOf(payload, timeField) {
      const said = (payload as Record<string, unknown> | null | undefined)?.[timeField];
      const madeMs = typeof said === 'string' ? Date.parse(said) : Number(said);
      if (!(madeMs > 0)) return undefined;
      const latencyMs = clock.wallMs() + (clockOffsetMs ?? 0) - madeMs;
      counters.latencyMs = smooth(counters.latencyMs, latencyMs);
      return latencyMs;
    },
  });

  const registry = new Registry({
    ...settings,
    nowMs,
    socketId,
    isConnected,
    nextId,
    limits,
    wantsFlush,
    send,
    unlink,
    dropConnection: () => dispatch({ type: 'unanswered' }),
    refused(channel, error) {
      tell(`error/${channel.id}`, error);
      report(error);
    },
    wakeAt,
    sinkOf,
  });

  const commands = new Commands({
    queue: withDefaults(QUEUE_DEFAULTS, options.queue),
    nowMs,
    nextId,
    socketId,
    isOpening,
    inflightLimit: () => limits().inflight,
    send,
    wakeAt,
  });

  const handlePorts: HandlePorts = {
    clock,
    settings,
    maxUpdatesPerSecond: options.maxUpdatesPerSecond,
    schedulerOf,
    queues: new Set(),
    get: (id) => registry.get(id),
    retain(id, prepare) {
      if (closed) return () => undefined;
      return turn(() => {
        const release = registry.retain(id, prepare);
        wish();
        return () => turn(release);
      });
    },
    resync: (channel) => turn(() => registry.resync(channel)),
    guard: (listener) => guard(listener, reportThrown),
    on: (name, listener) =>
      emitter.on(name as keyof InternalEvents & string, listener as (event: unknown) => void),
  };

  function command(name: string, input: unknown, call: CommandOptions = {}): Promise<unknown> {
    const { key, signal } = call;
    const definition = contract?.commands[name];
    return turn(() => {
      wish();
      const promise = commands.call(name, input, {
        key,
        signal,
        timeoutMs: call.timeoutMs ?? definition?.timeoutMs ?? settings.commandTimeoutMs,
        queue: call.queue ?? false,
        repeatable: key !== undefined || definition?.idempotent === true,
        ...(closed ? { refusal: 'The client was closed' } : {}),
      });
      // Silence that nobody noticed, because the machine slept, is noticed before somebody waits in vain.
      if (state.status === 'connected') {
        const silentMs = nowMs() - (links.get(state.activeId)?.receivedMs ?? 0);
        if (silentMs > state.silenceMs) dispatch({ type: 'woke' });
      }
      return promise;
    });
  }

  // What is around the client.

  function watchEnvironment(): void {
    if ((state.status === 'disconnected') === (stopWatching === null)) return;
    if (stopWatching !== null) {
      stopWatching();
      stopWatching = null;
      return;
    }
    stopWatching = environment.subscribe((event) =>
      turn(() => {
        // A page that was hidden catches up first, and asks for a sign of life then.
        if (event === 'visible' || event === 'hidden') flushSchedulers();
        if (event === 'offline') dispatch({ type: 'wentOffline' });
        else if (event !== 'hidden') dispatch({ type: 'woke' });
        refreshConnection();
      }),
    );
  }

  function makeConnectionSnapshot(): ConnectionSnapshot {
    const current = state.status === 'connecting' ? state.current : null;
    return Object.freeze({
      status: state.status,
      ...(current === null ? {} : { phase: current.phase }),
      attempt: state.attempt,
      reason: state.reason,
      retryAtMs:
        current?.phase === 'backoff' ? Math.round(clock.wallMs() + current.deadlineMs - nowMs()) : null,
      sinceMs,
      rttMs,
      clockOffsetMs,
      sessionId,
      online: environment.isOnline(),
    });
  }

  let connectionSnapshot = makeConnectionSnapshot();

  function refreshConnection(): void {
    const next = makeConnectionSnapshot();
    if (JSON.stringify(next) === JSON.stringify(connectionSnapshot)) return;
    connectionSnapshot = next;
    tell('status', next);
  }

  function stats(): ClientStats {
    const { connections, ...counted } = counters;
    const held = [...registry.channels];
    return {
      ...counted,
      connected: isConnected(),
      reconnecting: state.status === 'connecting' && connections > 0,
      reconnectAttempts: state.attempt,
      reconnects: Math.max(0, connections - 1),
      subscriptions: held.map(({ id }) => id),
      queueSize: commands.waiting,
      pendingUpdates: [...handlePorts.queues].reduce((sum, queue) => sum + queue.size, 0),
      cacheSize: held.filter(({ hasValue }) => hasValue).length,
      rttMs,
      clockOffsetMs,
    };
  }

  const client = {
    connection: {
      getSnapshot: () => connectionSnapshot,
      subscribe: (listener: () => void) => emitter.on('status', () => listener()),
    },
    connect,
    disconnect() {
      opensByItself = false;
      turn(() => dispatch({ type: 'disconnectCalled' }));
    },
    close() {
      if (closed) return;
      turn(() => {
        dispatch({ type: 'disconnectCalled' });
        closed = true;
        commands.close();
        flushSchedulers();
        later.push(() => emitter.clear());
      });
      cancelTimer?.();
      for (const queue of handlePorts.queues) queue.close();
    },
    channel: (name: string, params?: Readonly<Record<string, string>>) =>
      createHandle(handlePorts, channelIdOf(name, params), name, params ?? {}, {}),
    command,
    isCommandError,
    on: (name: keyof ClientEvents, listener: (event: never) => void) =>
      emitter.on(name, listener as (event: unknown) => void),
    stats,
    clearCache: () => turn(() => registry.clear()),
    reauthenticate: () =>
      turn(() => {
        if (state.status === 'connected') dispatch({ type: 'tokenAsked', socketId: state.activeId });
      }),
  };
  return client as unknown as Client;
}

/** Size in UTF-8. JSON is well-formed, so encoding it cannot fail. */
function bytesOf(text: string): number {
  return text.length * 3 < DEFAULT_LIMIT_BYTES
    ? text.length
    : encodeURIComponent(text).replace(/%../g, '_').length;
}

/** The frames of a message; `null` if it is not one (P-FRAME-3). */
function decode(data: unknown, maxFrameBytes: number): ServerFrame[] | null {
  if (typeof data !== 'string') return null;
  if (data.length > maxFrameBytes && data.split('\n').some((line) => line.length > maxFrameBytes))
    return null;
  try {
    // Frames hold no raw newline, so one call can read them all.
    const frames = JSON.parse(`[${data.replace(/\n$/, '').replaceAll('\n', ',')}]`) as unknown[];
    return frames.every((frame) => typeof frame === 'object' && frame !== null)
      ? (frames as ServerFrame[])
      : null;
  } catch {
    return null;
  }
}
