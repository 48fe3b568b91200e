// Provider: which client the hooks of a subtree use. Knows nothing of what a client does.
import { createContext, useContext, type ReactElement, type ReactNode } from 'react';

/** Props of `TickwireProvider`. */
export interface TickwireProviderProps<Client> {
  /** The client of this subtree; it stays the application's: unmounting closes nothing. */
  readonly client: Client;
  readonly children?: ReactNode;
}

/** The provider and its reader; `fallback` serves where no provider is. */
export function createClientContext<Client>(fallback: Client | undefined) {
  const Context = createContext(fallback);

  function TickwireProvider({ client, children }: TickwireProviderProps<Client>): ReactElement {
    return <Context.Provider value={client}>{children}</Context.Provider>;
  }

  function useClient(): Client {
    const client = useContext(Context);
    if (client === undefined) {
      throw new Error(
        'No Tickwire client: call createTickwireHooks({ client }), or put <TickwireProvider client={client}> around this.',
      );
    }
    return client;
  }

  return { TickwireProvider, useClient };
}
