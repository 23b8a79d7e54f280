// SPDX-License-Identifier: Apache-2.0
import type { Ranges, Regex } from "./syntax.ts";

/**
 * The position automaton (Glushkov) of a pattern, with the number of ways of each step kept: two
 * ways to take the same step are what makes a backtracking matcher try everything twice.
 */
export type Positions = {
  readonly sets: readonly Ranges[];
  /** For each position: next position to number of ways (1, or 2 for "more than one"). */
  readonly follow: readonly ReadonlyMap<number, number>[];
  readonly last: ReadonlySet<number>;
};

/** More positions than any hand-written pattern has. */
const POSITIONS_MAX = 600;
const FOLLOW_MAX = 60_000;
/** A bounded repeat beyond this is as bad as an unbounded one. */
export const MANY = 25;
/** A symbol beyond Unicode that stands for "an assertion holds here". */
const ASSERTION: Ranges = [[0x110000, 0x110000]];

type Part = {
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
  /** Ways to match nothing, at most 2. */
  readonly empty: number;
};

type Build = { readonly sets: Ranges[]; readonly follow: Map<number, number>[]; steps: number };

class TooLarge extends Error {}

/** `null` when the pattern is too large to analyse. */
export function positionsOf(regex: Regex): Positions | null {
  const build: Build = { sets: [], follow: [], steps: 0 };
  try {
    const whole = partOf(build, regex);
    return { sets: build.sets, follow: build.follow, last: new Set(whole.last.keys()) };
  } catch (error) {
    if (error instanceof TooLarge) return null;
    throw error;
  }
}

function partOf(build: Build, regex: Regex): Part {
  switch (regex.kind) {
    case "set":
      return position(build, regex.ranges);
    case "assert":
      return position(build, ASSERTION);
    case "cat":
      return regex.items.reduce<Part>(
        (left, item) => join(build, left, partOf(build, item)),
        NOTHING,
      );
    case "alt":
      return regex.items.map((item) => partOf(build, item)).reduce(either);
    case "repeat":
      return repeat(build, regex);
  }
}

const NOTHING: Part = { first: new Map(), last: new Map(), empty: 1 };

function position(build: Build, ranges: Ranges): Part {
  const id = build.sets.length;
  if (id >= POSITIONS_MAX) throw new TooLarge();
  build.sets.push(ranges);
  build.follow.push(new Map());
  const only = new Map([[id, 1]]);
  return { first: only, last: only, empty: 0 };
}

function add(into: Map<number, number>, from: ReadonlyMap<number, number>, times: number): void {
  if (times === 0) return;
  for (const [id, ways] of from) into.set(id, Math.min(2, (into.get(id) ?? 0) + ways * times));
}

function connect(
  build: Build,
  from: ReadonlyMap<number, number>,
  to: ReadonlyMap<number, number>,
): void {
  build.steps += from.size * to.size;
  if (build.steps > FOLLOW_MAX) throw new TooLarge();
  for (const [id, ways] of from) add(build.follow[id] ?? new Map(), to, ways);
}

function join(build: Build, left: Part, right: Part): Part {
  connect(build, left.last, right.first);
  const first = new Map(left.first);
  add(first, right.first, left.empty);
  const last = new Map(right.last);
  add(last, left.last, right.empty);
  return { first, last, empty: Math.min(2, left.empty * right.empty) };
}

function either(left: Part, right: Part): Part {
  const first = new Map(left.first);
  add(first, right.first, 1);
  const last = new Map(left.last);
  add(last, right.last, 1);
  return { first, last, empty: Math.min(2, left.empty + right.empty) };
}

function repeat(build: Build, regex: Regex & { kind: "repeat" }): Part {
  const endless = regex.max >= MANY;
  const least = Math.min(regex.min, 8);
  const spare = endless ? 0 : Math.min(regex.max - regex.min, 2);
  let whole = NOTHING;
  for (let i = 0; i < least; i += 1) {
    const copy = partOf(build, regex.item);
    // The last copy of `x{n,}` carries the loop.
    if (endless && i === least - 1) connect(build, copy.last, copy.first);
    whole = join(build, whole, copy);
  }
  if (endless && least === 0) {
    const loop = partOf(build, regex.item);
    connect(build, loop.last, loop.first);
    whole = { ...loop, empty: 1 };
  }
  for (let i = 0; i < spare; i += 1) {
    const copy = partOf(build, regex.item);
    whole = join(build, whole, { ...copy, empty: 1 });
  }
  return whole;
}
