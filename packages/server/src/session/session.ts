// Session: one accepted socket. Decodes what arrives, asks the transition, runs its effects. Whatever is a decision is in
// transition.ts; whatever is data goes through the outbox.
import {
  type AuthFrame,
  type CancelFrame,
  type Clock,
  clipCloseReason,
  closeCodeOfRefusal,
  CloseCode,
  type DecodeLimits,
  type HelloFrame,
  jsonCodec,
  type Logger,
  type Random,
  type RequestFrame,
  type ResponseFrame,
  type ServerFrame,
  type SubscribeFrame,
  SUBPROTOCOL_FALLBACK,
  SUBPROTOCOL_JSON,
  TickwireError,
  toWireError,
  type WireError,
} from '@tickwire/protocol';
import type { Authenticator, Identity } from '../auth/authenticate.js';
import type { Authorizer } from '../auth/authorize.js';
import { isSamePrincipal } from '../auth/same-principal.js';
import type { Commands, RunningCommand } from '../command/commands.js';
import type { FrameForm } from '../hub/channel-head.js';
import type { Flusher } from '../hub/flush.js';
import type { Hub } from '../hub/hub.js';
import type { DeadlineWheel, Timed } from '../liveness/deadline-wheel.js';
import type { FrameEncoder } from '../ports/frame-encoder.js';
import type { AcceptRequest, ServerSocket, SocketHandler } from '../ports/server-socket.js';
import { errorText } from '../value/error-text.js';
import type { ChannelDirectory } from './channel-directory.js';
import type { Counters } from './counters.js';
import { readFrame } from './frame-reader.js';
import type { Limits } from './limits.js';
import { Outbox } from './outbox.js';
import type { TokenBucket, TokenBuckets } from './rate-limit.js';
import type { SessionEffect, SessionEvent, SessionFrame, SessionSettings, SessionState } from './state.js';
import { Subscriptions } from './subscriptions.js';
import { initialSessionState, isAskedFor, type sessionTransition } from './transition.js';
import { utf8Length } from './utf8-length.js';
import { abilitiesOf, partBytesOf, type ServerIdentity, welcomeFrame } from './welcome.js';

/** What all sessions of a server share. */
export interface SessionContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly encode: FrameEncoder;
  readonly flusher: Flusher;
  readonly wheel: DeadlineWheel;
  readonly hub: Hub;
  readonly directory: ChannelDirectory;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly commands: Commands;
  readonly buckets: TokenBuckets;
  readonly changeBuckets: TokenBuckets;
  readonly counters: Counters;
  readonly limits: Limits;
  readonly settings: SessionSettings;
  readonly transition: ReturnType<typeof sessionTransition>;
  readonly identity: ServerIdentity;
  /** The one instance of each form, so that readers of one form share frames. */
  readonly form: (patches: boolean, partBytes: number) => FrameForm;
  /** Counts the connection for its principal; `false` refuses it. Called once before `welcome`. */
  readonly admit: (session: Session, key: string, maxConnections: number) => boolean;
  /** The handshake is over, one way or the other. Called once. */
  readonly onSettled: (session: Session) => void;
  /** The session is over. Called once. */
  readonly onClosed: (session: Session) => void;
}

/** Whoever the application accepted, on this connection. */
interface Member {
  identity: Identity;
  readonly key: string;
  readonly subscriptions: Subscriptions;
  readonly bucket: TokenBucket;
  /** Channels that may be asked for; `null` without a limit. */
  readonly changes: TokenBucket | null;
}

const NO_FORM_YET: FrameForm = Object.freeze({ patches: false, partBytes: 1_024 });

/** One accepted connection. */
export class Session implements SocketHandler, Timed {
  readonly id: string;
  readonly request: AcceptRequest;
  readonly #context: SessionContext;
  readonly #socket: ServerSocket;
  readonly #outbox: Outbox;
  readonly #decodeLimits: DecodeLimits;
  readonly #running = new Map<number, RunningCommand | null>();
  readonly #timed: SessionEvent[] = [];
  #state: SessionState;
  #held: { readonly frame: SessionFrame; readonly at: number }[] = [];
  #member: Member | null = null;
  /** Came while the application still decided who this is. */
  #revocations: { readonly isMeant: (principal: unknown) => boolean; readonly reason: string }[] = [];
  #settled = false;
  #dispatching = false;

