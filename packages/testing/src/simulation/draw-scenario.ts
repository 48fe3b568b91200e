// Draws a scenario from a seed: a random subset of faults and limits (swarm), so that rare things meet each other.
import type { Direction } from '../network/virtual-network.js';
import { SeededRandom } from '../random/seeded-random.js';
import { MAX_LOST_WRITES } from './broker-replica.js';
import { channelPlan, type ChannelPlan, PRIVATE_FAMILIES, PUBLIC_FAMILIES, taintOf } from './contract.js';
import type { Change } from './history.js';
import { HOOK_NAMES } from './hook-faults.js';
import type { Action, ClientPlan, FaultName, Scenario, Step } from './scenario.js';

const HOUR_MS = 3_600_000;
const PRINCIPALS = ['ann', 'bob', 'cleo'] as const;

/** Makes a collection larger than the smallest parts. */
const LONG_NOTE = 'note'.repeat(30);

/** How likely each fault is to be possible in a run, and how often it then happens in a minute. */
const FAULTS: Readonly<Record<FaultName, readonly [possible: number, perMinute: number]>> = {
  reset: [0.6, 6],
  tornBatch: [0.35, 5],
  tornBytes: [0.35, 5],
  halfOpen: [0.3, 2],
  oneWayLoss: [0.2, 2],
  swappedFrames: [0.25, 3],
  stall: [0.35, 3],
  slowReader: [0.35, 3],
  refusal: [0.2, 1.5],
  swallowedConnect: [0.15, 1],
  serverKill: [0.3, 1.5],
  serverDrain: [0.3, 2],
  brokerLoss: [0.12, 1],
  brokerDeaf: [0.15, 2],
  brokerDrop: [0.15, 3],
  brokerDuplicate: [0.2, 2],
  brokerReorder: [0.2, 2],
  brokerStall: [0.12, 1],
  brokerRefusal: [0.12, 1],
  brokerWipe: [0.12, 1],
  brokerFailover: [0.2, 1.5],
  serverFreeze: [0.2, 1.5],
  loopStall: [0.25, 3],
  clientFreeze: [0.2, 1.5],
  sleep: [0.15, 0.5],
  wallJump: [0.35, 2],
  latency: [0.25, 2],
  ruleChange: [0.35, 4],
  revocation: [0.3, 3],
  clientDisconnect: [0.25, 2],
  offline: [0.25, 2],
  slowHook: [0.2, 1.5],
  failingHook: [0.15, 1],
};

const PINGS = [
  { everyMs: 25_000, graceMs: 10_000 },
  { everyMs: 5_000, graceMs: 3_000 },
  { everyMs: 2_000, graceMs: 2_000 },
] as const;

/** Most times one fault happens in a run, however long it is. */
const MAX_TIMES = 30;

/** Every fault that can be drawn. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** The scenario of a seed: always the same one. */
export function drawScenario(seed: number): Scenario {
  const random = new SeededRandom(`scenario ${seed}`);
  const servers = random.pick([1, 1, 2, 2, 3]);
  const channels = drawChannels(random);
  const clients = drawClients(random);
  const activeMs = drawActiveMs(random.fork('time'));
  const steps = [
    ...drawPublishes(random.fork('publishes'), channels, servers, activeMs),
    ...drawSubscriptions(random.fork('subscriptions'), channels, clients, activeMs),
    ...drawCommands(random.fork('commands'), clients, activeMs),
    ...drawFaults(random.fork('faults'), channels, clients, servers, activeMs),
  ].sort((a, b) => a.atMs - b.atMs);
  return {
    seed,
    servers,
    clients,
    channels,
    history: {
      size: random.pick([0, 1, 3, 10, 50, 200]),
      ttlMs: random.pick([500, 5_000, HOUR_MS, HOUR_MS]),
    },
    conditions: drawConditions(random),
    brokerLatencyMs: servers === 1 ? random.pick([0, 0, 1]) : random.pick([0, 1, 5, 40]),
    brokerNoticesLoss: random.chance(0.5),
    flushMs: random.pick([0, 0, 0, 10, 50]),
    watermarkBytes: random.pick([256, 2_048, 65_536, 262_144]),
    maxPartBytes: random.pick([200, 1_000, 65_536]),
    maxTombstones: random.pick([0, 2, 1_024]),
    maxUnwatchedChannels: random.pick([1, 2, 100_000, 100_000]),
    sharedKeys: random.chance(0.5),
    tokenTtlMs: random.pick([null, null, null, 20_000, 90_000]),
    lingerMs: random.pick([0, 500, 10_000]),
    ping: random.pick(activeMs < HOUR_MS ? PINGS : PINGS.slice(0, 2)),
    steps,
    activeMs,
    restMs: 120_000,
  };
}

