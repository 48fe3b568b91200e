// Client: the only shell. Owns the sockets, the one timer and the order of things; runs what the machines want done and
// routes frames. Decides nothing about the protocol itself.
import {
  DEFAULT_PATH,
  fromWireError,
  OFFERED_SUBPROTOCOLS,
  TickwireError,
  WIRE_MINOR,
  type AnnouncedLimits,
  type AnyContract,
  type Cancel,
  type ClientFrame,
  type HelloFrame,
  type ServerFrame,
} from '@tickwire/protocol';
import { createAlarm } from './alarm.js';
import { channelIdOf } from './channel-id.js';
import type { Client, CommandOptions, ConnectionSnapshot } from './client-types.js';
import { createCommands, isCommandError } from './command/commands.js';
import { silenceLimitMs } from './connection/liveness.js';
import {
  connectionDeadlineMs,
  INITIAL_CONNECTION,
  writableSocketId,
  type ConnectionContext,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
} from './connection/state.js';
import { createConnectionTransition } from './connection/transition.js';
import { createHandle } from './create-handle.js';
import { createLogger } from './debug.js';
import { createEmitter } from './emitter.js';
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
import { decode, enqueue, write, type Link } from './link.js';
import { createCounters, smooth, type ClientStats } from './stats.js';
import type { EventQueue } from './store/event-queue.js';
import { jsonEqual } from './store/json-equal.js';
import { createSchedulers } from './store/scheduler.js';
import type { Channel } from './subscription/channel.js';
import { createRegistry } from './subscription/registry.js';
import { createTokenSource } from './token.js';
import { createWebSocketTransport } from './transports/websocket.js';
import { createTurns } from './turn.js';

type OwnEvent<E = ConnectionEvent> = E extends ConnectionEvent ? Omit<E, keyof ConnectionContext> : never;

/**
 * Makes a client. Opens nothing: the first interest in a channel, the first command or `connect()` does. Safe to import
 * and to call on a server that renders pages.
 *
 * `createClient<typeof market>({ url })` needs the contract's type only; `createClient(market, { url })` also tells the
 * server which contract it is, and knows which commands may be repeated.
 */
