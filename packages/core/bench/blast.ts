// SPDX-License-Identifier: Apache-2.0
/**
 * Everything that one change can reach among 100,000 systems with 1,000,000 dependencies, against a
 * breadth-first walk over the same graph in graphology. That both reach the same is checked first.
 */
import { dependencyGraph, reach } from "@interlock/core";
import { interleaved, sequence, shownComparison } from "@interlock/testkit";
import graphology from "graphology";

const SYSTEMS = 100_000;
const EDGES = 1_000_000;

const pick = sequence(11);
const ids = Array.from({ length: SYSTEMS }, (_, i) => `system-${i}`);
const dependencies = Array.from({ length: EDGES }, () => ({
  from: ids[pick(SYSTEMS)] ?? "",
  to: ids[pick(SYSTEMS)] ?? "",
  hard: pick(4) > 0,
}));

const graph = dependencyGraph(ids, dependencies);
const other = new graphology.MultiDirectedGraph();
for (const id of ids) other.addNode(id);
for (const { from, to } of dependencies) other.addEdge(to, from);

function walk(touched: string): number {
  const depth = new Map([[touched, 0]]);
  const queue = [touched];
  for (const at of queue) {
    const next = (depth.get(at) ?? 0) + 1;
    other.forEachOutNeighbor(at, (dependent) => {
      if (depth.has(dependent)) return;
      depth.set(dependent, next);
      queue.push(dependent);
    });
  }
  return depth.size;
}

const start = ids[5] ?? "";
const [ours, theirs] = [reach(graph, [start]).systems.length, walk(start)];
if (ours !== theirs) throw new Error(`the walks disagree: ${ours} and ${theirs} systems`);

const compared = await interleaved(
  () => reach(graph, [start]),
  () => walk(start),
  { warmUp: 5, measured: 15 },
);
console.log(shownComparison(`reach / graphology, ${ours} of ${SYSTEMS} systems`, compared));