/** Half a minute to four hours; half of the runs a minute or more, one in eighteen an hour or more. */
function drawActiveMs(random: SeededRandom): number {
  const luck = random.float();
  if (luck < 0.4) return 30_000;
  if (luck < 0.75) return 60_000;
  if (luck < 0.9) return 2 * 60_000;
  if (luck < 0.945) return 5 * 60_000;
  return luck < 0.998 ? HOUR_MS : 4 * HOUR_MS;
}

function drawConditions(random: SeededRandom): Scenario['conditions'] {
  return {
    latencyMs: random.pick([0, 1, 5, 20, 80, 300]),
    jitterMs: random.pick([0, 0, 2, 20, 200]),
    bytesPerMs: null,
    windowBytes: random.pick([512, 4_096, 65_536, 4 * 1024 * 1024]),
  };
}

function drawChannels(random: SeededRandom): ChannelPlan[] {
  const channels = new Map<string, ChannelPlan>();
  const wanted = random.int(2, 7);
  while (channels.size < wanted) {
    const isPublic = random.chance(0.6);
    const plan = isPublic
      ? channelPlan(random.pick(PUBLIC_FAMILIES), random.pick(['x', 'y']))
      : channelPlan(random.pick(PRIVATE_FAMILIES), random.pick(PRINCIPALS));
    channels.set(plan.id, plan);
  }
  return [...channels.values()];
}

function drawClients(random: SeededRandom): ClientPlan[] {
  return Array.from({ length: random.pick([1, 1, 2, 2, 3, 4]) }, (_, index) => ({
    name: `client-${index}`,
    principal: random.pick(PRINCIPALS),
    scheduler: random.pick(['sync', 'microtask']),
    releaseGraceMs: random.pick([0, 200, 1_000]),
    initialDelayMs: random.pick([10, 250, 1_000]),
    maxDelayMs: random.pick([1_000, 5_000, 30_000]),
    maxQueued: random.pick([1, 3, 100]),
  }));
}

function drawPublishes(
  random: SeededRandom,
  channels: readonly ChannelPlan[],
  servers: number,
  activeMs: number,
): Step[] {
  const steps: Step[] = [];
  const throughFeed = random.chance(0.5);
  // One market in six is a hot one: many changes at once, which a reader gets as one.
  const isHot = random.chance(1 / 6);
  const count = isHot ? random.int(500, 3_100) : random.int(20, 500);
  let publish = 0;
  while (publish < count) {
    // Bursts share an instant, so that several publications meet in one flush.
    const atMs = random.int(0, activeMs);
    const burst = random.chance(0.3) ? random.int(2, isHot ? 80 : 12) : 1;
    const favourite = random.pick(channels);
    for (let i = 0; i < burst; i++) {
      publish++;
      const channel = random.chance(0.7) ? favourite : random.pick(channels);
      const server = throughFeed || random.chance(0.3) ? null : random.int(0, servers - 1);
      const change = drawChange(random, channel, publish);
      steps.push({ do: 'publish', atMs, publish, channel: channel.id, change, server });
    }
  }
  return steps;
}

