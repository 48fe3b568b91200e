// One line of a capture file: who sent it and when. Knows nothing of any exchange's messages.

/**
 * The three kinds of line, and two that carry nothing:
 *
 * - `wss://… <-> <unix seconds>` the connection was made,
 * - `wss://… <- <unix seconds>: <text>` the recorder sent this,
 * - `<unix seconds>: <text>` the exchange sent this.
 */
export type CaptureLine =
  | { readonly kind: 'connected'; readonly url: string; readonly atMs: number }
  | { readonly kind: 'sent'; readonly url: string; readonly atMs: number; readonly text: string }
  | { readonly kind: 'received'; readonly atMs: number; readonly text: string }
  | { readonly kind: 'blank' }
  | { readonly kind: 'unreadable' };

const CONNECTED = /^(\S+) <-> (\d+(?:\.\d+)?)\s*$/;
const SENT = /^(\S+) <- (\d+(?:\.\d+)?): /;
const RECEIVED = /^(\d+(?:\.\d+)?): /;

const toMs = (seconds: string | undefined): number => Number(seconds) * 1_000;

export function parseCaptureLine(line: string): CaptureLine {
  if (line.trim() === '') return { kind: 'blank' };
  const received = RECEIVED.exec(line);
  if (received) return { kind: 'received', atMs: toMs(received[1]), text: line.slice(received[0].length) };
  const sent = SENT.exec(line);
  if (sent) {
    return { kind: 'sent', url: sent[1] ?? '', atMs: toMs(sent[2]), text: line.slice(sent[0].length) };
  }
  const connected = CONNECTED.exec(line);
  if (connected) return { kind: 'connected', url: connected[1] ?? '', atMs: toMs(connected[2]) };
  return { kind: 'unreadable' };
}
