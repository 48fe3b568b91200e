// Server script: a server core that lets everybody see everything, and whose commands answer what a test says. Knows no
// clock and no network: where it lives is handed in.
import {
  type AnyContract,
  type AnySchema,
  type ChannelName,
  type CommandHandlers,
  type CommandName,
  createChannelTable,
  type ErrorName,
  type InferOutputInput,
  type InferParsedInput,
  isTickwireError,
  type ParamsArgument,
  TickwireError,
} from '@tickwire/protocol';
import type { ServerAuthentication } from '@tickwire/server';
import {
  answerWith,
  type BareServerSettings,
  createBareServer,
  type PlatformSettings,
  type ServerCore,
} from '@tickwire/server/core';
import { splitParams } from './push.js';

/** Who calls: in a scripted server everybody who shows a token is let in. */
export interface ScriptedPrincipal {
  readonly id: string;
  /** What the client's `getToken` gave; `undefined` without one. */
  readonly token: string | undefined;
}

/** What a command answers: an output, or a function that makes one, typed like a handler of `createServer`. */
export type ScriptedAnswer<C extends AnyContract, M extends CommandName<C>> =
  InferOutputInput<C, M> | CommandHandlers<C, ScriptedPrincipal, AbortSignal>[M];

/** Says what the server of a test does. */
export interface ServerScript<C extends AnyContract> {
  /**
   * Says what a command answers from now on. A command nobody said anything of is refused with `unknown_command` and
   * a message that says so.
   */
  answer<M extends keyof C['commands'] & string>(command: M, answer: ScriptedAnswer<C, M>): void;
  /** Lets a command fail from now on, with an error that it declares. */
  fail<M extends keyof C['commands'] & string, E extends keyof C['commands'][M]['errors'] & string>(
    command: M,
    error: E,
    data: C['commands'][M]['errors'][E]['_zod']['input'],
  ): void;
  /** Lets a command fail from now on, with an error of the protocol: `new TickwireError('unavailable', 'too busy')`. */
  fail<M extends keyof C['commands'] & string>(command: M, error: TickwireError): void;
  /** What a command was called with, the oldest first: parsed, so with its defaults. */
  calls<M extends keyof C['commands'] & string>(command: M): readonly InferParsedInput<C, M>[];
  /**
   * Refuses a channel with `forbidden` from now on, and ends it where somebody reads it. When it resolves, clients have
   * been told.
   */
  refuse<N extends keyof C['channels'] & string>(channel: N, ...params: ParamsArgument<C, N>): Promise<void>;
  /** Takes `refuse` back. A client asks again on its next connection: after `disconnect()` and `reconnect()`. */
  allow<N extends keyof C['channels'] & string>(channel: N, ...params: ParamsArgument<C, N>): Promise<void>;
}

type Handler = (input: unknown, context: unknown) => unknown;

/** Where a scripted server lives, and what else it is told. */
export type ScriptedServerSettings = PlatformSettings & Partial<BareServerSettings>;

/** A test asks more of a client than a careful server would grant, and all of it in no time. */
const NO_LIMITS = Object.freeze({
  framesPerSecond: Number.MAX_SAFE_INTEGER,
  frameBurst: Number.MAX_SAFE_INTEGER,
  maxCommandsInFlight: 10_000,
  maxSubscriptions: 100_000,
});

/** A server that does what a script says. */
export class ScriptedServer<C extends AnyContract> {
  readonly core: ServerCore<C>;
  readonly contract: C;
  readonly #table;
  readonly #answers = new Map<string, Handler>();
  readonly #calls = new Map<string, unknown[]>();
  readonly #refused = new Set<string>();