function drawChange(random: SeededRandom, channel: ChannelPlan, n: number): Change {
  const taint = taintOf(channel.id);
  if (random.chance(0.02) && channel.kind !== 'stream') return { clear: true };
  if (channel.kind === 'stream') {
    const events = random.chance(0.8) ? 1 : random.int(2, 6);
    return { append: Array.from({ length: events }, (_, i) => ({ taint, n, i })) };
  }
  if (channel.kind === 'state') {
    // Few values, so that fields go back to where they were; fields come and go.
    return {
      set: {
        taint,
        n: random.chance(0.1) ? 0 : n,
        ...(random.chance(0.8) ? { bid: random.int(1, 3) } : {}),
        ...(random.chance(0.8) ? { ask: random.int(1, 3) } : {}),
        ...(random.chance(0.3) ? { halted: random.chance(0.5) } : {}),
        ...(random.chance(0.3)
          ? { sizes: Array.from({ length: random.int(0, 4) }, () => random.int(0, 2)) }
          : {}),
      },
    };
  }
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', '__proto__', 'é'];
  const record = (id: string) => ({
    taint,
    n,
    id,
    price: random.int(1, 3),
    ...(random.chance(0.7) ? { size: random.int(1, 3) } : {}),
    ...(random.chance(0.3) ? { note: LONG_NOTE } : {}),
  });
  const some = (most: number): string[] => [
    ...new Set(Array.from({ length: random.int(1, most) }, () => random.pick(keys))),
  ];
  const removed = random.chance(0.3) ? some(2) : [];
  const upserted =
    random.chance(0.9) || removed.length === 0
      ? some(random.chance(0.1) ? 12 : 3).filter((key) => !removed.includes(key))
      : [];
  if (removed.length === 0 && upserted.length === 0) return { remove: ['a'] };
  return {
    ...(upserted.length === 0 ? {} : { upsert: recordsOf(upserted, record) }),
    ...(removed.length === 0 ? {} : { remove: removed }),
  };
}

function recordsOf(
  keys: readonly string[],
  record: (key: string) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.map((key) => [key, record(key)]));
}

function drawSubscriptions(
  random: SeededRandom,
  channels: readonly ChannelPlan[],
  clients: readonly ClientPlan[],
  activeMs: number,
): Step[] {
  const steps: Step[] = [];
  let subscription = 0;
  clients.forEach((_, client) => {
    for (const channel of channels) {
      if (random.chance(0.1)) continue;
      const rounds = random.chance(0.6) ? 1 : random.int(2, 5);
      let atMs = random.chance(0.7) ? 0 : random.int(0, activeMs);
      for (let round = 0; round < rounds; round++) {
        subscription++;
        const last = channel.kind === 'stream' && random.chance(0.4) ? random.int(0, 5) : null;
        steps.push({ do: 'subscribe', atMs, client, channel: channel.id, subscription, last });
        const staysOn = round === rounds - 1 && random.chance(0.8);
        if (staysOn) break;
        atMs += random.pick([1, 50, 900, 3_000, 10_000]);
        if (atMs >= activeMs) break;
        steps.push({ do: 'unsubscribe', atMs, subscription });
        atMs += random.pick([0, 1, 150, 1_500, 8_000]);
        if (atMs >= activeMs) break;
      }
    }
  });
  return steps;
}

function drawCommands(random: SeededRandom, clients: readonly ClientPlan[], activeMs: number): Step[] {
  const steps: Step[] = [];
  const count = random.chance(0.3) ? 0 : random.int(1, 30);
  let call = 0;
  for (let i = 0; i < count; i++) {
    call++;
    const first = call;
    const client = random.int(0, clients.length - 1);
    // Some applications count from one, whoever is logged in.
    const key = random.chance(0.4) ? null : random.chance(0.8) ? `key-${first}` : `key ${random.int(1, 3)}`;
    const timeoutMs = random.pick([200, 3_000, 10_000]);
    const workMs = random.pick([0, 1, 100, 1_000]);
    const queued = random.chance(0.2);
    let atMs = random.int(0, activeMs);
    steps.push({ do: 'command', atMs, client, call, key, sameAs: first, timeoutMs, workMs, queued });
    // An application that does not know the outcome asks again with the same key.
    while (key !== null && random.chance(0.5)) {
      call++;
      atMs += random.pick([0, 1, 500, 4_000]);
      steps.push({
        do: 'command',
        atMs: Math.min(atMs, activeMs),
        client,
        call,
        key,
        // One in twenty wants something else with the same key.
        sameAs: random.chance(0.05) ? call : first,
        timeoutMs,
        workMs,
        queued,
      });
    }
  }
  return steps;
}

