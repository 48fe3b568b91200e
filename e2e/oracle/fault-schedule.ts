// Fault schedule: what goes wrong on the way to one client, and when, drawn from a seed before the run begins.
import type { SeededRandom } from '@tickwire/testing';
import type { FaultMatch, FaultRule } from '@tickwire/testing/proxy';

/** One blow. */
export interface Blow {
  /** After so many messages of the exchange. */
  readonly afterMessages: number;
  /** What the proxy does from then on, until the next blow. */
  readonly rules: readonly FaultRule[];
  /** Whether every connection is cut at once, so that what the rules are about happens: a handshake. */
  readonly cut: boolean;
}

const BLOWS = 12;
/** Codes after which a client comes back by itself, however often they come (P-CLOSE-2). */
const CLOSE_CODES = [1000, 1001, 1011, 1012, 4300, 4301, 4302, 4303, 4304, 4305, 4400, 4401, 4500];

const DATA: FaultMatch = { direction: 'toClient', frame: ['d', 'e'] };
const ANSWER: FaultMatch = { direction: 'toClient', frame: ['welcome', 'subd', 'f', 'rst'] };
/**
 * What a client says, but for `hello`: without one, or with two, nothing that follows means what it says, and a client
 * that is told so stops for good (P-CONN-5, P-CLOSE-2). No WebSocket loses or repeats a message.
 */
const QUESTION: FaultMatch = {
  direction: 'toServer',
  where: ({ frames }) => frames.every(({ type }) => type !== 'hello'),
};

type Draw = (random: SeededRandom) => Pick<Blow, 'rules' | 'cut'>;

const once = (match: FaultMatch, random: SeededRandom, among: number): FaultMatch => ({
  ...match,
  nth: random.int(1, among),
});

/** Every kind of blow; each is as likely as every other. */
const DRAWS: readonly Draw[] = [
  // A message of data that never comes; several in a short while.
  (random) => ({ rules: [{ match: once(DATA, random, 50), then: { do: 'drop' } }], cut: false }),
  () => ({ rules: [{ match: { ...DATA, chance: 0.03 }, then: { do: 'drop' } }], cut: false }),
  // A part of an answer that never comes, or comes twice.
  (random) => ({ rules: [{ match: once(ANSWER, random, 12), then: { do: 'drop' } }], cut: true }),
  (random) => ({ rules: [{ match: once(ANSWER, random, 12), then: { do: 'duplicate' } }], cut: true }),
  (random) => ({
    rules: [{ match: { ...QUESTION, chance: random.float() }, then: { do: 'drop' } }],
    cut: false,
  }),
  (random) => ({
    rules: [{ match: { ...QUESTION, chance: random.float() }, then: { do: 'duplicate' } }],
    cut: false,
  }),
  () => ({ rules: [{ match: { ...DATA, chance: 0.1 }, then: { do: 'duplicate' } }], cut: false }),
  (random) => ({
    rules: [{ match: { ...DATA, chance: 0.1 }, then: { do: 'duplicate', copyDelayMs: random.int(1, 200) } }],
    cut: false,
  }),
  // A cable that is cut: between two messages, within one, in a handshake.
  () => ({ rules: [], cut: true }),
  (random) => ({
    rules: [{ match: once(DATA, random, 50), then: { do: 'truncate', afterBytes: random.int(0, 120) } }],
    cut: false,
  }),
  (random) => ({
    rules: [{ match: once(ANSWER, random, 14), then: { do: 'truncate', afterBytes: random.int(0, 400) } }],
    cut: true,
  }),
  (random) => ({
    rules: [
      {
        match: { direction: 'toServer', frame: 'hello', nth: 1 },
        then: { do: 'truncate', afterBytes: random.int(0, 400) },
      },
    ],
    cut: true,
  }),
  (random) => ({ rules: [{ match: once(DATA, random, 50), then: { do: 'reset' } }], cut: false }),
  (random) => ({
    rules: [{ match: once(DATA, random, 50), then: { do: 'closeWithCode', code: random.pick(CLOSE_CODES) } }],
    cut: false,
  }),
  // A server that is away until the next blow.
  () => ({ rules: [{ match: { kind: 'upgrade' }, then: { do: 'reset' } }], cut: true }),
  // A link that stands still, is slow, or is dead and does not say so.
  (random) => ({
    rules: [{ match: once(DATA, random, 50), then: { do: 'stall', durationMs: random.int(20, 600) } }],
    cut: false,
  }),
  (random) => ({
    rules: [
      { match: { direction: 'toServer', nth: 1 }, then: { do: 'stall', durationMs: random.int(20, 600) } },
    ],
    cut: true,
  }),
  (random) => ({
    rules: [{ match: { ...DATA, chance: 0.05 }, then: { do: 'delay', delayMs: random.int(1, 60) } }],
    cut: false,
  }),
  (random) => ({
    rules: [
      {
        match: { direction: 'toClient', nth: 1 },
        then: { do: 'throttle', bytesPerSecond: random.int(200_000, 2_000_000) },
      },
    ],
    cut: false,
  }),
  (random) => ({ rules: [{ match: once(DATA, random, 50), then: { do: 'blackhole' } }], cut: false }),
];

/** What may happen to the first answer of all, which brings whole books, in parts. */
const FIRST: readonly Draw[] = (['drop', 'duplicate', 'reset'] as const).map((fault) => (random) => ({
  rules: [{ match: once(ANSWER, random, 40), then: { do: fault } }],
  cut: false,
}));

/** What goes wrong on the way to one client. */
export interface FaultSchedule {
  /** The client comes after so many messages of the exchange: half of them at the start, the others in the midst. */
  readonly joinsAfter: number;
  /** In order. After the last one the link is well. */
  readonly blows: readonly Blow[];
}

/** Draws blows at random places of the first `messages` messages. */
export function drawSchedule(random: SeededRandom, messages: number): FaultSchedule {
  const joinsAfter = random.chance(0.5) ? 0 : random.int(0, Math.floor(messages / 2));
  const rest = messages - joinsAfter;
  const blows = Array.from({ length: BLOWS }, (_, index) => {
    const draws = index === 0 ? FIRST : DRAWS;
    const at = index === 0 ? 0 : Math.floor(((index + random.float()) / BLOWS) * rest);
    return { afterMessages: joinsAfter + at, ...random.pick(draws)(random) };
  });
  return { joinsAfter, blows: [...blows, { afterMessages: messages, rules: [], cut: false }] };
}
