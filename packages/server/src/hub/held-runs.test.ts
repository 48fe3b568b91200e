// Readers that stop in the middle of something large: what the server holds for them, and what they hold in the end.
import { VirtualClock } from '@tickwire/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PublishedChange } from '../broker/broker.js';
import type { FrameEncoder } from '../ports/frame-encoder.js';
import { Outbox } from '../session/outbox.js';
import { ModelReader } from '../test-support/model-reader.js';
import { type Frame, RecordingSocket, textEncoder } from '../test-support/peer.js';
import { Channel } from './channel.js';
import { NOTHING_SENT, type FrameForm, type HeadOfChannel } from './channel-head.js';
import { CollectionHead } from './collection-head.js';
import { Flusher } from './flush.js';
import { MAX_HELD_RUNS } from './held-runs.js';
import { ChannelFrames } from './range-frames.js';
import { StreamHead } from './stream-head.js';
import { Subscription } from './subscription.js';

const WATERMARK_BYTES = 2_000;
const PART_BYTES = 1_024;
/** Records of the collection; in parts they are about eight times what a reader is given at once. */
const KEYS = Array.from({ length: 60 }, (_, n) => `k${n}`);
const FORM: FrameForm = { patches: true, partBytes: PART_BYTES };

/** A reader with a socket that takes nothing unless told to. */
class StoppedReader {
  readonly socket = new RecordingSocket();
  readonly outbox: Outbox;
  readonly subscription: Subscription;
  readonly model: ModelReader;
  readonly #desk: Desk;
  #read = 0;

  constructor(desk: Desk, sent: number, { form = FORM, maxFrameBytes = 1_000_000 }: ReaderOptions) {
    this.#desk = desk;
    const { channel, flusher, head } = desk;
    this.socket.stalled = true;
    this.outbox = new Outbox(this.socket, flusher, WATERMARK_BYTES, form, maxFrameBytes, {
      onTooLarge: (subscription) => channel.detach(subscription),
      onStalled: () => undefined,
    });
    this.subscription = new Subscription(this.outbox, channel, head.epoch);
    this.model = new ModelReader(desk.kind);
    const isStream = desk.kind === 'stream';
    const m = sent === NOTHING_SENT ? (isStream ? 'tail' : 'full') : 'range';
    const base = sent === NOTHING_SENT && isStream ? head.floor : sent;
    if (m === 'range') {
      [this.model.epoch, this.model.cursor] = [head.epoch, sent];
      this.model.value = new Map(desk.values.get(sent));
      if (isStream) this.model.lost.push([0, sent]);
    }
    const entry = { c: channel.id, n: 1, kind: desk.kind, e: head.epoch, o: head.offset, m } as const;
    this.model.read({ t: 'subd', id: 1, r: [{ ...entry, ...(isStream ? { b: base } : {}) }] });
    channel.attach(this.subscription, base);
    this.outbox.send(this.subscription);
  }

  /** Reads another channel too, from where that is. */
  alsoReads({ channel, head }: Desk): Subscription {
    const subscription = new Subscription(this.outbox, channel, head.epoch);
    channel.attach(subscription, head.offset);
    return subscription;
  }

  /** Takes what waits in the socket: the server may write as much again. */
  async take(): Promise<Frame[]> {
    const frames = this.socket.writes.flat().slice(this.#read);
    this.#read += frames.length;
    this.socket.bufferedBytes = 0;
    const read = frames.map(({ payload }) => JSON.parse(payload as string) as Frame);
    for (const frame of read) {
      this.model.read(frame);
      this.#desk.judge(this.model);
    }
    this.outbox.drained();
    await this.#desk.clock.settle();
    return read;
  }

  /** Takes everything, until nothing comes any more. */
  async takeAll(): Promise<Frame[]> {
    const all: Frame[] = [];
    for (;;) {
      const some = await this.take();
      if (some.length === 0) return all;
      all.push(...some);
    }
  }
}

interface ReaderOptions {
  readonly form?: FrameForm;
  readonly maxFrameBytes?: number;
}

/** One hot channel without a broker or sessions. */
class Desk {
  readonly clock: VirtualClock;
  readonly flusher: Flusher;
  readonly kind: 'collection' | 'stream';
  readonly channel: Channel;
  readonly head: HeadOfChannel;
  /** Of a collection: the value at each offset. */
  readonly values = new Map<number, ReadonlyMap<string, unknown>>([[0, new Map()]]);
  encoded = 0;

