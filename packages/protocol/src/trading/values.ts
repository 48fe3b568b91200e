// Values: the small things every trading message is made of. Everything has a bound, so clients may send all of it.
import * as z from 'zod/mini';

/** A text of at most `max` characters. */
export const text = (max: number) => z.string().check(z.maxLength(max));

/** An id: of a bot, an order, a user, an account. */
export const Id = z.string().check(z.minLength(1), z.maxLength(128));

/** An instrument as its exchange names it: `AAPL`, `BTC/USDT`, `NSE_EQ|INE002A01018`. */
export const InstrumentSymbol = z.string().check(z.minLength(1), z.maxLength(64));

/** Name of an exchange. */
export const Exchange = z.string().check(z.minLength(1), z.maxLength(64));

/**
 * Money or a quantity that must be exact: a decimal string of at most 30 digits before and 18 behind the point.
 * {@link toDecimal} makes one of a number.
 */
export const Decimal = z.string().check(z.regex(/^-?(?:0|[1-9]\d{0,29})(?:\.\d{1,18})?$/));

/** A market's number, as exchanges publish it: good for a screen, not for an account. */
export const Figure = z.number();

/** Milliseconds since 1970. */
export const Instant = z.int().check(z.gte(0));

/** Which side of the market. */
export const Side = z.enum(['buy', 'sell']);

/**
 * The decimal string of a number or of a decimal string in another form (`1e-7`, `+1.50`, `.5`).
 * @throws RangeError when the value is no finite decimal, or has more digits than {@link Decimal} holds.
 */
export function toDecimal(value: number | string): string {
  const written = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:e([+-]?\d{1,3}))?$/i.exec(String(value).trim());
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = written ?? [];
  const digits = whole + fraction;
  if (written === null || digits === '') throw new RangeError(`${String(value)} is no decimal number.`);
  const point = whole.length + Number(exponent);
  const before =
    digits
      .slice(0, Math.max(0, point))
      .padEnd(Math.max(0, point), '0')
      .replace(/^0+(?=\d)/, '') || '0';
  const after = (point < 0 ? '0'.repeat(-point) + digits : digits.slice(point)).replace(/0+$/, '');
  if (before.length > 30 || after.length > 18) {
    throw new RangeError(`${String(value)} has more than 30 digits before or 18 behind the point.`);
  }
  const unsigned = after === '' ? before : `${before}.${after}`;
  return sign === '-' && /[1-9]/.test(unsigned) ? `-${unsigned}` : unsigned;
}
