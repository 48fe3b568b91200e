// The client as the hooks use it: names and data without their types, which hooks.ts gives back to the application.
import type {
  ChannelSnapshot,
  Client,
  ConnectionSnapshot,
  EventOptions,
  ReadableStore,
  SchedulerMode,
} from '@tickwire/client';
import type { AnyContract, ChannelKind } from '@tickwire/protocol';

/** A store whose functions stand alone: React calls them without it. */
export interface BoundStore<S> {
  readonly getSnapshot: () => S;
  readonly subscribe: (listener: () => void) => () => void;
}

/** A channel, whatever its kind. */
export interface HookChannel {
  readonly id: string;
  /** Known once the server has answered. */
  readonly kind: ChannelKind | null;
  view(options: {
    readonly maxUpdatesPerSecond?: number | undefined;
    readonly scheduler?: SchedulerMode;
  }): BoundStore<ChannelSnapshot<unknown>>;
  onEvent(listener: (event: unknown, meta: unknown) => void, options: EventOptions): () => void;
  onChange(listener: (change: unknown) => void): () => void;
}

/** A client, whatever its contract. */
export interface HookClient {
  readonly connection: ReadableStore<ConnectionSnapshot>;
  connect(): void;
  disconnect(): void;
  channel(name: string, params: unknown): HookChannel;
  command(name: string, input: unknown, options?: object): Promise<unknown>;
}

/** The one place where the types of a contract are left behind. */
export function toHookClient<C extends AnyContract>(client: Client<C>): HookClient {
  return client as unknown as HookClient;
}