  /** @param beside a channel of the same server */
  constructor(kind: 'collection' | 'stream', historySize = 1_000, beside?: Desk) {
    this.kind = kind;
    this.clock = beside?.clock ?? new VirtualClock();
    this.flusher = beside?.flusher ?? new Flusher(this.clock, 0, () => false);
    const encode: FrameEncoder = (text, of) => {
      this.encoded++;
      return textEncoder(text, of);
    };
    const frames = new ChannelFrames(encode, 1);
    this.channel = new Channel({ spec: { id: 'desk', kind }, staleAfterMs: undefined }, 1, frames);
    const start = { epoch: 'e1', offset: 0, spokeAtMs: null, floor: 0 };
    this.head =
      kind === 'collection'
        ? new CollectionHead({ ...start, kind, records: new Map(), tombstones: new Map() }, frames, 1)
        : new StreamHead(
            { ...start, kind, log: [] },
            frames,
            { size: historySize, ttlMs: 60_000 },
            {
              monotonicMs: 0,
              wallMs: 0,
            },
          );
    this.channel.head = this.head;
  }

  /** Changes keys of the collection, in one step. */
  async upsert(keys: readonly string[], pad = 200): Promise<void> {
    this.upsertNow(keys, pad);
    await this.clock.settle();
  }

  upsertNow(keys: readonly string[], pad = 200): void {
    const offset = this.head.offset + 1;
    const upsert = new Map(keys.map((key) => [key, { at: offset, pad: 'x'.repeat(pad) }]));
    this.values.set(offset, new Map([...(this.values.get(offset - 1) ?? []), ...upsert]));
    this.#publish(offset, { type: 'update', upsert, remove: [] });
  }

  /** Removes keys of the collection, in one step. */
  async remove(keys: readonly string[]): Promise<void> {
    const offset = this.head.offset + 1;
    const value = new Map(this.values.get(offset - 1));
    for (const key of keys) value.delete(key);
    this.values.set(offset, value);
    this.#publish(offset, { type: 'update', upsert: new Map(), remove: keys });
    await this.clock.settle();
  }

  /** Appends events to the stream, in one step. */
  async append(count: number, pad = 200): Promise<void> {
    this.appendNow(count, pad);
    await this.clock.settle();
  }

  appendNow(count: number, pad = 200): void {
    const first = this.head.offset + 1;
    const events = Array.from({ length: count }, (_, n) => ({
      offset: first + n,
      value: { n: first + n, pad: 'x'.repeat(pad) },
      atMs: 0,
    }));
    this.#publish(first + count - 1, { type: 'append', events });
  }

  /** A reader, stopped as soon as its socket is full. */
  async reader(sent = NOTHING_SENT, options: ReaderOptions = {}): Promise<StoppedReader> {
    const reader = new StoppedReader(this, sent, options);
    await this.clock.settle();
    return reader;
  }

  /** P-APP-4: a value is what the server held at the reader's cursor. */
  judge(model: ModelReader): void {
    if (this.kind === 'collection' && model.cursor >= 0) {
      expect(model.value).toEqual(this.values.get(model.cursor));
    }
  }

  #publish(offset: number, change: PublishedChange): void {
    this.head.accept({ epoch: 'e1', previousOffset: this.head.offset, offset, change }, 0);
    this.flusher.channel(this.channel);
  }
}

/** The different runs that readers are half-way through. */
function runsHeldFor(readers: readonly (StoppedReader | Subscription)[]) {
  const subscriptions = readers.map((each) => (each instanceof StoppedReader ? each.subscription : each));
  const runs = new Set(subscriptions.flatMap(({ run }) => (run === null ? [] : [run])));
  const bytes = [...runs].reduce((sum, run) => sum + run.bytes, 0);
  return { count: runs.size, bytes, runs };
}

