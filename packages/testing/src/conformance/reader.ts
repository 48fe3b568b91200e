// Reader: what a client holds by the rules alone, and every promise of the server that was broken on the way. It reads one
// connection and knows no scripts.
import {
  applyCollectionDelta,
  applyStateDelta,
  baseOfDelta,
  baseOfEvents,
  type ChannelKind,
  coverageOf,
  type DeltaFrame,
  type EventsFrame,
  eventsOf,
  type FullFrame,
  jsonCodec,
  MAX_CLOSE_REASON_BYTES,
  offsetOfEvent,
  type Position,
  type ResetFrame,
  type ServerFrame,
  type SubscribedEntry,
  type SubscribedFrame,
} from '@tickwire/protocol';
import { serverFrameSchema } from '@tickwire/protocol/schema';

/** A broken promise. */
export interface Problem {
  readonly rule: string;
  readonly text: string;
}

type Frame = Readonly<Record<string, unknown>>;

/** What a server may do to a client is bounded by the client's memory alone. */
const LIMITS = { maxFrames: 1_000_000, maxDepth: 1_000, maxFrameKeys: 100_000 };

/** One channel as its reader sees it. */
export class ChannelView {
  kind: ChannelKind | null = null;
  cursor: Position | null = null;
  isVoid = true;
  /** State: the document; `undefined` without one. */
  document: unknown = undefined;
  records = new Map<string, unknown>();
  /** What the application of a stream is told, in order. */
  told: Frame[] = [];
  /** Offset that the answer promised. */
  head = 0;
  parts: (FullFrame | DeltaFrame)[] = [];

  /** Whether everything that was promised has come. */
  get isSettled(): boolean {
    return !this.isVoid && this.cursor !== null && this.cursor.offset >= this.head;
  }

  /** The value as JSON; `undefined` where there is none. */
  get value(): unknown {
    return this.kind === 'collection' ? Object.fromEntries(this.records) : this.document;
  }

  clone(): ChannelView {
    const view = new ChannelView();
    Object.assign(view, this);
    view.records = new Map(this.records);
    view.told = [...this.told];
    view.parts = [];
    return view;
  }
}

/** One connection, read by the rules. */
export class ConformanceReader {
  readonly channels = new Map<string, ChannelView>();
  readonly problems: Problem[] = [];
  /** Frames in the order in which they came. */
  readonly frames: Frame[] = [];
  readonly #aliases = new Map<number, string>();
  /** Aliases whose channel has ended, by the rule that it would break to go on. */
  readonly #ended = new Map<number, string>();
  readonly #everAliased = new Map<number, string>();
  readonly #subs = new Map<number, Map<string, Position | null>>();
  readonly #requests = new Set<number>();
  readonly #unsubs = new Set<number>();
  #canDelta = false;
  #maxBytes = 1_048_576;

