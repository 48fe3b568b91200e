// The conformance vectors for servers, against the real server in virtual time; and against servers that were made wrong.
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { SeededRandom } from '../random/seeded-random.js';
import { createConformanceServer } from './conformance-server.js';
import { textFrameEncoder } from '../script/server-platform.js';
import { createMemoryWire } from './memory-wire.js';
import { runConformance, type VectorResult } from './run.js';
import type { ConformanceWire } from './server-script.js';
import { type Fault, spoil, type WireFrame } from './spoiled-wire.js';
import { serverVectorsOf, type VectorFile } from './vectors.js';

const folder = new URL('../../../protocol/vectors/v1/', import.meta.url);
const files = readdirSync(folder)
  .sort()
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as VectorFile);
const vectors = serverVectorsOf(files);

/** Judges a server behind a wire that a test may spoil, until all is said. */
async function judge(
  spoil: (wire: ConformanceWire) => ConformanceWire,
  only = vectors,
): Promise<readonly VectorResult[]> {
  const clock = new VirtualClock();
  const random = new SeededRandom('conformance');
  const server = createConformanceServer({ clock, random, frameEncoder: textFrameEncoder });
  const wire = spoil(createMemoryWire(server));
  let isOver = false;
  const run = runConformance({ vectors: only, wire, clock, runId: 'run' }).finally(() => (isOver = true));
  while (!isOver) await clock.advance(50);
  const results = await run;
  await server.close({ drainMs: 0 });
  return results;
}

describe('the server of this repository', () => {
  let results: ReadonlyMap<string, VectorResult>;
  beforeAll(async () => {
    results = new Map((await judge((wire) => wire)).map((result) => [result.id, result]));
  });
  const inMemory = vectors.filter(({ needs = [] }) => !needs.includes('http'));
  test.each(inMemory.map(({ id, rule, name }) => [`${rule} ${id}: ${name}`, id] as const))(
    '%s',
    (_title, id) => {
      const result = results.get(id);
      expect(result?.failure?.text).toBeUndefined();
      expect(result?.outcome).toBe('passed');
    },
  );
});