/** They read on, one after the other, until each holds what the server does. */
async function allHoldTheHead(desk: Desk, readers: readonly StoppedReader[]): Promise<void> {
  for (const reader of readers) {
    await reader.takeAll();
    expect(reader.model.value).toEqual(desk.values.get(desk.head.offset));
  }
}

/** Each event once, or that it is lost. */
function isToldOf({ model }: StoppedReader, first: number, last: number): void {
  const told = new Set(model.events.map(({ offset }) => offset));
  expect(told.size).toBe(model.events.length);
  expect(model.events.map(({ value }) => (value as { n: number }).n)).toEqual([...told]);
  const isLost = (offset: number) => model.lost.some(([from, to]) => offset > from && offset <= to);
  const wrong: number[] = [];
  for (let offset = first; offset <= last; offset++) {
    if (told.has(offset) === isLost(offset)) wrong.push(offset);
  }
  expect(wrong).toEqual([]);
}

const MANY = MAX_HELD_RUNS + 20;

describe('P-NODE-5 readers that stop in the middle of a large collection', () => {
  test('at ever other offsets hold a few runs between them, and all come to hold the value when they read on', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const readers: StoppedReader[] = [];
    while (readers.length < MANY) {
      await desk.upsert([`k${readers.length}`]);
      readers.push(await desk.reader());
    }
    const { count, bytes, runs } = runsHeldFor(readers);
    expect(count).toBe(MAX_HELD_RUNS);
    expect(bytes).toBeLessThanOrEqual(MAX_HELD_RUNS * Math.max(...[...runs].map((run) => run.bytes)));
    // They read at different paces, and the channel goes on changing.
    for (let round = 0; round < 400; round++) {
      await desk.upsert([KEYS[round % KEYS.length] ?? '']);
      await readers[(round * 7) % MANY]?.take();
      expect(runsHeldFor(readers).count).toBeLessThanOrEqual(MAX_HELD_RUNS);
    }
    await allHoldTheHead(desk, readers);
    expect(runsHeldFor(readers).count).toBe(0);
  });

  test('removals that are more than anybody remembers reach readers in step', async () => {
    const desk = new Desk('collection');
    const many = Array.from({ length: 3_000 }, (_, n) => `a key that is long enough to need parts ${n}`);
    await desk.upsert(many, 1);
    const reader = await desk.reader();
    await reader.takeAll();
    await desk.remove(many.slice(1));
    await reader.takeAll();
    expect([...(reader.model.value as ReadonlyMap<string, unknown>).keys()]).toEqual(many.slice(0, 1));
  });

  test.each(['collection', 'stream'] as const)('hold as few of a second channel, a %s', async (kind) => {
    const first = new Desk('collection');
    const second = new Desk(kind, 1_000, first);
    let pad = 200;
    const change = async () => {
      // Whole fields are new, so that a change takes as many parts as the value.
      first.upsertNow(KEYS, ++pad);
      if (kind === 'stream') second.appendNow(60);
      else second.upsertNow(KEYS, pad);
      await first.clock.settle();
    };
    await change();
    const subscriptions: Subscription[] = [];
    while (subscriptions.length < MANY) {
      const reader = await first.reader(first.head.offset);
      subscriptions.push(reader.alsoReads(second));
      await change();
      // The first has taken all the room there was.
      expect(reader.socket.bufferedBytes).toBeGreaterThan(WATERMARK_BYTES);
    }
    expect(subscriptions.map(({ sent }) => sent)).not.toContain(second.head.offset);
    expect(runsHeldFor(subscriptions).count).toBeLessThanOrEqual(MAX_HELD_RUNS);
  });

  test('and who come back with cursors need ranges: the same', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const readers: StoppedReader[] = [];
    while (readers.length < MANY) {
      const sent = desk.head.offset;
      await desk.upsert(KEYS.slice(readers.length, readers.length + 40));
      readers.push(await desk.reader(sent));
      expect(runsHeldFor(readers).count).toBeLessThanOrEqual(MAX_HELD_RUNS);
    }
    for (let round = 0; round < 400; round++) {
      await desk.upsert(KEYS.slice(round % 30, (round % 30) + 20));
      await readers[(round * 7) % MANY]?.take();
      expect(runsHeldFor(readers).count).toBeLessThanOrEqual(MAX_HELD_RUNS);
    }
    await allHoldTheHead(desk, readers);
  });

  test('at one head, each from another place and with other parts: the same, and no part comes twice', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    for (let n = 0; n < MANY; n++) await desk.upsert([`k${n}`]);
    await desk.upsert(KEYS);
    const readers: StoppedReader[] = [];
    for (let n = 0; n < MANY; n++) {
      // From the newest place to the oldest: none is suited by what was there before it.
      const partBytes = [512, 1_024][n % 2] ?? 0;
      readers.push(await desk.reader(MANY - n, { form: { patches: true, partBytes } }));
    }
    for (let round = 0; round < 10; round++) {
      for (const reader of readers) await reader.take();
      expect(runsHeldFor(readers).count).toBeLessThanOrEqual(MAX_HELD_RUNS);
    }
    await allHoldTheHead(desk, readers);
  });

  test('P-DATA-7 and lose their run while the head stands are given the rest of the same parts', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const readers: StoppedReader[] = [];
    for (let n = 0; n <= MAX_HELD_RUNS; n++) {
      readers.push(await desk.reader(NOTHING_SENT, { form: { patches: true, partBytes: 600 + n * 80 } }));
    }
    const [first] = readers;
    expect(first?.subscription.run).toBeNull();
    const parts = (await first?.takeAll())?.map(({ o, i }) => `${String(o)} ${String(i)}`);
    expect(parts?.length).toBeGreaterThan(10);
    expect(parts).toEqual(parts?.map((_, index) => `1 ${index}`));
  });

  test('are given what is new at that moment while few of them have stopped', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    for (let n = 1; n <= MAX_HELD_RUNS; n++) {
      await desk.upsert(['k0']);
      const reader = await desk.reader();
      expect(reader.subscription.run?.offset).toBe(desk.head.offset);
    }
  });

  test('are given the newest value that others wait for once many have, and the range to the head behind it', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const before: StoppedReader[] = [];
    for (let n = 0; n < MAX_HELD_RUNS; n++) {
      await desk.upsert(['k0']);
      before.push(await desk.reader());
    }
    const newest = desk.head.offset;
    await desk.upsert(['k1']);
    await desk.upsert(['k2']);
    const late = await desk.reader();
    expect(late.subscription.run).toBe(before.at(-1)?.subscription.run);
    const frames = await late.takeAll();
    expect(new Set(frames.map(({ t, o }) => `${t} ${String(o)}`))).toEqual(
      new Set([`f ${newest}`, `d ${newest + 2}`]),
    );
    expect(frames.at(-1)).toMatchObject({ b: newest });
    expect(late.model.value).toEqual(desk.values.get(desk.head.offset));
  });

  test('do not join a value with a frame too large for them', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    await desk.upsert(['k0'], 3_000);
    for (let n = 0; n < MAX_HELD_RUNS; n++) {
      await desk.upsert(['k1']);
      await desk.reader();
    }
    await desk.upsert(['k0']);
    const small = await desk.reader(NOTHING_SENT, { maxFrameBytes: 2_000 });
    expect(small.subscription.run?.offset).toBe(desk.head.offset);
    await small.takeAll();
    expect(small.model.value).toEqual(desk.values.get(desk.head.offset));
  });

  test('do not join a value that no range can follow any more', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const before: StoppedReader[] = [];
    for (let n = 0; n < MAX_HELD_RUNS; n++) {
      await desk.upsert(['k1']);
      before.push(await desk.reader());
    }
    // More removals than a head remembers.
    await desk.remove(Array.from({ length: 2_000 }, (_, n) => `gone${n}`));
    expect(desk.head.floor).toBe(desk.head.offset);
    const late = await desk.reader();
    expect(late.subscription.run?.offset).toBe(desk.head.offset);
    await allHoldTheHead(desk, [...before, late]);
  });

  test('lose their run to others only when nothing was taken of it for longest, not when they are slow', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const slow = await desk.reader();
    const stopped: StoppedReader[] = [];
    const frames: Frame[] = [];
    while (slow.subscription.run?.offset === 1) {
      // None suits this one: it holds what the newest of them leads to.
      const sent = desk.head.offset;
      await desk.upsert(KEYS);
      stopped.push(await desk.reader(sent));
      frames.push(...(await slow.take()));
    }
    frames.push(...(await slow.take()));
    const parts = frames.filter(({ t }) => t === 'f').map(({ o, i }) => `${String(o)} ${String(i)}`);
    expect(parts).toEqual(parts.map((_, index) => `1 ${index}`));
    expect(stopped.length).toBeGreaterThan(MAX_HELD_RUNS);
    expect(stopped[0]?.subscription.run).toBeNull();
  });

  test('are not kept from finishing by any number that stop elsewhere and that something held suits', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const slow = await desk.reader();
    for (let n = 0; n < MANY; n++) {
      await desk.upsert(['k0']);
      await desk.reader();
    }
    const frames = await slow.takeAll();
    const parts = frames.filter(({ t }) => t === 'f').map(({ o, i }) => `${String(o)} ${String(i)}`);
    expect(parts).toEqual(parts.map((_, index) => `1 ${index}`));
  });

  test('and stand at one place share one run, encoded once', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const first = await desk.reader();
    const { encoded } = desk;
    const others: StoppedReader[] = [];
    for (let n = 0; n < MANY; n++) others.push(await desk.reader());
    expect(desk.encoded).toBe(encoded);
    expect(runsHeldFor([first, ...others]).count).toBe(1);
  });

  test('are not counted once they have left', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    for (let n = 0; n < MANY; n++) {
      await desk.upsert(['k0']);
      const reader = await desk.reader();
      desk.channel.detach(reader.subscription);
      reader.outbox.close();
    }
    await desk.upsert(['k0']);
    const reader = await desk.reader();
    expect(reader.subscription.run?.offset).toBe(desk.head.offset);
  });

  test('find another epoch: they begin anew with its value', async () => {
    const desk = new Desk('collection');
    await desk.upsert(KEYS);
    const readers: StoppedReader[] = [];
    while (readers.length < MANY) {
      await desk.upsert(['k0']);
      readers.push(await desk.reader());
    }
    const records = new Map(KEYS.map((key) => [key, { value: { at: 7, pad: 'y'.repeat(200) }, offset: 7 }]));
    desk.values.clear();
    desk.values.set(7, new Map([...records].map(([key, { value }]) => [key, value])));
    const start = { kind: 'collection', epoch: 'e2', offset: 7, floor: 7, spokeAtMs: null } as const;
    desk.head.replace({ ...start, records, tombstones: new Map() }, 0, 0);
    desk.channel.scatter();
    expect(runsHeldFor(readers).count).toBe(0);
    for (const reader of readers) await reader.take();
    expect(runsHeldFor(readers).count).toBe(1);
    for (const reader of readers) {
      await reader.takeAll();
      expect(reader.model.epoch).toBe('e2');
      expect(reader.model.value).toEqual(desk.values.get(7));
    }
  });
});