export function createClient<C extends AnyContract>(contract: C, options?: ClientOptions): Client<C>;
export function createClient<C extends AnyContract>(options?: ClientOptions): Client<C>;
export function createClient(first: AnyContract | ClientOptions = {}, second: ClientOptions = {}): Client {
  const contract = 'channels' in first ? first : undefined;
  const options = contract ? second : (first as ClientOptions);
  const {
    clock = systemClock,
    random = systemRandom,
    environment = browserEnvironment,
    transport = createWebSocketTransport(options.WebSocket),
    getToken,
  } = options;
  const settings = withDefaults(DEFAULTS, options);
  const logger = createLogger(options.debug ?? environment.wantsDebug(), options.logger);
  const counters = createCounters();
  const links = new Map<number, Link>();
  const queues = new Set<EventQueue<never>>();

  let state: ConnectionState = INITIAL_CONNECTION;
  let closed = false;
  /** Only the first wish opens a connection by itself; after that it is up to `connect()`. */
  let opensByItself = options.connect !== 'manual';
  let sinceMs = clock.wallMs();
  let sessionId: string | null = null;
  let rttMs: number | null = null;
  let clockOffsetMs: number | null = null;
  let lastId = 0;
  let authId = 0;

  const nowMs = (): number => clock.monotonicMs();
  const wallMs = (): number => clock.wallMs();
  const nextId = (): number => (lastId = (lastId + 1) % 2 ** 32);
  const socketId = (): number => writableSocketId(state);
  /** What a server announced last: until the next one has, it will do. */
  let announced: AnnouncedLimits = {};
  const limits = (): AnnouncedLimits => announced;
  const isConnected = (): boolean => state.status === 'connected';
  const isClosed = (): boolean => closed;
  /** A first connection is on its way and nothing has gone wrong yet: what is called now may wait for it. */
  const isOpening = (): boolean => state.status === 'connecting' && !state.reason;

  const { turn, afterTurn } = createTurns();

  /** Tells listeners of the client and, with an id, those of the channel. */
  function tell(name: string, event: unknown, id?: string): void {
    for (const full of id ? [name, `${name}/${id}`] : [name]) {
      if (emitter.has(full)) afterTurn(() => emitter.emit(full, event));
    }
  }

  function report(error: TickwireError, id?: string): void {
    counters.errors++;
    logger('warn', error.message, { code: error.code, cause: error.cause });
    tell('error', error, id);
  }

  const emitter = createEmitter((cause, name) => {
    logger('error', 'A listener threw', { cause });
    // Unless it is the one that is reported to.
    if (!name.startsWith('error')) {
      report(new TickwireError('internal', 'A listener threw', { executed: 'no', cause }));
    }
  });
  const { guard, on } = emitter;

  const { wakeAt, cancel: cancelAlarm } = createAlarm(clock, () => turn(tick));

  function tick(): void {
    const now = nowMs();
    if (connectionDeadlineMs(state) <= now) dispatch({ type: 'deadlineReached' });
    registry.tick(now);
    commands.tick(now);
    wakeAt(connectionDeadlineMs(state));
  }

  const schedulers = createSchedulers(options.scheduler ?? 'frame', { clock, environment, afterTurn });

  // Connection.

  const transition = createConnectionTransition({
    ...settings,
    ...withDefaults(RECONNECT_DEFAULTS, options.reconnect),
  });
  const pending: OwnEvent[] = [];
  /** Why there will be no connection by itself any more. */
  let gaveUp: TickwireError | null = null;
  let stopWatching: Cancel | undefined;

  function dispatch(event: OwnEvent): void {
    // Effects may dispatch; their events wait for the one at hand.
    if (pending.push(event) > 1) return;
    for (let next; (next = pending[0]); pending.shift()) step(next);
  }

  function step(event: OwnEvent): void {
    const before = state;
    const context: ConnectionContext = {
      at: nowMs(),
      random: random.float(),
      online: environment.isOnline(),
      receivedMs: links.get(before.live?.socketId ?? 0)?.receivedMs ?? 0,
    };
    const [next, ...effects] = transition(before, { ...event, ...context });
    const { status, reason, attempt: attempts } = (state = next);
    const moved = status !== before.status && status;
    if (moved || attempts !== before.attempt) logger('debug', status, { attempts, reason });
    if (moved) {
      gaveUp = moved === 'disconnected' && reason ? new TickwireError(reason.code, reason.message) : null;
      sinceMs = wallMs();
      registry.channels.forEach((channel) => channel.changed());
    }
    effects.forEach(run);
    sweep();
    if (socketId() && socketId() !== writableSocketId(before)) {
      registry.attachAll();
      commands.flush();
    }
    if (!socketId() && !isOpening()) commands.refuseWaiting();
    if (moved === 'disconnected') {
      tokens.stop();
      stopWatching?.();
      stopWatching = undefined;
    } else if (moved) stopWatching ??= environment.subscribe(onEnvironment);
    wakeAt(connectionDeadlineMs(next));
    refreshConnection();
    if (moved && before.live) tell('disconnected', { reason, willRetry: moved === 'connecting' });
    if (moved === 'connected') {
      counters.connections++;
      tell(moved, connectionSnapshot);
    }
    if (moved === 'disconnected' && reason) tell('connection_failed', { attempts, reason });
  }

  function run(effect: ConnectionEffect): void {
    const { type, socketId: id } = effect;
    if (type === 'dropSocket') dropSocket(id, 1006, effect.message);
    else if (type === 'fetchToken') {
      tokens.fetch(effect.reason, (ok) =>
        dispatch({ type: ok ? 'tokenReady' : 'tokenFailed', socketId: id }),
      );
    } else if (type === 'openSocket') openSocket(id);
    else if (type === 'sendHello') sendHello(id);
    else send(id, { t: 'ping', k: nextId() });
  }

  function openSocket(id: number): void {
    const socket = transport.open(
      { url: endpoint(), protocols: OFFERED_SUBPROTOCOLS },
      {
        onOpen: () => turn(() => dispatch({ type: 'socketOpened', socketId: id })),
        onMessage: (data) => receive(id, data),
        onClose: (code, message) => turn(() => socketClosed(id, code, message)),
      },
    );
    links.set(id, { socket, aliases: new Map(), out: [], receivedMs: nowMs(), askedMs: 0 });
  }

  function socketClosed(id: number, code: number, message: string): void {
    dispatch({ type: 'socketClosed', socketId: id, code, message });
    forgetSocket(id);
  }

  function forgetSocket(id: number): void {
    const link = links.get(id);
    if (!link) return;
    links.delete(id);
    registry.detachAll(id);
    commands.disconnected(id, link.rejected === true);
  }

  /** Closes a socket as if the other side had. */
  function dropSocket(id: number, code: number, message: string): void {
    links.get(id)?.socket.close(code === 1006 ? 1000 : code, message);
    socketClosed(id, code, message);
  }

  /**
   * Closes the sockets that are not needed any more: those that no state names, and a connection that has a successor
   * once every channel and every command has moved there (P-LIVE-7).
   */
  function sweep(): void {
    const { live, current } = state;
    for (const [id, { socket }] of links) {
      if (id === live?.socketId || id === current?.socketId) continue;
      if (live && !(registry.isSettled(live.socketId) && commands.inFlight(id) === 0)) continue;
      socket.close(1000, '');
      forgetSocket(id);
    }
  }

  function endpoint(): string {
    const { url = DEFAULT_PATH } = options;
    const full = url.startsWith('/') ? environment.urlOf(url) : url.replace(/^http/, 'ws');
    if (full && /^wss?:/.test(full)) return full;
    throw new TickwireError('connection_failed', 'createClient needs a url with ws: or http:');
  }

  function connect(): void {
    if (closed) throw new TickwireError('cancelled', 'client closed');
    endpoint();
    opensByItself = false;
    turn(() => dispatch({ type: 'connectCalled' }));
  }

  /** Somebody wants something. */
  function wish(): void {
    if (opensByItself) connect();
  }

  function onEnvironment(event: string): void {
    turn(() => {
      // A page that was hidden catches up first, and asks for a sign of life then.
      schedulers.flush();
      if (event !== 'hidden') dispatch({ type: 'woke' });
      refreshConnection();
    });
  }

  const tokens = createTokenSource(getToken, { ...settings, clock, turn, report });

  // Sending: frames of one turn leave as one message.

  let flushing = false;

  function wantsFlush(): void {
    if (flushing) return;
    flushing = true;
    void Promise.resolve().then(() => {
      flushing = false;
      registry.flush();
      for (const link of links.values()) counters.messagesSent += write(link);
    });
  }

  /** @returns `false`, with nothing sent, if the frame is larger than the server accepts. */
  function send(id: number, frame: ClientFrame): boolean {
    const link = links.get(id);
    if (!link || !enqueue(link, JSON.stringify(frame))) return false;
    if (frame.t === 'hello' || frame.t === 'ping') link.askedMs = nowMs();
    wantsFlush();
    return true;
  }

  function sendHello(id: number): void {
    const said: ClientContract | undefined = options.contract ?? contract;
    // What is `undefined` does not reach the wire.
    send(id, {
      t: 'hello',
      v: WIRE_MINOR,
      contract: said && { name: said.name, ver: said.version, hash: said.hash },
      auth: tokens.token === null ? undefined : { token: tokens.token },
      caps: ['delta'],
      lim: { in: settings.maxFrameBytes },
    } as HelloFrame);
  }

  // Receiving.

  function receive(id: number, data: unknown): void {
    const link = links.get(id);
    if (!link) return;
    link.receivedMs = nowMs();
    counters.messagesReceived++;
    counters.lastMessageTime = wallMs();
    const attempt = (run: () => void): void => {
      try {
        run();
      } catch {
        counters.undecodable++;
        logger('warn', 'Not a frame');
      }
    };
    attempt(() => {
      for (const frame of decode(data, settings.maxFrameBytes)) {
        // A frame may have ended the connection.
        if (!links.has(id)) return;
        counters.framesReceived++;
        turn(() =>
          attempt(() => {
            handle(id, link, frame);
            if (links.size > 1) sweep();
          }),
        );
      }
    });
  }

  function handle(id: number, link: Link, frame: ServerFrame): void {
    switch (frame.t) {
      case 'd':
      case 'e':
      case 'f':
      case 'rst':
      case 'stat': {
        const channel = link.aliases.get(frame.n);
        if (!channel) return;
        counters.updatesApplied++;
        registry.receive(channel, frame);
        break;
      }
      case 'ping':
        noteClock(frame.rtt, frame.now);
        send(id, { t: 'pong', k: frame.k });
        break;
      case 'pong':
        noteClock(nowMs() - link.askedMs);
        break;
      case 'res':
        if (frame.id !== authId) commands.answered(frame, id);
        else if (frame.err) report(fromWireError(frame.err));
        else registry.attachAll();
        break;
      case 'subd':
        registry.answered(frame, id);
        break;
      case 'unsubd':
        registry.ended(frame, id);
        break;
      case 'welcome':
        if (link.welcomed) return;
        link.welcomed = true;
        link.limits = announced = frame.lim ?? {};
        sessionId = frame.sid;
        noteClock(nowMs() - link.askedMs, frame.now);
        dispatch({ type: 'welcomed', socketId: id, silenceMs: silenceLimitMs(frame.ping) });
        commands.flush();
        wantsFlush();
        break;
      case 'reject':
        link.rejected = !link.welcomed;
        noteRefusal(id, fromWireError(frame.err));
        break;
      case 'reauth':
        reauthenticate(id);
        break;
      case 'goaway':
        dispatch({ type: 'goneAway', socketId: id, inMs: Math.max(0, frame.in) || 0 });
        break;
      case 'err': {
        const { id: answered, err } = frame;
        if (answered === undefined) {
          const error = fromWireError(err);
          noteRefusal(id, error);
          report(error);
        } else {
          registry.refusedAll(answered, id, err);
          commands.answered({ t: 'res', id: answered, err }, id);
        }
        break;
      }
      default:
        // A newer server may say more than this client knows, unless it says that it must be known (P-EXT-2).
        if ('crit' in frame) dropSocket(id, 4100, 'Unknown frame');
    }
  }

  /** What the server says before it closes, or of the next connection. */
  function noteRefusal(id: number, { code, message, retryAfterMs }: TickwireError): void {
    dispatch({ type: 'rejected', socketId: id, code, message, retryAfterMs });
  }

  function noteClock(roundTripMs: unknown, serverMs?: unknown): void {
    if (typeof roundTripMs !== 'number') return;
    rttMs = roundTripMs;
    if (typeof serverMs === 'number') clockOffsetMs = serverMs + roundTripMs / 2 - wallMs();
    refreshConnection();
  }

  function reauthenticate(id: number): void {
    tokens.fetch('reauth', () => {
      const { token } = tokens;
      authId = nextId();
      if (token !== null) send(id, { t: 'auth', id: authId, token });
    });
  }

  // Channels and commands.

  const unlink = ({ link }: Channel): unknown => link && links.get(link.socketId)?.aliases.delete(link.alias);

  const ports = {
    ...settings,
    maxUpdatesPerSecond: options.maxUpdatesPerSecond,
    queue: withDefaults(QUEUE_DEFAULTS, options.queue),
    clock,
    queues,
    nowMs,
    wallMs,
    nextId,
    socketId,
    limits,
    isConnected,
    isOpening,
    isClosed,
    gaveUp: () => gaveUp,
    tell,
    wakeAt,
    wantsFlush,
    send,
    unlink,
    relink(channel: Channel, id: number, alias: number) {
      unlink(channel);
      links.get(id)?.aliases.set(alias, channel);
    },
    dropConnection: () => dropSocket(socketId(), 1006, 'No answer'),
    refused: (channel: Channel, error: TickwireError) => report(error, channel.id),
    latencyOf(payload: unknown, timeField: string | undefined) {
      const said = timeField && (payload as Record<string, unknown> | null | undefined)?.[timeField];
      // Reads milliseconds and texts alike; what is neither has no time.
      const madeMs = Number(new Date(said as string));
      if (!(madeMs > 0)) return undefined;
      const latencyMs = wallMs() + (clockOffsetMs ?? 0) - madeMs;
      counters.latencyMs = smooth(counters.latencyMs, latencyMs);
      return latencyMs;
    },
    schedulerOf: schedulers.of,
    get: (id: string) => registry.channels.get(id),
    retain: (id: string, prepare: (channel: Channel) => void) =>
      turn(() => {
        const release = registry.retain(id, prepare);
        wish();
        return () => turn(release);
      }),
    resync: (channel: Channel) => turn(() => registry.resync(channel)),
    guard,
    on,
  };
  const registry = createRegistry(ports);
  const commands = createCommands({
    ...ports,
    // A command that would have to wait for `welcome` in the buffer of a socket waits in the table instead: there
    // everybody knows that it was not sent.
    socketId() {
      const id = socketId();
      const link = links.get(id);
      return link?.welcomed || !link?.greeted ? id : 0;
    },
  });

  async function command(name: string, input: unknown, call: CommandOptions = {}): Promise<unknown> {
    const definition = contract?.commands[name];
    const { key, timeoutMs = definition?.timeoutMs ?? settings.commandTimeoutMs } = call;
    return turn(() => {
      wish();
      // Silence that nobody noticed, because the machine slept, is noticed before somebody waits in vain.
      const { live } = state;
      if (live && nowMs() > live.deadlineMs) dispatch({ type: 'deadlineReached' });
      const repeatable = key !== undefined || definition?.idempotent === true;
      return commands.call(name, input, { ...call, timeoutMs, repeatable });
    });
  }

  function makeSnapshot(): ConnectionSnapshot {
    const { status, attempt, reason, current } = state;
    const connecting = status === 'connecting' ? current : null;
    return {
      status,
      phase: connecting?.phase,
      attempt,
      reason,
      retryAtMs:
        connecting?.phase === 'backoff' ? Math.round(wallMs() + connecting.deadlineMs - nowMs()) : null,
      sinceMs,
      rttMs,
      clockOffsetMs,
      sessionId: isConnected() ? sessionId : null,
      online: environment.isOnline(),
    };
  }

  let connectionSnapshot = makeSnapshot();

  function refreshConnection(): void {
    const next = makeSnapshot();
    if (jsonEqual(next, connectionSnapshot)) return;
    connectionSnapshot = next;
    tell('status', next);
  }

  function stats(): ClientStats {
    const held = [...registry.channels.values()];
    return {
      ...counters,
      connected: isConnected(),
      reconnecting: state.status === 'connecting' && counters.connections > 0,
      reconnectAttempts: state.attempt,
      reconnects: Math.max(0, counters.connections - 1),
      subscriptions: held.map(({ id }) => id),
      queueSize: commands.waiting(),
      pendingUpdates: [...queues].reduce((sum, { size }) => sum + size, 0),
      cacheSize: held.filter(({ hasValue }) => hasValue).length,
      rttMs,
      clockOffsetMs,
    };
  }

  function disconnect(): void {
    opensByItself = false;
    turn(() => dispatch({ type: 'disconnectCalled' }));
  }

  const client = {
    connection: {
      getSnapshot: () => connectionSnapshot,
      subscribe: (listener: () => void) => on('status', () => listener()),
    },
    connect,
    disconnect,
    close() {
      turn(() => {
        closed = true;
        commands.close();
        disconnect();
        schedulers.flush();
      });
      emitter.close();
      cancelAlarm();
      for (const queue of queues) queue.close();
    },
    channel: (name: string, params: Readonly<Record<string, string>> = {}) =>
      createHandle(ports, channelIdOf(name, params), name, params, {}),
    command,
    isCommandError,
    on,
    stats,
    clearCache: () => turn(registry.clear),
    reauthenticate: () => state.live && reauthenticate(state.live.socketId),
  };
  return client as unknown as Client;
}
