// Stats: what the client has counted, for panels and support. Numbers only; never a payload.

/** What the client has counted since it was made. */
export interface ClientStats {
  readonly connected: boolean;
  /** A connection is being made again. */
  readonly reconnecting: boolean;
  /** Attempts since the last connection. */
  readonly reconnectAttempts: number;
  /** WebSocket messages; one may hold several frames. */
  readonly messagesReceived: number;
  readonly messagesSent: number;
  /** Frames received. */
  readonly framesReceived: number;
  /** Data frames that concerned a channel that is held. */
  readonly updatesApplied: number;
  /** Connections made after the first. */
  readonly reconnects: number;
  /** Everything that was reported as an `error` event. */
  readonly errors: number;
  /** Messages and frames that could not be understood and were ignored. */
  readonly undecodable: number;
  /** When the last message came, in milliseconds since 1970; `null` before the first. */
  readonly lastMessageTime: number | null;
  /** Ids of the channels that are subscribed. */
  readonly subscriptions: readonly string[];
  /** Commands that wait to be sent. */
  readonly queueSize: number;
  /** Events that wait in the queues of readers with a rate of their own. */
  readonly pendingUpdates: number;
  /** Channels whose value is held. */
  readonly cacheSize: number;
  /** Round trip to the server, in milliseconds; `null` before it was measured. */
  readonly rttMs: number | null;
  /** How far the server's clock is ahead, in milliseconds; `null` before it was measured. */
  readonly clockOffsetMs: number | null;
  /** Age at arrival of payloads with a time field, in milliseconds, smoothed; `null` before the first. */
  readonly latencyMs: number | null;
}

/** What is counted as it happens. */
export interface Counters {
  messagesReceived: number;
  messagesSent: number;
  framesReceived: number;
  updatesApplied: number;
  connections: number;
  errors: number;
  undecodable: number;
  lastMessageTime: number | null;
  latencyMs: number | null;
}

/** Everything at zero. */
export function createCounters(): Counters {
  return {
    messagesReceived: 0,
    messagesSent: 0,
    framesReceived: 0,
    updatesApplied: 0,
    connections: 0,
    errors: 0,
    undecodable: 0,
    lastMessageTime: null,
    latencyMs: null,
  };
}

/** Weight of the newest latency in the smoothed one. */
const NEWEST = 0.1;

/** Adds one latency to a smoothed one. */
export function smooth(smoothed: number | null, latencyMs: number): number {
  return smoothed === null ? latencyMs : smoothed + NEWEST * (latencyMs - smoothed);
}
