import type { TickwireError } from '@tickwire/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setUp } from '../test-support/set-up.js';

// A model of commands beside the real client: whatever is called, cut, given up and answered in whatever order, each call
// ends once, says truly whether it was done, and is sent again only where twice is the same as once (P-CMD-1, P-CMD-2).

const HOUR_MS = 3_600_000;
const MAX_WAITING = 3;

interface Outcome {
  readonly value?: unknown;
  readonly code?: string;
  readonly executed?: string;
}

/** What the model knows of a call. */
interface ModelCall {
  readonly qty: number;
  readonly keyed: boolean;
  status: 'waiting' | 'sent' | 'done';
  /** How it must end; `undefined` while that is open. */
  must: Outcome | undefined;
}

interface Model {
  isConnected: boolean;
  readonly calls: ModelCall[];
}

/** One real call. */
interface RealCall {
  readonly giveUp: AbortController;
  readonly outcomes: Outcome[];
}

class Real {
  readonly calls: RealCall[] = [];
  /** What the server received: the call's number, and its key. */
  readonly received: { readonly qty: number; readonly id: number; readonly key: string | undefined }[] = [];
  readonly #made = setUp({
    queue: { maxSize: MAX_WAITING, expiryMs: 10 * HOUR_MS },
    commandTimeoutMs: HOUR_MS,
  });

  constructor() {
    const { server } = this.#made;
    server.welcome = { ping: { every: 10 * HOUR_MS, grace: HOUR_MS } };
    server.onRequest = ({ id, v, k }) => {
      this.received.push({ qty: (v as { readonly qty: number }).qty, id, key: k });
    };
  }

  get settle(): () => Promise<void> {
    return this.#made.clock.settle;
  }

  get queueSize(): number {
    return this.#made.client.stats().queueSize;
  }

  async connect(): Promise<void> {
    const { server, client, clock } = this.#made;
    server.opens = true;
    for (const pipe of server.live) if (!pipe.isOpen) pipe.open();
    client.connect();
    await clock.settle();
    expect(client.connection.getSnapshot().status).toBe('connected');
  }

  async cut(): Promise<void> {
    const { server, clock } = this.#made;
    server.opens = false;
    for (const pipe of server.live) pipe.close(1006);
    await clock.settle();
  }

  call(qty: number, key: string | undefined, queue: boolean): void {
    const giveUp = new AbortController();
    const outcomes: Outcome[] = [];
    this.#made.client.command('place', { qty }, { key, queue, signal: giveUp.signal }).then(
      (value) => outcomes.push({ value }),
      (error: unknown) => {
        const { code, executed } = error as TickwireError;
        outcomes.push({ code, executed });
      },
    );
    this.calls.push({ giveUp, outcomes });
  }

  answer(qty: number, times: number): void {
    const last = this.received.findLast((each) => each.qty === qty);
    for (let time = 0; time < times; time++)
      this.#made.server.pipe.send({ t: 'res', id: last?.id, v: { id: `o-${qty}` } });
  }

  advance(ms: number): Promise<void> {
    return this.#made.clock.advance(ms);
  }
}

/** Holds the client against the model after every step. */
async function compare(model: Model, real: Real): Promise<void> {
  await real.settle();
  for (const [qty, { must, keyed, status }] of model.calls.entries()) {
    expect(real.calls[qty]?.outcomes).toEqual(must === undefined ? [] : [must]);
    const sent = real.received.filter((each) => each.qty === qty);
    if (!keyed) expect(sent.length).toBeLessThanOrEqual(1);
    expect(new Set(sent.map(({ key }) => key)).size).toBeLessThanOrEqual(1);
    if (status === 'sent') expect(sent.length).toBeGreaterThan(0);
    if (must?.executed === 'no') expect(sent).toEqual([]);
  }
  expect(real.queueSize).toBe(model.calls.filter(({ status }) => status === 'waiting').length);
}

function done(call: ModelCall, must: Outcome): void {
  call.status = 'done';
  call.must = must;
}

type Step = fc.AsyncCommand<Model, Real>;

