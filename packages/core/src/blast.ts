// SPDX-License-Identifier: Apache-2.0
/**
 * Blast radius on the catalog's dependency graph, as compressed sparse rows in typed arrays: 100,000
 * systems and 1,000,000 edges answer in milliseconds (design section 7).
 */
export type Dependency = {
  /** The system that depends. */
  readonly from: string;
  /** The system it depends on; a change of `to` reaches `from`. */
  readonly to: string;
  /** A soft dependency degrades but does not fail: reached, but only inferred. */
  readonly hard: boolean;
};

export type DependencyGraph = {
  /** Sorted and distinct. */
  readonly ids: readonly string[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly dependents: Edges;
  readonly dependencies: Edges;
};

/** Compressed sparse rows: the edges of system i are `to[starts[i] .. starts[i + 1])`. */
type Edges = {
  readonly starts: Uint32Array;
  /** Twice the other system's index, plus one where the dependency is hard. */
  readonly to: Uint32Array;
};

/** What a change can reach, as columns: a hundred thousand objects would take longer than the walks. */
export type Reach = {
  /** Indices of the systems, nearest first, then by id. */
  readonly systems: Uint32Array;
  /** By system: the length of the shortest chain of hard dependencies, or `UNREACHED`. */
  readonly certainly: Uint32Array;
  /** By system: the length of the shortest chain of any, or `UNREACHED`. */
  readonly perhaps: Uint32Array;
};

export type Reached = {
  readonly system: string;
  /** The first neighbour by id on a shortest way to it; empty for a system touched directly. */
  readonly via: string;
  readonly depth: number;
  readonly certain: boolean;
};

export const UNREACHED = 0xffff_ffff;

/** Builds the graph; a dependency on a system that the catalog does not list is left out. */
export function dependencyGraph(
  systems: readonly string[],
  dependencies: readonly Dependency[],
): DependencyGraph {
  const ids = [...new Set(systems)].sort();
  const indexOf = new Map(ids.map((id, i) => [id, i]));
  const from = new Uint32Array(dependencies.length);
  const to = new Uint32Array(dependencies.length);
  let count = 0;
  for (const d of dependencies) {
    const dependent = indexOf.get(d.from);
    const dependency = indexOf.get(d.to);
    if (dependent === undefined || dependency === undefined) continue;
    from[count] = dependent * 2 + (d.hard ? 1 : 0);
    to[count] = dependency * 2 + (d.hard ? 1 : 0);
    count++;
  }
  return {
    ids,
    indexOf,
    dependents: edges(ids.length, to.subarray(0, count), from),
    dependencies: edges(ids.length, from.subarray(0, count), to),
  };
}

function edges(systems: number, from: Uint32Array, to: Uint32Array): Edges {
  const starts = new Uint32Array(systems + 1);
  for (const end of from) starts[(end >>> 1) + 1] = (starts[(end >>> 1) + 1] ?? 0) + 1;
  for (let i = 0; i < systems; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
  const next = starts.slice();
  const sorted = new Uint32Array(from.length);
  for (const [e, end] of from.entries()) {
    const at = next[end >>> 1] ?? 0;
    next[end >>> 1] = at + 1;
    sorted[at] = to[e] ?? 0;
  }
  return { starts, to: sorted };
}

/**
 * Everything that a change of the given systems can reach, whatever the order of dependencies. A
 * system is reached certainly when a chain of hard dependencies leads to it; certain chains win over
 * shorter inferred ones, so that two breadth-first walks suffice.
 */
export function reach(graph: DependencyGraph, touched: readonly string[]): Reach {
  const certainly = walk(graph, touched, true);
  const perhaps = walk(graph, touched, false);
  return { systems: nearestFirst(certainly, perhaps), certainly, perhaps };
}

/** One system of a reach, in words; `index` is one of `reach.systems`. */
export function reachedAt(graph: DependencyGraph, reach: Reach, index: number): Reached {
  const certain = reach.certainly[index] !== UNREACHED;
  const depths = certain ? reach.certainly : reach.perhaps;
  const depth = depths[index] ?? UNREACHED;
  const via = depth === 0 ? "" : viaOf(graph, depths, index, certain);
  return { system: graph.ids[index] ?? "", via, depth, certain };
}

/** Looked for when somebody asks: noting it on the way would take longer than both walks. */
function viaOf(
  { ids, dependencies }: DependencyGraph,
  depths: Uint32Array,
  index: number,
  onlyHard: boolean,
): string {
  const depth = depths[index] ?? UNREACHED;
  const end = dependencies.starts[index + 1] ?? 0;
  let first = UNREACHED;
  for (let e = dependencies.starts[index] ?? 0; e < end; e++) {
    const edge = dependencies.to[e] ?? 0;
    // By its distance alone a soft dependency might pass for a link of a certain chain.
    if (onlyHard && (edge & 1) === 0) continue;
    if (depths[edge >>> 1] === depth - 1) first = Math.min(first, edge >>> 1);
  }
  return first === UNREACHED ? "" : (ids[first] ?? "");
}

function walk(
  { ids, indexOf, dependents }: DependencyGraph,
  touched: readonly string[],
  onlyHard: boolean,
): Uint32Array {
  const { starts, to } = dependents;
  const depth = new Uint32Array(ids.length).fill(UNREACHED);
  const queue = new Uint32Array(ids.length);
  // A byte a system stays in the cache of a processor where its distance would not.
  const done = new Uint8Array(ids.length);
  const least = onlyHard ? 1 : 0;
  let tail = 0;
  for (const id of new Set(touched)) {
    const index = indexOf.get(id);
    if (index === undefined) continue;
    depth[index] = 0;
    done[index] = 1;
    queue[tail++] = index;
  }
  for (let head = 0; head < tail; head++) {
    const at = queue[head] ?? 0;
    const next = (depth[at] ?? 0) + 1;
    const end = starts[at + 1] ?? 0;
    for (let e = starts[at] ?? 0; e < end; e++) {
      const edge = to[e] ?? 0;
      const dependent = edge >>> 1;
      if (done[dependent] === 1 || (edge & 1) < least) continue;
      done[dependent] = 1;
      depth[dependent] = next;
      queue[tail++] = dependent;
    }
  }
  return depth;
}

/** Counting sort by distance: indices are in the order of ids already. */
function nearestFirst(certainly: Uint32Array, perhaps: Uint32Array): Uint32Array {
  const distance = (i: number): number => {
    const certain = certainly[i] ?? UNREACHED;
    return certain === UNREACHED ? (perhaps[i] ?? UNREACHED) : certain;
  };
  const starts: number[] = [0];
  let count = 0;
  for (let i = 0; i < perhaps.length; i++) {
    const d = distance(i);
    if (d === UNREACHED) continue;
    starts[d + 1] = (starts[d + 1] ?? 0) + 1;
    count++;
  }
  for (let d = 1; d < starts.length; d++) starts[d] = (starts[d] ?? 0) + (starts[d - 1] ?? 0);
  const systems = new Uint32Array(count);
  for (let i = 0; i < perhaps.length; i++) {
    const d = distance(i);
    if (d === UNREACHED) continue;
    const at = starts[d] ?? 0;
    starts[d] = at + 1;
    systems[at] = i;
  }
  return systems;
}
