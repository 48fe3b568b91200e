// Transport suite: what every transport of a client must hold. Each case has the other end of its pipes in its hands.
import type { Socket, SocketEvents, Transport } from '@tickwire/client';
import { OFFERED_SUBPROTOCOLS } from '@tickwire/protocol';
import { eventually, mustBe, mustEqual } from './assertions.js';
import { type ConformanceCase, registerCases, type SuiteRunner } from './conformance-case.js';

/** The other end of one pipe. */
export interface TransportPeer {
  /** The subprotocols that were offered, in their order. */
  readonly offered: readonly string[];
  /** What arrived, oldest first. */
  readonly received: readonly string[];
  /** The close code this end saw; `null` while the pipe is there. */
  readonly closeCode: number | null;
  /** Sends one message. */
  send(text: string): void;
  /** Ends the pipe behind what was sent. */
  close(code: number, reason: string): void;
  /** Ends the pipe without a word. */
  terminate(): void;
}

/** A transport, and somebody to talk to, opened for one case. */
export interface TransportUnderTest {
  readonly transport: Transport;
  /** Where the peers are. */
  readonly url: string;
  /** Where nobody listens. */
  readonly deadUrl: string;
  /** Everybody who connected so far, the oldest first; the same array in its growth. */
  readonly peers: readonly TransportPeer[];
  /**
   * Lets everything happen that is under way.
   * @defaultValue a little real time passes
   */
  readonly settle?: (() => Promise<void>) | undefined;
  /** Ends it, after the case. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** What a transport may be unable to be tried for: `protocols` where no subprotocols are negotiated. */
export type TransportAbility = 'protocols';

/** Options of {@link testTransport}. */
export interface TransportSuiteOptions {
  /** @defaultValue none */
  readonly leaveOut?: readonly TransportAbility[] | undefined;
}

/** What a pipe reported, in order. */
type Report =
  | { readonly is: 'open' }
  | { readonly is: 'message'; readonly data: unknown }
  | { readonly is: 'close'; readonly code: number; readonly reason: string };

interface Bench {
  readonly under: TransportUnderTest;
  /** Opens a pipe and writes down what it reports. */
  readonly pipe: (url?: string) => Pipe;
  /** Opens a pipe and waits for both its ends. */
  readonly open: () => Promise<{ readonly pipe: Pipe; readonly peer: TransportPeer }>;
  readonly until: (condition: () => boolean, sentence: string) => Promise<void>;
}

class Pipe {
  readonly reports: Report[] = [];
  readonly socket: Socket;
  reportedEarly = false;

  constructor(transport: Transport, url: string) {
    let isBorn = false;
    const report = (each: Report): void => {
      if (!isBorn) this.reportedEarly = true;
      this.reports.push(each);
    };
    const events: SocketEvents = {
      onOpen: () => report({ is: 'open' }),
      onMessage: (data) => report({ is: 'message', data }),
      onClose: (code, reason) => report({ is: 'close', code, reason }),
    };
    this.socket = transport.open({ url, protocols: OFFERED_SUBPROTOCOLS }, events);
    isBorn = true;
  }

  get isOpen(): boolean {
    return this.reports.some(({ is }) => is === 'open');
  }

  get messages(): readonly unknown[] {
    return this.reports.flatMap((each) => (each.is === 'message' ? [each.data] : []));
  }

