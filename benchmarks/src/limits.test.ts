import { describe, expect, it } from 'vitest';
import type { BundleSize } from './bundle-size.js';
import type { FanOutResult } from './fan-out.js';
import { missedByStalled, missedLimits } from './limits.js';
import type { StalledResult } from './stalled-result.js';

function result(fields: Partial<FanOutResult>): FanOutResult {
  return {
    workload: 'hot',
    server: 'tickwire',
    deliveriesPerCpuSecond: 300_000,
    ratioToNaiveWs: 1.3,
    ratioToSocketIo: 1.7,
    bytesPerUpdate: 200,
    noise: {
      rounds: 7,
      ratioToNaiveWsQuartiles: [1.3, 1.3],
      ratioToSocketIoQuartiles: [1.7, 1.7],
      serverCores: 1,
      generatorCores: 0.5,
    },
    ...fields,
  };
}

function size(fields: Partial<BundleSize>): BundleSize {
  return { name: 'client', minifiedBytes: 30_000, gzipBytes: 10_000, packages: {}, ...fields };
}

describe('missed limits', () => {
  it('are none at the limits', () => {
    expect(missedLimits([result({ ratioToNaiveWs: 1.2, ratioToSocketIo: 1.5 })], [size({})])).toEqual([]);
  });

  it('name the workload, the peer and by how much', () => {
    expect(
      missedLimits([result({ workload: 'watchlist', ratioToNaiveWs: 9.5, ratioToSocketIo: 12 })], []),
    ).toEqual(['watchlist: 9.50 times naive ws, at least 10 wanted (0.50 short)']);
  });

  it('say nothing about rows other than the one with full values', () => {
    expect(missedLimits([result({ server: 'tickwire-delta', ratioToNaiveWs: 0.1 })], [])).toEqual([]);
  });

  it('name a bundle that is too large or holds Zod', () => {
    expect(missedLimits([], [size({ gzipBytes: 10_001, packages: { zod: 12 } })])).toEqual([
      'size of client: 10001 bytes gzip, at most 10000 wanted (1 over)',
      'size of client: zod is in the bundle (12 bytes minified)',
    ]);
  });

  it('do not bind what is only measured for comparison', () => {
    expect(missedLimits([], [size({ name: 'socket.io-client', gzipBytes: 99_999 })])).toEqual([]);
  });
});

describe('stalled readers', () => {
  const kept: StalledResult = {
    sentBytes: 17_000_000,
    pastWatermark: 1_000,
    stopped: 1_000,
    mostBytesEach: 300_000,
    growthBytes: 50_000_000,
    closedAfterMs: { first: 30_900, last: 38_000 },
    closeCodes: [4301],
    cameBack: 950,
    converged: 950,
    slowClosed: 0,
    slow: 50,
    slowCaughtUp: 50,
    expected: 100,
    delivered: 100,
    othersLost: 0,
  };

  it('a run that keeps everything misses nothing; nobody has to be closed', () => {
    expect(missedByStalled(kept)).toEqual([]);
    expect(missedByStalled({ ...kept, closedAfterMs: null })).toEqual([]);
  });

  it.each<Partial<StalledResult>>([
    { sentBytes: 15_000_000 },
    { pastWatermark: 989 },
    { mostBytesEach: 327_681 },
    { growthBytes: 327_680_001 },
    { closedAfterMs: { first: 29_999, last: 38_000 } },
    { closedAfterMs: { first: 31_000, last: 45_001 } },
    { converged: 949 },
    { slowClosed: 1 },
    { slowCaughtUp: 49 },
    { delivered: 99 },
    { delivered: 101 },
    { othersLost: 1 },
  ])('%j is missed, in one sentence', (wrong) => {
    expect(missedByStalled({ ...kept, ...wrong })).toHaveLength(1);
  });
});
