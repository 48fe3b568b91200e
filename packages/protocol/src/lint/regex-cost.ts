// Regex cost: whether a regular expression can need more than linear time, and how long a text it can match. Both are
// answered from the position automaton: two ways to read one text inside a loop are exponential, a text that two loops
// in a row can share is polynomial (Weber and Seidl, 1991). Doubt is answered "yes".
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
  for (const look of lookarounds(tree)) {
    const inner = findDanger(look, { start: true, end: false });
    if (inner !== undefined) return inner;
  }
  const generous = buildAutomaton(tree, MANY);
  const exact = buildAutomaton(tree, Infinity);
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
  return undefined;
}

/** Every place of a character in the expression, and how many ways lead from one to the next (2 stands for "more"). */
interface Automaton {
  readonly sets: CharacterSet[];
  readonly follow: Map<number, number>[];
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
}

interface Fragment {
  /** Ways to match nothing: 0, 1, or 2 for more. */
  readonly empty: number;
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
}

const NOTHING: Fragment = { empty: 1, first: new Map(), last: new Map() };

function buildAutomaton(tree: RegexNode, many: number): Automaton | null {
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
        return repeat(node.node, node.min, node.max >= many ? Infinity : node.max);
      default:
        return NOTHING;
    }
  }

  // Two copies are enough to tell what any number of them can do.
  function repeat(node: RegexNode, min: number, max: number): Fragment {
    if (max === 0) return NOTHING;
    let all = NOTHING;
    for (let copy = 0; copy < Math.min(min, 2); copy += 1) {
      const fragment = build(node);
      if (max === Infinity && copy === Math.min(min, 2) - 1) connect(fragment.last, fragment.first);
      all = join(all, fragment);
    }
    if (max === Infinity && min > 0) return all;
    for (let copy = 0; copy < (max === Infinity ? 1 : Math.min(max - min, 2)); copy += 1) {
      const fragment = build(node);
      if (max === Infinity) connect(fragment.last, fragment.first);
      all = join(all, { ...fragment, empty: 1 });
    }
    return all;
  }

  const { first, last } = build(tree);
  return sets.length > MAX_POSITIONS ? null : { sets, follow, first, last };
}

/** A search that is not anchored begins anew at every character: a loop over anything in front. */
function addSearch(automaton: Automaton): void {
  const search = automaton.sets.length;
  automaton.sets.push([[0, 0x10ffff]]);
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

/** One text that leads from loop p to p, from p to another loop q, and from q to q; `null` if that is too much work. */
function isPolynomial({ sets, follow, last }: Automaton, anchoredEnd: boolean): boolean | null {
  const component = componentsOf(follow.map((targets) => [...targets.keys()]));
  const inLoop = sets.map((_, position) => isInLoop(follow, component, position));
  let steps = 0;
  for (let p = 0; p < sets.length; p += 1) {
    for (let q = 0; q < sets.length; q += 1) {
      if (component[p] === component[q] || inLoop[p] !== true || inLoop[q] !== true) continue;
      // Where the match may end right here it does, and nothing is tried again.
      if (!anchoredEnd && [...last.keys()].some((end) => component[end] === component[q])) continue;
      const seen = new Set<string>();
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
              const key = `${nextX},${nextY},${nextZ}`;
              if (seen.has(key)) continue;
              seen.add(key);
              open.push([nextX, nextY, nextZ]);
            }
          }
        }
      }
    }
  }
  return false;
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
