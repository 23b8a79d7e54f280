// SPDX-License-Identifier: Apache-2.0
import { MANY, type Positions, positionsOf } from "./positions.ts";
import { DOT, intersects, parseRegex, type Ranges, type Regex } from "./syntax.ts";

export type RegexVerdict =
  | { readonly kind: "linear" }
  /** A loop can read one text in two ways and something after it can fail. */
  | { readonly kind: "exponential" }
  /** So many adjacent loops that can all read the same text: `.*.*=`. */
  | { readonly kind: "polynomial"; readonly degree: number }
  | { readonly kind: "too-complex" }
  | { readonly kind: "no-regex" };

/** Steps through the product automaton before the answer is "too complex". */
const STEPS_MAX = 400_000;

/**
 * Says how a backtracking matcher behaves on the pattern, by the ambiguity of its automaton
 * (Weber and Seidl 1991: exponential exactly when a state has two different paths to itself that
 * read the same text).
 */
export function judgeRegex(
  source: string,
  options: { readonly fold?: boolean; readonly whole?: boolean } = {},
): RegexVerdict {
  const parsed = parseRegex(source, options.fold ?? false);
  if (parsed === null) return { kind: "no-regex" };
  const regex: Regex =
    options.whole === true ? { kind: "cat", items: [parsed, { kind: "assert" }] } : parsed;
  const degree = polynomialDegree(regex);
  const positions = positionsOf(regex);
  if (positions === null) return { kind: "too-complex" };
  const exponential = isExponential(positions);
  if (exponential === "too-complex") return { kind: "too-complex" };
  if (exponential) return { kind: "exponential" };
  return degree >= 2 ? { kind: "polynomial", degree } : { kind: "linear" };
}

function isExponential(positions: Positions): boolean | "too-complex" {
  const { follow, last } = positions;
  const component = components(follow.map((next) => [...next.keys()]));
  const members = new Map<number, number[]>();
  component.forEach((id, at) => {
    const loop = members.get(id) ?? [];
    loop.push(at);
    members.set(id, loop);
  });
  for (const loop of members.values()) {
    const [only] = loop;
    if (only === undefined) continue;
    if (loop.length === 1 && follow[only]?.has(only) !== true) continue;
    // When the match may end inside the loop, a matcher never has to go back.
    if (loop.some((at) => last.has(at))) continue;
    const verdict = loopIsAmbiguous(positions, loop);
    if (verdict !== false) return verdict;
  }
  return false;
}

function loopIsAmbiguous(positions: Positions, loop: readonly number[]): boolean | "too-complex" {
  const { follow, sets } = positions;
  const inside = new Set(loop);
  const next = (at: number): number[] =>
    [...(follow[at]?.keys() ?? [])].filter((to) => inside.has(to));
  if (loop.some((at) => next(at).some((to) => (follow[at]?.get(to) ?? 0) > 1))) return true;

  // Pairs reachable from a diagonal pair; ambiguous when one off the diagonal leads back to it.
  const size = sets.length;
  const index = new Map<number, number>();
  const edges: number[][] = [];
  const queue: number[] = [];
  const idOf = (p: number, q: number): number => {
    const key = p * size + q;
    const known = index.get(key);
    if (known !== undefined) return known;
    index.set(key, edges.length);
    edges.push([]);
    queue.push(key);
    return edges.length - 1;
  };
  for (const at of loop) idOf(at, at);
  let steps = 0;
  for (let head = 0; head < queue.length; head += 1) {
    const key = queue[head] ?? 0;
    const [p, q] = [Math.floor(key / size), key % size];
    for (const to of next(p)) {
      for (const other of next(q)) {
        steps += 1;
        if (steps > STEPS_MAX) return "too-complex";
        if (to === other || intersects(sets[to] ?? [], sets[other] ?? []))
          edges[head]?.push(idOf(to, other));
      }
    }
  }
  const component = components(edges);
  const diagonal = new Set(
    queue.flatMap((key, i) => (Math.floor(key / size) === key % size ? [component[i]] : [])),
  );
  return queue.some(
    (key, i) => Math.floor(key / size) !== key % size && diagonal.has(component[i]),
  );
}

/** Strongly connected components (Tarjan, without recursion): a component number for each node. */
function components(edges: readonly (readonly number[])[]): readonly number[] {
  const order = new Array<number>(edges.length).fill(-1);
  const low = new Array<number>(edges.length).fill(0);
  const component = new Array<number>(edges.length).fill(-1);
  const stack: number[] = [];
  let clock = 0;
  let found = 0;
  for (let start = 0; start < edges.length; start += 1) {
    if (order[start] !== -1) continue;
    const path: { node: number; edge: number }[] = [{ node: start, edge: 0 }];
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top === undefined) break;
      const { node } = top;
      if (top.edge === 0) {
        order[node] = clock;
        low[node] = clock;
        clock += 1;
        stack.push(node);
      }
      const to = edges[node]?.[top.edge];
      if (to !== undefined) {
        top.edge += 1;
        if (order[to] === -1) path.push({ node: to, edge: 0 });
        else if (component[to] === -1) low[node] = Math.min(low[node] ?? 0, order[to] ?? 0);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent.node] = Math.min(low[parent.node] ?? 0, low[node] ?? 0);
      if (low[node] === order[node]) {
        for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
          component[member] = found;
          if (member === node) break;
        }
        found += 1;
      }
    }
  }
  return component;
}

/** The longest run of adjacent wide loops, after which something can fail; below 2 is harmless. */
function polynomialDegree(regex: Regex): number {
  if (regex.kind === "repeat") return polynomialDegree(regex.item);
  if (regex.kind === "alt") return Math.max(0, ...regex.items.map(polynomialDegree));
  if (regex.kind !== "cat") return 0;
  const items = flatten(regex);
  let worst = Math.max(
    0,
    ...items.map((item) => (item.kind === "cat" ? 0 : polynomialDegree(item))),
  );
  let run = 0;
  for (const item of items) {
    const loop = item.kind === "repeat" && item.max >= MANY ? setOf(item.item) : null;
    if (loop !== null && isWide(loop)) run += 1;
    else if (!isNullable(item)) {
      worst = Math.max(worst, run);
      run = 0;
    }
  }
  return worst;
}

function flatten(regex: Regex): readonly Regex[] {
  return regex.kind === "cat" ? regex.items.flatMap(flatten) : [regex];
}

function setOf(regex: Regex): Ranges | null {
  if (regex.kind === "set") return regex.ranges;
  if (regex.kind === "cat" && regex.items.length === 1) return setOf(regex.items[0] ?? regex);
  return null;
}

/** Reads nearly everything: `.`, `[^x]`, `[\s\S]`. Narrow neighbours such as `\s*` are an idiom. */
function isWide(ranges: Ranges): boolean {
  let printable = 0;
  for (let code = 32; code < 127; code += 1)
    if (ranges.some(([low, high]) => code >= low && code <= high)) printable += 1;
  return ranges === DOT || printable >= 80;
}

function isNullable(regex: Regex): boolean {
  switch (regex.kind) {
    case "set":
    case "assert":
      return false;
    case "cat":
      return regex.items.every(isNullable);
    case "alt":
      return regex.items.some(isNullable);
    case "repeat":
      return regex.min === 0 || isNullable(regex.item);
  }
}