  constructor(context: SessionContext, socket: ServerSocket, request: AcceptRequest) {
    this.#context = context;
    this.#socket = socket;
    this.request = request;
    this.id = context.random.id();
    const { limits } = context;
    this.#decodeLimits = {
      maxFrames: limits.maxFramesPerMessage,
      maxDepth: limits.maxDepth,
      maxFrameKeys: 64,
    };
    this.#outbox = new Outbox(
      socket,
      context.flusher,
      limits.watermarkBytes,
      NO_FORM_YET,
      limits.maxPartBytes,
      {
        onTooLarge: ({ channel }) => {
          context.log('warn', 'value too large for a client', { channel: channel.id, session: this.id });
          this.#member?.subscriptions.end(channel.id, { c: 'too_large', x: 'no' });
        },
        onStalled: () =>
          this.#dispatch({
            type: 'outputStalled',
            at: context.clock.monotonicMs(),
            takenBytes: takenOf(socket),
          }),
      },
    );
    this.#state = initialSessionState(context.settings, context.clock.monotonicMs());
    context.wheel.schedule(this);
  }

  /** Refuses what the upgrade already tells: no version in common, a token where it is logged. */
  begin(): void {
    const { subprotocol = SUBPROTOCOL_JSON, exposedToken = false } = this.request;
    if (subprotocol !== SUBPROTOCOL_JSON) {
      const data = { supported: [SUBPROTOCOL_JSON] };
      const why = subprotocol === SUBPROTOCOL_FALLBACK ? 'no wire version in common' : 'unknown subprotocol';
      this.refuse(new TickwireError('unsupported_version', why, { data }));
    } else if (exposedToken) {
      this.refuse(
        new TickwireError('unauthenticated', 'send the token in hello: URLs and subprotocols are logged'),
      );
    }
  }

  get status(): SessionState['status'] {
    return this.#state.status;
  }

  get deadlineMs(): number {
    return this.#state.deadlineMs;
  }

  get subscriptionCount(): number {
    return this.#member?.subscriptions.size ?? 0;
  }

  /** `undefined` until it is open. */
  get principal(): { readonly value: unknown } | undefined {
    return this.#state.status === 'handshaking' || this.#member === null
      ? undefined
      : { value: this.#member.identity.principal };
  }

  onMessage(data: string | Uint8Array): void {
    if (this.#state.status === 'closed') return;
    const at = this.#context.clock.monotonicMs();
    if (typeof data !== 'string') {
      this.#dispatch({ type: 'messageRefused', at, why: 'binary message' });
      return;
    }
    const { maxMessageBytes } = this.#context.limits;
    // No text has fewer bytes than units: one that is far too long is not even counted.
    const messageBytes = data.length > maxMessageBytes ? data.length : utf8Length(data);
    if (messageBytes > maxMessageBytes) {
      this.#dispatch({ type: 'messageRefused', at, why: 'message too large' });
      return;
    }
    const decoded = jsonCodec.decode(data, this.#decodeLimits);
    if (!decoded.ok) {
      this.#dispatch({ type: 'messageRefused', at, why: decoded.fault });
      return;
    }
    const bytes = Math.ceil(messageBytes / decoded.frames.length);
    for (const raw of decoded.frames) {
      if (this.#isClosed()) return;
      this.#take(raw, bytes, at);
    }
  }

  onControl(): void {
    const bucket = this.#member?.bucket;
    if (bucket === undefined) return;
    const at = this.#context.clock.monotonicMs();
    const retryAfterMs = bucket.take(at);
    if (retryAfterMs > 0 && bucket.refused > this.#context.settings.maxRateRefusals) {
      this.#dispatch({
        type: 'rateExceeded',
        at,
        t: 'control',
        id: undefined,
        retryAfterMs,
        refusals: bucket.refused,
      });
    }
  }

  onDrain(): void {
    if (this.#isClosed()) return;
    this.#dispatch({ type: 'outputDrained', at: this.#context.clock.monotonicMs() });
    this.#outbox.drained();
  }

  onClose(code: number): void {
    this.#dispatch({ type: 'socketClosed', at: this.#context.clock.monotonicMs(), code });
  }

  onDeadline(nowMs: number): void {
    this.#dispatch({
      type: 'deadlineReached',
      at: nowMs,
      bufferedBytes: this.#socket.bufferedBytes,
      takenBytes: takenOf(this.#socket),
      subscriptions: this.subscriptionCount,
    });
  }

  /** Asks the client to leave within `inMs`. */
  drain(inMs: number): void {
    this.#dispatch({ type: 'drainCalled', at: this.#context.clock.monotonicMs(), inMs });
  }

  close(code: number, reason: string, error?: WireError): void {
    this.#dispatch({
      type: 'closeCalled',
      at: this.#context.clock.monotonicMs(),
      code,
      reason,
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Ends one subscription; whether there was one, or was about to be. */
  revokeChannel(id: string, error: WireError): boolean {
    return this.#member?.subscriptions.end(id, error) ?? false;
  }

  /**
   * Refuses whoever this turns out to be, if he is meant: what the application knew of him may be older than the
   * revocation. Only while it is being asked; who asks later is told what is true then.
   */
  revokeUnlessKnown(isMeant: (principal: unknown) => boolean, reason: string): void {
    if (this.#state.status === 'handshaking' && this.#state.phase === 'authenticating')
      this.#revocations.push({ isMeant, reason });
  }

  /** Refuses the connection; only before `welcome`. */
  refuse(error: TickwireError): void {
    this.#dispatch({
      type: 'helloRefused',
      at: this.#context.clock.monotonicMs(),
      error: toWireError(error),
      closeCode: closeCodeOfRefusal(error.code),
    });
  }

  #isClosed(): boolean {
    return this.#state.status === 'closed';
  }

  #take(raw: Readonly<Record<string, unknown>>, bytes: number, at: number): void {
    const read = readFrame(raw, this.#context.limits.maxChannelsPerSubscribe);
    switch (read.type) {
      case 'serverOnly':
        this.#dispatch({ type: 'messageRefused', at, why: 'frame of a server' });
        break;
      case 'frame':
        if (!isAskedFor(this.#state, read.frame) && this.#exceedsRate(read.frame.t, idOf(read.frame), at))
          return;
        this.#dispatch({ type: 'frameReceived', at, frame: read.frame, bytes });
        break;
      case 'refused':
        if (this.#exceedsRate('refused', read.id, at)) return;
        this.#dispatch({ type: 'frameRefused', at, id: read.id });
        break;
      case 'unknown':
        if (this.#exceedsRate('unknown', undefined, at)) return;
        this.#dispatch({ type: 'frameUnknown', at, critical: read.critical, bytes });
        break;
    }
  }

  #exceedsRate(t: string, id: number | undefined, at: number): boolean {
    const bucket = this.#member?.bucket;
    if (bucket === undefined || this.#state.status === 'handshaking') return false;
    const retryAfterMs = bucket.take(at);
    if (retryAfterMs === 0) return false;
    this.#dispatch({ type: 'rateExceeded', at, t, id, retryAfterMs, refusals: bucket.refused });
    return true;
  }

  /** Events are a queue: an effect may cause the next one, and every state is settled before it. */
  #dispatch(event: SessionEvent): void {
    this.#timed.push(event);
    if (this.#dispatching) return;
    this.#dispatching = true;
    for (let next = this.#timed.shift(); next !== undefined; next = this.#timed.shift()) {
      const [state, ...effects] = this.#context.transition(this.#state, next);
      this.#state = state;
      for (const effect of effects) this.#tryRun(effect);
    }
    this.#dispatching = false;
    if (this.#state.deadlineMs !== Infinity) this.#context.wheel.schedule(this);
  }

  /** A fault of ours ends this connection and no other. */
  #tryRun(effect: SessionEffect): void {
    try {
      this.#run(effect);
    } catch (error) {
      this.#failed(effect.type, error);
    }
  }

  #failed(what: string, error: unknown): void {
    this.#context.log('error', 'session failed', { session: this.id, effect: what, error: errorText(error) });
    this.close(CloseCode.internal, 'internal');
  }

  #run(effect: SessionEffect): void {
    switch (effect.type) {
      case 'hold':
        this.#held.push({ frame: effect.frame, at: effect.at });
        break;
      case 'authenticate':
        this.#authenticate(effect.hello);
        break;
      case 'releaseHeld':
        this.#settle();
        this.#releaseHeld();
        break;
      case 'send':
        this.#send(effect.frame);
        break;
      case 'ping': {
        const rtt = effect.rttMs === null ? {} : { rtt: effect.rttMs };
        this.#send({ t: 'ping', k: effect.k, now: this.#context.clock.wallMs(), ...rtt });
        break;
      }
      case 'subscribe':
        this.#subscribe(effect.frame);
        break;
      case 'unsubscribe':
        this.#member?.subscriptions.unsubscribe(effect.frame);
        break;
      case 'run':
        this.#runCommand(effect.frame, effect.at);
        break;
      case 'cancel':
        this.#cancel(effect.frame);
        break;
      case 'refresh':
        this.#refresh(effect.frame);
        break;
      case 'reauthorize':
        this.#member?.subscriptions.reauthorize();
        break;
      case 'count':
        this.#context.counters.add(effect.what);
        break;
      case 'release':
        this.#release();
        break;
      case 'close':
        this.#close(effect.code, effect.reason, effect.force);
        break;
    }
  }

  #send(frame: ServerFrame): void {
    this.#outbox.send(this.#context.encode(JSON.stringify(frame), 'control'));
  }

  #authenticate(hello: HelloFrame): void {
    const { authenticator, identity: server } = this.#context;
    try {
      const abilities = abilitiesOf(hello, server);
      const { caps } = abilities;
      this.#outbox.maxFrameBytes = abilities.maxFrameBytes;
      this.#outbox.form = this.#context.form(
        caps.includes('delta'),
        partBytesOf(abilities.maxFrameBytes, this.#context.limits.maxPartBytes),
      );
      const identity = authenticator.identify({ token: hello.auth?.token, request: this.request });
      if (!('then' in identity)) {
        this.#admit(identity, abilities);
        return;
      }
      identity
        .then((late) => this.#admit(late, abilities))
        .catch((error: unknown) => this.refuse(asTickwireError(error)));
    } catch (error) {
      this.refuse(asTickwireError(error));
    }
  }

  #admit(identity: Identity, abilities: ReturnType<typeof abilitiesOf>): void {
    if (this.#isClosed()) return;
    const revoked = this.#revocations.find(({ isMeant }) => isMeant(identity.principal));
    this.#revocations = [];
    if (revoked !== undefined) {
      this.refuse(new TickwireError('session_revoked', revoked.reason));
      return;
    }
    const { clock, random, settings, buckets, changeBuckets, identity: server } = this.#context;
    const limits: Limits = { ...this.#context.limits, ...identity.limits };
    const key = identity.key ?? `connection ${this.id}`;
    const { maxChangesPerMinute: perMinute } = limits;
    if (!this.#context.admit(this, key, limits.maxConnections)) {
      this.refuse(new TickwireError('limit', 'too many connections'));
      return;
    }
    const nowMs = clock.monotonicMs();
    const nowWallMs = clock.wallMs();
    this.#member = {
      identity,
      key,
      bucket: buckets.of(key, limits.framesPerSecond, limits.frameBurst, nowMs),
      changes: Number.isFinite(perMinute) ? changeBuckets.of(key, perMinute / 60, perMinute, nowMs) : null,
      subscriptions: new Subscriptions({
        hub: this.#context.hub,
        directory: this.#context.directory,
        authorizer: this.#context.authorizer,
        outbox: this.#outbox,
        principal: () => this.#member?.identity.principal,
        maxSubscriptions: limits.maxSubscriptions,
        maxChannelsPerSubscribe: limits.maxChannelsPerSubscribe,
        send: (frame) => this.#send(frame),
        count: (what) => this.#context.counters.add(what),
        fail: (error) => this.#failed('answer', error),
      }),
    };
    this.#dispatch({
      type: 'helloAccepted',
      at: nowMs,
      welcome: welcomeFrame(server, abilities, this.id, nowWallMs, identity.expiresAtMs, settings, limits),
      expiresAtMs: monotonicOf(identity.expiresAtMs, nowMs, nowWallMs),
      maxInFlight: limits.maxCommandsInFlight,
      jitter: random.float(),
    });
  }

  #releaseHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const { frame, at } of held) {
      if (this.#isClosed()) return;
      if (this.#exceedsRate(frame.t, idOf(frame), this.#context.clock.monotonicMs())) continue;
      this.#dispatch({ type: 'frameReceived', at, frame, bytes: 0 });
    }
  }

  #subscribe(frame: SubscribeFrame): void {
    const retryAfterMs = this.#member?.changes?.take(this.#context.clock.monotonicMs(), frame.ch.length) ?? 0;
    if (retryAfterMs === 0) {
      this.#member?.subscriptions.subscribe(frame);
      return;
    }
    this.#context.counters.add('rate_limited');
    const err: WireError = { c: 'rate_limited', m: 'too many channels a minute', x: 'no', ra: retryAfterMs };
    this.#send({ t: 'err', id: frame.id, err });
  }

  #runCommand(frame: RequestFrame, at: number): void {
    const member = this.#member;
    if (member === null) return;
    if (this.#running.has(frame.id)) {
      this.#context.counters.add('bad_frame');
      this.#send({ t: 'err', id: frame.id, err: { c: 'bad_frame', m: 'this id is in use', x: 'no' } });
      this.#commandEnded();
      return;
    }
    this.#running.set(frame.id, null);
    const { identity, key } = member;
    const caller = { principal: identity.principal, key, isItsOwn: identity.key === null };
    const running = this.#context.commands.run(frame, caller, at, (response) => {
      this.#running.delete(frame.id);
      if (response.err !== undefined) this.#context.counters.add(response.err.c);
      if (!this.#isClosed()) this.#sendResponse(response);
      this.#commandEnded();
    });
    if (running !== null && this.#running.has(frame.id)) this.#running.set(frame.id, running);
  }

  #sendResponse({ at, ...response }: ResponseFrame): void {
    // Of the other channels this connection is not to learn that they exist (P-CMD-10).
    const seen = at?.filter(({ c }) => this.#member?.subscriptions.mayRead(c)) ?? [];
    if (seen.length > 0 && this.#sendIfItFits({ ...response, at: seen })) return;
    if (this.#sendIfItFits(response)) return;
    const x = response.err === undefined ? 'yes' : (response.err.x ?? 'maybe');
    this.#send({ t: 'res', id: response.id, err: { c: 'too_large', x } });
  }

  #sendIfItFits(response: ResponseFrame): boolean {
    const frame = this.#context.encode(JSON.stringify(response), 'control');
    const fits = frame.byteLength <= this.#outbox.maxFrameBytes;
    if (fits) this.#outbox.send(frame);
    return fits;
  }

  #commandEnded(): void {
    this.#dispatch({ type: 'commandEnded', at: this.#context.clock.monotonicMs() });
  }

  #cancel({ id }: CancelFrame): void {
    this.#running.get(id)?.cancel(new TickwireError('cancelled', 'the caller gave up'));
  }

  #refresh({ id, token }: AuthFrame): void {
    const { authenticator, clock } = this.#context;
    const refuse = (error: unknown): void =>
      this.#dispatch({
        type: 'refreshRefused',
        at: clock.monotonicMs(),
        id,
        error: { ...toWireError(asTickwireError(error)), x: 'no' },
      });
    const accept = (identity: Identity): void => {
      const member = this.#member;
      if (member === null || this.#isClosed()) return;
      if (!this.#isStill(member.identity, identity)) {
        refuse(new TickwireError('forbidden', 'the token is for another principal'));
        return;
      }
      member.identity = identity;
      const { expiresAtMs } = identity;
      const nowMs = clock.monotonicMs();
      const nowWallMs = clock.wallMs();
      this.#dispatch({
        type: 'refreshAccepted',
        at: nowMs,
        id,
        expiresAtMs: monotonicOf(expiresAtMs, nowMs, nowWallMs),
        ttlMs: expiresAtMs === null ? null : Math.max(0, expiresAtMs - nowWallMs),
      });
    };
    try {
      const identity = authenticator.identify({ token, request: this.request });
      if ('then' in identity) identity.then(accept).catch(refuse);
      else accept(identity);
    } catch (error) {
      refuse(error);
    }
  }

  /** Whether fresh credentials are those of whoever is there already (P-AUTH-3). */
  #isStill(present: Identity, fresh: Identity): boolean {
    if (present.key !== null || fresh.key !== null) return present.key === fresh.key;
    if (isSamePrincipal(present.principal, fresh.principal)) return true;
    this.#context.log('warn', 'fresh credentials refused: the principal has no key and is not equal', {
      session: this.id,
      help: 'give principals an id, or set principalKey',
    });
    return false;
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#context.onSettled(this);
  }

  #release(): void {
    this.#held = [];
    this.#context.wheel.remove(this);
    this.#member?.subscriptions.close();
    const gone = new TickwireError('cancelled', 'the connection is gone');
    for (const running of this.#running.values()) running?.abandon(gone);
    const member = this.#member;
    if (member !== null && member.identity.key === null) this.#context.commands.forget(member.key);
    this.#settle();
    this.#context.onClosed(this);
  }

  #close(code: number, reason: string, force: boolean): void {
    // A peer that takes nothing or is gone would not read a farewell either.
    if (!force) this.#outbox.write();
    this.#outbox.close();
    this.#socket.close(code, clipCloseReason(reason));
    if (force) this.#socket.terminate();
  }
}

/** A moment of the wall clock on the monotonic one: later jumps of the wall clock move nothing. */
function monotonicOf(wallMs: number | null, nowMs: number, nowWallMs: number): number | null {
  return wallMs === null ? null : nowMs + Math.max(0, wallMs - nowWallMs);
}

/** Grows when the peer takes something; of two looks only the difference means anything. */
function takenOf({ takenBytes, bufferedBytes }: ServerSocket): number {
  return takenBytes ?? -bufferedBytes;
}

function idOf(frame: SessionFrame): number | undefined {
  return 'id' in frame ? frame.id : undefined;
}

function asTickwireError(error: unknown): TickwireError {
  return error instanceof TickwireError ? error : new TickwireError('internal', '');
}
