// Commands: runs handlers. Answers each request exactly once: in time, by its handler, from the record of its key, or
// with the reason why not. Says for every failure whether the work was done.
import {
  type AnyContract,
  type Clock,
  type CommandDefinition,
  isTickwireError,
  type Logger,
  type RequestFrame,
  type ResponseFrame,
  TickwireError,
  toWireError,
} from '@tickwire/protocol';
import { isPromiseLike } from '../auth/deadline.js';
import type { AbortSource, CreateAbortSource } from '../ports/abort-source.js';
import { checkValue } from '../value/check.js';
import { commandTable, errorOfHandler, fail } from './fail.js';
import { fingerprint } from './fingerprint.js';
import type { IdempotencyStore, Outcome } from './idempotency.js';

/** A handler with its types forgotten. */
export type AnyHandler = (input: unknown, context: HandlerContext) => unknown;

/** What a handler is told besides its input. */
export interface HandlerContext {
  readonly principal: unknown;
  readonly idempotencyKey: string | undefined;
  readonly signal: AbortSource['signal'];
  readonly fail: typeof fail;
}

/** What commands are made of. */
export interface CommandsOptions {
  readonly contract: AnyContract;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly clock: Clock;
  readonly createAbortSource: CreateAbortSource;
  readonly store: IdempotencyStore;
  readonly log: Logger;
  /** Longest time a caller may ask for, in milliseconds. */
  readonly maxTimeoutMs: number;
  /** For commands whose contract and caller say nothing, in milliseconds. */
  readonly defaultTimeoutMs: number;
}

/** Who calls. */
export interface Caller {
  readonly principal: unknown;
  /** Under which its keys are kept. */
  readonly key: string;
}

/** A request under way. */
export interface RunningCommand {
  /** The caller gave up, or is gone: the handler's signal is raised, and the answer still comes. */
  cancel(reason: TickwireError): void;
}

/** Runs the commands of a contract. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #definitions: ReadonlyMap<string, CommandDefinition>;
  readonly #handlers: ReadonlyMap<string, AnyHandler>;
  /** Handlers that have not returned. */
  running = 0;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#definitions = commandTable(options.contract);
    this.#handlers = new Map(Object.entries(options.handlers));
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
    const { clock } = this.#options;
    const refuse = (error: TickwireError): null => {
      respond({ t: 'res', id: frame.id, err: toWireError(error) });
      return null;
    };
    const definition = this.#definitions.get(frame.m);
    const handler = this.#handlers.get(frame.m);
    if (definition === undefined || handler === undefined) {
      return refuse(new TickwireError('unknown_command', 'there is no such command'));
    }
    const timeoutMs = Math.min(
      frame.ttl ?? definition.timeoutMs ?? this.#options.defaultTimeoutMs,
      this.#options.maxTimeoutMs,
    );
    const leftMs = arrivedAtMs + timeoutMs - clock.monotonicMs();
    if (leftMs <= 0) return refuse(new TickwireError('deadline', 'the deadline passed before the start'));
    if (frame.k !== undefined && !frame.k.isWellFormed()) {
      return refuse(new TickwireError('bad_input', 'the idempotency key is not well-formed'));
    }
    const input = checkValue(definition.input, frame.v);
    if (!input.ok) return refuse(new TickwireError('bad_input', input.where));

    let finish: ((outcome: Outcome) => void) | undefined;
    if (frame.k !== undefined) {
      const claim = this.#options.store.claim(caller.key, frame.m, frame.k, fingerprint(input.value));
      if (claim.type === 'refuse') return refuse(claim.error);
      if (claim.type === 'replay') {
        respond({ ...responseOf(frame.id, claim.outcome), rp: 1 });
        return null;
      }
      finish = claim.finish;
    }
    return this.#start(
      frame,
      definition,
      handler,
      input.value,
      caller,
      leftMs,
      (outcome) => finish?.(outcome),
      respond,
    );
  }

  #start(
    frame: RequestFrame,
    definition: CommandDefinition,
    handler: AnyHandler,
    input: unknown,
    caller: Caller,
    leftMs: number,
    settle: (outcome: Outcome) => void,
    respond: (response: ResponseFrame) => void,
  ): RunningCommand | null {
    const { clock, createAbortSource } = this.#options;
    const source = createAbortSource();
    let answered = false;
    const answer = (outcome: Outcome): void => {
      if (answered) return;
      answered = true;
      cancelTimer();
      respond(responseOf(frame.id, outcome));
    };
    const cancelTimer = clock.setTimer(leftMs, () => {
      const error = new TickwireError('timeout', 'the deadline passed while the command ran');
      // The handler may still finish: what it did then is kept under the key, and told to whoever asks again.
      answer({ ok: false, error });
      source.abort(error);
    });
    const end = (outcome: Outcome): void => {
      this.running--;
      settle(outcome);
      answer(outcome);
    };
    this.running++;
    let result: unknown;
    try {
      result = handler(input, {
        principal: caller.principal,
        idempotencyKey: frame.k,
        signal: source.signal,
        fail,
      });
    } catch (error) {
      end(this.#failed(frame.m, definition, error));
      return null;
    }
    if (!isPromiseLike(result)) {
      end(this.#finished(frame.m, definition, result));
      return null;
    }
    result.then(
      (value) => end(this.#finished(frame.m, definition, value)),
      // A handler that was asked to stop and then failed has stopped: why it says so is its own affair (P-CMD-4).
      (error: unknown) => {
        const stopped = source.signal.aborted && !isTickwireError(error);
        end(this.#failed(frame.m, definition, stopped ? source.signal.reason : error));
      },
    );
    return {
      cancel: (reason) => {
        source.abort(reason);
      },
    };
  }

  #finished(name: string, definition: CommandDefinition, output: unknown): Outcome {
    const checked = checkValue(definition.output, output);
    if (checked.ok) return { ok: true, value: checked.value };
    this.#options.log('error', 'output of a command does not fit the contract', {
      command: name,
      where: checked.where,
    });
    return { ok: false, error: new TickwireError('internal', '', { executed: 'yes' }) };
  }

  #failed(name: string, definition: CommandDefinition, thrown: unknown): Outcome {
    const error = errorOfHandler(definition, thrown);
    if (error.code === 'internal') {
      const cause: unknown = isTickwireError(thrown) ? (error.cause ?? thrown) : thrown;
      this.#options.log('error', 'command failed', {
        command: name,
        error: cause instanceof Error ? cause.message : String(cause),
      });
    }
    return { ok: false, error };
  }
}

function responseOf(id: number, outcome: Outcome): ResponseFrame {
  if (!outcome.ok) return { t: 'res', id, err: toWireError(outcome.error) };
  return outcome.value === undefined ? { t: 'res', id } : { t: 'res', id, v: outcome.value };
}
