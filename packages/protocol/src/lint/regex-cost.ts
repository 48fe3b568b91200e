// Regex cost: whether a regular expression can need more than linear time, and how long a text it can match. Both are
// answered from the position automaton: two ways to read one text inside a loop are exponential, a text that two loops
// in a row can share is polynomial (Weber and Seidl, 1991). Counted repetitions are loops that end: where those share a
// text, the ways to share it out are counted. Doubt is answered "yes".
import { type CharacterSet, intersects, parseRegex, type RegexNode } from './regex-syntax.js';

/** What is known of one regular expression. */
export interface RegexCost {
  /** Why it may need more than linear time, as the end of a sentence; `undefined` if it cannot. */
  readonly danger: string | undefined;
  /** Longest text it can match, in UTF-16 code units; `Infinity` where it is open or not anchored at both ends. */
  readonly maxLength: number;
}

/** A counted repetition from this on can be as bad as an endless one when it stands inside another. */
const MANY = 10;
/** And so can a shorter one with more ways than this to be read, counted without looking at the text. */
const FEW_WAYS = 10_000;
/** Most ways to share one text out among counted repetitions in a row: about a millisecond. */
const MAX_WAYS = 100_000;
/** What an endless repetition counts for among counted ones. */
const ENDLESS_WAYS = 100;
const MAX_POSITIONS = 250;
const MAX_STEPS = 500_000;

/** Judges a regular expression. Itself bounded: an expression too large to judge is called dangerous. */
export function judgeRegex(regex: { readonly source: string; readonly flags: string }): RegexCost {
  const tree = parseRegex(regex.source, regex.flags);
  const wholeText = !regex.flags.includes('m');
  const anchored = {
    start: wholeText && isAnchored(tree, 'start'),
    end: wholeText && isAnchored(tree, 'end'),
  };
  return {
    danger: findDanger(tree, anchored),
    maxLength: anchored.start && anchored.end ? maxLengthOf(tree) : Infinity,
  };
}

interface Anchors {
  readonly start: boolean;
  readonly end: boolean;
}

function findDanger(tree: RegexNode, anchors: Anchors): string | undefined {
  if (holds(tree, 'backreference')) return 'uses a backreference, whose cost cannot be bounded';
  if (holds(tree, 'modifiers'))
    return 'sets flags for a part of itself, which is not judged; set them for the whole';
  for (const look of lookarounds(tree)) {
    const inner = findDanger(look, { start: true, end: false });
    if (inner !== undefined) return inner;
  }
  const generous = buildAutomaton(tree, (node) => node.max >= MANY || waysOf(node) > FEW_WAYS);
  const exact = buildAutomaton(tree, (node) => node.max === Infinity);
  if (generous === null || exact === null) return 'is too large to be judged';
  if (isExponential(generous))
    return 'can read one text in exponentially many ways, because a repetition holds a repetition or alternatives that overlap';
  if (!anchors.start) addSearch(exact);
  const polynomial = isPolynomial(exact, anchors.end);
  if (polynomial === null) return 'is too large to be judged';
  if (polynomial) {
    return anchors.start
      ? 'can need quadratic time, because two repetitions in a row can match the same text'
      : 'can need quadratic time, because it is not anchored with ^ and is tried again from every character';
  }
  if (waysOf(tree) <= MAX_WAYS) return undefined;
  const counted = buildAutomaton(tree, (node) => waysOf(node) > 1);
  const ways = counted === null ? null : waysToShare(counted, anchors.end);
  if (ways === null) return 'is too large to be judged';
  return ways > MAX_WAYS
    ? `can need very long, because repetitions in a row can share one text out in more than ${MAX_WAYS.toLocaleString('en')} ways`
    : undefined;
}

/** Every place of a character in the expression, and how many ways lead from one to the next (2 stands for "more"). */
interface Automaton {
  readonly sets: CharacterSet[];
  readonly follow: Map<number, number>[];
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
  /** In how many ways the outermost loop around each place can be read; 1 where there is none. */
  readonly ways: number[];
}

type Repeat = Extract<RegexNode, { readonly type: 'repeat' }>;

interface Fragment {
  /** Ways to match nothing: 0, 1, or 2 for more. */
  readonly empty: number;
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
}

