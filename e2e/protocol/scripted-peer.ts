// A server on a virtual clock, and peers that say exactly what a test writes: the rules of the protocol, frame by frame.
import { collection, command, defineContract, state, stream } from '@tickwire/protocol';
import { serverFrameSchema } from '@tickwire/protocol/schema';
import {
  createMemoryBroker,
  createServer,
  type AcceptRequest,
  type EncodedFrame,
  type FrameEncoder,
  type ServerSettings,
} from '@tickwire/server';
import { SeededRandom, VirtualClock } from '@tickwire/testing';
import * as z from 'zod/mini';

const text = z.string().check(z.maxLength(1_000_000));

export const contract = defineContract({
  name: 'rules',
  version: '1.2.0',
  channels: {
    'price/{symbol}': state(
      z.object({ bid: z.number(), ask: z.optional(z.number()), at: z.number(), label: z.optional(text) }),
      {
        staleAfterMs: 5_000,
        timeField: 'at',
      },
    ),
    'note/{name}': state(z.union([z.string(), z.number()])),
    book: collection(z.object({ id: text, size: z.number(), note: z.optional(text) }), { key: 'id' }),
    trades: stream(z.object({ id: z.number(), note: z.optional(text) }), {
      history: { size: 5, ttlMs: 60_000 },
    }),
    'mine/{user}': state(z.object({ secret: z.string() })),
  },
  commands: {
    echo: command({
      input: z.object({ say: z.string().check(z.maxLength(100)) }),
      output: z.object({ said: z.string() }),
    }),
    slow: command({ input: z.object({}), output: z.object({}), timeoutMs: 2_000 }),
    buy: command({
      input: z.object({ quantity: z.number() }),
      output: z.object({ order: z.number() }),
      errors: { insufficientFunds: z.object({ needed: z.string() }) },
    }),
  },
});

/** A frame as a test reads it. */
export type Frame = Readonly<Record<string, unknown>> & { readonly t: string };

const encode: FrameEncoder = (frame, kind) => ({
  byteLength: Buffer.byteLength(frame),
  kind,
  payload: frame,
});

/** One connection, and everything it was sent. */
export class ScriptedPeer {
  /** Each write is one list of frames. */
  readonly writes: Frame[][] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  /** What the socket holds back, as a peer that does not read makes it. */
  bufferedBytes = 0;
  readonly #handler;
  readonly #clock: VirtualClock;

  constructor(
    clock: VirtualClock,
    server: Pick<ReturnType<typeof createServer>, 'accept'>,
    request: AcceptRequest,
  ) {
    this.#clock = clock;
    const socket = {
      bufferedBytes: 0,
      write: (frames: readonly EncodedFrame[]) => {
        this.writes.push(
          frames.map(({ payload }) => serverFrameSchema.parse(JSON.parse(payload as string)) as Frame),
        );
      },
      close: (code: number, reason: string) => {
        this.closed ??= { code, reason };
      },
      terminate: () => {
        this.closed ??= { code: 1006, reason: '' };
      },
    };
    Object.defineProperty(socket, 'bufferedBytes', { get: () => this.bufferedBytes });
    this.#handler = server.accept(socket, request);
  }

  /** Frames that came since the last call. */
  take(): Frame[] {
    return this.writes.splice(0).flat();
  }

  /** Sends frames as one message and gives the answers of this instant. */
  async say(...frames: readonly object[]): Promise<Frame[]> {
    return this.sayText(frames.map((frame) => JSON.stringify(frame)).join('\n'));
  }

  async sayText(message: string | Uint8Array): Promise<Frame[]> {
    this.#handler.onMessage(message);
    return this.wait(0);
  }

  /** Lets time pass and gives what came. */
  async wait(ms: number): Promise<Frame[]> {
    await this.#clock.advance(ms);
    return this.take();
  }

  /** The peer reads again. */
  async drain(): Promise<Frame[]> {
    this.bufferedBytes = 0;
    this.#handler.onDrain();
    return this.wait(0);
  }

  leave(): void {
    this.#handler.onClose(1001);
  }
}

export interface StageOptions extends ServerSettings {
  /** Credentials end so long after the connection was made, in milliseconds. */
  readonly ttlMs?: number;
}

/** A server whose principal is the token, that allows `mine/{user}` to its user, and forbids nothing else. */
export function setStage({ ttlMs, ...settings }: StageOptions = {}) {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const memory = createMemoryBroker({ clock, random });
  const banned = new Set<string>();
  let orders = 0;
  const server = createServer(contract, {
    authenticate: async ({ token }) => {
      await Promise.resolve();
      if (token === 'wrong') throw new Error('no such user');
      return {
        principal: token ?? 'nobody',
        ...(ttlMs === undefined ? {} : { expiresAtMs: clock.wallMs() + ttlMs }),
      };
    },
    authorize: {
      'price/{symbol}': () => true,
      'note/{name}': () => true,
      book: () => true,
      trades: ({ principal }) => !banned.has(principal),
      'mine/{user}': ({ principal, params }) => principal === params.user,
    },
    commands: {
      echo: ({ say }) => ({ said: say }),
      slow: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('asked to stop')));
        }),
      buy: ({ quantity }, { fail }) => {
        if (quantity > 100) throw fail('insufficientFunds', { needed: '9.50' });
        return { order: ++orders };
      },
    },
    clock,
    random,
    broker: memory.connect,
    frameEncoder: encode,
    logger: () => undefined,
    ...settings,
  });
  const connect = (request: AcceptRequest = {}) => new ScriptedPeer(clock, server, request);
  return {
    clock,
    server,
    banned,
    connect,
    /** A peer that was welcomed. */
    async enter(hello: object = {}): Promise<ScriptedPeer> {
      const peer = connect();
      const answers = await peer.say({ t: 'hello', v: 1, caps: ['delta'], ...hello });
      if (answers[0]?.t !== 'welcome') throw new Error(`not welcomed: ${JSON.stringify(answers)}`);
      return peer;
    },
  };
}

/** The first frame of a type. */
export function frameOf(frames: readonly Frame[], type: string): Frame {
  const found = frames.find(({ t }) => t === type);
  if (found === undefined) throw new Error(`no ${type} among ${JSON.stringify(frames)}`);
  return found;
}
