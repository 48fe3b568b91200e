// Canonical JSON: equal values give equal text, whatever order their fields were written in.

/** Needs no escape in JSON: nearly every key and text here. */
const PLAIN = /^[\w .:/#@+-]*$/;

/** Text of records, by their identity: what was shown once never changes. {@link freshJson} finds those that did. */
let texts = new WeakMap<object, string>();

/** {@link canonicalJson} of what is there now, whatever was shown before. */
export function freshJson(value: unknown): string {
  texts = new WeakMap();
  return canonicalJson(value);
}

/** Text of a JSON value with sorted keys; a map reads as an object; `undefined` reads as `null`. */
export function canonicalJson(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value instanceof Map) return textOf(value as Map<string, unknown>);
  let text = texts.get(value);
  if (text === undefined) texts.set(value, (text = textOf(new Map(Object.entries(value)))));
  return text;
}

function textOf(fields: ReadonlyMap<string, unknown>): string {
  let text = '';
  for (const key of inOrder([...fields.keys()])) {
    const field = fields.get(key);
    if (field !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Sorts only what is not sorted yet, which is rare. */
function inOrder(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i] ?? '') < (keys[i - 1] ?? '')) return keys.sort((a, b) => (a < b ? -1 : 1));
  }
  return keys;
}
