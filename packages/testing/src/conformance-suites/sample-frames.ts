// Sample frames: one or more of every type, with every field.
import type { ClientFrame, ServerFrame } from '@tickwire/protocol';

const position = { e: 'k3Jx', o: 1_004 };

/** Frames of both ends. */
export const SAMPLE_FRAMES: readonly (ClientFrame | ServerFrame)[] = [
  {
    t: 'hello',
    v: 1,
    sdk: 'ts/0.1.0',
    contract: { name: 'market', ver: '1.0.0', hash: 'h' },
    auth: { token: 'eyJ' },
    caps: ['delta'],
    lim: { in: 1_048_576 },
  },
  {
    t: 'sub',
    id: 7,
    ch: [
      { c: 'price/AAPL', ...position },
      { c: 'trades/AAPL', last: 0, hz: 5 },
    ],
  },
  { t: 'unsub', id: 4_294_967_295, ch: ['price/AAPL'] },
  { t: 'req', id: 8, m: 'placeOrder', v: { symbol: 'AAPL', qty: '1' }, ttl: 3_000, k: '01JC8Z' },
  { t: 'cancel', id: 8 },
  { t: 'pub', id: 9, c: 'chat', v: 'hi' },
  { t: 'auth', id: 10, token: 'eyJ' },
  { t: 'ping', k: 71, rtt: 38, now: 1_763_461_825_123 },
  { t: 'pong', k: 71 },
  { t: 'err', id: 3, err: { c: 'bad_frame', m: 'text', d: { at: ['ch', 0] }, x: 'no', ra: 1_000 } },
  {
    t: 'welcome',
    sid: 'a81Kx',
    node: 'n1',
    now: 1_763_461_800_123,
    contract: { ver: '1.0.0', hash: 'h', mode: 'exact' },
    deny: ['old'],
    caps: [],
    ping: { every: 25_000, grace: 10_000 },
    auth: { ttl: 3_600_000 },
    lim: {
      in: 65_536,
      subs: 1_000,
      batch: 200,
      inflight: 64,
      rate: 50,
      burst: 200,
      keyTtl: 86_400_000,
      chan: 255,
    },
  },
  { t: 'reject', err: { c: 'unsupported_version', d: { supported: ['tickwire.v1+json'] } } },
  {
    t: 'subd',
    id: 7,
    r: [
      { c: 'price/AAPL', n: 17, kind: 'state', ...position, m: 'full', tf: 'at', hz: 5 },
      { c: 'trades/AAPL', n: 18, kind: 'stream', ...position, m: 'tail', b: 1_000 },
      { c: 'book/AAPL', err: { c: 'forbidden', x: 'no' } },
    ],
  },
  { t: 'unsubd', id: 9, ch: ['price/AAPL'] },
  { t: 'unsubd', ch: ['orders/7'], err: { c: 'forbidden', x: 'no' } },
  { t: 'f', n: 17, o: 1_004, e: 'next', v: { price: 150.25, next_open: null } },
  { t: 'f', n: 9, o: 93, k: { 'ask:101.5': { size: '4' } }, i: 0, more: 1 },
  { t: 'd', n: 17, o: 1_005, b: 1_003, s: { price: 150.31 }, x: ['change'] },
  { t: 'd', n: 9, o: 93, u: { a: { n: 1 } }, p: { b: { n: 2 } }, q: { b: ['m'] }, x: ['c'], i: 1 },
  { t: 'e', n: 4, o: 5_012, b: 5_000, vs: [{ px: '1' }, { px: '2' }], os: [5_003, 5_012] },
  { t: 'e', n: 4, o: 5_013, v: null },
  { t: 'rst', n: 4, e: 'k3Jx', o: 4_000, why: 'trimmed', lost: [3_120, 4_000] },
  { t: 'stat', n: 17, s: 'stale', since: 1_763_461_795_000 },
  { t: 'res', id: 8, v: { orderId: 'o-9' }, rp: 1 },
  { t: 'res', id: 9, err: { c: 'app.insufficientFunds', d: { needed: '9.50' }, x: 'no' } },
  { t: 'reauth', in: 60_000 },
  { t: 'goaway', in: 18_000, c: 'drain', url: 'wss://other.example/tickwire' },
];
