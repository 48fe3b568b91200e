// A whole capture: lines in, timed events out, with a count of what was and was not understood.
import type { FeedEvent } from '../feed-event.js';
import { coinbase } from './coinbase.js';
import type { ExchangeParser, ParsedMessage } from './exchange.js';
import { kraken } from './kraken.js';
import { parseCaptureLine } from './line.js';

/** The events of one received frame, at the time it was received (wall clock of the recording, milliseconds). */
export interface CaptureEntry {
  readonly atMs: number;
  readonly events: readonly FeedEvent[];
}

export interface CaptureCounts {
  /** Frames the exchange sent. */
  readonly received: number;
  /** Frames that gave at least one event. */
  readonly data: number;
  /** Frames that were understood and hold no market data. */
  readonly control: number;
  /** Frames that were not understood, and were skipped. */
  readonly unknown: number;
  /** Lines that are no line of a capture, or whose text is not JSON. */
  readonly unreadable: number;
}

export interface Capture {
  readonly exchange: string;
  readonly entries: readonly CaptureEntry[];
  /** In the order they first appear. */
  readonly products: readonly string[];
  readonly counts: CaptureCounts;
}

/** The file is no capture, or of an exchange this demo does not read. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

const PARSERS: readonly ExchangeParser[] = [coinbase, kraken];

const WHAT_IS_READ =
  `This demo replays recordings of ${PARSERS.map((known) => known.exchange).join(' and ')}, ` +
  'one frame a line: "<unix seconds>: <json>".';

/** A file without market data is of another kind, or of another exchange: different mistakes. */
function whyNothing({ received, unreadable }: Pick<CaptureCounts, 'received' | 'unreadable'>): string {
  if (received === 0)
    return unreadable === 0 ? 'It holds no frame.' : 'No line of it has the form of a capture.';
  return `None of its ${received} frames holds market data.`;
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}

/**
 * Reads a capture. The exchange is found by trying: the first message with market data decides. Until then messages are
 * only counted, so a file may begin with anything.
 *
 * @throws {@link CaptureError} when no line holds market data of an exchange this demo reads.
 */
export async function readCapture(lines: Iterable<string> | AsyncIterable<string>): Promise<Capture> {
  const entries: CaptureEntry[] = [];
  const products = new Set<string>();
  const counts = { received: 0, data: 0, control: 0, unknown: 0, unreadable: 0 };
  let parser: ExchangeParser | undefined;

  const parse = (value: unknown, atMs: number): ParsedMessage => {
    if (parser) return parser.parse(value, atMs);
    let best: ParsedMessage = { kind: 'unknown' };
    for (const candidate of PARSERS) {
      const parsed = candidate.parse(value, atMs);
      if (parsed.kind === 'data') {
        parser = candidate;
        return parsed;
      }
      if (parsed.kind === 'control') best = parsed;
    }
    return best;
  };

  for await (const raw of lines) {
    const line = parseCaptureLine(raw);
    if (line.kind === 'unreadable') counts.unreadable += 1;
    if (line.kind !== 'received') continue;
    counts.received += 1;
    const json = parseJson(line.text);
    if (!json.ok) {
      counts.unreadable += 1;
      continue;
    }
    const parsed = parse(json.value, line.atMs);
    if (parsed.kind !== 'data') {
      counts[parsed.kind] += 1;
      continue;
    }
    counts.data += 1;
    entries.push({ atMs: line.atMs, events: parsed.events });
    for (const event of parsed.events) products.add(event.product);
  }

  if (!parser) throw new CaptureError(`${whyNothing(counts)} ${WHAT_IS_READ}`);
  return { exchange: parser.exchange, entries, products: [...products], counts };
}
