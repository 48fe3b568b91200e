// The conformance vectors that are pure functions, against this package.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isCanonicalChannelId } from './channel/id.js';
import { compilePattern } from './channel/pattern.js';
import { decodeSegment, describeParamProblem, encodeSegment } from './channel/segment.js';
import { closeCodeOfRefusal, closePolicy } from './close-code.js';
import { DEFAULT_DECODE_LIMITS, jsonCodec } from './codec/json.js';
import { decideRecovery, linkageOf } from './cursor.js';
import { applyCollectionDelta, buildCollectionDelta, TouchedKeys } from './delta/collection-delta.js';
import { applyStateDelta, buildStateDelta } from './delta/state-delta.js';
import { type Touched, touchFields } from './delta/touched-fields.js';
import { fromWireError, type WireError } from './error.js';
import { clientFrameSchema, serverFrameSchema } from './frame/schema.js';
import { canonicalJson, type JsonValue } from './identity/canonical-json.js';
import { DESCRIPTION_REVISION } from './identity/describe-schema.js';
import { type Text, textOf, titled, vectorsOf } from './test-support/vectors.js';
import { selectSubprotocol } from './version.js';
import type { ChannelKind } from './channel/kind.js';

const positionOf = ([epoch, offset]: readonly [string, number]) => ({ epoch, offset });

describe('channel ids', () => {
  const vectors = vectorsOf<{
    param?: Text;
    segment?: string;
    decoded?: string;
    refused?: true;
    channel?: Text;
    canonical?: boolean;
  }>('channel-ids');
  test.each(titled(vectors))('%s', (_title, { param, segment, decoded, channel, canonical }) => {
    if (channel !== undefined) {
      expect(isCanonicalChannelId(textOf(channel))).toBe(canonical);
      return;
    }
    const text = textOf(param ?? '');
    if (segment === undefined) {
      expect(describeParamProblem(text)).toBeTypeOf('string');
      expect(() => compilePattern('price/{symbol}').format({ symbol: text })).toThrow();
      return;
    }
    expect(encodeSegment(text)).toBe(segment);
    expect(decodeSegment(segment)).toBe(decoded ?? text);
    expect(isCanonicalChannelId(`price/${segment}`)).toBe(true);
  });
});

describe('messages, as a server reads them', () => {
  const vectors = vectorsOf<{
    message: Text;
    frames?: readonly unknown[];
    count?: number;
    refused?: true;
    for?: string;
  }>('messages').filter(({ for: receiver = 'server' }) => receiver === 'server');
  test.each(titled(vectors))('%s', (_title, { message, frames, count, refused }) => {
    const decoded = jsonCodec.decode(textOf(message), DEFAULT_DECODE_LIMITS);
    expect(decoded.ok).toBe(refused !== true);
    if (!decoded.ok) return;
    if (frames !== undefined) expect(JSON.stringify(decoded.frames)).toBe(JSON.stringify(frames));
    if (count !== undefined) expect(decoded.frames).toHaveLength(count);
  });
});

describe('frames, by their definitions', () => {
  const vectors = vectorsOf<{
    from: 'client' | 'server';
    frame: Readonly<Record<string, unknown>>;
    outcome: string;
  }>('frames').filter(
    ({ outcome, id }) => (outcome === 'accept' || outcome === 'refuse') && !id.startsWith('frame.type-'),
  );
  test.each(titled(vectors))('%s', (_title, { from, frame, outcome }) => {
    const schema = from === 'client' ? clientFrameSchema : serverFrameSchema;
    expect(schema.safeParse(frame).success).toBe(outcome === 'accept');
  });
});

describe('deltas applied', () => {
  const vectors = vectorsOf<{
    channel: 'state' | 'collection';
    before?: unknown;
    befores?: readonly unknown[];
    frame: Readonly<Record<string, never>>;
    after?: unknown;
    hole?: true;
    unchanged?: true;
  }>('deltas')
    // A delta that names nothing is its reader's affair: see the vectors against the client's stores.
    .filter(({ frame }) => Object.keys(frame).length > 0);
  test.each(titled(vectors))('%s', (_title, { channel, before, befores = [before], frame, after, hole }) => {
    for (const held of befores) {
      if (channel === 'state') {
        expect(applyStateDelta(held, frame)).toEqual(hole === true ? null : after);
        continue;
      }
      const records = new Map(Object.entries(held as object));
      const touched = applyCollectionDelta(records, frame);
      expect(touched === null).toBe(hole === true);
      const result = hole === true ? held : after;
      expect([...records].sort()).toEqual(Object.entries(result as object).sort());
    }
  });
});

