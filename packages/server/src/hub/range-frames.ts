// Range frames: writes the data frames of one channel, cut into parts that a reader accepts (P-DATA-7). Text is
// assembled from pieces, so that every record and event is turned into JSON once per frame it is in.
import { MAX_PARTS, type ResetReason } from '@tickwire/protocol';
import type { StreamEntry } from '../broker/broker.js';
import type { EncodedFrame, FrameEncoder } from '../ports/frame-encoder.js';

/** A delta's piece: which field of the frame it belongs to, and its JSON without the braces. */
interface Piece {
  readonly field: 'k' | 'u' | 'x';
  readonly json: string;
}

/** Events of a stream in one frame. */
export interface Page {
  readonly frame: EncodedFrame;
  /** Of its last event. */
  readonly offset: number;
}

/** Fixed text around the pieces of a part, generously. */
const ENVELOPE_CHARACTERS = 160;

/** Writes the frames of one channel under its alias. */
export class ChannelFrames {
  readonly #encode: FrameEncoder;
  readonly #alias: number;

  constructor(encode: FrameEncoder, alias: number) {
    this.#encode = encode;
    this.#alias = alias;
  }

  /** Any data frame as it is. */
  frame(frame: Readonly<Record<string, unknown>>): EncodedFrame {
    return this.#encode(JSON.stringify(frame), 'data');
  }

  /** A whole state; without `value` there is none. */
  wholeState(offset: number, epoch: string | null, value: unknown): EncodedFrame {
    return this.frame({
      t: 'f',
      n: this.#alias,
      o: offset,
      ...(epoch === null ? {} : { e: epoch }),
      ...(value === undefined ? {} : { v: value }),
    });
  }

  /** A whole collection in as many parts as it takes. */
  wholeCollection(
    offset: number,
    epoch: string | null,
    records: Iterable<readonly [string, unknown]>,
    partBytes: number,
  ): EncodedFrame[] {
    const head = `{"t":"f","n":${this.#alias},"o":${offset}${epoch === null ? '' : `,"e":${JSON.stringify(epoch)}`}`;
    return this.#parts(head, pieces('k', records), partBytes);
  }

  /** The keys written and removed in (base, offset], records whole. */
  collectionRange(
    base: number,
    offset: number,
    upserted: Iterable<readonly [string, unknown]>,
    removed: Iterable<string>,
    partBytes: number,
  ): EncodedFrame[] {
    const head = `{"t":"d","n":${this.#alias},"o":${offset}${base === offset - 1 ? '' : `,"b":${base}`}`;
    return this.#parts(head, chain(pieces('u', upserted), removals(removed)), partBytes);
  }

  /**
   * Events after `base`, each page as many as a part holds but at least one. Nothing is read or encoded before it is asked
   * for.
   */
  *pages(base: number, entries: Iterable<StreamEntry>, partBytes: number): Generator<Page> {
    let page: StreamEntry[] = [];
    let json: string[] = [];
    let characters = ENVELOPE_CHARACTERS;
    for (const entry of entries) {
      const text = JSON.stringify(entry.value);
      // An offset is at most 16 digits, where offsets have to be listed.
      const more = lengthBound(text) + 17;
      if (page.length > 0 && characters + more > partBytes) {
        const before = this.#page(base, page, json);
        yield before;
        base = before.offset;
        page = [];
        json = [];
        characters = ENVELOPE_CHARACTERS;
      }
      page.push(entry);
      json.push(text);
      characters += more;
    }
    if (page.length > 0) yield this.#page(base, page, json);
  }

  reset(epoch: string, offset: number, why: ResetReason, lost?: readonly [number, number]): EncodedFrame {
    const said = lost === undefined ? {} : { lost };
    return this.frame({ t: 'rst', n: this.#alias, e: epoch, o: offset, why, ...said });
  }

  #page(base: number, entries: readonly StreamEntry[], json: readonly string[]): Page {
    const offset = entries[entries.length - 1]?.offset ?? base;
    const first = entries[0]?.offset ?? offset;
    const consecutive = offset - first === entries.length - 1;
    let text = `{"t":"e","n":${this.#alias},"o":${offset}`;
    if (base !== offset - entries.length) text += `,"b":${base}`;
    text += entries.length === 1 ? `,"v":${json[0] ?? 'null'}` : `,"vs":[${json.join(',')}]`;
    if (!consecutive) text += `,"os":[${entries.map((entry) => entry.offset).join(',')}]`;
    return { frame: this.#encode(`${text}}`, 'data'), offset };
  }

  #parts(head: string, content: Iterable<Piece>, partBytes: number): EncodedFrame[] {
    const parts = cut([...content], partBytes - head.length - ENVELOPE_CHARACTERS);
    return parts.map((each, index) => {
      const numbers =
        parts.length === 1 ? '' : `,"i":${index}${index === parts.length - 1 ? '' : ',"more":1'}`;
      const text = `${head}${objectOf(each, 'k')}${objectOf(each, 'u')}${listOf(each)}${numbers}}`;
      return this.#encode(text, 'data');
    });
  }
}

/**
 * Parts of so many bytes, each with one piece at least. A value that would take too many is cut into larger ones: a reader
 * that does not accept those cannot be served at all (P-LIM-4).
 */
function cut(content: readonly Piece[], bytes: number): Piece[][] {
  let part: Piece[] = [];
  const parts = [part];
  let free = bytes;
  for (const piece of content) {
    const needed = lengthBound(piece.json) + 1;
    if (part.length > 0 && needed > free) {
      part = [];
      parts.push(part);
      free = bytes;
    }
    part.push(piece);
    free -= needed;
  }
  return parts.length <= MAX_PARTS ? parts : cut(content, Math.max(1, bytes) * 2);
}

function* pieces(field: 'k' | 'u', records: Iterable<readonly [string, unknown]>): Generator<Piece> {
  for (const [key, value] of records) {
    yield { field, json: `${JSON.stringify(key)}:${JSON.stringify(value)}` };
  }
}

function* removals(keys: Iterable<string>): Generator<Piece> {
  for (const key of keys) yield { field: 'x', json: JSON.stringify(key) };
}

function* chain(first: Iterable<Piece>, second: Iterable<Piece>): Generator<Piece> {
  yield* first;
  yield* second;
}

function objectOf(part: readonly Piece[], field: 'k' | 'u'): string {
  const content = part.filter((piece) => piece.field === field).map(({ json }) => json);
  return content.length === 0 ? '' : `,"${field}":{${content.join(',')}}`;
}

function listOf(part: readonly Piece[]): string {
  const content = part.filter((piece) => piece.field === 'x').map(({ json }) => json);
  return content.length === 0 ? '' : `,"x":[${content.join(',')}]`;
}

/** At least the bytes of a text in UTF-8: counted only where it may hold anything but ASCII. */
function lengthBound(text: string): number {
  // eslint-disable-next-line no-control-regex -- the range is ASCII
  return /^[\x00-\x7f]*$/.test(text) ? text.length : text.length * 3;
}