  /** Whether every question has its answer, and every answer its data. */
  get isSettled(): boolean {
    if (this.#requests.size + this.#unsubs.size > 0) return false;
    if ([...this.#subs.values()].some((open) => open.size > 0)) return false;
    return [...this.#aliases.values()].every((id) => this.channels.get(id)?.isSettled);
  }

  /** What the client says; answers are read against it. */
  sent(frame: Frame): void {
    const { t, id, ch } = frame;
    if (t === 'hello') {
      const { caps, lim } = frame as { caps?: readonly unknown[]; lim?: { in?: number } };
      this.#canDelta = caps?.includes('delta') ?? false;
      this.#maxBytes = lim?.in ?? this.#maxBytes;
    } else if (t === 'req' && typeof id === 'number') this.#requests.add(id);
    else if (t === 'unsub' && typeof id === 'number' && Array.isArray(ch)) this.#unsubs.add(id);
    else if (t === 'sub' && typeof id === 'number' && Array.isArray(ch)) {
      const asked = new Map<string, Position | null>();
      for (const wish of ch as readonly Frame[]) {
        const { c, e, o } = wish as { c: string; e?: string; o?: number };
        asked.set(c, e === undefined || o === undefined ? null : { epoch: e, offset: o });
      }
      this.#subs.set(id, asked);
    }
  }

  /** A message has come. @returns its frames. */
  received(message: string): readonly Frame[] {
    const bytes = new TextEncoder().encode(message).length;
    if (bytes > this.#maxBytes)
      this.#broken('P-LIM-4', `a message of ${bytes} bytes, and the client accepts ${this.#maxBytes}`);
    const decoded = jsonCodec.decode(message, LIMITS);
    if (!decoded.ok) {
      this.#broken('P-FRAME-2', `a message that is not frames (${decoded.fault}): ${message.slice(0, 200)}`);
      return [];
    }
    for (const frame of decoded.frames) {
      this.frames.push(frame);
      this.#read(frame);
    }
    return decoded.frames;
  }

  /** The server has closed. */
  closed(reason: string): void {
    const bytes = new TextEncoder().encode(reason).length;
    if (bytes > MAX_CLOSE_REASON_BYTES) this.#broken('P-CLOSE-4', `a close reason of ${bytes} bytes`);
  }

  #broken(rule: string, text: string): void {
    this.problems.push({ rule, text });
  }

  #read(raw: Frame): void {
    const parsed = serverFrameSchema.safeParse(raw);
    if (!parsed.success) {
      // What a newer server says besides is its affair (P-EXT-2).
      const isUnknown = parsed.error.issues.some(
        ({ code, path }) => code === 'invalid_union' && path[0] === 't',
      );
      if (!isUnknown) this.#broken('P-FRAME-7', `a frame that does not fit its type: ${JSON.stringify(raw)}`);
      return;
    }
    const frame = raw as unknown as ServerFrame;
    switch (frame.t) {
      case 'subd':
        this.#subscribed(frame);
        break;
      case 'unsubd':
        if (frame.id !== undefined && !this.#unsubs.delete(frame.id))
          this.#broken('P-SUB-12', `an unsubd with the id ${frame.id} that nothing waits for`);
        for (const id of frame.ch) this.#end(id, frame.err === undefined ? 'P-SUB-12' : 'P-SUB-11');
        break;
      case 'f':
      case 'd':
      case 'e':
      case 'rst':
      case 'stat':
        this.#data(frame);
        break;
      case 'res':
        if (!this.#requests.delete(frame.id) && !this.#isAuth(frame.id))
          this.#broken('P-CMD-1', `a res with the id ${frame.id} that nothing waits for`);
        if (frame.err !== undefined && frame.err.x === undefined)
          this.#broken('P-CMD-9', `an err of a res without x: ${JSON.stringify(frame.err)}`);
        break;
      case 'err':
        if (frame.id === undefined) break;
        this.#requests.delete(frame.id);
        this.#subs.delete(frame.id);
        this.#unsubs.delete(frame.id);
        break;
      default:
        break;
    }
  }

  /** Ids of `auth` and `pub`, which are answered by `res`, are the script's affair. */
  #isAuth(id: number): boolean {
    return !this.#subs.has(id) && !this.#unsubs.has(id) && this.others.delete(id);
  }

  /** Ids of frames other than `req` that are answered by `res`. */
  readonly others = new Set<number>();

  #subscribed({ id, r }: SubscribedFrame): void {
    const open = this.#subs.get(id);
    for (const entry of r) {
      const cursor = open?.get(entry.c);
      if (cursor === undefined || open === undefined) {
        this.#broken('P-SUB-3', `an entry of ${entry.c} for sub ${id}, which does not wait for it`);
        continue;
      }
      open.delete(entry.c);
      if ('err' in entry) this.#end(entry.c, 'P-SUB-3');
      else this.#enter(entry, cursor);
    }
  }

  #enter(entry: SubscribedEntry, asked: Position | null): void {
    const { c, n, kind, e: epoch, o, m, b } = entry;
    const view = this.channels.get(c) ?? new ChannelView();
    this.channels.set(c, view);
    const owner = this.#everAliased.get(n);
    if (owner !== undefined && owner !== c)
      this.#broken('P-SUB-3', `the alias ${n} stood for ${owner} and stands for ${c} now`);
    for (const [alias, id] of this.#aliases) if (id === c && alias !== n) this.#aliases.delete(alias);
    this.#everAliased.set(n, c);
    this.#ended.delete(n);
    this.#aliases.set(n, c);
    const wrong = wrongMode(entry, asked);
    if (wrong !== null) this.#broken('P-SUB-4', `${c}: ${wrong}`);
    if (view.kind !== null && view.kind !== kind) {
      view.cursor = null;
      view.records.clear();
      view.document = undefined;
    }
    view.kind = kind;
    view.parts = [];
    view.head = o;
    view.isVoid = m === 'full' || m === 'reset';
    if (m === 'tail') view.cursor = { epoch, offset: b ?? o };
    if (view.isVoid) view.cursor = { epoch, offset: -1 };
    if ((m === 'same' || m === 'range') && view.cursor?.epoch !== epoch)
      this.#broken('P-SUB-6', `${c}: ${m} in an epoch the reader has not`);
  }

  #end(id: string, rule: string): void {
    for (const [alias, owner] of this.#aliases) {
      if (owner !== id) continue;
      this.#aliases.delete(alias);
      this.#ended.set(alias, rule);
    }
  }

  #data(frame: Extract<ServerFrame, { readonly n: number }>): void {
    const id = this.#aliases.get(frame.n);
    const view = id === undefined ? undefined : this.channels.get(id);
    if (id === undefined || view === undefined) {
      const rule = this.#ended.get(frame.n);
      this.#broken(
        rule ?? 'P-SUB-5',
        rule === undefined
          ? `data with the alias ${frame.n} before its entry`
          : `data of a channel that has ended: ${JSON.stringify(frame)}`,
      );
      return;
    }
    if (frame.t === 'stat') return;
    const isOfStream = frame.t === 'e' || frame.t === 'rst';
    if (isOfStream !== (view.kind === 'stream')) {
      this.#broken('P-SUB-5', `${id}: a frame ${frame.t} for a ${String(view.kind)}`);
      return;
    }
    const problem =
      frame.t === 'f'
        ? this.#full(view, frame)
        : frame.t === 'd'
          ? this.#delta(view, frame)
          : frame.t === 'e'
            ? events(view, frame)
            : reset(view, frame);
    if (problem !== null) this.#broken(problem.rule, `${id}: ${problem.text}`);
  }

