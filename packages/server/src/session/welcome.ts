// Welcome: what a server answers to `hello` once the application has accepted it, and what it refuses before asking.
import {
  type AnyContract,
  type ContractMode,
  type HelloFrame,
  MAX_CHANNEL_ID_BYTES,
  TickwireError,
  type WelcomeFrame,
} from '@tickwire/protocol';
import type { Limits } from './limits.js';
import type { SessionSettings } from './state.js';

/** Capabilities of this server (P-EXT-3). */
const CAPABILITIES: ReadonlySet<string> = new Set(['delta']);

/** What a client accepts that does not say, in bytes. */
const DEFAULT_CLIENT_FRAME_BYTES = 1_048_576;
const MIN_PART_BYTES = 1_024;

/** The server as clients see it. */
export interface ServerIdentity {
  readonly node: string;
  readonly contract: AnyContract;
  readonly contractHash: string | undefined;
  /** How long outcomes of keyed commands are kept, in milliseconds. */
  readonly keyTtlMs: number;
}

/** What of `hello` a session keeps. */
export interface ClientAbilities {
  readonly caps: readonly string[];
  readonly maxFrameBytes: number;
  readonly contract: NonNullable<WelcomeFrame['contract']>;
}

/**
 * What a client can do.
 * @throws TickwireError `contract_incompatible` where it was built for another contract.
 */
export function abilitiesOf(hello: HelloFrame, server: ServerIdentity): ClientAbilities {
  const { contract } = hello;
  if (contract !== undefined && contract.name !== server.contract.name) {
    throw new TickwireError('contract_incompatible', 'The client was built for another contract.');
  }
  const mode: ContractMode =
    contract === undefined
      ? 'unchecked'
      : contract.hash !== undefined && contract.hash === server.contractHash
        ? 'exact'
        : 'compat';
  const { contractHash } = server;
  return {
    caps: [...new Set(hello.caps ?? [])].filter((cap) => CAPABILITIES.has(cap)),
    maxFrameBytes: hello.lim?.in ?? DEFAULT_CLIENT_FRAME_BYTES,
    contract: {
      ver: server.contract.version,
      ...(contractHash === undefined ? {} : { hash: contractHash }),
      mode,
    },
  };
}

/**
 * The size at which a client's parts are cut: a power of two, so that clients with nearly the same limit share frames.
 */
export function partBytesOf(maxFrameBytes: number, maxPartBytes: number): number {
  const most = Math.min(maxFrameBytes, maxPartBytes);
  let part = MIN_PART_BYTES;
  while (part * 2 <= most) part *= 2;
  return part;
}

/** The `welcome` of a connection. */
export function welcomeFrame(
  server: ServerIdentity,
  abilities: ClientAbilities,
  sid: string,
  nowWallMs: number,
  expiresAtMs: number | null,
  settings: SessionSettings,
  limits: Limits,
): WelcomeFrame {
  return {
    t: 'welcome',
    sid,
    node: server.node,
    now: nowWallMs,
    contract: abilities.contract,
    caps: abilities.caps,
    ping: { every: settings.pingEveryMs, grace: settings.pingGraceMs },
    ...(expiresAtMs === null ? {} : { auth: { ttl: Math.max(0, expiresAtMs - nowWallMs) } }),
    lim: {
      ...told('in', Math.floor(limits.maxMessageBytes)),
      ...told('subs', Math.ceil(limits.maxSubscriptions)),
      ...told('batch', Math.floor(limits.maxChannelsPerSubscribe)),
      ...told('inflight', Math.ceil(limits.maxCommandsInFlight)),
      ...told('rate', limits.framesPerSecond),
      ...told('burst', limits.frameBurst),
      ...told('keyTtl', server.keyTtlMs),
      chan: MAX_CHANNEL_ID_BYTES,
    },
  };
}

/** A limit that is none is not told: JSON has no word for it, and integers end somewhere (P-LIM-1). */
function told(name: keyof WelcomeFrame['lim'], limit: number): WelcomeFrame['lim'] {
  return limit <= Number.MAX_SAFE_INTEGER ? { [name]: limit } : {};
}
