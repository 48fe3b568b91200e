// useCommand: a component calls a command and shows how it goes. Knows the client's promise, not the wire.
import { useCallback, useRef, useState } from 'react';
import type { CommandOptions } from '@tickwire/client';
import type {
  AnyContract,
  CommandName,
  ErrorName,
  InferErrorData,
  InferInput,
  InferOutput,
  KnownErrorCode,
  TickwireError,
} from '@tickwire/protocol';
import type { HookClient } from '../hook-client.js';

/** How the last call goes. */
export type CommandStatus = 'idle' | 'pending' | 'success' | 'error';

/** An error that the contract declares for a command. */
export type DeclaredError<Name extends string, Data> = TickwireError & {
  readonly code: `app.${Name}`;
  readonly data: Data;
};

/**
 * The error of a command: one that the contract declares, told by its `code` (`app.<name>`) and with typed `data`, or
 * one of Tickwire's own. A newer server may say a code that is not listed here: keep a default branch.
 */
export type CommandError<C extends AnyContract, M extends CommandName<C>> =
  | { [E in ErrorName<C, M>]: DeclaredError<E, InferErrorData<C, M, E>> }[ErrorName<C, M>]
  | (TickwireError & { readonly code: KnownErrorCode });

/** A command and how its last call goes; a newer call takes the place of an older one. */
export interface CommandResult<C extends AnyContract, M extends CommandName<C>> {
  /**
   * Calls the command. Keeps its identity between renders.
   * @returns the output; rejects with a `TickwireError`. A rejection that nobody awaits is not reported as unhandled:
   * `error` shows it.
   */
  readonly execute: (input: InferInput<C, M>, options?: CommandOptions) => Promise<InferOutput<C, M>>;
  readonly status: CommandStatus;
  /** Output of the last call once it has succeeded. */
  readonly data: InferOutput<C, M> | undefined;
  /** Error of the last call once it has failed, else `null`. */
  readonly error: CommandError<C, M> | null;
  /** Back to `idle`. A call under way goes on, its promise settles, but it is not shown here any more. */
  readonly reset: () => void;
}

/**
 * Calls a command and shows how it goes. To give up a call, pass a `signal`; unmounting gives up nothing.
 * @example `const { execute, status, error } = useCommand('placeOrder')`
 */
// Names are written out, not aliased: the compiler then lists them in its messages.
export type UseCommand<C extends AnyContract> = <M extends keyof C['commands'] & string>(
  name: M,
) => CommandResult<C, M>;

interface CommandState {
  readonly status: CommandStatus;
  readonly data: unknown;
  readonly error: unknown;
}

const IDLE: CommandState = { status: 'idle', data: undefined, error: null };

export function createUseCommand(useClient: () => HookClient) {
  return function useCommand(name: string) {
    const client = useClient();
    const [{ of, state }, setState] = useState({ of: name, state: IDLE });
    const lastCall = useRef(0);

    const execute = useCallback(
      (input: unknown, options?: object): Promise<unknown> => {
        const call = ++lastCall.current;
        const show = (next: CommandState) => {
          if (call === lastCall.current) setState({ of: name, state: next });
        };
        const outcome = client.command(name, input, options);
        show({ ...IDLE, status: 'pending' });
        outcome.then(
          (data) => show({ status: 'success', data, error: null }),
          (error: unknown) => show({ status: 'error', data: undefined, error }),
        );
        return outcome;
      },
      [client, name],
    );
    const reset = useCallback(() => {
      lastCall.current += 1;
      setState({ of: name, state: IDLE });
    }, [name]);

    // What is shown of one command says nothing of another.
    return { ...(of === name ? state : IDLE), execute, reset };
  };
}