const NOTHING: Fragment = { empty: 1, first: new Map(), last: new Map() };

function buildAutomaton(tree: RegexNode, isLoop: (node: Repeat) => boolean): Automaton | null {
  const ways: number[] = [];
  let waysHere = 1;
  const sets: CharacterSet[] = [];
  const follow: Map<number, number>[] = [];

  function connect(from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): void {
    for (const [source, waysOut] of from) {
      for (const [target, waysIn] of to) add(follow[source], target, waysOut * waysIn);
    }
  }

  function join(left: Fragment, right: Fragment): Fragment {
    connect(left.last, right.first);
    return {
      empty: Math.min(2, left.empty * right.empty),
      first: merge(left.first, right.first, left.empty),
      last: merge(right.last, left.last, right.empty),
    };
  }

  function build(node: RegexNode): Fragment {
    if (sets.length > MAX_POSITIONS) return NOTHING;
    switch (node.type) {
      case 'characters': {
        const position = new Map([[sets.length, 1]]);
        sets.push(node.set);
        ways.push(waysHere);
        follow.push(new Map());
        return { empty: 0, first: position, last: position };
      }
      case 'sequence':
        return node.nodes.map(build).reduce(join, NOTHING);
      case 'alternatives':
        return node.nodes.map(build).reduce((left, right) => ({
          empty: Math.min(2, left.empty + right.empty),
          first: merge(left.first, right.first, 1),
          last: merge(left.last, right.last, 1),
        }));
      case 'repeat':
        return isLoop(node) ? loop(node) : copies(node);
      default:
        return NOTHING;
    }
  }

  // Two copies are enough to tell what any number of them can do.
  function copies({ node, min, max }: Repeat): Fragment {
    let all = NOTHING;
    for (let copy = 0; copy < Math.min(min, 2); copy += 1) all = join(all, build(node));
    // x{0,2} is (?:x(?:x)?)?, not x?x?, which could read one x in two ways.
    let more = NOTHING;
    for (let copy = 0; copy < Math.min(max - min, 2); copy += 1)
      more = { ...join(build(node), more), empty: 1 };
    return join(all, more);
  }

  function loop(repeat: Repeat): Fragment {
    const { node, min, max } = repeat;
    if (max === 0) return NOTHING;
    const outermost = waysHere === 1;
    if (outermost) waysHere = weightOf(repeat);
    let all = min > 1 ? build(node) : NOTHING;
    const fragment = build(node);
    connect(fragment.last, fragment.first);
    // Any of the rounds there must be may be the one that reads nothing.
    if (min > 1 && fragment.empty > 0) connect(fragment.last, fragment.first);
    all = join(all, min === 0 ? { ...fragment, empty: 1 } : fragment);
    if (outermost) waysHere = 1;
    return all;
  }

  const { first, last } = build(tree);
  return sets.length > MAX_POSITIONS ? null : { sets, follow, first, last, ways };
}

/** A search that is not anchored begins anew at every character: a loop over anything in front. */
function addSearch(automaton: Automaton): void {
  const search = automaton.sets.length;
  automaton.sets.push([[0, 0x10ffff]]);
  automaton.ways.push(1);
  automaton.follow.push(new Map([[search, 1], ...automaton.first]));
}

/** Two different ways from a place back to itself over one text. */
function isExponential({ sets, follow }: Automaton): boolean {
  const component = componentsOf(follow.map((targets) => [...targets.keys()]));
  for (const [source, targets] of follow.entries()) {
    for (const [target, ways] of targets) {
      if (ways > 1 && component[source] === component[target] && isInLoop(follow, component, source))
        return true;
    }
  }
  const count = sets.length;
  const pairs: number[][] = Array.from({ length: count * count }, () => []);
  for (let a = 0; a < count; a += 1) {
    for (let b = 0; b < count; b += 1) {
      if (component[a] !== component[b]) continue;
      for (const nextA of follow[a]?.keys() ?? []) {
        if (component[nextA] !== component[a]) continue;
        for (const nextB of follow[b]?.keys() ?? []) {
          if (component[nextB] === component[a] && intersects(sets[nextA] ?? [], sets[nextB] ?? [])) {
            pairs[a * count + b]?.push(nextA * count + nextB);
          }
        }
      }
    }
  }
  const pairComponent = componentsOf(pairs);
  const withTwin = new Set<number>();
  for (let a = 0; a < count; a += 1) withTwin.add(pairComponent[a * count + a] ?? -1);
  for (let a = 0; a < count; a += 1) {
    for (let b = 0; b < count; b += 1) {
      if (a !== b && withTwin.has(pairComponent[a * count + b] ?? -2)) return true;
    }
  }
  return false;
}

