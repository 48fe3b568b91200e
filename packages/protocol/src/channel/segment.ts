// Segment: one parameter of a channel, as text and as it stands in the id. Knows nothing of patterns or contracts.

/** What is left as it is: RFC 3986 unreserved. */
const UNRESERVED_ONLY = /^[A-Za-z0-9\-._~]+$/;

/** encodeURIComponent keeps these five, which RFC 3986 reserves. */
const KEPT_BY_ENCODE_URI_COMPONENT = /[!'()*]/g;

/** Control characters (general category Cc). */
// eslint-disable-next-line no-control-regex -- the rule guards against accidents; this is the purpose
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/u;

/** Bidirectional marks, embeddings, overrides and isolates: they make two different ids look the same. */
const BIDIRECTIONAL = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** Characters without width. ZWNJ (U+200C) and ZWJ (U+200D) are not among them: scripts and emoji need both. */
const ZERO_WIDTH = /[\u180E\u200B\u2060-\u2064\u206A-\u206F\uFEFF]/u;

/**
 * Why a text cannot be a channel parameter, as the end of a sentence (`is empty`); `undefined` if it can (P-CHAN-3).
 */
export function describeParamProblem(param: unknown): string | undefined {
  if (typeof param !== 'string') return `is ${describeType(param)} and must be a string`;
  if (param === '') return 'is empty';
  if (UNRESERVED_ONLY.test(param)) return undefined;
  if (!param.isWellFormed()) return 'holds half a surrogate pair';
  if (CONTROL.test(param)) return 'holds a control character';
  if (BIDIRECTIONAL.test(param)) return 'holds a bidirectional formatting character';
  if (ZERO_WIDTH.test(param)) return 'holds a zero-width character';
  return undefined;
}

/**
 * Encodes one parameter: NFC first, then percent-encoded UTF-8 with upper-case hex, everything but RFC 3986
 * unreserved (P-CHAN-1). The parameter must have no problem, see {@link describeParamProblem}.
 */
export function encodeSegment(param: string): string {
  return encodeURIComponent(param.normalize('NFC')).replace(
    KEPT_BY_ENCODE_URI_COMPONENT,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The parameter that a segment stands for; `null` if the segment is not in the one canonical form (P-CHAN-4). */
export function decodeSegment(segment: string): string | null {
  if (UNRESERVED_ONLY.test(segment)) return segment;
  let param: string;
  try {
    param = decodeURIComponent(segment);
  } catch {
    return null;
  }
  if (describeParamProblem(param) !== undefined || encodeSegment(param) !== segment) return null;
  return param;
}

function describeType(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
