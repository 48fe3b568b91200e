// Server script: plays a peer by a vector of kind `server-script` against a server, over whatever wire it is given. Knows no
// sockets; what it reads goes through the reader.
import type { Clock } from '@tickwire/protocol';
import { type Bindings, equal, match, resolve } from './pattern.js';
import { ConformanceReader } from './reader.js';
import { textOf, type VectorText } from './vector-text.js';

type Frame = Readonly<Record<string, unknown>>;

/** How a peer connects. */
export interface WireRequest {
  /** Subprotocols to offer, best first. */
  readonly offers: readonly string[];
  /** Instead of the endpoint's own. */
  readonly path?: string | undefined;
  readonly query?: string | undefined;
  readonly origin?: string | undefined;
}

/** What a wire reports. */
export interface WireEvents {
  /** The upgrade was accepted, with this subprotocol; `''` for none. */
  readonly onOpen: (subprotocol: string) => void;
  /**
   * The upgrade was refused with an HTTP status, or failed without one; then `reason`, part of a sentence, may tell people
   * why: `nothing listens at 127.0.0.1:9`.
   */
  readonly onRefused: (status: number | null, reason?: string) => void;
  /** A message: text, or bytes where it was a binary one. */
  readonly onMessage: (data: string | Uint8Array) => void;
  /** The connection has ended; 1006 without a close frame. Not called after {@link WireConnection.cut}. */
  readonly onClose: (code: number, reason: string) => void;
}

/** One connection of a wire. */
export interface WireConnection {
  /** Sends one message: text, or bytes as a binary one. Does nothing on a connection that is over. */
  send(data: string | Uint8Array): void;
  /** Ends it without a word. */
  cut(): void;
}

/** What connects peers to the server under test. */
export interface ConformanceWire {
  /** `http://host:port` of the endpoint, for vectors about origins. */
  readonly origin: string;
  /** What the wire can do besides frames: `http` where upgrades can be refused. */
  readonly features: readonly string[];
  /** Never throws; nothing is reported before it has returned. */
  open(request: WireRequest, events: WireEvents): WireConnection;
}

/** What a script needs besides the wire. */
export interface ScriptContext {
  readonly wire: ConformanceWire;
  readonly clock: Pick<Clock, 'monotonicMs' | 'setTimer'>;
  /** A short text that no other vector of any run uses: it keeps channels and keys apart. */
  readonly unique: string;
  /** Token of peers whose script names none. */
  readonly token?: string | undefined;
}

/** One step; which member is there says what it is. The README of the vectors explains each. */
export interface ServerStep {
  readonly connect?: {
    readonly as?: string;
    readonly offers?: readonly string[];
    readonly path?: string;
    readonly query?: string;
    readonly origin?: string;
  };
  readonly selected?: string;
  readonly refused?: readonly number[];
  readonly hello?: {
    readonly as?: string;
    readonly token?: string;
    readonly caps?: readonly string[];
    readonly lim?: Frame;
    readonly contract?: Frame;
    readonly pongs?: boolean;
  };
  readonly say?: readonly Frame[];
  readonly sayText?: VectorText;
  readonly sayBinary?: string;
  readonly hears?: Frame;
  readonly hearsFirst?: Frame;
  readonly heard?: Frame;
  readonly hearsNone?: Frame;
  readonly forMs?: number;
  readonly withinMs?: number;
  readonly closes?: readonly number[];
  readonly betweenMs?: readonly [number, number];
  readonly alive?: true;
  readonly settled?: true;
  readonly shows?: { readonly channel: string; readonly value?: unknown; readonly size?: number };
  readonly delivers?: { readonly channel: string; readonly list: unknown };
  readonly resume?: { readonly channel: string; readonly of?: string };
  readonly do?: { readonly m: string; readonly v: unknown };
  readonly gives?: unknown;
  readonly cut?: string;
  readonly wait?: number;
  readonly repeat?: number;
  readonly steps?: readonly ServerStep[];
  readonly on?: string;
}

/** A vector for servers. */
export interface ServerVector {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  /** What the server must offer: `contract`, `tokens`, `stale`; and the wire: `http`; `anonymous`: each peer its own principal. */
  readonly needs?: readonly string[];
  readonly script: readonly ServerStep[];
}

/** How a vector went wrong. */
export interface ScriptFailure {
  /** The rule that was broken; the vector's own unless something else broke on the way. */
  readonly rule: string;
  readonly text: string;
}

/** How a script went wrong, with the place apart from what happened there. */
export interface ScriptFinding {
  readonly rule: string;
  /** `step 3 {"hears":…}` */
  readonly place: string;
  readonly what: string;
}