describe('deltas built', () => {
  const vectors = vectorsOf<{ values: readonly unknown[]; names?: readonly string[]; whole?: true }>(
    'touched',
  );
  const valueOf = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, '$absent') ? undefined : value;
  test.each(titled(vectors))('%s', (_title, { values, names, whole }) => {
    const given = values.map(valueOf);
    const last = given.at(-1);
    const keys = new TouchedKeys();
    let touched: Touched | undefined;
    for (const [at, value] of given.entries()) {
      if (at === 0) continue;
      touched = touchFields(touched, given[at - 1], value);
      keys.touch('k', given[at - 1], value);
    }
    const inCollection = buildCollectionDelta(keys.entries(), () => last, { patch: true });
    if (whole === true) {
      expect(touched).toBe('whole');
      expect([inCollection.p, inCollection.q]).toEqual([undefined, undefined]);
    } else {
      expect([...(touched as Set<string>)].sort()).toEqual([...(names ?? [])].sort());
      const delta = buildStateDelta(touched as Set<string>, last);
      expect(delta).not.toBeNull();
      for (const held of given) expect(applyStateDelta(held, delta ?? {})).toEqual(last);
    }
    for (const held of given) {
      const records = new Map(held === undefined ? [] : [['k', held]]);
      expect(applyCollectionDelta(records, inCollection)).not.toBeNull();
      expect(records.get('k')).toEqual(last);
    }
  });
});

describe('the answer to a sub', () => {
  const vectors = vectorsOf<{
    channel: ChannelKind;
    head: readonly [string, number];
    floor: number;
    cursor: readonly [string, number] | null;
    mode: string;
    why?: string;
    lost?: readonly [number, number];
  }>('recovery');
  test.each(titled(vectors))('%s', (_title, { channel, head, floor, cursor, mode, why, lost }) => {
    expect(
      decideRecovery(channel, { ...positionOf(head), floor }, cursor === null ? null : positionOf(cursor)),
    ).toEqual({
      mode,
      ...(why === undefined ? {} : { why }),
      ...(lost === undefined ? {} : { lost }),
    });
  });
});

describe('publications of a broker', () => {
  const vectors = vectorsOf<{
    head: readonly [string, number];
    publication: { epoch: string; previous: number; offset: number };
    verdict: string;
  }>('publications');
  const said: Readonly<Record<string, string>> = {
    apply: 'apply',
    duplicate: 'drop',
    hole: 'read',
    fork: 'read',
  };
  test.each(titled(vectors))('%s', (_title, { head, publication, verdict }) => {
    const { epoch, previous, offset } = publication;
    expect(said[linkageOf(positionOf(head), epoch, previous, offset)]).toBe(verdict);
  });
});

test.each(titled(vectorsOf<{ offered: readonly string[]; selected: string | null }>('subprotocols')))(
  '%s',
  (_title, { offered, selected }) => {
    expect(selectSubprotocol(offered)).toBe(selected);
  },
);

test.each(titled(vectorsOf<{ code: number; policy?: string; refusal?: string }>('closes')))(
  '%s',
  (_title, { code, policy, refusal }) => {
    if (refusal !== undefined) {
      expect(closeCodeOfRefusal(refusal)).toBe(code);
      return;
    }
    expect(closePolicy(code)).toBe(policy);
  },
);

test.each(
  titled(
    vectorsOf<{ error: WireError; again?: string; executed: string; waitMs?: number; data?: unknown }>(
      'errors',
    ),
  ),
)('%s', (_title, { error, again, executed, waitMs, data }) => {
  const read = fromWireError(error);
  expect(read.code).toBe(error.c);
  expect(read.executed).toBe(executed);
  expect(read.retryAfterMs).toBe(waitMs);
  expect(read.data).toEqual(data);
  if (again !== undefined) expect(read.retry).toBe(again);
});

test.each(
  titled(
    vectorsOf<{ value?: JsonValue; canonical?: string; description?: JsonValue; hash?: string }>(
      'identities',
    ),
  ),
)('%s', (_title, { value, canonical, description, hash }) => {
  if (canonical !== undefined) expect(canonicalJson(value ?? null)).toBe(canonical);
  if (hash === undefined) return;
  const text = canonicalJson({ of: description ?? null, revision: DESCRIPTION_REVISION });
  expect(createHash('sha256').update(text).digest('hex').slice(0, 32)).toBe(hash);
});
