// Commands: runs handlers. Answers each request exactly once: in time, by its handler, from the record of its key, or
// with the reason why not. Says for every failure whether the work was done.
import {
  type AnyContract,
  type Clock,
  type CommandDefinition,
  isTickwireError,
  type Logger,
  type Random,
  type RequestFrame,
  type ResponseFrame,
  TickwireError,
  toWireError,
} from '@tickwire/protocol';
import { isPromiseLike } from '../auth/deadline.js';
import type { AbortSource, CreateAbortSource } from '../ports/abort-source.js';
import type { Awaitable, CommandOutcome, IdempotencyStore } from '../ports/idempotency-store.js';
import type { PublishingBroker } from '../publisher.js';
import type { ChannelDirectory } from '../session/channel-directory.js';
import { checkValue } from '../value/check.js';
import { errorText } from '../value/error-text.js';
import { commandTable, errorOfHandler } from './fail.js';
import { fingerprint } from './fingerprint.js';
import {
  createHandlerRun,
  type HandlerContext,
  type HandlerRun,
  type RunningKey,
} from './handler-context.js';
import type { IdempotencySettings } from './idempotency-options.js';
import { afterwards, KeyClaims, type Verdict } from './key-claims.js';
import { MemoryIdempotencyStore } from './memory-idempotency-store.js';

/** A handler with its types forgotten. */
export type AnyHandler = (input: unknown, context: HandlerContext) => unknown;

/** What commands are made of. */
export interface CommandsOptions {
  readonly contract: AnyContract;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly createAbortSource: CreateAbortSource;
  /** Shared with other servers; `null` where this one keeps its keys to itself. */
  readonly store: IdempotencyStore | null;
  readonly idempotency: IdempotencySettings;
  readonly directory: ChannelDirectory;
  readonly broker: PublishingBroker;
  readonly log: Logger;
  /** Longest time a caller may ask for, in milliseconds. */
  readonly maxTimeoutMs: number;
  /** For commands whose contract and caller say nothing, in milliseconds. */
  readonly defaultTimeoutMs: number;
  /** How long the store may take for one answer, in milliseconds. */
  readonly storeTimeoutMs: number;
}

/** Who calls. */
export interface Caller {
  readonly principal: unknown;
  /** Under which its keys are kept. */
  readonly key: string;
  /** The connection is its own principal: its keys are of no use to anybody else. */
  readonly isItsOwn: boolean;
}

/** A request under way. */
export interface RunningCommand {
  /** The caller gave up, or is gone: the handler's signal is raised, and the answer still comes. */
  cancel(reason: TickwireError): void;
  /** Nobody is left to be answered: its deadline means nothing any more, and keeps nothing alive. */
  abandon(reason: TickwireError): void;
}

/** One request that may run. */
interface Call {
  readonly frame: RequestFrame;
  readonly definition: CommandDefinition;
  readonly handler: AnyHandler;
  readonly input: unknown;
  readonly caller: Caller;
  readonly endsAtMs: number;
  readonly source: AbortSource;
  readonly key: RunningKey | null;
  readonly store: IdempotencyStore;
  /** Answers; only the first call counts. */
  readonly answer: (outcome: CommandOutcome, replayed?: boolean) => void;
  /** Cancels the timer of its deadline, once there is one. */
  stopTimer: () => void;
}