  #full(view: ChannelView, frame: FullFrame): Problem | null {
    const epoch = frame.e ?? view.cursor?.epoch ?? '';
    if (!view.isVoid && epoch === view.cursor?.epoch && frame.o < view.cursor.offset) return null;
    const parts = collect(view, frame);
    if (!Array.isArray(parts)) return parts;
    view.cursor = { epoch, offset: frame.o };
    view.isVoid = false;
    view.document = frame.v;
    view.records = new Map(parts.flatMap((part) => Object.entries((part as FullFrame).k ?? {})));
    return null;
  }

  #delta(view: ChannelView, frame: DeltaFrame): Problem | null {
    if (!this.#canDelta && (frame.s ?? frame.p ?? frame.q ?? (view.kind === 'state' && frame.x)))
      return { rule: 'P-DATA-9', text: `a patch for a client without delta: ${JSON.stringify(frame)}` };
    const named = [...Object.keys(frame.u ?? {}), ...(frame.x ?? [])];
    const patched = new Set([...Object.keys(frame.p ?? {}), ...Object.keys(frame.q ?? {})]);
    if (view.kind === 'collection' && new Set([...named, ...patched]).size < named.length + patched.size)
      return { rule: 'P-DATA-3', text: `a key in two of u, x, and p or q: ${JSON.stringify(frame)}` };
    const wrong = coverage(view, baseOfDelta(frame), frame.o);
    if (wrong !== null) return wrong === 'known' ? null : wrong;
    const parts = collect(view, frame);
    if (!Array.isArray(parts)) return parts;
    for (const part of parts as readonly DeltaFrame[]) {
      if (view.kind === 'collection') {
        if (applyCollectionDelta(view.records, part) === null)
          return { rule: 'P-DATA-3', text: `a patch of a record that is not there: ${JSON.stringify(part)}` };
      } else if (part.s !== undefined || part.x !== undefined) {
        const next = applyStateDelta(view.document, part);
        if (next === null)
          return { rule: 'P-DATA-3', text: `a patch of a value that is no object: ${JSON.stringify(part)}` };
        view.document = next;
      }
    }
    view.cursor = { epoch: view.cursor?.epoch ?? '', offset: frame.o };
    return null;
  }
}