const OFFERS = ['tickwire.v1+json', 'tickwire'];
/** How long a server may take for an answer. */
const PATIENCE_MS = 5_000;
const PROBE = 3_999_999_999;

/** Plays one vector. Resolves with what went wrong, `null` if nothing did; never rejects. */
export async function playServerVector(
  vector: ServerVector,
  context: ScriptContext,
): Promise<ScriptFailure | null> {
  const finding = await findingOf(vector, context);
  return finding === null ? null : { rule: finding.rule, text: `${finding.place}: ${finding.what}` };
}

/** The same, for those who speak of the server and not of a script. */
export async function findingOf(vector: ServerVector, context: ScriptContext): Promise<ScriptFinding | null> {
  const player = new Player(vector.rule, context);
  try {
    return await player.play(vector.script, '');
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { rule: vector.rule, place: 'the script', what };
  } finally {
    player.close();
  }
}

class Peer {
  readonly reader = new ConformanceReader();
  readonly unread: Frame[] = [];
  readonly sinceMs: number;
  wire: WireConnection | null = null;
  selected: string | null = null;
  refused: number | null | undefined = undefined;
  refusal = '';
  closed: { readonly code: number; readonly atMs: number } | null = null;
  pongs = true;
  probes = 0;

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  get isOver(): boolean {
    return this.closed !== null || this.refused !== undefined;
  }

  sayText(text: string): void {
    for (const line of text.split('\n')) {
      let frame: unknown;
      try {
        frame = JSON.parse(line);
      } catch {
        continue;
      }
      if (typeof frame !== 'object' || frame === null) continue;
      const { t, id } = frame as Frame;
      this.reader.sent(frame as Frame);
      if ((t === 'auth' || t === 'pub') && typeof id === 'number') this.reader.others.add(id);
    }
    this.wire?.send(text);
  }

  say(...frames: readonly Frame[]): void {
    this.sayText(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }
}

class Player {
  readonly #rule: string;
  readonly #context: ScriptContext;
  readonly #bindings: Bindings = new Map();
  readonly #peers = new Map<string, Peer>();
  readonly #waiting = new Set<() => void>();
  #last = 'main';
  #commands = 0;

  constructor(rule: string, context: ScriptContext) {
    this.#rule = rule;
    this.#context = context;
  }

