// SPDX-License-Identifier: Apache-2.0
import {
  type Blast,
  type DependencyGraph,
  dependencyGraph,
  reach,
  reachedAt,
  UNREACHED,
} from "@interlock/core";
import type { Catalog, CatalogSystem } from "../catalog/catalog.ts";

type Known = {
  readonly graph: DependencyGraph;
  /** In the order of the graph's ids. */
  readonly systems: readonly (CatalogSystem | undefined)[];
  readonly byId: ReadonlyMap<string, CatalogSystem>;
};

/** Built once a catalog: a backtest asks for every commit. */
const GRAPHS = new WeakMap<Catalog, Known>();
const REACHED_MAX = 1_000;

/** What a change of the given systems can reach through the catalog. */
export function blastOf(catalog: Catalog, touched: readonly string[]): Blast {
  const { graph, systems, byId } = graphOf(catalog);
  const reached = reach(graph, touched);
  const failing = { systems: 0, tier1: 0, trafficPpm: 0, ordersPerMinute: 0 };
  for (const index of reached.systems) {
    const system = systems[index];
    if (reached.certainly[index] === UNREACHED || system === undefined) continue;
    failing.systems += 1;
    if (system.tier === 1) failing.tier1 += 1;
    failing.trafficPpm += system.orderSharePpm;
    failing.ordersPerMinute += system.ordersPerMinute;
  }
  const direct = touched.flatMap((id) => byId.get(id) ?? []);
  const cells = new Set(direct.flatMap((s) => s.cells.map((c) => `${s.id} ${c}`)));
  return {
    ...failing,
    trafficPpm: Math.min(1_000_000, failing.trafficPpm),
    cells: cells.size,
    regions: new Set(direct.flatMap((s) => s.regions)).size,
    global: direct.some((s) => s.cells.length > 1),
    certainty: catalog.systems.length === 0 ? "unknown" : "inferred",
    reached: Array.from(reached.systems.subarray(0, REACHED_MAX), (index) => {
      const { system, via, depth, certain } = reachedAt(graph, reached, index);
      return {
        ...{ system, tier: systems[index]?.tier ?? 4, via, depth },
        certainty: certain ? ("certain" as const) : ("inferred" as const),
      };
    }),
  };
}

function graphOf(catalog: Catalog): Known {
  const known = GRAPHS.get(catalog);
  if (known !== undefined) return known;
  const graph = dependencyGraph(
    catalog.systems.map((s) => s.id),
    catalog.dependencies,
  );
  const byId = new Map(catalog.systems.map((s) => [s.id, s]));
  const made = { graph, systems: graph.ids.map((id) => byId.get(id)), byId };
  GRAPHS.set(catalog, made);
  return made;
}
