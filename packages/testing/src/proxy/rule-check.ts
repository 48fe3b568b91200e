// Rule check: says what is wrong with rules, which may come from a file or be written without types. A rule that is read
// otherwise than it was meant would make a test pass that tests nothing.
import { TickwireError } from '@tickwire/protocol';
import type { Direction } from '../network/virtual-network.js';
import type { FaultMatch, FaultName, FaultRule } from './fault-rule.js';
import type { FrameType, MessageKind } from './observed-message.js';

/** Whether a value may be, and in words what may be. */
interface Wanted {
  readonly what: string;
  fits(value: unknown): boolean;
}

/** Fields by name; those that end in `?` may be left out. */
type Fields = Readonly<Record<string, Wanted>>;

type Fail = (what: string) => never;

const MAX_DELAY_MS = 2 ** 31 - 1;
const MAX_REASON_BYTES = 123;

const number = (min: number, max: number): Wanted => ({
  what: `a number from ${min} to ${max}`,
  fits: (value) => typeof value === 'number' && value >= min && value <= max,
});

const whole = (min: number, what: string): Wanted => ({
  what,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= min,
});

const oneOf = (members: Readonly<Record<string, true>>): Wanted => ({
  what: `one of ${Object.keys(members).join(', ')}`,
  fits: (value) => typeof value === 'string' && Object.hasOwn(members, value),
});

const someOf = (members: Readonly<Record<string, true>>): Wanted => {
  const one = oneOf(members);
  return {
    what: `${one.what}, or a list of them`,
    fits: (value) => (Array.isArray(value) ? value.every((each) => one.fits(each)) : one.fits(value)),
  };
};

/** Those of RFC 6455 §7.4 that are sent: 1005, 1006 and 1015 say that nothing was, and the rest is reserved. */
const closeCode: Wanted = {
  what: 'a code that a close frame may carry: 1000 to 1003, 1007 to 1014, or 3000 to 4999',
  fits: (value) =>
    Number.isInteger(value) &&
    [
      [1000, 1003],
      [1007, 1014],
      [3000, 4999],
    ].some(([min = 0, max = 0]) => (value as number) >= min && (value as number) <= max),
};

const reason: Wanted = {
  what: `a text of at most the ${MAX_REASON_BYTES} bytes that a close frame holds`,
  fits: (value) => typeof value === 'string' && new TextEncoder().encode(value).length <= MAX_REASON_BYTES,
};

const DIRECTIONS: Readonly<Record<Direction, true>> = { toServer: true, toClient: true };
const KINDS: Readonly<Record<MessageKind, true>> = {
  upgrade: true,
  text: true,
  binary: true,
  ping: true,
  pong: true,
  close: true,
  other: true,
};
const FRAMES: Readonly<Record<FrameType, true>> = {
  hello: true,
  sub: true,
  unsub: true,
  req: true,
  cancel: true,
  pub: true,
  auth: true,
  ping: true,
  pong: true,
  err: true,
  welcome: true,
  reject: true,
  subd: true,
  unsubd: true,
  f: true,
  d: true,
  e: true,
  rst: true,
  stat: true,
  res: true,
  reauth: true,
  goaway: true,
};

const MATCH: Readonly<Record<keyof FaultMatch, Wanted>> = {
  direction: oneOf(DIRECTIONS),
  kind: someOf(KINDS),
  frame: someOf(FRAMES),
  channel: { what: "a channel's id, such as book/BTC-USD", fits: (value) => typeof value === 'string' },
  alias: whole(0, 'a whole number'),
  where: { what: 'a function of a message', fits: (value) => typeof value === 'function' },
  nth: whole(1, 'a whole number that counts messages from 1'),
  chance: number(0, 1),
};

/** Every fault, and what it takes besides its name. */
const FAULT_FIELDS: Readonly<Record<FaultName, Fields>> = {
  delay: { delayMs: number(0, MAX_DELAY_MS) },
  stall: { durationMs: number(0, MAX_DELAY_MS) },
  drop: {},
  duplicate: { 'copyDelayMs?': number(0, MAX_DELAY_MS) },
  truncate: { afterBytes: whole(0, 'a whole number from 0') },
  closeWithCode: { code: closeCode, 'reason?': reason },
  reset: {},
  blackhole: {},
  throttle: { bytesPerSecond: number(1, Number.MAX_SAFE_INTEGER) },
};

/** All names. */
export const FAULTS = Object.keys(FAULT_FIELDS) as readonly FaultName[];

/**
 * Checks rules that may come from a file.
 * @throws TickwireError `bad_input` that says which rule and what it should be.
 */
export function checkRules(rules: readonly FaultRule[]): void {
  if (!Array.isArray(rules)) throw new TickwireError('bad_input', `rules: ${shown(rules)} must be a list.`);
  for (const [index, rule] of (rules as readonly unknown[]).entries()) {
    checkRule(rule, (what) => {
      throw new TickwireError('bad_input', `rules[${index}]: ${what}`);
    });
  }
}

function checkRule(rule: unknown, fail: Fail): void {
  if (!isRecord(rule)) fail(`it is ${shown(rule)}; it must be an object: { match, then }.`);
  checkNames(rule, ['match', 'then'], '', fail);
  const { match = {}, then } = rule;
  if (!isRecord(then)) fail(`\`then\` is ${shown(then)}; it must say what happens: { do: 'drop' }.`);
  const name = then['do'];
  if (typeof name !== 'string' || !Object.hasOwn(FAULT_FIELDS, name))
    fail(`\`then.do\` is ${shown(name)}; it must be one of ${FAULTS.join(', ')}.`);
  const fields = FAULT_FIELDS[name as FaultName];
  checkNames(then, ['do', ...Object.keys(fields).map(bare)], 'then.', fail);
  for (const [field, wanted] of Object.entries(fields)) {
    checkField(then[bare(field)], wanted, field.endsWith('?'), `then.${bare(field)}`, fail);
  }
  if (!isRecord(match))
    fail(`\`match\` is ${shown(match)}; it must be an object, {} for all messages of data.`);
  checkNames(match, Object.keys(MATCH), 'match.', fail);
  for (const [field, wanted] of Object.entries(MATCH)) {
    checkField(match[field], wanted, true, `match.${field}`, fail);
  }
}

function checkField(value: unknown, wanted: Wanted, isOptional: boolean, place: string, fail: Fail): void {
  if ((isOptional && value === undefined) || wanted.fits(value)) return;
  fail(`\`${place}\` is ${shown(value)}; it must be ${wanted.what}.`);
}

function checkNames(
  given: Readonly<Record<string, unknown>>,
  known: readonly string[],
  prefix: string,
  fail: Fail,
): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    fail(`\`${prefix}${unknown}\` means nothing here; leave it out, or write one of ${known.join(', ')}.`);
}

const bare = (field: string): string => field.replace('?', '');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As it would be written; JSON has no NaN, and no word for functions. */
function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}
