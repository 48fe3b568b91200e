// Regex syntax: the text of a JavaScript regular expression as a tree. Knows what matches, not what it costs.

/** Inclusive code point ranges, sorted and apart. */
export type CharacterSet = readonly (readonly [low: number, high: number])[];

/** A node of the tree. A lookaround or boundary consumes nothing. */
export type RegexNode =
  | { readonly type: 'characters'; readonly set: CharacterSet }
  | { readonly type: 'sequence'; readonly nodes: readonly RegexNode[] }
  | { readonly type: 'alternatives'; readonly nodes: readonly RegexNode[] }
  | { readonly type: 'repeat'; readonly node: RegexNode; readonly min: number; readonly max: number }
  | { readonly type: 'start' | 'end' | 'boundary' | 'backreference' }
  /** A group with flags of its own: `(?i:...)`. */
  | { readonly type: 'look' | 'modifiers'; readonly node: RegexNode };

const LAST_CODE_POINT = 0x10ffff;
const ANY: CharacterSet = [[0, LAST_CODE_POINT]];
const DIGIT: CharacterSet = [[0x30, 0x39]];
const WORD: CharacterSet = normalize([...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]);
const SPACE: CharacterSet = normalize([
  [0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f],
  [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff],
]); // prettier-ignore
const LINE_END: CharacterSet = normalize([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]);
const ESCAPED_CONTROL: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, '0': 0 };

/** Reads a regular expression. It is valid JavaScript already; what is exotic is read as "any character". */
export function parseRegex(source: string, flags: string): RegexNode {
  const unicode = flags.includes('u') || flags.includes('v');
  const ignoreCase = flags.includes('i');
  const characters = unicode ? Array.from(source) : source.split('');
  let at = 0;

  const peek = (ahead = 0): string => characters[at + ahead] ?? '';
  const startsWith = (text: string): boolean =>
    Array.from(text).every((character, index) => peek(index) === character);
  const inBothCases = (ranges: CharacterSet): CharacterSet =>
    ignoreCase ? withBothCases(ranges, unicode) : ranges;
  const set = (ranges: CharacterSet): RegexNode => ({
    type: 'characters',
    set: inBothCases(ranges),
  });

  function alternatives(): RegexNode {
    const nodes = [sequence()];
    while (peek() === '|') {
      at += 1;
      nodes.push(sequence());
    }
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { type: 'alternatives', nodes };
  }

  function sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    while (at < characters.length && peek() !== '|' && peek() !== ')') nodes.push(quantified(atom()));
    return { type: 'sequence', nodes };
  }

  function quantified(node: RegexNode): RegexNode {
    const bounds = quantifier();
    if (bounds === null) return node;
    if (peek() === '?') at += 1;
    return { type: 'repeat', node, min: bounds[0], max: bounds[1] };
  }

  function quantifier(): readonly [min: number, max: number] | null {
    const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] } as const;
    const character = peek();
    if (character === '*' || character === '+' || character === '?') {
      at += 1;
      return simple[character];
    }
    if (character !== '{') return null;
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(characters.slice(at, at + 24).join(''));
    if (counted === null) return null;
    at += counted[0].length;
    const min = Number(counted[1]);
    return [min, counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3])];
  }

  function atom(): RegexNode {
    const character = peek();
    at += 1;
    if (character === '^') return { type: 'start' };
    if (character === '$') return { type: 'end' };
    if (character === '.')
      return { type: 'characters', set: flags.includes('s') ? ANY : complement(LINE_END) };
    if (character === '(') return group();
    if (character === '[') return set(characterClass());
    if (character === '\\') return escape();
    return set(single(character));
  }

  function group(): RegexNode {
    let type: 'look' | 'modifiers' | undefined;
    if (peek() === '?') {
      if (startsWith('?:')) at += 2;
      else if (startsWith('?=') || startsWith('?!')) {
        at += 2;
        type = 'look';
      } else if (startsWith('?<=') || startsWith('?<!')) {
        at += 3;
        type = 'look';
      } else if (startsWith('?<')) at = characters.indexOf('>', at) + 1;
      else {
        at = characters.indexOf(':', at) + 1;
        type = 'modifiers';
      }
    }
    const node = alternatives();
    at += 1;
    return type === undefined ? node : { type, node };
  }

  function escape(): RegexNode {
    const character = peek();
    if (character === 'b' || character === 'B') {
      at += 1;
      return { type: 'boundary' };
    }
    if (/[1-9]/.test(character)) {
      while (/\d/.test(peek())) at += 1;
      return { type: 'backreference' };
    }
    if (character === 'k' && peek(1) === '<') {
      at = characters.indexOf('>', at) + 1;
      return { type: 'backreference' };
    }
    return set(escapedSet());
  }

  /** The set behind a backslash, inside or outside a class. */
  function escapedSet(): CharacterSet {
    const character = peek();
    at += 1;
    switch (character) {
      case 'd': return DIGIT;
      case 'D': return complement(DIGIT);
      case 'w': return WORD;
      case 'W': return complement(inBothCases(WORD));
      case 's': return SPACE;
      case 'S': return complement(SPACE);
      case 'p':
      case 'P':
        if (unicode && peek() === '{') {
          at = characters.indexOf('}', at) + 1;
          return ANY;
        }
        return single(character);
      case 'x': return hexadecimal(2) ?? single(character);
      case 'u': return hexadecimal(4) ?? single(character);
      case 'c': {
        const code = peek().charCodeAt(0) % 32;
        at += 1;
        return [[code, code]];
      }
      default: {
        const control = ESCAPED_CONTROL[character];
        return control === undefined ? single(character) : [[control, control]];
      }
    } // prettier-ignore
  }

  function hexadecimal(length: number): CharacterSet | null {
    const braced = length === 4 && unicode && peek() === '{';
    const end = braced ? characters.indexOf('}', at) : at + length;
    const digits = characters.slice(braced ? at + 1 : at, end).join('');
    if (!/^[0-9a-fA-F]+$/.test(digits) || (!braced && digits.length !== length)) return null;
    at = braced ? end + 1 : end;
    const code = Number.parseInt(digits, 16);
    return [[code, code]];
  }

  function characterClass(): CharacterSet {
    const negated = peek() === '^';
    if (negated) at += 1;
    const ranges: (readonly [number, number])[] = [];
    let exotic = false;
    while (at < characters.length && peek() !== ']') {
      if (
        flags.includes('v') &&
        (peek() === '[' || startsWith('--') || startsWith('&&') || startsWith('\\q'))
      ) {
        exotic = true;
        skipNestedClass();
        break;
      }
      const low = classMember();
      if (peek() === '-' && peek(1) !== ']' && at + 1 < characters.length) {
        at += 1;
        const high = classMember();
        const from = low[0]?.[0];
        const to = high.at(-1)?.[1];
        if (low.length === 1 && from !== undefined && to !== undefined && from <= to) ranges.push([from, to]);
        else ranges.push(...low, [0x2d, 0x2d], ...high);
      } else {
        ranges.push(...low);
      }
    }
    at += 1;
    if (exotic) return ANY;
    const wanted = normalize(ranges);
    return negated ? complement(inBothCases(wanted)) : wanted;
  }

  function skipNestedClass(): void {
    for (let depth = 1; at < characters.length; at += 1) {
      if (peek() === '\\') at += 1;
      else if (peek() === '[') depth += 1;
      else if (peek() === ']' && (depth -= 1) === 0) return;
    }
  }

  function classMember(): CharacterSet {
    const character = peek();
    at += 1;
    if (character !== '\\') return single(character);
    if (peek() === 'b') {
      at += 1;
      return [[8, 8]];
    }
    return escapedSet();
  }

  return alternatives();
}