  close(): void {
    for (const { wire } of this.#peers.values()) wire?.cut();
  }

  async play(script: readonly ServerStep[], place: string): Promise<ScriptFinding | null> {
    for (const [at, template] of script.entries()) {
      const where = `${place}step ${at + 1}`;
      for (let round = 1; round <= (template.repeat ?? 0); round++) {
        const failed = await this.play(template.steps ?? [], `${where}, round ${round}, `);
        if (failed !== null) return failed;
      }
      if (template.repeat !== undefined) continue;
      const step = this.#filled(template) as ServerStep;
      const wrong = await this.#step(step);
      for (const [name, { reader }] of this.#peers) {
        const [problem] = reader.problems;
        if (problem !== undefined)
          return { rule: problem.rule, place: `${where}, connection ${name}`, what: problem.text };
      }
      if (wrong !== null) return { rule: this.#rule, place: `${where} ${brief(step)}`, what: wrong };
    }
    return null;
  }

  /** `$u` and `$origin` in every text, `$auth` as a value. */
  #filled(value: unknown): unknown {
    const { unique, wire, token } = this.#context;
    if (typeof value === 'string') {
      if (value === '$auth') return token === undefined ? undefined : { token };
      return value.replaceAll('$u', unique).replaceAll('$origin', wire.origin);
    }
    if (Array.isArray(value)) return value.map((inner) => this.#filled(inner));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([name, inner]) => [name, this.#filled(inner)] as const)
        .filter(([, inner]) => inner !== undefined),
    );
  }

  async #step(step: ServerStep): Promise<string | null> {
    if (step.connect !== undefined) return this.#connect(step.connect);
    if (step.hello !== undefined) return this.#hello(step.hello);
    if (step.do !== undefined) return this.#do(step.do, step.gives);
    if (step.wait !== undefined) return this.#sleep(step.wait);
    if (step.cut !== undefined) {
      this.#peers.get(step.cut)?.wire?.cut();
      return null;
    }
    const peer = this.#peers.get(step.on ?? this.#last);
    if (peer === undefined) return 'there is no such connection';
    if (step.refused !== undefined) return this.#refused(peer, step.refused);
    if (peer.refused !== undefined) return peer.refusal;
    if (step.selected !== undefined) return match(step.selected, peer.selected, this.#bindings);
    if (step.closes !== undefined) return this.#closes(peer, step);
    if (step.sayBinary !== undefined) {
      peer.wire?.send(Uint8Array.from(atob(step.sayBinary), (unit) => unit.charCodeAt(0)));
      return null;
    }
    if (step.sayText !== undefined) {
      peer.sayText(textOf(step.sayText));
      return null;
    }
    if (step.say !== undefined) {
      peer.say(...(resolve(step.say, this.#bindings) as readonly Frame[]));
      return null;
    }
    if (step.resume !== undefined) return this.#resume(peer, step.resume);
    if (step.alive !== undefined) return this.#alive(peer);
    if (step.hearsNone !== undefined) return this.#hearsNone(peer, step.hearsNone, step.forMs ?? 0);
    if (step.shows !== undefined) return this.#shows(peer, step.shows);
    if (step.delivers !== undefined) return this.#delivers(peer, step.delivers);
    if (step.settled !== undefined)
      return this.#until(peer, PATIENCE_MS, () =>
        peer.reader.isSettled ? null : 'not everything is answered',
      );
    return this.#hears(peer, step);
  }

  async #connect(request: NonNullable<ServerStep['connect']>): Promise<string | null> {
    const { as = 'main', offers = OFFERS, ...rest } = request;
    const { clock, wire } = this.#context;
    const peer = new Peer(clock.monotonicMs());
    this.#peers.set(as, peer);
    this.#last = as;
    const wake = (): void => {
      for (const check of [...this.#waiting]) check();
    };
    peer.wire = wire.open(
      { offers, ...rest },
      {
        onOpen: (subprotocol) => {
          peer.selected = subprotocol;
          wake();
        },
        onRefused: (status, reason) => {
          peer.refused = status;
          peer.refusal = reason ?? refusalOf(status);
          wake();
        },
        onMessage: (data) => {
          if (typeof data !== 'string') {
            peer.reader.problems.push({ rule: 'P-FRAME-2', text: 'a binary message' });
          } else {
            for (const frame of peer.reader.received(data)) {
              peer.unread.push(frame);
              if (frame['t'] === 'ping' && peer.pongs)
                peer.wire?.send(JSON.stringify({ t: 'pong', k: frame['k'] }));
            }
          }
          wake();
        },
        onClose: (code, reason) => {
          peer.closed = { code, atMs: clock.monotonicMs() };
          peer.reader.closed(reason);
          wake();
        },
      },
    );
    return this.#wait(PATIENCE_MS, () => (peer.selected !== null || peer.isOver ? null : 'no connection'));
  }

  async #hello({
    as,
    token,
    pongs = true,
    ...more
  }: NonNullable<ServerStep['hello']>): Promise<string | null> {
    const wrong = await this.#connect(as === undefined ? {} : { as });
    const peer = this.#peers.get(this.#last);
    if (wrong !== null || peer === undefined) return wrong;
    if (peer.refused !== undefined) return peer.refusal;
    peer.pongs = pongs;
    const given = token ?? this.#context.token;
    const auth = given === undefined ? {} : { auth: { token: given } };
    peer.say({ t: 'hello', v: 1, caps: ['delta'], ...auth, ...more });
    return this.#hears(peer, { hearsFirst: { t: 'welcome' } });
  }

  async #do({ m, v }: NonNullable<ServerStep['do']>, gives: unknown): Promise<string | null> {
    const last = this.#last;
    try {
      if (!this.#peers.has('control')) {
        const wrong = await this.#hello({ as: 'control' });
        if (wrong !== null) return wrong;
      }
      const control = this.#peers.get('control');
      if (control === undefined) return 'no connection for commands';
      const id = ++this.#commands;
      control.say({ t: 'req', id, m, v });
      const wrong = await this.#hears(control, { hears: { t: 'res', id, err: { $absent: true } } });
      if (wrong !== null) return wrong;
      const answer = control.reader.frames.findLast((frame) => frame['t'] === 'res' && frame['id'] === id);
      return gives === undefined ? null : match(gives, answer?.['v'], this.#bindings);
    } finally {
      this.#last = last;
    }
  }

  #refused(peer: Peer, statuses: readonly number[]): string | null {
    if (peer.refused === undefined) return 'the upgrade was accepted';
    return statuses.includes(peer.refused ?? 0) ? null : peer.refusal;
  }

  async #closes(peer: Peer, { closes = [], betweenMs }: ServerStep): Promise<string | null> {
    const [least, most] = betweenMs ?? [0, PATIENCE_MS];
    const wrong = await this.#wait(most, () => (peer.closed === null ? 'the connection is open' : null));
    if (wrong !== null || peer.closed === null) return wrong;
    const { code, atMs } = peer.closed;
    if (!closes.includes(code)) return `closed with ${code}`;
    return atMs - peer.sinceMs < least ? `closed after ${Math.round(atMs - peer.sinceMs)} ms already` : null;
  }

