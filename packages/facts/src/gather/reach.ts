// SPDX-License-Identifier: Apache-2.0
import { type Blast, type DependencyGraph, dependencyGraph, reach } from "@interlock/core";
import type { Catalog } from "../catalog/catalog.ts";

/** Built once a catalog: a backtest asks for every commit. */
const GRAPHS = new WeakMap<Catalog, DependencyGraph>();
const REACHED_MAX = 1_000;

/** What a change of the given systems can reach through the catalog. */
export function blastOf(catalog: Catalog, touched: readonly string[]): Blast {
  const graph = graphOf(catalog);
  const byId = new Map(catalog.systems.map((s) => [s.id, s]));
  const reached = reach(graph, touched);
  const failing = reached.filter((r) => r.certain).flatMap((r) => byId.get(r.system) ?? []);
  const direct = touched.flatMap((id) => byId.get(id) ?? []);
  const cells = new Set(direct.flatMap((s) => s.cells.map((c) => `${s.id} ${c}`)));
  return {
    systems: failing.length,
    tier1: failing.filter((s) => s.tier === 1).length,
    cells: cells.size,
    regions: new Set(direct.flatMap((s) => s.regions)).size,
    trafficPpm: Math.min(
      1_000_000,
      failing.reduce((sum, s) => sum + s.orderSharePpm, 0),
    ),
    ordersPerMinute: failing.reduce((sum, s) => sum + s.ordersPerMinute, 0),
    global: direct.some((s) => s.cells.length > 1),
    certainty: catalog.systems.length === 0 ? "unknown" : "inferred",
    reached: reached.slice(0, REACHED_MAX).map((r) => ({
      system: r.system,
      tier: byId.get(r.system)?.tier ?? 4,
      via: r.via,
      depth: r.depth,
      certainty: r.certain ? ("certain" as const) : ("inferred" as const),
    })),
  };
}

function graphOf(catalog: Catalog): DependencyGraph {
  const known = GRAPHS.get(catalog);
  if (known !== undefined) return known;
  const graph = dependencyGraph(
    catalog.systems.map((s) => s.id),
    catalog.dependencies,
  );
  GRAPHS.set(catalog, graph);
  return graph;
}
