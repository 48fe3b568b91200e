// What the command line asks for. Pure: reads words, touches nothing.
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Path of a capture; null runs the simulated market. */
  readonly replay: string | null;
  readonly once: boolean;
  /** Times the recorded pace; `Infinity` as fast as it goes. */
  readonly speed: number;
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
  readonly seed: number;
  /** Updates per second of the simulated market. */
  readonly rate: number;
}

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string };

export const HELP = `Tickwire market dashboard: one process, one page, one live market.

  npm run demo -- [flags]

  --rate N         simulated market: updates per second, 1 to 20000 (200)
  --seed N         simulated market: the same seed gives the same market (1)
  --replay FILE    play a recording of Coinbase or Kraken instead
  --speed N        recording: N times its own pace; 0 or max as fast as it goes (1)
  --once           recording: play it once and keep serving what it ended with
  --port N         port of the page; 0 takes a free one (5180)
  --host NAME      address to listen on (127.0.0.1)
  --open           open the page in the browser
  --help           this text

The market is simulated unless --replay is given; the page says which it is.`;

const FLAGS = {
  replay: { type: 'string' },
  once: { type: 'boolean' },
  speed: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  open: { type: 'boolean' },
  seed: { type: 'string' },
  rate: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flag = keyof typeof FLAGS;
type Words = Readonly<Partial<Record<Flag, string | true>>>;

const refuse = (sentence: string): never => {
  throw new RangeError(sentence);
};

/**
 * The flags by name. Told apart here and not by Node, whose sentences speak of its own parser; it also takes the minus of
 * `--rate -5` for another flag.
 */
function wordsOf(args: readonly string[]): Words {
  const words: Partial<Record<Flag, string | true>> = {};
  const { tokens } = parseArgs({ args: [...args], options: FLAGS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') refuse(`"${token.value}" belongs to no flag.`);
    if (token.kind !== 'option') continue;
    if (!(token.name in FLAGS)) refuse(`${token.rawName} is no flag of this demo.`);
    const name = token.name as Flag;
    const isText = FLAGS[name].type === 'string';
    if (!isText && token.value !== undefined) refuse(`--${name} takes no value.`);
    // `--replay --once` forgot the file; a file of that name is `--replay=--once`.
    const isFlag = token.inlineValue === false && token.value.startsWith('--');
    if (isText && (isFlag || (token.value ?? '').trim() === '')) refuse(`--${name} wants a value.`);
    words[name] = token.value ?? true;
  }
  return words;
}

const textOf = (word: string | true | undefined): string | undefined => (word === true ? undefined : word);

/** A number within bounds, or the sentence that says what is wrong with it. */
function numberFlag(
  name: Flag,
  words: Words,
  fallback: number,
  { least, most, whole = true }: { readonly least: number; readonly most: number; readonly whole?: boolean },
): number {
  const text = textOf(words[name]);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isInteger(value)))
    return value;
  return refuse(`--${name} ${text}: expected a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
}

function optionsOf(words: Words): DemoOptions {
  const replay = textOf(words.replay) ?? null;
  if (replay === null && (words.once === true || words.speed !== undefined)) {
    refuse('--once and --speed belong to --replay FILE.');
  }
  if (replay !== null && (words.rate !== undefined || words.seed !== undefined)) {
    refuse('--rate and --seed belong to the simulated market, not to --replay.');
  }
  const speed =
    words.speed === 'max' ? 0 : numberFlag('speed', words, 1, { least: 0, most: 10_000, whole: false });
  return {
    replay,
    once: words.once === true,
    speed: speed === 0 ? Infinity : speed,
    port: numberFlag('port', words, 5_180, { least: 0, most: 65_535 }),
    host: textOf(words.host) ?? '127.0.0.1',
    open: words.open === true,
    seed: numberFlag('seed', words, 1, { least: 0, most: 4_294_967_295 }),
    rate: numberFlag('rate', words, 200, { least: 1, most: 20_000 }),
  };
}

export function parseOptions(args: readonly string[]): ParsedOptions {
  try {
    const words = wordsOf(args);
    return words.help === true ? { kind: 'help' } : { kind: 'run', options: optionsOf(words) };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'refused', message: error.message };
    throw error;
  }
}