  #resume(peer: Peer, { channel, of }: NonNullable<ServerStep['resume']>): string | null {
    const view = (of === undefined ? peer : this.#peers.get(of))?.reader.channels.get(channel);
    if (view === undefined || view.cursor === null) return `nothing is held of ${channel}`;
    peer.reader.channels.set(channel, view.clone());
    const { epoch, offset } = view.cursor;
    peer.say({ t: 'sub', id: 1_000_000 + ++peer.probes, ch: [{ c: channel, e: epoch, o: offset }] });
    return null;
  }

  async #alive(peer: Peer): Promise<string | null> {
    const k = PROBE - ++peer.probes;
    peer.say({ t: 'ping', k });
    return this.#until(peer, PATIENCE_MS, () =>
      peer.unread.some((frame) => frame['t'] === 'pong' && frame['k'] === k) ? null : 'no answer to a ping',
    );
  }

  async #hearsNone(peer: Peer, pattern: Frame, forMs: number): Promise<string | null> {
    await this.#sleep(forMs);
    const heard = peer.unread.find((frame) => match(pattern, frame, this.#bindings) === null);
    return heard === undefined ? null : `heard ${JSON.stringify(heard)}`;
  }

  #shows(peer: Peer, { channel, value, size }: NonNullable<ServerStep['shows']>): Promise<string | null> {
    const isAbsent = equal(value, { $absent: true });
    return this.#until(peer, PATIENCE_MS, () => {
      const view = peer.reader.channels.get(channel);
      if (view === undefined || view.isVoid) return `nothing was received of ${channel}`;
      if (size !== undefined)
        return view.records.size === size ? null : `it has ${view.records.size} records`;
      const shown = view.value;
      if (isAbsent ? shown === undefined : equal(value, shown)) return null;
      return `the value is ${JSON.stringify(shown)}`;
    });
  }

  async #delivers(
    peer: Peer,
    { channel, list }: NonNullable<ServerStep['delivers']>,
  ): Promise<string | null> {
    const told = (): readonly Frame[] => peer.reader.channels.get(channel)?.told ?? [];
    const check = (): string | null => {
      const wrong = match(list, told(), this.#bindings);
      return wrong === null ? null : `delivered ${JSON.stringify(told())}: ${wrong}`;
    };
    return this.#until(peer, PATIENCE_MS, check);
  }

  async #hears(
    peer: Peer,
    { hears, hearsFirst, heard, withinMs = PATIENCE_MS }: ServerStep,
  ): Promise<string | null> {
    const pattern = hears ?? hearsFirst ?? heard ?? {};
    let nearest: string | null = null;
    const wrong = await this.#until(peer, withinMs, () => {
      const frames = heard === undefined ? peer.unread : peer.reader.frames;
      for (const [at, frame] of frames.entries()) {
        const mismatch = match(pattern, frame, this.#bindings);
        if (mismatch === null) {
          if (heard === undefined) peer.unread.splice(0, at + 1);
          return null;
        }
        if (frame['t'] === pattern['t'] || hearsFirst !== undefined)
          nearest = `${mismatch} in ${JSON.stringify(frame)}`;
        if (hearsFirst !== undefined) return `the first frame: ${mismatch}`;
      }
      return 'heard nothing of the kind';
    });
    return wrong === null || nearest === null ? wrong : `${wrong}; ${String(nearest)}`;
  }

  async #sleep(ms: number): Promise<null> {
    await new Promise<void>((done) => void this.#context.clock.setTimer(ms, done));
    return null;
  }

  /** Waits until nothing is wrong; the end of the connection ends the wait. */
  async #until(peer: Peer, ms: number, check: () => string | null): Promise<string | null> {
    let ended = false;
    const wrong = await this.#wait(ms, () => {
      const found = check();
      ended = found !== null && peer.isOver;
      return ended ? null : found;
    });
    return ended
      ? `${check() ?? ''}; the connection was closed with ${peer.closed?.code ?? 'nothing'}`
      : wrong;
  }

  #wait(ms: number, check: () => string | null): Promise<string | null> {
    return new Promise((done) => {
      const first = check();
      if (first === null) {
        done(null);
        return;
      }
      const finish = (result: string | null): void => {
        this.#waiting.delete(look);
        cancel();
        done(result);
      };
      const look = (): void => {
        if (check() === null) finish(null);
      };
      const cancel = this.#context.clock.setTimer(ms, () => finish(check()));
      this.#waiting.add(look);
    });
  }
}

function refusalOf(status: number | null): string {
  return `the upgrade was refused ${status === null ? 'without an answer' : `with HTTP status ${status}`}`;
}

function brief(step: ServerStep): string {
  const text = JSON.stringify(step);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
