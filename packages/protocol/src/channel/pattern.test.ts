import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TickwireError } from '../error.js';
import { isCanonicalChannelId } from './id.js';
import { compilePattern, patternsOverlap } from './pattern.js';
import { createChannelTable } from './table.js';

const price = compilePattern('price/{symbol}');

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof TickwireError) return `${error.code}: ${error.message}`;
    return String(error);
  }
  return 'not refused';
}

describe('ids of the five systems go there and back', () => {
  test.each([
    ['NSE_EQ|INE002A01018', 'price/NSE_EQ%7CINE002A01018'],
    ['BTC/USDT', 'price/BTC%2FUSDT'],
    ['BRK B', 'price/BRK%20B'],
    ['100%', 'price/100%25'],
    ["a!'()*b", 'price/a%21%27%28%29%2Ab'],
    ['🚀', 'price/%F0%9F%9A%80'],
    ['👩‍🚀', 'price/%F0%9F%91%A9%E2%80%8D%F0%9F%9A%80'],
    ['-._~aZ9', 'price/-._~aZ9'],
    ['..', 'price/..'],
  ])('%s <-> %s', (symbol, id) => {
    expect(price.format({ symbol })).toBe(id);
    expect(isCanonicalChannelId(id)).toBe(true);
    expect({ ...price.match(id) }).toEqual({ symbol });
  });

  test('a parameter that is not NFC comes back as NFC, under the same id', () => {
    expect(price.format({ symbol: 'e\u0301' })).toBe('price/%C3%A9');
    expect(price.format({ symbol: '\u00e9' })).toBe('price/%C3%A9');
    expect({ ...price.match('price/%C3%A9') }).toEqual({ symbol: '\u00e9' });
  });

  test('a channel without parameters', () => {
    expect(compilePattern('alerts').format()).toBe('alerts');
    expect({ ...compilePattern('alerts').match('alerts') }).toEqual({});
  });

  test('literals behind parameters, several parameters', () => {
    const candles = compilePattern('candles/{symbol}/by/{interval}');
    expect(candles.names).toEqual(['symbol', 'interval']);
    expect(candles.format({ symbol: 'A/B', interval: '1m' })).toBe('candles/A%2FB/by/1m');
    expect({ ...candles.match('candles/A%2FB/by/1m') }).toEqual({ symbol: 'A/B', interval: '1m' });
    expect(candles.match('candles/A%2FB/at/1m')).toBeNull();
  });
});

describe('format says which parameter is wrong', () => {
  test.each([
    [
      { symbol: '' },
      'bad_params: Channel "price/" does not match "price/{symbol}": parameter "symbol" is empty.',
    ],
    [
      {},
      'bad_params: Channel "price/" does not match "price/{symbol}": parameter "symbol" is missing and must be a string.',
    ],
    [
      { symbol: 5 },
      'bad_params: Channel "price/" does not match "price/{symbol}": parameter "symbol" is of type number and must be a string.',
    ],
    [
      { symbol: 'A', side: 'B' },
      'bad_params: Channel "price/A" does not match "price/{symbol}": parameter "side" is not in the pattern.',
    ],
    [
      { symbol: 'a\nb' },
      'bad_params: Channel "price/a%0Ab" does not match "price/{symbol}": parameter "symbol" holds a control character.',
    ],
    [
      { symbol: 'a\u0085' },
      'bad_params: Channel "price/a%C2%85" does not match "price/{symbol}": parameter "symbol" holds a control character.',
    ],
    [
      { symbol: 'a\u202eb' },
      'bad_params: Channel "price/a%E2%80%AEb" does not match "price/{symbol}": parameter "symbol" holds a bidirectional formatting character.',
    ],
    [
      { symbol: 'a\u2066b' },
      'bad_params: Channel "price/a%E2%81%A6b" does not match "price/{symbol}": parameter "symbol" holds a bidirectional formatting character.',
    ],
    [
      { symbol: 'a\u200bb' },
      'bad_params: Channel "price/a%E2%80%8Bb" does not match "price/{symbol}": parameter "symbol" holds a zero-width character.',
    ],
    [
      { symbol: '\ufeffa' },
      'bad_params: Channel "price/%EF%BB%BFa" does not match "price/{symbol}": parameter "symbol" holds a zero-width character.',
    ],
    [
      { symbol: 'a\ud800' },
      'bad_params: Channel "price/a%EF%BF%BD" does not match "price/{symbol}": parameter "symbol" holds half a surrogate pair.',
    ],
  ])('%j', (params, sentence) => {
    expect(refusal(() => price.format(params))).toBe(sentence);
  });

  test('an id over 255 bytes is refused, one of 255 is not', () => {
    expect(price.format({ symbol: 'a'.repeat(249) })).toHaveLength(255);
    expect(refusal(() => price.format({ symbol: 'a'.repeat(250) }))).toContain(
      'the id has 256 bytes and may have 255.',
    );
    expect(refusal(() => price.format({ symbol: '🚀'.repeat(21) }))).toContain('the id has 258 bytes');
    expect(price.match(`price/${'a'.repeat(250)}`)).toBeNull();
  });

  test('a parameter that only the prototype has counts as missing', () => {
    expect(refusal(() => compilePattern('a/{toString}').format({}))).toContain(
      'parameter "toString" is missing',
    );
  });
});