describe('P-DATA-10 readers that stop in the middle of a stream', () => {
  test('of what is kept hold nothing: it is told page by page from there', async () => {
    const desk = new Desk('stream');
    await desk.append(100);
    const readers: StoppedReader[] = [];
    while (readers.length < MANY) {
      await desk.append(1);
      readers.push(await desk.reader(readers.length));
    }
    expect(runsHeldFor(readers).count).toBe(0);
    for (const [at, reader] of readers.entries()) {
      await reader.takeAll();
      isToldOf(reader, at + 1, desk.head.offset);
      expect(reader.model.lost).toEqual([[0, at]]);
    }
  });

  test('of what is kept, and wait until it is not: what is lost is told, and nothing else', async () => {
    const desk = new Desk('stream', 50);
    await desk.append(50);
    const reader = await desk.reader(0);
    await desk.append(40);
    await reader.takeAll();
    isToldOf(reader, 1, desk.head.offset);
    const [, lost] = reader.model.lost;
    expect(lost?.[1]).toBe(40);
    expect(reader.model.events).toHaveLength((lost?.[0] ?? 0) + 50);
  });

  test('of bursts beyond what is kept hold a few runs, and are told each event once or that it is lost', async () => {
    const desk = new Desk('stream', 5);
    const readers: StoppedReader[] = [];
    while (readers.length < MANY) {
      readers.push(await desk.reader());
      await desk.append(60);
      expect(runsHeldFor(readers).count).toBeLessThanOrEqual(MAX_HELD_RUNS);
      // One of those from before reads on, and meets the next burst as one that is in step.
      if (readers.length % 3 === 0) await readers[readers.length >> 1]?.takeAll();
    }
    expect(runsHeldFor(readers).count).toBe(MAX_HELD_RUNS);
    for (const reader of readers) {
      await reader.takeAll();
      isToldOf(reader, 1, desk.head.offset);
    }
  });

  test('of a burst, and read on before four others came: they are told all of it', async () => {
    const desk = new Desk('stream', 5);
    const reader = await desk.reader();
    await desk.append(60);
    await desk.append(1);
    await reader.takeAll();
    expect(reader.model.events).toHaveLength(61);
  });
});