/** Whether some character is in both sets. */
export function intersects(a: CharacterSet, b: CharacterSet): boolean {
  for (let left = 0, right = 0; left < a.length && right < b.length;) {
    const [lowA, highA] = a[left] ?? [0, -1];
    const [lowB, highB] = b[right] ?? [0, -1];
    if (lowA <= highB && lowB <= highA) return true;
    if (highA < highB) left += 1;
    else right += 1;
  }
  return false;
}

function single(character: string): CharacterSet {
  const code = character.codePointAt(0) ?? 0;
  return [[code, code]];
}

function normalize(ranges: readonly (readonly [number, number])[]): CharacterSet {
  const merged: [number, number][] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

function complement(set: CharacterSet): CharacterSet {
  const result: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST_CODE_POINT) result.push([next, LAST_CODE_POINT]);
  return result;
}

/**
 * ASCII letters in both cases; everything beyond ASCII is taken to have a partner somewhere beyond ASCII. Only in Unicode
 * mode the Kelvin sign is a k, and the long s an s.
 */
function withBothCases(set: CharacterSet, unicode: boolean): CharacterSet {
  const added: (readonly [number, number])[] = [];
  for (const [low, high] of set) {
    for (const [first, last, shift] of [
      [0x41, 0x5a, 32],
      [0x61, 0x7a, -32],
    ] as const) {
      const from = Math.max(low, first);
      const to = Math.min(high, last);
      if (from <= to) added.push([from + shift, to + shift]);
    }
    if (high > 0x7f) added.push(...(unicode ? BEYOND_ASCII : [[0x80, LAST_CODE_POINT] as const]));
  }
  if (unicode) for (const same of FOLDED) if (intersects(set, same)) added.push(...same);
  return normalize([...set, ...added]);
}

/** What Unicode mode folds over the end of ASCII: k and the Kelvin sign, s and the long s. */
const FOLDED: readonly CharacterSet[] = [
  [[0x4b, 0x4b], [0x6b, 0x6b], [0x212a, 0x212a]],
  [[0x53, 0x53], [0x73, 0x73], [0x17f, 0x17f]],
]; // prettier-ignore
/** Everything beyond ASCII but those two. */
const BEYOND_ASCII: CharacterSet = [
  [0x80, 0x17e],
  [0x180, 0x2129],
  [0x212b, LAST_CODE_POINT],
];
