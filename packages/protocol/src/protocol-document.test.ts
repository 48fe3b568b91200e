// The specification is checked against the code: its examples parse, its tables say what the tables of the code say.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CloseCode } from './close-code.js';
import { ERROR_CODES, TickwireError } from './error.js';
import { clientFrameSchema, serverFrameSchema } from './schema.js';
import { SUBPROTOCOL_FALLBACK, SUBPROTOCOL_JSON, selectSubprotocol } from './version.js';

const document = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8');
const examples = [...document.matchAll(/^([CS])> (\{.*\})$/gm)].map(
  (match) => [match[1] ?? '', match[2] ?? ''] as const,
);

describe('every example of the specification is a frame', () => {
  test('there are examples of both directions', () => {
    expect(new Set(examples.map(([side]) => side))).toEqual(new Set(['C', 'S']));
    expect(examples.length).toBeGreaterThan(30);
  });

  test.each(examples)('%s> %s', (side, text) => {
    const frame: unknown = JSON.parse(text);
    const schema = side === 'C' ? clientFrameSchema : serverFrameSchema;
    expect(schema.parse(frame)).toEqual(frame);
  });

  test('every type of frame has an example', () => {
    const shown = new Set(examples.map(([, text]) => (JSON.parse(text) as { t: string }).t));
    const types = [...clientFrameSchema._zod.def.options, ...serverFrameSchema._zod.def.options].flatMap(
      (option) => [...(option._zod.propValues['t'] ?? [])] as string[],
    );
    const inProse = (type: string) => document.includes(`\`${type}\``);
    expect(types.filter((type) => !shown.has(type) && !inProse(type))).toEqual([]);
  });
});

test('P-ERR-4 the table of codes is the code’s table', () => {
  const row =
    /\|\s+`([a-z_]+)`\s+\|\s+(never|credentials|later|keyed|application)\s+\|\s+(no|maybe)\s+(?=\|)/g;
  const rows = [...document.matchAll(row)];
  const written = rows
    .map(([, code, retry, executed]) => `${code ?? ''} ${retry ?? ''} ${executed ?? ''}`)
    .sort();
  const coded = ERROR_CODES.map((code) => {
    const error = new TickwireError(code, '');
    return `${code} ${error.retry} ${error.executed}`;
  }).sort();
  expect(written).toEqual(coded);
});

test('P-CLOSE-2 every close code of the code is in the table', () => {
  for (const code of Object.values(CloseCode)) {
    if (code >= 4000) expect(document).toMatch(new RegExp(`\\b${String(code)} [a-z_]+`));
  }
});

test('P-EXT-1 unknown fields are dropped, not refused', () => {
  expect(clientFrameSchema.parse({ t: 'pong', k: 1, later: true })).toEqual({ t: 'pong', k: 1 });
});

describe('P-CONN-1, P-CONN-2 the subprotocol', () => {
  test.each([
    [[SUBPROTOCOL_JSON, SUBPROTOCOL_FALLBACK], SUBPROTOCOL_JSON],
    [[SUBPROTOCOL_FALLBACK, SUBPROTOCOL_JSON], SUBPROTOCOL_JSON],
    [['tickwire.v9+json', SUBPROTOCOL_FALLBACK], SUBPROTOCOL_FALLBACK],
    [['chat'], null],
    [[], null],
  ])('of %j is selected %s', (offered, expected) => {
    expect(selectSubprotocol(offered)).toBe(expected);
  });
});

describe('numbers of the wire', () => {
  test.each([-1, 1.5, 2 ** 53, '5', null, Infinity])('%s is no offset', (o) => {
    expect(clientFrameSchema.safeParse({ t: 'sub', id: 1, ch: [{ c: 'a', e: 'E', o }] }).success).toBe(false);
  });
  test.each([-1, 1.5, 2 ** 32, '5', null])('%s is no id', (id) => {
    expect(clientFrameSchema.safeParse({ t: 'cancel', id }).success).toBe(false);
  });
  test('P-POS-2 2^53 - 1 is an offset, P-FRAME-5 2^32 - 1 an id', () => {
    expect(
      clientFrameSchema.safeParse({ t: 'sub', id: 2 ** 32 - 1, ch: [{ c: 'a', e: 'E', o: 2 ** 53 - 1 }] })
        .success,
    ).toBe(true);
  });
  test.each(['', 'x'.repeat(33)])('P-POS-1 %j is no epoch', (e) => {
    expect(clientFrameSchema.safeParse({ t: 'sub', id: 1, ch: [{ c: 'a', e, o: 1 }] }).success).toBe(false);
  });
});