const key = fc.integer({ min: 0, max: KEYS.length - 1 });
const keys = fc.tuple(key, key).map(([from, to]) => KEYS.slice(Math.min(from, to), Math.max(from, to) + 1));
const step = fc.oneof(
  fc.record({ do: fc.constant('upsert' as const), keys, pad: fc.integer({ min: 0, max: 300 }) }),
  fc.record({ do: fc.constant('remove' as const), keys }),
  fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }) }),
  fc.record({
    do: fc.constant('come' as const),
    back: fc.option(fc.integer({ min: 0, max: 10 }), { nil: null }),
    partBytes: fc.constantFrom(512, 1_024),
  }),
  fc.record({ do: fc.constantFrom('take' as const, 'take' as const, 'leave' as const), who: fc.nat(100) }),
);

test.each(['collection', 'stream'] as const)(
  'P-NODE-5 whoever stops, reads on, comes and leaves: few runs are held, and nobody meets a hole (%s)',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 150, size: 'max' }), async (steps) => {
        const desk = new Desk(kind, 20);
        const readers: StoppedReader[] = [];
        for (const each of steps) {
          const reader = 'who' in each ? readers[each.who % readers.length] : undefined;
          if (each.do === 'come') {
            const sent = each.back === null ? NOTHING_SENT : desk.head.offset - each.back;
            readers.push(
              await desk.reader(sent >= desk.head.floor ? sent : NOTHING_SENT, {
                form: { patches: true, partBytes: each.partBytes },
              }),
            );
          } else if (each.do === 'take') {
            await reader?.take();
          } else if (each.do === 'leave') {
            if (reader === undefined) continue;
            desk.channel.detach(reader.subscription);
            readers.splice(readers.indexOf(reader), 1);
          } else if (kind === 'stream') {
            if (each.do === 'append') await desk.append(each.count);
          } else if (each.do === 'remove') {
            await desk.remove(each.keys);
          } else if (each.do === 'upsert') {
            await desk.upsert(each.keys, each.pad);
          }
          expect(runsHeldFor(readers).count).toBeLessThanOrEqual(MAX_HELD_RUNS);
        }
        for (const reader of readers) {
          await reader.takeAll();
          expect(reader.model.cursor).toBe(desk.head.offset);
          if (kind === 'stream') isToldOf(reader, 1, desk.head.offset);
        }
        expect(runsHeldFor(readers).count).toBe(0);
      }),
      { numRuns: 60 },
    );
  },
  60_000,
);
