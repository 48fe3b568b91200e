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

/** A number within bounds, or the sentence that says what is wrong with it. */
function numberFlag(
  name: string,
  text: string | undefined,
  fallback: number,
  { least, most, whole = true }: { readonly least: number; readonly most: number; readonly whole?: boolean },
): number {
  if (text === undefined) return fallback;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isInteger(value)))
    return value;
  throw new RangeError(
    `--${name} ${text}: expected a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`,
  );
}

export function parseOptions(words: readonly string[]): ParsedOptions {
  try {
    const { values } = parseArgs({ args: [...words], options: FLAGS, allowPositionals: false });
    if (values.help === true) return { kind: 'help' };
    const speed =
      values.speed === 'max'
        ? 0
        : numberFlag('speed', values.speed, 1, { least: 0, most: 10_000, whole: false });
    const replay = values.replay ?? null;
    if (replay === null && (values.once === true || values.speed !== undefined)) {
      return { kind: 'refused', message: '--once and --speed belong to --replay FILE.' };
    }
    if (replay !== null && (values.rate !== undefined || values.seed !== undefined)) {
      return {
        kind: 'refused',
        message: '--rate and --seed belong to the simulated market, not to --replay.',
      };
    }
    return {
      kind: 'run',
      options: {
        replay,
        once: values.once ?? false,
        speed: speed === 0 ? Infinity : speed,
        port: numberFlag('port', values.port, 5_180, { least: 0, most: 65_535 }),
        host: values.host ?? '127.0.0.1',
        open: values.open ?? false,
        seed: numberFlag('seed', values.seed, 1, { least: 0, most: 4_294_967_295 }),
        rate: numberFlag('rate', values.rate, 200, { least: 1, most: 20_000 }),
      },
    };
  } catch (error) {
    return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
  }
}
