// SPDX-License-Identifier: Apache-2.0
/** The blast radius of a change as rows and as a graph in layers; nothing in here draws. */
import type { Blast } from "@interlock/core";

export type Reached = Blast["reached"][number];

const DOUBT: Readonly<Record<Reached["certainty"], number>> = {
  unknown: 0,
  inferred: 1,
  certain: 2,
};

/** By criticality, then by doubt, then by nearness, then by name. */
export function ranked(reached: readonly Reached[]): readonly Reached[] {
  return reached.toSorted(
    (a, b) =>
      a.tier - b.tier ||
      DOUBT[a.certainty] - DOUBT[b.certainty] ||
      a.depth - b.depth ||
      (a.system < b.system ? -1 : 1),
  );
}

/** Nodes that one person can look at; what is left out is counted. */
export const NODES_MAX = 150;

export type Placed = Reached & { readonly column: number; readonly row: number };
export type Link = { readonly from: Placed; readonly to: Placed };

export type Graph = {
  /** In the order in which they are read: column by column, from above. */
  readonly nodes: readonly Placed[];
  readonly links: readonly Link[];
  readonly columns: number;
  readonly rows: number;
  readonly left: { readonly all: number; readonly tier1: number };
};

/**
 * A column a step from what the change touches, the most critical first where a budget leaves some out.
 * In a column they stand in the order of what they are reached through, so that few lines cross.
 */
export function graphOf(reached: readonly Reached[], most = NODES_MAX): Graph {
  const order = ranked(reached);
  const shown = order.slice(0, most);
  const out = order.slice(most);
  const depths = [...new Set(shown.map(({ depth }) => depth))].sort((a, b) => a - b);
  const rowOf = new Map<string, number>();
  const nodes: Placed[] = [];
  let rows = 0;
  for (const [column, depth] of depths.entries()) {
    const own = shown.filter((one) => one.depth === depth);
    const behind = ({ via }: Reached): number => rowOf.get(via) ?? Number.MAX_SAFE_INTEGER;
    const sorted = own.toSorted((a, b) => behind(a) - behind(b));
    for (const [row, one] of sorted.entries()) {
      rowOf.set(one.system, row);
      nodes.push({ ...one, column, row });
    }
    rows = Math.max(rows, own.length);
  }
  const known = new Map(nodes.map((node) => [node.system, node]));
  const links = nodes.flatMap((to): Link[] => {
    const from = known.get(to.via);
    return from === undefined ? [] : [{ from, to }];
  });
  const tier1 = out.filter(({ tier }) => tier === 1).length;
  return { nodes, links, columns: depths.length, rows, left: { all: out.length, tier1 } };
}

/** From what the change touches to a system, each by the one before it. */
export function chainTo(reached: readonly Reached[], system: string): readonly Reached[] {
  const known = new Map(reached.map((one) => [one.system, one]));
  const chain: Reached[] = [];
  let at = known.get(system);
  for (let steps = at?.depth ?? 0; at !== undefined && steps >= 0; steps--) {
    chain.unshift(at);
    at = at.via === "" ? undefined : known.get(at.via);
  }
  return chain;
}

type Arrow = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";
export const isArrow = (key: string): key is Arrow =>
  ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(key);

/** Where an arrow leads: back to what it is reached through, on to what it reaches, or to a neighbour. */
export function nextBy(arrow: Arrow, { nodes, links }: Graph, at: Placed): Placed | null {
  const by = { ArrowUp: -1, ArrowDown: 1 } as const;
  if (arrow === "ArrowLeft") return links.find(({ to }) => to === at)?.from ?? null;
  if (arrow === "ArrowRight") return links.find(({ from }) => from === at)?.to ?? null;
  const row = at.row + by[arrow];
  return nodes.find((node) => node.column === at.column && node.row === row) ?? null;
}

/** What a node is called; it begins with what is seen of it (WCAG 2.5.3). */
export const nameOf = ({ system, tier, via, certainty }: Reached): string =>
  `T${tier} ${system}, ${via === "" ? "touched by the change" : `reached through ${via}`}, ${certainty}`;