function events(view: ChannelView, frame: EventsFrame): Problem | null {
  const wrong = coverage(view, baseOfEvents(frame), frame.o);
  if (wrong !== null) return wrong === 'known' ? null : wrong;
  const { os } = frame;
  if (eventsOf(frame).length === 0 || (os !== undefined && os.at(-1) !== frame.o))
    return { rule: 'P-DATA-4', text: `events without the last of them: ${JSON.stringify(frame)}` };
  const known = view.cursor?.offset ?? 0;
  for (const [at, event] of eventsOf(frame).entries())
    if (offsetOfEvent(frame, at) > known) view.told.push({ event });
  view.cursor = { epoch: view.cursor?.epoch ?? '', offset: frame.o };
  return null;
}

function reset(view: ChannelView, { e, o, why, lost }: ResetFrame): Problem | null {
  if (!view.isVoid && e === view.cursor?.epoch && o <= view.cursor.offset) return null;
  if (why === 'trimmed' && lost === undefined)
    return { rule: 'P-DATA-5', text: 'a reset that is trimmed and does not say what is lost' };
  view.told.push({ gap: why, ...(lost === undefined ? {} : { lost }) });
  view.cursor = { epoch: e, offset: o };
  view.isVoid = false;
  return null;
}

function coverage(view: ChannelView, base: number, offset: number): Problem | 'known' | null {
  if (view.isVoid || view.cursor === null)
    return { rule: 'P-SUB-5', text: `a change up to ${offset} before what was promised first` };
  const verdict = coverageOf(view.cursor.offset, base, offset);
  if (verdict === 'hole')
    return {
      rule: 'P-DATA-11',
      text: `a frame that starts at ${base}, and the one before ended at ${view.cursor.offset}`,
    };
  return verdict === 'duplicate' ? 'known' : null;
}

/** The parts of a value, once the last is there; `null` before, a problem where one is missing. */
function collect(
  view: ChannelView,
  frame: FullFrame | DeltaFrame,
): (FullFrame | DeltaFrame)[] | Problem | null {
  const index = frame.i ?? 0;
  if (index === 0) view.parts = [];
  if (index !== view.parts.length)
    return { rule: 'P-DATA-7', text: `part ${index} where ${view.parts.length} is the next` };
  if (index >= 256) return { rule: 'P-DATA-7', text: 'more than 256 parts' };
  const parts = [...view.parts, frame];
  view.parts = frame.more === 1 ? parts : [];
  return frame.more === 1 ? null : parts;
}

/** What is wrong with the mode of an entry, by what was asked (P-SUB-4). */
function wrongMode({ kind, e: epoch, o, m }: SubscribedEntry, asked: Position | null): string | null {
  const isStream = kind === 'stream';
  const said = `${m} for a ${kind} at ${epoch}:${o}, asked from ${asked === null ? 'nothing' : `${asked.epoch}:${asked.offset}`}`;
  if (asked === null) return m === (isStream ? 'tail' : 'full') ? null : said;
  if (asked.epoch !== epoch || asked.offset > o) return m === (isStream ? 'reset' : 'full') ? null : said;
  if (asked.offset === o) return m === 'same' ? null : said;
  if (kind === 'state') return m === 'full' ? null : said;
  return m === 'range' || m === (isStream ? 'reset' : 'full') ? null : said;
}