describe('a server that is wrong in one point is found, by the rule it breaks', () => {
  const only = (t: string, change: (frame: WireFrame) => readonly WireFrame[]) => (frame: WireFrame) =>
    frame['t'] === t ? change(frame) : [frame];
  const without =
    (...names: readonly string[]) =>
    (frame: WireFrame) => [
      Object.fromEntries(Object.entries(frame).filter(([name]) => !names.includes(name))),
    ];
  const entries = (change: (entry: WireFrame) => WireFrame) => (frame: WireFrame) => [
    { ...frame, r: (frame['r'] as readonly WireFrame[]).map(change) },
  ];

  const faults: readonly (readonly [
    name: string,
    rule: string,
    ids: readonly string[],
    fault: () => Fault,
  ])[] = [
    [
      'a frame of events gets lost',
      'P-DATA-11',
      ['sub.stream-live'],
      () => {
        let count = 0;
        return { said: only('e', (frame) => (++count === 1 ? [] : [frame])) };
      },
    ],
    [
      'a delta starts later than it says',
      'P-DATA-11',
      ['sub.state-live'],
      () => ({
        said: only('d', (frame) => [{ ...frame, b: Number(frame['o']) + 5, o: Number(frame['o']) + 6 }]),
      }),
    ],
    [
      'the value that was promised does not come',
      'P-SUB-4',
      ['sub.state'],
      () => ({ said: only('f', () => []) }),
    ],
    [
      'data comes under another alias',
      'P-SUB-5',
      ['sub.state'],
      () => ({ said: only('f', (frame) => [{ ...frame, n: Number(frame['n']) + 1_000 }]) }),
    ],
    [
      'data comes before its entry',
      'P-SUB-5',
      ['sub.state'],
      () => {
        let held: WireFrame | null = null;
        return {
          said: (frame) => {
            if (frame['t'] === 'subd') {
              held = frame;
              return [];
            }
            const entry = held;
            held = null;
            return entry === null ? [frame] : [frame, entry];
          },
        };
      },
    ],
    [
      'full is called same',
      'P-SUB-4',
      ['sub.state'],
      () => ({
        said: only(
          'subd',
          entries((entry) => ({ ...entry, m: 'same' })),
        ),
      }),
    ],
    [
      'a reset is called range',
      'P-SUB-4',
      ['sub.stream-epoch'],
      () => ({
        said: only(
          'subd',
          entries((entry) => ({ ...entry, m: 'range' })),
        ),
      }),
    ],
    [
      'cursors are not looked at',
      'P-SUB-4',
      ['sub.state-same', 'sub.stream-range'],
      () => ({
        heard: only('sub', (frame) => [
          { ...frame, ch: (frame['ch'] as readonly WireFrame[]).flatMap(without('e', 'o')) },
        ]),
      }),
    ],
    [
      'a channel is answered twice',
      'P-SUB-3',
      ['sub.many'],
      () => ({ said: only('subd', (frame) => [frame, frame]) }),
    ],
    [
      'one alias for two channels',
      'P-SUB-3',
      ['sub.many'],
      () => ({
        said: only(
          'subd',
          entries((entry) => ('n' in entry ? { ...entry, n: 1 } : entry)),
        ),
      }),
    ],
    [
      'a channel that does not exist has its own code',
      'P-SUB-10',
      ['sub.unknown-channel'],
      () => ({
        said: only(
          'subd',
          entries((entry) =>
            String(entry['c']).startsWith('no-such') ? { ...entry, err: { c: 'unknown_channel' } } : entry,
          ),
        ),
      }),
    ],
    [
      'an unsub does nothing',
      'P-SUB-12',
      ['sub.unsub'],
      () => ({
        heard: only('unsub', (frame) => [{ t: 'unsub', id: frame['id'], ch: ['state/never'] }]),
        said: only('unsubd', (frame) => [
          { ...frame, ch: ['state/never', 'state/run-0', 'state/run-0-never'] },
        ]),
      }),
    ],
    [
      'a lost range is not named',
      'P-DATA-5',
      ['sub.stream-trimmed'],
      () => ({ said: only('rst', without('lost')) }),
    ],
    [
      'an event is left out',
      'P-DATA-10',
      ['sub.stream-live'],
      () => ({
        said: only('e', (frame) =>
          Array.isArray(frame['vs'])
            ? [{ ...frame, b: Number(frame['o']) - frame['vs'].length, vs: frame['vs'].slice(1) }]
            : [frame],
        ),
      }),
    ],
    [
      'patches come to a client without the capability',
      'P-DATA-9',
      ['sub.no-delta'],
      () => ({ heard: only('hello', (frame) => [{ ...frame, caps: ['delta'] }]) }),
    ],
    [
      'a capability is used that nobody listed',
      'P-EXT-3',
      ['server.caps-none'],
      () => ({ heard: only('hello', (frame) => [{ ...frame, caps: ['delta'] }]) }),
    ],
    [
      'what the client accepts is not looked at',
      'P-LIM-4',
      ['sub.small-client-collection'],
      () => ({ heard: only('hello', without('lim')) }),
    ],
    [
      'a part is left out',
      'P-DATA-7',
      ['sub.small-client-collection'],
      () => ({ said: only('f', (frame) => (frame['i'] === 1 ? [] : [frame])) }),
    ],
    [
      'a field is patched that the reader has not',
      'P-DATA-3',
      ['sub.collection'],
      () => ({ said: only('d', (frame) => [{ ...without('u')(frame)[0], p: frame['u'] }]) }),
    ],
    [
      'a source that stopped is not told',
      'P-DATA-8',
      ['sub.stale'],
      () => ({ said: only('stat', () => []) }),
    ],
    [
      'a command is answered twice',
      'P-CMD-1',
      ['req.echo'],
      () => ({ said: only('res', (frame) => [frame, frame]) }),
    ],
    [
      'an error does not say whether the work was done',
      'P-CMD-9',
      ['req.crash'],
      () => ({
        said: only('res', (frame) =>
          'err' in frame ? [{ ...frame, err: without('x')(frame['err'] as WireFrame)[0] }] : [frame],
        ),
      }),
    ],
    ['keys are not looked at', 'P-CMD-5', ['req.key'], () => ({ heard: only('req', without('k')) })],
    [
      'the time a command has is not looked at',
      'P-CMD-3',
      ['req.timeout', 'req.deadline'],
      () => ({ heard: only('req', without('ttl')) }),
    ],
    ['a cancel is not heard', 'P-CMD-4', ['req.cancel'], () => ({ heard: only('cancel', () => []) })],
    [
      'the input comes back in the error',
      'P-CMD-6',
      ['req.bad-input'],
      () => ({
        said: only('res', (frame) =>
          'err' in frame
            ? [{ ...frame, err: { ...(frame['err'] as WireFrame), m: 'canary-9731' } }]
            : [frame],
        ),
      }),
    ],
    ['a probe is not answered', 'P-LIVE-1', ['server.probe'], () => ({ said: only('pong', () => []) })],
    [
      'a probe is answered with another number',
      'P-LIVE-1',
      ['server.probe'],
      () => ({ said: only('pong', (frame) => [{ ...frame, k: frame['k'] === 0 ? 5 : 0 }]) }),
    ],
    [
      'lines of a message are done one by one',
      'P-FRAME-3',
      ['server.all-or-nothing'],
      () => ({ lineByLine: true }),
    ],
    ['a fault closes nothing', 'P-FRAME-2', ['message.array'], () => ({ closes: () => null })],
    ['a fault closes with 1000', 'P-FRAME-2', ['message.half'], () => ({ closes: () => 1_000 })],
    [
      'an unknown frame is a fault',
      'P-EXT-2',
      ['frame.type-unknown'],
      () => ({ heard: only('later', () => [{ t: 'f', n: 1, o: 1 }]) }),
    ],
    ['a misfit is let pass', 'P-FRAME-5', ['frame.id-negative'], () => ({ heard: only('unsub', () => []) })],
    [
      'tokens are not looked at',
      'P-AUTH-1',
      ['server.refused-token'],
      () => ({ heard: only('hello', without('auth')) }),
    ],
    [
      'welcome is not the first frame',
      'P-CONN-6',
      ['server.welcome'],
      () => ({ said: only('welcome', (frame) => [{ t: 'pong', k: 1 }, frame]) }),
    ],
    [
      'frames that are none',
      'P-FRAME-7',
      ['req.echo'],
      () => ({ said: only('welcome', (frame) => [frame, { t: 'f', n: 'one', o: -1 }]) }),
    ],
  ];

  test.each(faults)('%s: %s', async (_name, rule, ids, fault) => {
    const chosen = vectors.filter(({ id }) => ids.includes(id));
    expect(chosen).toHaveLength(ids.length);
    expect((await judge((wire) => wire, chosen)).map(({ outcome }) => outcome)).toEqual(
      ids.map(() => 'passed'),
    );
    const results = await judge((wire) => spoil(wire, fault), chosen);
    expect(results.map(({ failure }) => failure?.rule)).toContain(rule);
  });
});