class Call implements Step {
  constructor(
    readonly keyed: boolean,
    readonly queue: boolean,
  ) {}
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    const qty = model.calls.length;
    const call: ModelCall = { qty, keyed: this.keyed, status: 'waiting', must: undefined };
    const waiting = model.calls.filter(({ status }) => status === 'waiting').length;
    if (model.isConnected) call.status = 'sent';
    else if (!this.queue) done(call, { code: 'unavailable', executed: 'no' });
    else if (waiting >= MAX_WAITING) done(call, { code: 'limit', executed: 'no' });
    model.calls.push(call);
    real.call(qty, this.keyed ? `key-${qty}` : undefined, this.queue);
    await compare(model, real);
  }
  toString = (): string => `call(${this.keyed ? 'keyed' : 'plain'}${this.queue ? ', queue' : ''})`;
}

class Answer implements Step {
  constructor(
    readonly which: number,
    readonly times: number,
  ) {}
  check = ({ isConnected, calls }: Readonly<Model>): boolean =>
    isConnected && calls.some(({ status }) => status === 'sent');
  async run(model: Model, real: Real): Promise<void> {
    const open = model.calls.filter(({ status }) => status === 'sent');
    const call = open[this.which % open.length];
    if (call === undefined) return;
    done(call, { value: { id: `o-${call.qty}` } });
    real.answer(call.qty, this.times);
    await compare(model, real);
  }
  toString = (): string => `answer(${this.which}, ${this.times} times)`;
}

class GiveUp implements Step {
  constructor(readonly which: number) {}
  check = ({ calls }: Readonly<Model>): boolean => calls.length > 0;
  async run(model: Model, real: Real): Promise<void> {
    const call = model.calls[this.which % model.calls.length];
    if (call === undefined) return;
    if (call.status !== 'done') {
      const wasSent = real.received.some(({ qty }) => qty === call.qty);
      done(call, { code: 'cancelled', executed: wasSent ? 'maybe' : 'no' });
    }
    real.calls[call.qty]?.giveUp.abort();
    await compare(model, real);
  }
  toString = (): string => `giveUp(${this.which})`;
}

class Cut implements Step {
  check = ({ isConnected }: Readonly<Model>): boolean => isConnected;
  async run(model: Model, real: Real): Promise<void> {
    model.isConnected = false;
    for (const call of model.calls) {
      if (call.status !== 'sent') continue;
      if (call.keyed) call.status = 'waiting';
      else done(call, { code: 'indeterminate', executed: 'maybe' });
    }
    await real.cut();
    await compare(model, real);
  }
  toString = (): string => 'cut';
}

class Connect implements Step {
  check = ({ isConnected }: Readonly<Model>): boolean => !isConnected;
  async run(model: Model, real: Real): Promise<void> {
    model.isConnected = true;
    for (const call of model.calls) if (call.status === 'waiting') call.status = 'sent';
    await real.connect();
    await compare(model, real);
  }
  toString = (): string => 'connect';
}

class Wait implements Step {
  constructor(readonly ms: number) {}
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    await real.advance(this.ms);
    await compare(model, real);
  }
  toString = (): string => `wait(${this.ms})`;
}

const step = [
  fc.tuple(fc.boolean(), fc.boolean()).map(([keyed, queue]) => new Call(keyed, queue)),
  fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 2 })).map(([which, times]) => new Answer(which, times)),
  fc.nat(9).map((which) => new GiveUp(which)),
  fc.constant(new Cut()),
  fc.constant(new Connect()),
  fc.integer({ min: 1, max: 5_000 }).map((ms) => new Wait(ms)),
];

test('P-CMD-1 P-CMD-2 every call ends once, and says truly whether it was done', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(step, { maxCommands: 40, size: 'max' }), async (steps) => {
      const model: Model = { isConnected: true, calls: [] };
      const real = new Real();
      await real.connect();
      await fc.asyncModelRun(() => ({ model, real }), steps);
      // Whatever is still open ends by its deadline.
      await real.cut();
      await real.advance(2 * HOUR_MS);
      for (const { outcomes } of real.calls) expect(outcomes).toHaveLength(1);
      expect(real.queueSize).toBe(0);
    }),
    { numRuns: 100 },
  );
});
