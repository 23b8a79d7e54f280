// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chainTo, graphOf, nameOf, nextBy, type Reached, ranked } from "../../src/blast/radius.ts";

const reached = (system: string, more: Partial<Reached> = {}): Reached => ({
  ...{ system, tier: 2, via: "", depth: 0, certainty: "certain" },
  ...more,
});

const SHOP = [
  reached("rates"),
  reached("cart", { tier: 1, via: "rates", depth: 1 }),
  reached("mail", { tier: 4, via: "rates", depth: 1, certainty: "inferred" }),
  reached("checkout", { tier: 1, via: "cart", depth: 2 }),
  reached("search", { tier: 1, via: "mail", depth: 2, certainty: "inferred" }),
];

/** Every system but the first is reached through one before it. */
const ANY = fc
  .array(fc.record({ via: fc.nat(), tier: fc.integer({ min: 1, max: 4 }) }), { maxLength: 60 })
  .map((list) => {
    const all: Reached[] = [reached("s0")];
    for (const [i, { via, tier }] of list.entries()) {
      const from = all[via % all.length] ?? reached("s0");
      all.push(reached(`s${i + 1}`, { tier, via: from.system, depth: from.depth + 1 }));
    }
    return all;
  });

describe("blast radius", () => {
  it("what is critical comes first, and of that what is in doubt", () => {
    expect(ranked(SHOP).map(({ system }) => system)).toEqual([
      ...["search", "cart", "checkout", "rates", "mail"],
    ]);
  });

  it("arrows follow the lines, and go to neighbours", () => {
    const graph = graphOf(SHOP);
    const at = (system: string) => {
      const found = graph.nodes.find((node) => node.system === system);
      if (found === undefined) throw new Error(`no node \`${system}\``);
      return found;
    };
    const to = (arrow: Parameters<typeof nextBy>[0], system: string) =>
      nextBy(arrow, graph, at(system))?.system ?? null;
    expect(to("ArrowRight", "rates")).toBe("cart");
    expect(to("ArrowDown", "cart")).toBe("mail");
    expect(to("ArrowUp", "cart")).toBe(null);
    expect(to("ArrowRight", "mail")).toBe("search");
    expect(to("ArrowLeft", "search")).toBe("mail");
    expect(nameOf(at("search"))).toBe("T1 search, reached through mail, inferred");
  });

  it("what a budget leaves out is the least critical, and is counted", () => {
    const { nodes, left } = graphOf(SHOP, 3);
    expect(nodes.map(({ system }) => system)).toEqual(["cart", "checkout", "search"]);
    expect(left).toEqual({ all: 2, tier1: 0 });
  });

  it("a chain begins at the change and has a step for each", () => {
    fc.assert(
      fc.property(ANY, (all) => {
        for (const one of all) {
          const chain = chainTo(all, one.system);
          expect(chain.length).toBe(one.depth + 1);
          expect(chain[0]?.via).toBe("");
          expect(chain.at(-1)).toBe(one);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("every node has a place of its own, and lines go to the right", () => {
    fc.assert(
      fc.property(ANY, (all) => {
        const { nodes, links } = graphOf(all);
        expect(new Set(nodes.map(({ column, row }) => `${column} ${row}`)).size).toBe(nodes.length);
        expect(links.every(({ from, to }) => from.column < to.column)).toBe(true);
        expect(links.length).toBe(all.length - 1);
      }),
      { numRuns: 50 },
    );
  });

  it("a chain that leads into itself ends", () => {
    const round = [reached("a", { via: "b", depth: 2 }), reached("b", { via: "a", depth: 2 })];
    expect(chainTo(round, "a").length).toBeLessThanOrEqual(3);
  });
});
