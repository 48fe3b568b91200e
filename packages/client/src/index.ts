// Door `@tickwire/client`.
export { shownIn, type ShownHandle, type Until } from './command/shown-in.js';
export { createClient } from './client.js';
export type {
  AnyCommandError,
  AnyErrorData,
  AnyErrorName,
  Client,
  ClientEvents,
  CommandOptions,
  ConnectionSnapshot,
} from './client-types.js';
export type { ClientContract, ClientOptions, ReconnectOptions, TokenContext } from './options.js';
export type {
  ChannelEvents,
  ChannelHandle,
  ChannelOptions,
  CollectionChange,
  CollectionHandle,
  EventMeta,
  HandleOf,
  StreamHandle,
} from './handle.js';
export type { ClientStats } from './stats.js';
export type { ConnectionReason, TokenReason } from './connection/state.js';
export type { GapEvent, RecoveredEvent } from './subscription/channel.js';
export type { ChannelSnapshot, ChannelStatus, FeedState, StatusReason } from './store/snapshot.js';
export type { ReadableStore, ViewOptions } from './store/view.js';
export type { SchedulerMode } from './store/scheduler.js';
export type { EventOptions } from './store/event-queue.js';
export type { QueueOptions, QueuePolicy } from './command/queue.js';
export { isCommandError, type CommandError } from './command/commands.js';
export { changedFields } from './change/changed-fields.js';
export { updateElementIfChanged } from './change/update-element.js';
export { bindElement, type BindOptions, type BindSource, type BoundElement } from './change/bind-element.js';
export type { ClientClock } from './ports/clock.js';
export type { Environment, EnvironmentEvent } from './ports/environment.js';
export type { OpenRequest, Socket, SocketEvents, Transport } from './ports/transport.js';
export { createWebSocketTransport, type WebSocketClass, type WebSocketLike } from './transports/websocket.js';
export { browserEnvironment } from './environment/browser.js';
export { systemClock } from './environment/clock.js';
export { systemRandom } from './environment/random.js';
export { isTickwireError, TickwireError } from '@tickwire/protocol';
