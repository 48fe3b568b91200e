'use client';
// Door `@tickwire/react`: hooks and status components over the client's stores. No socket, no frame, no zod.
export * from './hooks.js';
export { skipToken, type SkipToken } from './skip-token.js';
export type { TickwireProviderProps } from './provider.js';
export type { ChannelResult, SelectionOptions } from './channel/selection.js';
export type { UseChannel, NameAlone, ParamsOrOptions, UseChannelOptions } from './channel/use-channel.js';
export type {
  ChannelEventListener,
  UseChannelEvent,
  UseChannelEventArguments,
} from './channel/use-channel-event.js';
export type {
  CommandError,
  CommandResult,
  CommandStatus,
  DeclaredError,
  UseCommand,
} from './command/use-command.js';
export type { ConnectionResult, UseConnection, UseConnectionOptions } from './connection/use-connection.js';
export type { ConnectionViewSnapshot } from './connection/connection-view.js';
export type { Indicator, IndicatorOptions, IndicatorSnapshot } from './connection/indicator.js';
export type {
  ConnectionStatusOptions,
  ConnectionStatusResult,
  IndicatorLabels,
  UseConnectionStatus,
} from './connection/use-connection-status.js';
export type { ConnectionBadgeProps, ConnectionStatusProps } from './connection/status-components.js';