function drawFaults(
  random: SeededRandom,
  channels: readonly ChannelPlan[],
  clients: readonly ClientPlan[],
  servers: number,
  activeMs: number,
): Step[] {
  const steps: Step[] = [];
  const isCalm = random.chance(0.05);
  for (const [name, [possible, perMinute]] of Object.entries(FAULTS) as [
    FaultName,
    readonly [number, number],
  ][]) {
    const happens = random.chance(possible) && !isCalm;
    // Wall clocks also jump in calm runs: there a jump is the only thing that could end a connection.
    if (!happens && !(isCalm && name === 'wallJump')) continue;
    const wanted = Math.round((activeMs / 60_000) * perMinute * (0.5 + random.float()));
    const count = Math.min(MAX_TIMES, Math.max(1, wanted));
    for (let i = 0; i < count; i++) {
      // Some come last of all, with nothing behind them that would make them good by accident.
      const atMs = random.chance(0.1) ? activeMs : random.int(0, activeMs);
      steps.push({ ...drawFault(random, name, channels, clients, servers), atMs });
    }
  }
  return steps;
}

function drawFault(
  random: SeededRandom,
  name: FaultName,
  channels: readonly ChannelPlan[],
  clients: readonly ClientPlan[],
  servers: number,
): Action {
  const client = random.int(0, clients.length - 1);
  const server = random.int(0, servers - 1);
  const forMs = random.pick([50, 500, 2_000, 8_000, 45_000]);
  switch (name) {
    case 'reset':
      return { do: 'reset', client };
    case 'tornBatch':
      return { do: 'tornBatch', client, messages: random.int(1, 6) };
    case 'tornBytes':
      return { do: 'tornBytes', client, direction: drawDirection(random), bytes: random.int(0, 3_000) };
    case 'oneWayLoss':
      return { do: 'oneWayLoss', client, direction: drawDirection(random), forMs };
    case 'brokerDuplicate':
      return { do: 'brokerDuplicate', server, laterMs: random.pick([0, 1, 500]), forMs };
    case 'brokerReorder':
      return { do: 'brokerReorder', server, jitterMs: random.pick([2, 50, 500]), forMs };
    case 'brokerWipe':
      return { do: 'brokerWipe' };
    case 'brokerFailover':
      return { do: 'brokerFailover', lostWrites: random.int(0, MAX_LOST_WRITES) };
    case 'loopStall':
      return { do: 'loopStall', server, forMs: random.pick([100, 1_000, 2_500, 20_000]) };
    case 'sleep':
      return {
        do: 'sleep',
        client,
        forMs: random.pick([5_000, 60_000, 600_000, HOUR_MS]),
        told: random.chance(0.7),
      };
    case 'slowHook':
      return {
        do: 'slowHook',
        hook: random.pick(HOOK_NAMES),
        delayMs: random.pick([50, 1_000, 3_000, 8_000]),
        forMs,
      };
    case 'failingHook':
      return { do: 'failingHook', hook: random.pick(HOOK_NAMES), forMs };
    case 'serverDrain':
      return { do: 'serverDrain', server, drainMs: random.pick([0, 200, 5_000]) };
    case 'slowReader':
      return { do: 'slowReader', client, bytesPerMs: random.pick([0.02, 0.2, 2]), forMs };
    case 'halfOpen':
    case 'stall':
    case 'clientFreeze':
    case 'clientDisconnect':
    case 'offline':
      return { do: name, client, forMs };
    case 'refusal':
    case 'serverKill':
    case 'serverFreeze':
    case 'brokerDeaf':
    case 'brokerDrop':
      return { do: name, server, forMs };
    case 'swallowedConnect':
    case 'swappedFrames':
    case 'brokerStall':
    case 'brokerRefusal':
    case 'brokerLoss':
      return { do: name, forMs };
    case 'wallJump':
      return {
        do: 'wallJump',
        machine: random.chance(0.5) ? { client } : { server },
        byMs: random.pick([-HOUR_MS, HOUR_MS, 24 * HOUR_MS]),
      };
    case 'latency':
      return { do: 'latency', conditions: drawConditions(random) };
    case 'ruleChange':
    case 'revocation': {
      const channel = random.pick(channels);
      const isPrivate = (PRIVATE_FAMILIES as readonly string[]).includes(channel.family);
      const principal = isPrivate && random.chance(0.7) ? channel.parameter : random.pick(PRINCIPALS);
      return name === 'revocation'
        ? { do: 'revocation', principal, channel: channel.id }
        : { do: 'ruleChange', principal, channel: channel.id, allowed: random.chance(0.5) };
    }
  }
}

function drawDirection(random: SeededRandom): Direction {
  return random.chance(0.5) ? 'toServer' : 'toClient';
}
