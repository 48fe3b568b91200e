// Door `@tickwire/server`: the server, its publishers, the memory broker, and the ports others can implement.
export {
  anonymous,
  createMemoryBroker,
  createMemoryIdempotencyStore,
  createServer,
  type MemoryIdempotencyStoreOptions,
  type Server,
} from './create-server.js';
export { type BarePublisher, createPublisher, type PublisherOptions } from './create-publisher.js';
export { fail } from './command/fail.js';
export {
  DEFAULT_IDEMPOTENCY,
  type IdempotencyOptions,
  type IdempotencySettings,
} from './command/idempotency-options.js';
export type { CommittedCommand, ServerHandlerContext } from './command/handler-context.js';
export type { Listening, ListenOptions } from './adapters/listen.js';
export type { AuthenticateContext, PrincipalKey } from './auth/authenticate.js';
export type {
  ChannelOpener,
  CollectionPublisher,
  CollectionUpdate,
  PublisherOf,
  ReadResult,
  StatePublisher,
  StreamPublisher,
} from './publisher.js';
export type {
  AppendChange,
  Broker,
  BrokerEvents,
  BrokerFactory,
  Change,
  ChannelHead,
  ChannelSpec,
  ClearChange,
  CollectionEntry,
  CollectionHead,
  Publication,
  PublishedChange,
  RecordPatch,
  SetChange,
  StateHead,
  StreamEntry,
  StreamHead,
  UpdateChange,
} from './broker/broker.js';
export type { MemoryBroker, MemoryBrokerOptions } from './broker/memory.js';
export {
  type AnonymousPrincipal,
  DEFAULT_SETTINGS,
  type PingOptions,
  type ServerAuthentication,
  type ServerSettings,
} from './options.js';
export type { RevokeOptions, RulesOf, ServerCore, ServerStats } from './server.js';
export { DEFAULT_LIMITS, type Limits, type PrincipalLimits, type ServerLimits } from './session/limits.js';
export type { AbortSource, CreateAbortSource } from './ports/abort-source.js';
export type {
  Awaitable,
  ClaimAnswer,
  ClaimRequest,
  CommandKey,
  CommandOutcome,
  IdempotencyStore,
  KnownCommand,
} from './ports/idempotency-store.js';
export type { EncodedFrame, FrameEncoder, FrameKind } from './ports/frame-encoder.js';
export type { AcceptRequest, ServerSocket, SocketHandler } from './ports/server-socket.js';