  get ends(): readonly Extract<Report, { is: 'close' }>[] {
    return this.reports.filter((each) => each.is === 'close');
  }
}

type Run = (bench: Bench) => Promise<void>;

const ABNORMAL = 1006;
const BIG = 'ä😀x'.repeat(20_000);
const TEXTS = ['{}', '', ' ', '\n', '{"t":"a"}\n{"t":"b"}', 'ä\u2028"\\😀\0', BIG];

const cases: Readonly<Record<string, Run>> = {
  'opening reports nothing before it has returned, and the opening once': async ({ open }) => {
    const { pipe } = await open();
    mustBe(!pipe.reportedEarly, 'nothing may be reported before open() has returned');
    mustEqual(pipe.reports, [{ is: 'open' }], 'what is reported of a pipe that opened');
  },

  'text passes in both directions, in order and as it was': async ({ open, until }) => {
    const { pipe, peer } = await open();
    for (const text of TEXTS) pipe.socket.send(text);
    await until(() => peer.received.length === TEXTS.length, 'the peer must get every message');
    mustEqual(peer.received, TEXTS, 'what the peer got');
    for (const text of TEXTS) peer.send(text);
    await until(() => pipe.messages.length === TEXTS.length, 'every message must be reported');
    mustEqual(pipe.messages, TEXTS, 'what was reported');
  },

  'many messages keep their order': async ({ open, until }) => {
    const { pipe, peer } = await open();
    const many = Array.from({ length: 500 }, (_, at) => String(at));
    for (const text of many) {
      pipe.socket.send(text);
      peer.send(text);
    }
    await until(() => peer.received.length === 500 && pipe.messages.length === 500, 'all must arrive');
    mustEqual([peer.received, pipe.messages], [many, many], 'the messages');
  },

  'two pipes are apart': async ({ open, until }) => {
    const [one, two] = [await open(), await open()];
    one.peer.send('one');
    two.peer.send('two');
    await until(() => one.pipe.messages.length + two.pipe.messages.length === 2, 'both must arrive');
    mustEqual([one.pipe.messages, two.pipe.messages], [['one'], ['two']], 'the messages');
    one.pipe.socket.close(1000, '');
    await until(() => one.peer.closeCode !== null, 'the peer must see the close');
    mustEqual([two.peer.closeCode, two.pipe.ends], [null, []], 'the other pipe');
  },

  'the end that a peer makes is reported once, with its code and reason, behind what it sent': async ({
    open,
    until,
  }) => {
    const { pipe, peer } = await open();
    peer.send('last');
    peer.close(4400, 'drain');
    await until(() => pipe.ends.length > 0, 'the end must be reported');
    mustEqual(
      pipe.reports.slice(1),
      [
        { is: 'message', data: 'last' },
        { is: 'close', code: 4400, reason: 'drain' },
      ],
      'what is reported of an end',
    );
  },

  'an end without a word is reported once, as 1006': async ({ open, until }) => {
    const { pipe, peer } = await open();
    peer.terminate();
    await until(() => pipe.ends.length > 0, 'the end must be reported');
    mustEqual(
      pipe.ends.map(({ code }) => code),
      [ABNORMAL],
      'the code of an end without a word',
    );
  },

  'where nobody listens the end is reported once, and never an opening': async ({
    under,
    pipe: begin,
    until,
  }) => {
    const pipe = begin(under.deadUrl);
    await until(() => pipe.ends.length > 0, 'an attempt that fails must be reported');
    mustBe(!pipe.reportedEarly, 'nothing may be reported before open() has returned');
    mustBe(!pipe.isOpen, 'an attempt that fails must not be reported as open');
    mustEqual(pipe.ends.length, 1, 'the number of ends');
  },

  'a url that is none is reported, not thrown': async ({ pipe: begin, until }) => {
    const pipe = begin('::: no url');
    await until(() => pipe.ends.length > 0, 'a wrong url must be reported');
    mustBe(
      !pipe.isOpen && !pipe.reportedEarly,
      'a wrong url must be reported as an end, after open() has returned',
    );
  },

  'closing is told to the peer with code and reason, and nothing is reported any more': async ({
    open,
    until,
  }) => {
    const { pipe, peer } = await open();
    pipe.socket.send('last');
    peer.send('too late');
    pipe.socket.close(4001, 'done');
    await until(() => peer.closeCode !== null, 'the peer must see the close');
    mustEqual([peer.closeCode, peer.received], [4001, ['last']], 'what the peer saw');
    mustEqual(pipe.reports, [{ is: 'open' }], 'what is reported after close()');
  },

  'closing before it is open ends the attempt, without a report': async ({ under, pipe: begin, open }) => {
    const pipe = begin();
    pipe.socket.close(1000, '');
    // Another one opens, so the first had its time.
    await open();
    mustEqual(pipe.reports, [], 'what is reported of an attempt that was given up');
    mustBe(
      under.peers.every(({ received }) => received.length === 0),
      'nothing may be sent by an attempt that was given up',
    );
  },

  'sending on what is not open does nothing': async ({ pipe: begin, under, until }) => {
    const pipe = begin();
    pipe.socket.send('too early');
    await until(() => pipe.isOpen && under.peers.length > 0, 'the pipe must open');
    pipe.socket.send('in time');
    await until(() => (under.peers[0]?.received.length ?? 0) > 0, 'the message must arrive');
    under.peers[0]?.terminate();
    await until(() => pipe.ends.length > 0, 'the end must be reported');
    pipe.socket.send('too late');
    mustEqual(under.peers[0]?.received, ['in time'], 'what the peer got');
  },

  'closing twice, or after the end, does nothing': async ({ open, until }) => {
    const { pipe, peer } = await open();
    peer.close(1000, '');
    await until(() => pipe.ends.length > 0, 'the end must be reported');
    pipe.socket.close(1000, '');
    pipe.socket.close(4000, '');
    mustEqual(pipe.ends.length, 1, 'the number of ends');
  },
};

const negotiating: Readonly<Record<string, Run>> = {
  'P-CONN-1 the subprotocols are offered, best first': async ({ open }) => {
    const { peer } = await open();
    mustEqual(peer.offered, OFFERED_SUBPROTOCOLS, 'what is offered');
  },
};

/** What a transport of a client must hold, as cases for any test runner. @param open opens it for one case. */
export function transportCases(
  open: () => TransportUnderTest | Promise<TransportUnderTest>,
  { leaveOut = [] }: TransportSuiteOptions = {},
): readonly ConformanceCase[] {
  const all = leaveOut.includes('protocols') ? cases : { ...cases, ...negotiating };
  return Object.entries(all).map(([name, run]) => ({
    name,
    run: async () => {
      const under = await open();
      const until = (condition: () => boolean, sentence: string): Promise<void> =>
        eventually(condition, sentence, under.settle);
      const begin = (url = under.url): Pipe => new Pipe(under.transport, url);
      try {
        await run({
          under,
          pipe: begin,
          until,
          open: async () => {
            const before = under.peers.length;
            const pipe = begin();
            await until(() => pipe.isOpen && under.peers.length > before, 'a pipe must open at both ends');
            const peer = under.peers.at(-1);
            mustBe(peer !== undefined, 'a pipe must have another end');
            return { pipe, peer };
          },
        });
      } finally {
        await under.close?.();
      }
    },
  }));
}

/** Registers {@link transportCases} as tests. */
export function testTransport(
  open: () => TransportUnderTest | Promise<TransportUnderTest>,
  runner: SuiteRunner,
  options?: TransportSuiteOptions,
): void {
  registerCases('a transport', transportCases(open, options), runner);
}
