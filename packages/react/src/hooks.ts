// The factory: hooks and components of one contract, every type inferred from it.
import type { Client } from '@tickwire/client';
import type { AnyContract } from '@tickwire/protocol';
import type { ReactElement } from 'react';
import { createUseChannelEvent, type UseChannelEvent } from './channel/use-channel-event.js';
import { createUseChannel, type UseChannel } from './channel/use-channel.js';
import { createUseCommand, type UseCommand } from './command/use-command.js';
import {
  createStatusComponents,
  type ConnectionBadgeProps,
  type ConnectionStatusProps,
} from './connection/status-components.js';
import { createUseConnectionStatus, type UseConnectionStatus } from './connection/use-connection-status.js';
import { createUseConnection, type UseConnection } from './connection/use-connection.js';
import { toHookClient } from './hook-client.js';
import { createClientContext, type TickwireProviderProps } from './provider.js';

/** Options of {@link createTickwireHooks}. */
export interface TickwireHooksOptions<C extends AnyContract> {
  /**
   * The client where no `TickwireProvider` gives another.
   * @defaultValue none: a provider is needed
   */
  readonly client?: Client<C> | undefined;
}

/** Hooks and components of one contract. */
export interface TickwireHooks<C extends AnyContract> {
  /** Gives a subtree its client: for tests, servers, several tenants. Not needed where the factory got a client. */
  readonly TickwireProvider: (props: TickwireProviderProps<Client<C>>) => ReactElement;
  /**
   * The client of this place in the tree.
   * @throws Error when there is none; the sentence says what to do
   */
  readonly useClient: () => Client<C>;
  readonly useChannel: UseChannel<C>;
  readonly useChannelEvent: UseChannelEvent<C>;
  readonly useCommand: UseCommand<C>;
  readonly useConnection: UseConnection;
  readonly useConnectionStatus: UseConnectionStatus;
  /**
   * The connection in words, or drawn by its `children` function. The ready looks need no style sheet and pass a strict
   * Content-Security-Policy: HTML of a server carries no `style`, a browser's script sets it after mounting. Their own
   * background gives them their contrast on light and dark pages, and nothing in them moves.
   */
  readonly ConnectionStatus: (props: ConnectionStatusProps) => ReactElement;
  /** The connection in words, fixed at the bottom left of the window. */
  readonly FloatingConnectionStatus: (props: ConnectionBadgeProps) => ReactElement;
  /** The connection as a mark; its word is for assistive technology. */
  readonly ConnectionBadge: (props: ConnectionBadgeProps) => ReactElement;
}

/**
 * Makes the hooks and components of one contract; call it once, in a module of its own. Opens nothing: the client
 * connects when the first component has mounted that needs it.
 * @example
 * ```ts
 * export const { useChannel, useCommand, ConnectionStatus } = createTickwireHooks<typeof market>({ client });
 * ```
 */
export function createTickwireHooks<C extends AnyContract>(
  options?: TickwireHooksOptions<C>,
): TickwireHooks<C>;
/** The same, with the contract told by its value instead of its type. */
export function createTickwireHooks<C extends AnyContract>(
  contract: C,
  options?: TickwireHooksOptions<C>,
): TickwireHooks<C>;
export function createTickwireHooks<C extends AnyContract>(
  first: C | TickwireHooksOptions<C> = {},
  second: TickwireHooksOptions<C> = {},
): TickwireHooks<C> {
  const { client } = 'channels' in first ? second : first;
  const { TickwireProvider, useClient } = createClientContext(client);
  const useHookClient = () => toHookClient(useClient());
  const useConnectionStatus = createUseConnectionStatus(useHookClient);
  return {
    TickwireProvider,
    useClient,
    useChannel: createUseChannel(useHookClient) as unknown as UseChannel<C>,
    useChannelEvent: createUseChannelEvent(useHookClient),
    useCommand: createUseCommand(useHookClient) as unknown as UseCommand<C>,
    useConnection: createUseConnection(useHookClient),
    useConnectionStatus,
    ...createStatusComponents(useConnectionStatus),
  };
}