/** Whether two loops in a row can match the same text; `null` if that is too much work to say. */
function isPolynomial(automaton: Automaton, anchoredEnd: boolean): boolean | null {
  const shared = sharedLoops(automaton, anchoredEnd, true);
  return shared === null ? null : shared.size > 0;
}

/** In how many ways loops in a row can share one text out, at most; `null` if that is too much work to say. */
function waysToShare(automaton: Automaton, anchoredEnd: boolean): number | null {
  const shared = sharedLoops(automaton, anchoredEnd, false);
  if (shared === null) return null;
  const { follow } = automaton;
  const component = componentsOf(follow.map((targets) => [...targets.keys()]));
  const own: number[] = [];
  for (const [position, number] of component.entries())
    own[number] = Math.max(own[number] ?? 1, shared.has(number) ? (automaton.ways[position] ?? 1) : 1);
  // Components come after those they lead to, so that what follows is known.
  const total: number[] = [];
  for (let number = 0; number < own.length; number += 1) {
    let after = 1;
    for (const [position, targets] of follow.entries()) {
      if (component[position] !== number) continue;
      for (const target of targets.keys()) {
        const next = component[target] ?? number;
        if (next !== number) after = Math.max(after, total[next] ?? 1);
      }
    }
    total[number] = (own[number] ?? 1) * after;
  }
  return Math.max(1, ...total);
}

/**
 * The components that share a text with another: one text leads from loop p to p, from p to another loop q, and from q to
 * q. All of them, or the first two; `null` if that is too much work.
 */
function sharedLoops(
  { sets, follow, last }: Automaton,
  anchoredEnd: boolean,
  onlyFirst: boolean,
): ReadonlySet<number> | null {
  const component = componentsOf(follow.map((targets) => [...targets.keys()]));
  const inLoop = sets.map((_, position) => isInLoop(follow, component, position));
  const count = sets.length;
  const shared = new Set<number>();
  let steps = 0;

  function share(p: number, q: number): boolean | null {
    const seen = new Set<number>();
    const open: (readonly [number, number, number])[] = [[p, p, q]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [x, y, z] = next;
      for (const nextX of follow[x]?.keys() ?? []) {
        if (component[nextX] !== component[p]) continue;
        for (const nextZ of follow[z]?.keys() ?? []) {
          if (component[nextZ] !== component[q] || !intersects(sets[nextX] ?? [], sets[nextZ] ?? []))
            continue;
          for (const nextY of follow[y]?.keys() ?? []) {
            if ((steps += 1) > MAX_STEPS) return null;
            if (!intersects(sets[nextY] ?? [], sets[nextX] ?? [])) continue;
            if (!intersects(sets[nextY] ?? [], sets[nextZ] ?? [])) continue;
            if (nextX === p && nextY === q && nextZ === q) return true;
            const key = (nextX * count + nextY) * count + nextZ;
            if (seen.has(key)) continue;
            seen.add(key);
            open.push([nextX, nextY, nextZ]);
          }
        }
      }
    }
    return false;
  }

  for (let p = 0; p < count; p += 1) {
    for (let q = 0; q < count; q += 1) {
      const [from = -1, to = -1] = [component[p], component[q]];
      if (from === to || inLoop[p] !== true || inLoop[q] !== true) continue;
      if (shared.has(from) && shared.has(to)) continue;
      // Where the match may end right here it does, and nothing is tried again.
      if (!anchoredEnd && [...last.keys()].some((end) => component[end] === to)) continue;
      const isShared = share(p, q);
      if (isShared === null) return null;
      if (!isShared) continue;
      shared.add(from).add(to);
      if (onlyFirst) return shared;
    }
  }
  return shared;
}

function isInLoop(
  follow: readonly Map<number, number>[],
  component: readonly number[],
  position: number,
): boolean {
  return [...(follow[position]?.keys() ?? [])].some((target) => component[target] === component[position]);
}