describe('only the one canonical form of an id is accepted', () => {
  test.each([
    ['', 'empty'],
    ['price/', 'empty segment'],
    ['/price', 'empty segment'],
    ['price//a', 'empty segment'],
    ['price/%7c', 'lower-case hex'],
    ['price/%41', 'encoded though unreserved'],
    ['price/a b', 'a space as it is'],
    ['price/a|b', 'reserved as it is'],
    ['price/é', 'not ASCII'],
    ['price/%', 'cut'],
    ['price/%4', 'cut'],
    ['price/%GG', 'no hex'],
    ['price/%C3', 'half a UTF-8 sequence'],
    ['price/%C0%AF', 'overlong UTF-8'],
    ['price/%ED%A0%80', 'surrogate in UTF-8'],
    ['price/%65%CC%81', 'encoded though unreserved'],
    ['price/e%CC%81', 'not NFC'],
    ['price/%00', 'control character'],
    ['price/%E2%80%AE', 'bidi override'],
    ['price/%E2%80%8B', 'zero width'],
    [`price/${'a'.repeat(250)}`, 'too long'],
    ['price/a?b', 'reserved as it is'],
    ['price/a+b', 'reserved as it is'],
  ])('%j is refused: %s', (id) => {
    expect(isCanonicalChannelId(id)).toBe(false);
    expect(price.match(id)).toBeNull();
  });
});

test('match never reaches a prototype', () => {
  const params = compilePattern('a/{toString}').match('a/x');
  expect(Object.getPrototypeOf(params)).toBeNull();
  expect(params?.['toString']).toBe('x');
  const other = price.match('price/__proto__');
  expect(other?.['symbol']).toBe('__proto__');
  expect(other?.['constructor']).toBeUndefined();
});

describe('pattern syntax', () => {
  test.each([
    ['', 'segment 1: is empty'],
    ['/a', 'segment 1: is empty'],
    ['a/', 'segment 2: is empty'],
    ['{a}', 'segment 1: "{a}" must be a name'],
    ['1a', 'segment 1: "1a" must be a name'],
    ['a b', 'segment 1: "a b" must be a name'],
    ['a/{b', 'segment 2: "{b" must be a name'],
    ['a/x{b}', 'segment 2: "x{b}" must be a name'],
    ['a/{}', 'segment 2: "{}" is no parameter name'],
    ['a/{b-c}', 'segment 2: "{b-c}" is no parameter name'],
    ['a/{constructor}', 'segment 2: "{constructor}" is no parameter name'],
    ['a/{__proto__}', 'segment 2: "{__proto__}" is no parameter name'],
    ['a/{b}/{b}', 'segment 3: parameter "b" is there twice'],
    ['a/%41', 'segment 2: "%41" must be a name'],
    ['a'.repeat(256), 'is longer than 255 characters'],
  ])('%j is refused: %s', (pattern, why) => {
    expect(() => compilePattern(pattern)).toThrow(why);
    expect(() => compilePattern(pattern)).toThrow(TypeError);
  });
});

test.each([
  ['a/{x}', 'a/b', true],
  ['a/{x}', 'a/{y}', true],
  ['a/{x}/c', 'a/b/{y}', true],
  ['a/{x}/c', 'a/{y}/d', false],
  ['a/{x}', 'b/{x}', false],
  ['a/{x}', 'a', false],
  ['a', 'a', true],
])('%s and %s overlap: %s', (a, b, overlap) => {
  expect(patternsOverlap(compilePattern(a), compilePattern(b))).toBe(overlap);
  expect(patternsOverlap(compilePattern(b), compilePattern(a))).toBe(overlap);
});

describe('the table of a contract', () => {
  const table = createChannelTable(['price/{symbol}', 'price/{symbol}/depth', 'alerts', 'bots/{id}/logs']);
  test('finds the one pattern of an id', () => {
    expect(table.match('alerts')?.name).toBe('alerts');
    expect(table.match('price/A%2FB/depth')).toEqual({
      name: 'price/{symbol}/depth',
      params: { symbol: 'A/B' },
    });
    expect(table.match('price/A/width')).toBeNull();
    expect(table.match('price')).toBeNull();
    expect(table.match('__proto__')).toBeNull();
    expect(table.match('bots/7/logs')?.params['id']).toBe('7');
  });
  test('formats by name and says which names there are', () => {
    expect(table.format('bots/{id}/logs', { id: '7' })).toBe('bots/7/logs');
    expect(() => table.format('nope' as 'alerts')).toThrow(
      'The contract has no channel "nope". It has: price/{symbol}, ',
    );
  });
});

describe('properties', () => {
  const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
  const pair = compilePattern('pair/{a}/x/{b}');

  test('what format accepts, match gives back as NFC, and the id is canonical', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        let id: string;
        try {
          id = pair.format({ a, b });
        } catch (error) {
          expect(error).toBeInstanceOf(TickwireError);
          return;
        }
        expect(isCanonicalChannelId(id)).toBe(true);
        expect({ ...pair.match(id) }).toEqual({ a: a.normalize('NFC'), b: b.normalize('NFC') });
      }),
      { numRuns: 2_000 },
    );
  });

  test('whatever matches formats back to the same id: one channel, one id', () => {
    const idText = fc.stringMatching(/^pair\/[A-Za-z0-9%._~!-]{1,12}\/x\/(%[0-9A-Fa-f]{2}|[a-z]){1,6}$/);
    fc.assert(
      fc.property(idText, (id) => {
        const params = pair.match(id);
        expect(params !== null).toBe(isCanonicalChannelId(id));
        if (params !== null) expect(pair.format(params)).toBe(id);
      }),
      { numRuns: 2_000 },
    );
  });

  test('no input makes match or the canonical check throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        isCanonicalChannelId(id);
        price.match(id);
        price.match(`price/${id}`);
      }),
      { numRuns: 2_000 },
    );
  });
});
