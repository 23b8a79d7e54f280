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
  /** Dependents of system i are `dependents[starts[i] .. starts[i + 1])`. */
  readonly starts: Uint32Array;
  readonly dependents: Uint32Array;
  readonly hard: Uint8Array;
};

export type Reached = {
  readonly system: string;
  /** The first neighbour by id on a shortest way to it; empty for a system touched directly. */
  readonly via: string;
  readonly depth: number;
  readonly certain: boolean;
};

/** Builds the graph; a dependency on a system that the catalog does not list is left out. */
export function dependencyGraph(
  systems: readonly string[],
  dependencies: readonly Dependency[],
): DependencyGraph {
  const ids = [...new Set(systems)].sort();
  const indexOf = new Map(ids.map((id, i) => [id, i]));
  const starts = new Uint32Array(ids.length + 1);
  const from = new Uint32Array(dependencies.length);
  const to = new Uint32Array(dependencies.length);
  let edges = 0;
  const hardOf = new Uint8Array(dependencies.length);
  for (const d of dependencies) {
    const dependent = indexOf.get(d.from);
    const dependency = indexOf.get(d.to);
    if (dependent === undefined || dependency === undefined) continue;
    from[edges] = dependent;
    to[edges] = dependency;
    hardOf[edges] = d.hard ? 1 : 0;
    starts[dependency + 1] = (starts[dependency + 1] ?? 0) + 1;
    edges++;
  }
  for (let i = 0; i < ids.length; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
  const next = starts.slice();
  const dependents = new Uint32Array(edges);
  const hard = new Uint8Array(edges);
  for (let e = 0; e < edges; e++) {
    const at = next[to[e] ?? 0] ?? 0;
    next[to[e] ?? 0] = at + 1;
    dependents[at] = from[e] ?? 0;
    hard[at] = hardOf[e] ?? 0;
  }
  return { ids, indexOf, starts, dependents, hard };
}

const UNREACHED = 0xffff_ffff;

/**
 * Everything that a change of the given systems can reach, nearest first, then by id, whatever the
 * order of dependencies. A system is reached certainly when a chain of hard dependencies leads to
 * it; certain chains win over shorter inferred ones, so that two breadth-first walks suffice.
 */
export function reach(graph: DependencyGraph, touched: readonly string[]): readonly Reached[] {
  const certain = walk(graph, touched, true);
  const any = walk(graph, touched, false);
  const depth = any.depth.slice();
  for (const [index, d] of certain.depth.entries()) if (d !== UNREACHED) depth[index] = d;
  return Array.from(nearestFirst(depth, any.count), (index) => {
    const isCertain = certain.depth[index] !== UNREACHED;
    const through = (isCertain ? certain : any).via[index] ?? UNREACHED;
    return {
      system: graph.ids[index] ?? "",
      via: through === UNREACHED ? "" : (graph.ids[through] ?? ""),
      depth: depth[index] ?? 0,
      certain: isCertain,
    };
  });
}

type Walk = {
  readonly count: number;
  readonly depth: Uint32Array;
  readonly via: Uint32Array;
};

function walk(graph: DependencyGraph, touched: readonly string[], onlyHard: boolean): Walk {
  const n = graph.ids.length;
  const depth = new Uint32Array(n).fill(UNREACHED);
  const via = new Uint32Array(n).fill(UNREACHED);
  const queue = new Uint32Array(n);
  let tail = 0;
  for (const id of new Set(touched)) {
    const index = graph.indexOf.get(id);
    if (index === undefined) continue;
    depth[index] = 0;
    queue[tail++] = index;
  }
  let level = 0;
  for (let head = 0; head < tail; head++) {
    // In the order of ids within a distance, so that the first to reach a system is the first by id.
    if (head === level) {
      queue.subarray(head, tail).sort();
      level = tail;
    }
    const at = queue[head] ?? 0;
    const end = graph.starts[at + 1] ?? 0;
    for (let e = graph.starts[at] ?? 0; e < end; e++) {
      const dependent = graph.dependents[e] ?? 0;
      if (depth[dependent] !== UNREACHED || (onlyHard && graph.hard[e] === 0)) continue;
      depth[dependent] = (depth[at] ?? 0) + 1;
      via[dependent] = at;
      queue[tail++] = dependent;
    }
  }
  return { count: tail, depth, via };
}

/** Counting sort: indices are in the order of ids already. */
function nearestFirst(depth: Uint32Array, count: number): Uint32Array {
  const starts: number[] = [0];
  for (const d of depth) if (d !== UNREACHED) starts[d + 1] = (starts[d + 1] ?? 0) + 1;
  for (let d = 1; d < starts.length; d++) starts[d] = (starts[d] ?? 0) + (starts[d - 1] ?? 0);
  const order = new Uint32Array(count);
  for (const [index, d] of depth.entries()) {
    if (d === UNREACHED) continue;
    const at = starts[d] ?? 0;
    starts[d] = at + 1;
    order[at] = index;
  }
  return order;
}