/** Strongly connected components (Tarjan, without recursion): the number of its component for every node. */
function componentsOf(edges: readonly (readonly number[])[]): number[] {
  const component = new Array<number>(edges.length).fill(-1);
  const index = new Array<number>(edges.length).fill(-1);
  const low = new Array<number>(edges.length).fill(0);
  const stack: number[] = [];
  let counter = 0;
  let components = 0;
  for (let root = 0; root < edges.length; root += 1) {
    if (index[root] !== -1) continue;
    const work: [node: number, next: number][] = [[root, 0]];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const [node, next] = frame;
      if (next === 0) {
        index[node] = low[node] = counter;
        counter += 1;
        stack.push(node);
      }
      const target = edges[node]?.[next];
      if (target !== undefined) {
        frame[1] += 1;
        if (index[target] === -1) work.push([target, 0]);
        else if (component[target] === -1) low[node] = Math.min(low[node] ?? 0, index[target] ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.[0];
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] !== index[node]) continue;
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        component[member] = components;
        if (member === node) break;
      }
      components += 1;
    }
  }
  return component;
}

function add(ways: Map<number, number> | undefined, target: number, more: number): void {
  if (more > 0) ways?.set(target, Math.min(2, (ways.get(target) ?? 0) + more));
}

function merge(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
  times: number,
): Map<number, number> {
  const result = new Map(a);
  for (const [position, ways] of b) add(result, position, ways * times);
  return result;
}

/** In how many ways an expression can be read, if nothing is known of the text; `Infinity` for endless repetitions. */
function waysOf(node: RegexNode): number {
  switch (node.type) {
    case 'sequence':
      return node.nodes.reduce((product, child) => product * waysOf(child), 1);
    case 'alternatives':
      return node.nodes.reduce((sum, child) => sum + waysOf(child), 0);
    case 'repeat': {
      if (node.max === Infinity) return Infinity;
      const one = waysOf(node.node);
      if (one === 1) return node.max - node.min + 1;
      let ways = 0;
      for (let count = node.min; count <= node.max && ways <= MAX_WAYS; count += 1) ways += one ** count;
      return ways;
    }
    default:
      return 1;
  }
}

/** What a loop adds to the ways to share a text. One with many ways was found to read a text in one way only. */
function weightOf(repeat: Repeat): number {
  const ways = waysOf(repeat);
  if (ways <= FEW_WAYS) return ways;
  const length = maxLengthOf(repeat);
  return length === Infinity ? ENDLESS_WAYS : length;
}

function maxLengthOf(node: RegexNode): number {
  switch (node.type) {
    case 'characters':
      return (node.set.at(-1)?.[1] ?? 0) > 0xffff ? 2 : 1;
    case 'sequence':
      return node.nodes.reduce((sum, child) => sum + maxLengthOf(child), 0);
    case 'alternatives':
      return Math.max(...node.nodes.map(maxLengthOf));
    case 'repeat': {
      const one = maxLengthOf(node.node);
      return one === 0 || node.max === 0 ? 0 : one * node.max;
    }
    case 'modifiers':
      return maxLengthOf(node.node);
    case 'backreference':
      return Infinity;
    default:
      return 0;
  }
}

function isAnchored(node: RegexNode, side: 'start' | 'end'): boolean {
  switch (node.type) {
    case 'start':
    case 'end':
      return node.type === side;
    case 'alternatives':
      return node.nodes.every((child) => isAnchored(child, side));
    case 'repeat':
      return node.min > 0 && isAnchored(node.node, side);
    case 'sequence': {
      const outermost = (side === 'start' ? node.nodes : [...node.nodes].reverse()).find(
        (child) => child.type !== 'look' && child.type !== 'boundary',
      );
      return outermost !== undefined && isAnchored(outermost, side);
    }
    default:
      return false;
  }
}

function children(node: RegexNode): readonly RegexNode[] {
  if ('nodes' in node) return node.nodes;
  return 'node' in node ? [node.node] : [];
}

function holds(node: RegexNode, type: RegexNode['type']): boolean {
  return node.type === type || children(node).some((child) => holds(child, type));
}

function lookarounds(node: RegexNode): readonly RegexNode[] {
  return node.type === 'look' ? [node.node] : children(node).flatMap(lookarounds);
}