/** Runs the commands of a contract. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #definitions: ReadonlyMap<string, CommandDefinition>;
  readonly #handlers: ReadonlyMap<string, AnyHandler>;
  readonly #claims: KeyClaims;
  readonly #memory: MemoryIdempotencyStore;
  /** Handlers that have not returned. */
  running = 0;

  constructor(options: CommandsOptions) {
    const { clock, log, storeTimeoutMs: timeoutMs } = options;
    this.#options = options;
    this.#definitions = commandTable(options.contract);
    this.#handlers = new Map(Object.entries(options.handlers));
    this.#claims = new KeyClaims({ clock, log, timeoutMs });
    this.#memory = new MemoryIdempotencyStore(clock, options.idempotency);
  }

  /** Keys held in this process. */
  get keys(): number {
    return this.#memory.size;
  }

  /** Forgets the keys of a connection that was its own principal. */
  forget(principal: string): void {
    this.#memory.forget(principal);
  }

  /**
   * Runs one request.
   * @param arrivedAtMs monotonic; @param respond is called exactly once, perhaps before this returns.
   * @returns the request, while it is under way; `null` once it was answered.
   */
  run(
    frame: RequestFrame,
    caller: Caller,
    arrivedAtMs: number,
    respond: (response: ResponseFrame) => void,
  ): RunningCommand | null {
    const { clock, defaultTimeoutMs, maxTimeoutMs } = this.#options;
    let answered = false;
    const answer = (outcome: CommandOutcome, replayed = false): void => {
      if (answered) return;
      answered = true;
      respond({ t: 'res', id: frame.id, ...outcome, ...(replayed ? { rp: 1 } : {}) });
    };
    const refuse = (code: string, message: string): null => {
      answer(failure(new TickwireError(code, message)));
      return null;
    };
    const definition = this.#definitions.get(frame.m);
    const handler = this.#handlers.get(frame.m);
    if (definition === undefined || handler === undefined)
      return refuse('unknown_command', 'there is no such command');
    const timeoutMs = Math.min(frame.ttl ?? definition.timeoutMs ?? defaultTimeoutMs, maxTimeoutMs);
    const endsAtMs = arrivedAtMs + timeoutMs;
    if (endsAtMs <= clock.monotonicMs()) return refuse('deadline', TOO_LATE);
    if (frame.k !== undefined && !frame.k.isWellFormed())
      return refuse('bad_input', 'the idempotency key is not well-formed');
    const input = checkValue(definition.input, frame.v);
    if (!input.ok) return refuse('bad_input', input.where);

    const call: Call = {
      frame,
      definition,
      handler,
      input: input.value,
      caller,
      endsAtMs,
      source: this.#options.createAbortSource(),
      key: frame.k === undefined ? null : this.#keyOf(frame.m, frame.k, caller, input.value),
      store: caller.isItsOwn ? this.#memory : (this.#options.store ?? this.#memory),
      answer,
      stopTimer: () => undefined,
    };
    const verdict = this.#claim(call);
    if (isPromiseLike(verdict)) void verdict.then((late) => this.#begin(call, late));
    else this.#begin(call, verdict);
    // What is written through a closure is not seen by the compiler.
    if (answered as boolean) return null;
    return {
      cancel: (reason) => call.source.abort(reason),
      abandon: (reason) => {
        call.stopTimer();
        call.source.abort(reason);
      },
    };
  }

  #keyOf(command: string, key: string, caller: Caller, input: unknown): RunningKey {
    const { contract, random, idempotency } = this.#options;
    return {
      principal: caller.key,
      contract: contract.name,
      command,
      key,
      fingerprint: fingerprint(input),
      run: random.id(),
      ttlMs: idempotency.ttlMs,
    };
  }

  #claim({ key, store, endsAtMs, definition }: Call): Awaitable<Verdict> {
    if (key === null) return { type: 'start' };
    const { clock, idempotency, storeTimeoutMs } = this.#options;
    const leftMs = endsAtMs - clock.monotonicMs();
    const leaseMs = leftMs + idempotency.leaseGraceMs;
    const withinMs = Math.min(leftMs, storeTimeoutMs);
    return this.#claims.claim(store, key, leaseMs, withinMs, definition.idempotent);
  }

  #begin(call: Call, verdict: Verdict): void {
    if (verdict.type === 'refuse') {
      call.answer(failure(verdict.error));
      return;
    }
    if (verdict.type === 'replay') {
      call.answer(verdict.outcome, true);
      return;
    }
    const { signal } = call.source;
    const isLate = call.endsAtMs <= this.#options.clock.monotonicMs();
    if (!signal.aborted && !isLate) {
      this.#start(call);
      return;
    }
    // Nobody waits any more, and nothing has begun.
    const error = isLate
      ? new TickwireError('deadline', TOO_LATE)
      : new TickwireError('cancelled', 'the caller gave up before the start', { executed: 'no' });
    this.#release(call, failure(error));
  }

  #start(call: Call): void {
    const { clock, directory, broker } = this.#options;
    const { frame, definition, handler, input, caller, source, key, answer, endsAtMs } = call;
    call.stopTimer = clock.setTimer(endsAtMs - clock.monotonicMs(), () => {
      const error = new TickwireError('timeout', 'the deadline passed while the command ran');
      // The handler may still finish: what it did then is kept under the key, and told to whoever asks again.
      answer(failure(error));
      source.abort(error);
    });
    const run = createHandlerRun(definition, caller, source.signal, key, directory, broker);
    const end = (outcome: CommandOutcome): void => {
      this.running--;
      // It has ended in time. What is left is to record that, which comes first (P-CMD-8) and has deadlines of its own.
      call.stopTimer();
      const settled = this.#settle(call, run, outcome);
      if (isPromiseLike(settled)) void settled.then((told) => answer(told));
      else answer(settled);
    };
    const fails = (thrown: unknown): void => end(this.#failed(frame.m, definition, thrown));
    this.running++;
    let result: unknown;
    let isAwaited: boolean;
    try {
      result = handler(input, run.context);
      isAwaited = isPromiseLike(result);
    } catch (error) {
      fails(error);
      return;
    }
    if (!isAwaited) {
      end(this.#finished(call, run, result));
      return;
    }
    // What only looks like a promise may call back twice, or throw.
    void Promise.resolve(result).then(
      (value) => end(this.#finished(call, run, value)),
      // A handler that was asked to stop and then failed has stopped: why it says so is its own affair (P-CMD-4).
      (error: unknown) =>
        fails(source.signal.aborted && !isTickwireError(error) ? source.signal.reason : error),
    );
  }

  /** Records how a run ended; resolves with what is to be told, once that is recorded or cannot be (P-CMD-8). */
  #settle(call: Call, run: HandlerRun, outcome: CommandOutcome): Awaitable<CommandOutcome> {
    const { key, store } = call;
    if (key === null) return outcome;
    const { err } = outcome;
    if (err !== undefined && err.x !== 'no' && run.hasCommitted()) {
      // Its transaction may have been committed all the same, and then that is how it ended.
      return afterwards(this.#claims.outcomeOf(store, key), (committed) =>
        committed === null ? outcome : this.#complete(call, committed),
      );
    }
    const isUnused = err?.x === 'no' && new TickwireError(err.c, '', { retryAfterMs: err.ra }).temporary;
    return isUnused
      ? afterwards(this.#claims.release(store, key), () => outcome)
      : this.#complete(call, outcome);
  }

  #complete({ key, store }: Call, outcome: CommandOutcome): Awaitable<CommandOutcome> {
    return key === null ? outcome : afterwards(this.#claims.complete(store, key, outcome), () => outcome);
  }

  /** Gives a key back under which nothing was run, and says so. */
  #release({ key, store, answer }: Call, outcome: CommandOutcome): void {
    const released = key === null ? undefined : this.#claims.release(store, key);
    if (isPromiseLike(released)) void released.then(() => answer(outcome));
    else answer(outcome);
  }

  #finished({ frame, definition }: Call, run: HandlerRun, output: unknown): CommandOutcome {
    const at = run.effects();
    const checked = checkValue(definition.output, output);
    if (checked.ok) {
      return {
        ...(checked.value === undefined ? {} : { v: checked.value }),
        ...(at === undefined ? {} : { at }),
      };
    }
    this.#options.log('error', 'output of a command does not fit the contract', {
      command: frame.m,
      where: checked.where,
    });
    return failure(new TickwireError('internal', '', { executed: 'yes' }));
  }

  #failed(name: string, definition: CommandDefinition, thrown: unknown): CommandOutcome {
    const error = errorOfHandler(definition, thrown);
    if (error.code === 'internal' || error.cause !== undefined) {
      const cause: unknown = isTickwireError(thrown) ? (error.cause ?? thrown) : thrown;
      this.#options.log('error', 'command failed', {
        command: name,
        error: errorText(cause),
      });
    }
    return failure(error);
  }
}

const TOO_LATE = 'the deadline passed before the start';

function failure(error: TickwireError): CommandOutcome {
  return { err: toWireError(error) };
}