  constructor(contract: C, settings: ScriptedServerSettings) {
    this.contract = contract;
    this.#table = createChannelTable(Object.keys(contract.channels));
    const core = createBareServer<AnyContract, ServerAuthentication>(contract, {
      ...settings,
      limits: { ...NO_LIMITS, ...settings.limits },
      authenticate: ({ token }) => ({
        principal: { id: token ?? 'test', token } satisfies ScriptedPrincipal,
      }),
      authorize: Object.fromEntries(
        Object.keys(contract.channels).map((name) => [
          name,
          ({ params }: { readonly params: Readonly<Record<string, string>> }) =>
            !this.#refused.has(this.#table.format(name, params)),
        ]),
      ),
      commands: Object.fromEntries(
        Object.keys(contract.commands).map((name) => [
          name,
          (input: unknown, context: object) => this.#run(name, input, context),
        ]),
      ),
    });
    this.core = core as unknown as ServerCore<C>;
  }

  answer<M extends CommandName<C>>(command: M, answer: ScriptedAnswer<C, M>): void {
    this.#known(command);
    this.#answers.set(command, typeof answer === 'function' ? (answer as Handler) : () => answer);
  }

  fail<M extends CommandName<C>>(command: M, error: ErrorName<C, M> | TickwireError, data?: unknown): void {
    const { errors } = this.#known(command);
    if (!isTickwireError(error) && !Object.hasOwn(errors, error)) {
      throw new TypeError(
        `Command "${command}" declares no error "${error}". It declares: ${Object.keys(errors).join(', ') || 'none'}.`,
      );
    }
    this.#answers.set(command, () => {
      throw isTickwireError(error)
        ? answerWith(error)
        : new TickwireError(`app.${error}`, error, { executed: 'no', data });
    });
  }

  calls<M extends CommandName<C>>(command: M): readonly InferParsedInput<C, M>[] {
    this.#known(command);
    return [...(this.#calls.get(command) ?? [])] as InferParsedInput<C, M>[];
  }

  async refuse<N extends ChannelName<C>>(name: N, params: ParamsArgument<C, N>): Promise<void> {
    const id = this.#idOf(name, params);
    this.#refused.add(id);
    await this.core.revoke({ channel: id, reason: 'refused by the test' });
  }

  allow<N extends ChannelName<C>>(name: N, params: ParamsArgument<C, N>): void {
    this.#refused.delete(this.#idOf(name, params));
  }

  #idOf<N extends ChannelName<C>>(name: N, rest: ParamsArgument<C, N>): string {
    const { params } = splitParams(this.contract, name, rest);
    return this.#table.format(name, params[0]);
  }

  #known(command: string): { readonly errors: Readonly<Record<string, AnySchema>> } {
    const definition = Object.hasOwn(this.contract.commands, command)
      ? this.contract.commands[command]
      : undefined;
    if (definition !== undefined) return definition;
    throw new TypeError(
      `The contract has no command "${command}". It has: ${Object.keys(this.contract.commands).join(', ') || 'none'}.`,
    );
  }

  #run(name: string, input: unknown, context: object): unknown {
    const calls = this.#calls.get(name) ?? [];
    this.#calls.set(name, calls);
    calls.push(input);
    const answer = this.#answers.get(name);
    if (answer !== undefined) return answer(input, context);
    throw answerWith(
      new TickwireError(
        'unknown_command',
        `The test has not said what "${name}" answers: call answer('${name}', …) before.`,
      ),
    );
  }
}

/** The members of a {@link ServerScript}, of the server there is at the moment; `after` lets what they set off happen. */
export function scriptOf<C extends AnyContract>(
  server: () => ScriptedServer<C>,
  after: (step: () => void | Promise<void>) => Promise<void>,
): ServerScript<C> {
  return {
    answer: (command, answer) => server().answer(command, answer),
    fail: (command: CommandName<C>, error: never, data?: unknown) => server().fail(command, error, data),
    calls: (command) => server().calls(command),
    refuse: (name, ...params) => after(() => server().refuse(name, params)),
    allow: (name, ...params) => after(() => server().allow(name, params)),
  };
}
