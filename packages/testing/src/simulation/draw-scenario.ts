// Draws a scenario from a seed: a random subset of faults and limits (swarm), so that rare things meet each other.
import { SeededRandom } from '../random/seeded-random.js';
import { channelPlan, type ChannelPlan, PRIVATE_FAMILIES, PUBLIC_FAMILIES, taintOf } from './contract.js';
import type { Change } from './history.js';
import type { Action, ClientPlan, FaultName, Scenario, Step } from './scenario.js';

const HOUR_MS = 3_600_000;
const PRINCIPALS = ['ann', 'bob', 'cleo'] as const;

/** How likely each fault is to be possible in a run, and how often it then happens in a minute. */
const FAULTS: Readonly<Record<FaultName, readonly [possible: number, perMinute: number]>> = {
  reset: [0.7, 6],
  tornBatch: [0.5, 5],
  halfOpen: [0.35, 2],
  stall: [0.4, 3],
  slowReader: [0.4, 3],
  refusal: [0.25, 1.5],
  swallowedConnect: [0.2, 1],
  serverKill: [0.4, 1.5],
  serverDrain: [0.35, 2],
  brokerLoss: [0.2, 1],
  brokerDeaf: [0.2, 2],
  serverFreeze: [0.25, 1.5],
  clientFreeze: [0.25, 1.5],
  wallJump: [0.4, 2],
  latency: [0.3, 2],
  ruleChange: [0.4, 4],
  revocation: [0.3, 3],
  clientDisconnect: [0.3, 2],
  offline: [0.25, 2],
};

/** Every fault that can be drawn. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** The scenario of a seed: always the same one. */
export function drawScenario(seed: number): Scenario {
  const random = new SeededRandom(`scenario ${seed}`);
  const servers = random.pick([1, 1, 2, 2, 3]);
  const channels = drawChannels(random);
  const clients = drawClients(random);
  const activeMs = random.pick([10_000, 30_000, 60_000]);
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
    lingerMs: random.pick([0, 500, 10_000]),
    ping: random.pick([
      { everyMs: 25_000, graceMs: 10_000 },
      { everyMs: 5_000, graceMs: 3_000 },
      { everyMs: 2_000, graceMs: 2_000 },
    ]),
    steps,
    activeMs,
    restMs: 120_000,
  };
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
  return Array.from({ length: random.int(1, 4) }, (_, index) => ({
    name: `client-${index}`,
    principal: random.pick(PRINCIPALS),
    scheduler: random.pick(['sync', 'microtask']),
    releaseGraceMs: random.pick([0, 200, 1_000]),
    initialDelayMs: random.pick([10, 250, 1_000]),
    maxDelayMs: random.pick([1_000, 5_000, 30_000]),
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
  const count = random.int(20, 1_000);
  let publish = 0;
  while (publish < count) {
    // Bursts share an instant, so that several publications meet in one flush.
    const atMs = random.int(0, activeMs);
    const burst = random.chance(0.3) ? random.int(2, 12) : 1;
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
  const keys = ['a', 'b', 'c', 'd', '__proto__', 'é'];
  const record = (id: string) => ({
    taint,
    n,
    id,
    price: random.int(1, 3),
    ...(random.chance(0.7) ? { size: random.int(1, 3) } : {}),
    ...(random.chance(0.2) ? { note: 'note' } : {}),
  });
  const some = (most: number): string[] => [
    ...new Set(Array.from({ length: random.int(1, most) }, () => random.pick(keys))),
  ];
  const removed = random.chance(0.3) ? some(2) : [];
  const upserted =
    random.chance(0.9) || removed.length === 0 ? some(3).filter((key) => !removed.includes(key)) : [];
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
    const key = random.chance(0.6) ? `key-${first}` : null;
    const timeoutMs = random.pick([200, 3_000, 10_000]);
    const workMs = random.pick([0, 1, 100, 1_000]);
    let atMs = random.int(0, activeMs);
    steps.push({ do: 'command', atMs, client, call, key, sameAs: first, timeoutMs, workMs });
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
        sameAs: first,
        timeoutMs,
        workMs,
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
    const count = Math.max(1, Math.round((activeMs / 60_000) * perMinute * (0.5 + random.float())));
    for (let i = 0; i < count; i++) {
      steps.push({ ...drawFault(random, name, channels, clients, servers), atMs: random.int(0, activeMs) });
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
      return { do: name, server, forMs };
    case 'swallowedConnect':
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
