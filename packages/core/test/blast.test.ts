/** Blast radius: a table of small graphs, and a property against a naive walk. */
import { type Dependency, dependencyGraph, type Reached, reach, reachedAt } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const hard = (from: string, to: string): Dependency => ({ from, to, hard: true });
const soft = (from: string, to: string): Dependency => ({ from, to, hard: false });

function all(
  ids: readonly string[],
  dependencies: readonly Dependency[],
  touched: readonly string[],
): readonly Reached[] {
  const graph = dependencyGraph(ids, dependencies);
  const found = reach(graph, touched);
  return Array.from(found.systems, (index) => reachedAt(graph, found, index));
}

const IDS = ["a", "b", "c", "d", "e"];
/** `system via@depth`, with a question mark where it is only inferred. */
const written = (dependencies: readonly Dependency[], touched: readonly string[]) =>
  all(IDS, dependencies, touched).map(
    (r) => `${r.system} ${r.via}@${r.depth}${r.certain ? "" : "?"}`,
  );

describe("reach", () => {
  it.each<[string, readonly Dependency[], readonly string[], readonly string[]]>([
    ["nothing touched", [hard("b", "a")], [], []],
    ["a system that the catalog does not list", [hard("b", "a")], ["x"], []],
    ["no dependents", [hard("a", "b")], ["a"], ["a @0"]],
    ["a chain", [hard("b", "a"), hard("c", "b")], ["a"], ["a @0", "b a@1", "c b@2"]],
    ["touched twice", [hard("b", "a")], ["a", "a"], ["a @0", "b a@1"]],
    ["several touched, by id", [], ["c", "a"], ["a @0", "c @0"]],
    ["a touched dependent is touched", [hard("b", "a")], ["b", "a"], ["a @0", "b @0"]],
    ["a cycle", [hard("b", "a"), hard("a", "b")], ["a"], ["a @0", "b a@1"]],
    ["itself", [hard("a", "a")], ["a"], ["a @0"]],
    ["soft is inferred", [soft("b", "a")], ["a"], ["a @0", "b a@1?"]],
    [
      "behind soft all is inferred",
      [soft("b", "a"), hard("c", "b")],
      ["a"],
      ["a @0", "b a@1?", "c b@2?"],
    ],
    [
      "a longer certain chain wins over a shorter inferred one",
      [soft("c", "a"), hard("b", "a"), hard("c", "b")],
      ["a"],
      ["a @0", "b a@1", "c b@2"],
    ],
    [
      "by id within a distance, whatever the order of dependencies",
      [hard("d", "a"), hard("e", "d"), hard("b", "a"), hard("e", "b"), soft("c", "a")],
      ["a"],
      ["a @0", "b a@1", "c a@1?", "d a@1", "e b@2"],
    ],
    ["twice, hard and soft", [soft("b", "a"), hard("b", "a")], ["a"], ["a @0", "b a@1"]],
    [
      "the first by id of those at the same distance, whoever comes first",
      [
        hard("d", "c"),
        hard("c", "a"),
        hard("d", "b"),
        hard("b", "a"),
        soft("e", "d"),
        soft("e", "c"),
      ],
      ["a"],
      ["a @0", "b a@1", "c a@1", "d b@2", "e c@2?"],
    ],
    [
      "no soft link in a certain chain, however early by id",
      [hard("b", "a"), hard("c", "a"), soft("d", "b"), hard("d", "c")],
      ["a"],
      ["a @0", "b a@1", "c a@1", "d c@2"],
    ],
    [
      "nearest first by the certain chain, where a shorter one is only inferred",
      [soft("b", "a"), hard("c", "a"), hard("b", "c")],
      ["a"],
      ["a @0", "c a@1", "b c@2"],
    ],
    [
      "each by its own dependencies, none by those of the next",
      [hard("c", "b"), hard("d", "a")],
      ["a", "b"],
      ["a @0", "b @0", "c b@1", "d a@1"],
    ],
    ["unknown ends are left out", [hard("x", "a"), hard("b", "x")], ["a"], ["a @0"]],
  ])("%s", (_name, dependencies, touched, expected) => {
    expect(written(dependencies, touched)).toEqual(expected);
  });

  it("of no systems reaches nothing", () => {
    expect(all([], [], ["a"])).toEqual([]);
  });

  it("agrees with a naive walk", () => {
    const id = fc.integer({ min: 0, max: 11 }).map((n) => `s${n}`);
    const ids = Array.from({ length: 10 }, (_, n) => `s${n}`);
    const edges = fc.array(fc.record({ from: id, to: id, hard: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(edges, fc.array(id, { maxLength: 3 }), (dependencies, touched) => {
        const found = all(ids, dependencies, touched);
        const certain = distances(
          ids,
          dependencies.filter((d) => d.hard),
          touched,
        );
        const any = distances(ids, dependencies, touched);
        expect(new Set(found.map((r) => r.system))).toEqual(new Set(any.keys()));
        expect(found.length).toBe(any.size);
        for (const r of found) {
          expect(r.certain).toBe(certain.has(r.system));
          const depths = r.certain ? certain : any;
          expect(r.depth).toBe(depths.get(r.system));
          if (r.depth === 0) expect(r.via).toBe("");
          else {
            expect(depths.get(r.via)).toBe(r.depth - 1);
            expect(
              dependencies.some(
                (d) => d.from === r.system && d.to === r.via && (d.hard || !r.certain),
              ),
            ).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is the same whatever the order of dependencies and systems", () => {
    const edges = fc.array(
      fc.record({ from: fc.constantFrom(...IDS), to: fc.constantFrom(...IDS), hard: fc.boolean() }),
      { maxLength: 12 },
    );
    const told = (dependencies: readonly Dependency[], ids: readonly string[]) =>
      all(ids, dependencies, ["a", "c"]);
    const order = (r: { readonly depth: number; readonly system: string }) =>
      `${String(r.depth).padStart(3, "0")} ${r.system}`;
    fc.assert(
      fc.property(edges, (dependencies) => {
        const reached = told(dependencies, IDS);
        expect(told([...dependencies].reverse(), [...IDS, ...IDS].reverse())).toEqual(reached);
        expect(reached.map(order)).toEqual(reached.map(order).sort());
      }),
    );
  });
});

/** Relaxes every edge until nothing changes. */
function distances(
  ids: readonly string[],
  dependencies: readonly Dependency[],
  touched: readonly string[],
): ReadonlyMap<string, number> {
  const at = new Map(touched.filter((t) => ids.includes(t)).map((t) => [t, 0]));
  for (let again = true; again; ) {
    again = false;
    for (const { from, to } of dependencies) {
      const reached = at.get(to);
      if (reached === undefined || !ids.includes(from)) continue;
      if ((at.get(from) ?? Number.POSITIVE_INFINITY) > reached + 1) {
        at.set(from, reached + 1);
        again = true;
      }
    }
  }
  return at;
}
