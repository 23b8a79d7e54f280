// SPDX-License-Identifier: Apache-2.0
import { type Operation, planUnwind, unwindApprovals, type Write } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acts, INITIAL, Journal, journalOf, rerun, shown, without } from "./histories.ts";

const law = (check: (...all: never[]) => void, ...of: readonly fc.Arbitrary<unknown>[]) =>
  fc.assert(
    // The arbitraries are those that the law takes, in its order.
    fc.property(fc.tuple(...of), (all) => check(...(all as never[]))),
    { numRuns: 300 },
  );
type Acts = Parameters<typeof journalOf>[0];

describe("laws", () => {
  it("an unwind equals the history without the change (clean replay)", () => {
    law((all: Acts) => {
      const journal = journalOf(all);
      const { keys } = journal.undo("A");
      expect(shown(journal.world)).toBe(without(all, "A"));
      expect(keys.filter(({ action }) => action === "quarantine")).toEqual([]);
    }, acts);
  });

  it("what no change reached is not written", () => {
    law((all: Acts) => {
      const journal = journalOf(all);
      const reached = new Set(all.filter(({ change }) => change === "A").map(({ key }) => key));
      const plan = journal.plan("undo", "A");
      expect(plan.keys.some(({ key }) => key === "untouched")).toBe(false);
      if (reached.size === 0) expect(plan.keys).toEqual([]);
      const written = new Set(plan.waves.flat());
      for (const { key, before, after } of plan.keys)
        if (!written.has(key)) expect(after).toEqual(before);
    }, acts);
  });

  it("RO18 undone twice is undone once, and what nobody made is undone by nothing", () => {
    law((all: Acts) => {
      const journal = journalOf(all);
      journal.undo("A");
      expect(journal.plan("undo", "A").waves).toEqual([]);
      expect(journalOf(all).plan("undo", "nobody's").waves).toEqual([]);
    }, acts);
  });

  it("RO18 an unwind of the unwind gives the original", () => {
    law((all: Acts) => {
      const journal = journalOf(all);
      journal.undo("A");
      journal.carryOut(journal.plan("redo", "A"));
      expect(shown(journal.world)).toBe(without(all));
    }, acts);
  });

  it("RO18 overlapping unwinds give the same in either order", () => {
    law((all: Acts) => {
      const one = journalOf(all);
      one.undo("A");
      one.undo("B");
      const other = journalOf(all);
      other.undo("B", "A");
      expect(shown(one.world)).toBe(without(all, "A", "B"));
      expect(shown(other.world)).toBe(shown(one.world));
    }, acts);
  });

  it("RO19 an unwind that is cut short while the change still writes ends as if it never had", () => {
    law(
      (all: Acts, more: Acts, waves: number) => {
        const journal = journalOf(all);
        journal.carryOut(journal.plan("undo", "A"), waves);
        for (const one of more) journal.write(one);
        journal.undo("A");
        const late = shown(journal.world);
        journal.undo("A");
        expect(shown(journal.world)).toBe(late);
        if (more.every(({ change }) => change === "A")) expect(late).toBe(without(all, "A"));
      },
      acts,
      acts.map((list) => list.map((one) => ({ ...one, change: "A" }))),
      fc.nat(3),
    );
  });

  it("work that others do after an unwind stays", () => {
    law(
      (all: Acts, more: Acts) => {
        const journal = journalOf(all);
        journal.undo("A");
        for (const one of more) journal.write(one);
        expect(journal.plan("undo", "A").waves).toEqual([]);
      },
      acts,
      acts.map((list) => list.map((one) => ({ ...one, change: "E" }))),
    );
  });
});

type Row = readonly [change: string, key: string, operation: Operation, more?: Partial<Write>];
const put = (value: number): Operation => ({ kind: "put", value });
const derive: Operation = { kind: "derive", program: "sum", arguments: 0 };

function planOf(
  rows: readonly Row[],
  outside: Readonly<Record<string, number>> = {},
  program = rerun,
) {
  const journal = new Journal();
  for (const [change, key, operation, more = {}] of rows) {
    journal.write({ change, key, operation, reads: more.reads ?? [] });
    const last = journal.history.pop();
    if (last !== undefined) journal.history.push({ ...last, ...more });
  }
  const current = new Map([...journal.world, ...Object.entries(outside)]);
  return planUnwind({
    history: journal.history,
    changes: ["bad"],
    unwound: [],
    way: "undo",
    current,
    rerun: program as typeof rerun,
  });
}

describe("of each key", () => {
  const bad: Row = ["bad", "n0", put(9)];
  const reads = (readsFrom: Write["readsFrom"]) => ({ reads: ["n0"], readsFrom });
  const cases: readonly (readonly [string, readonly Row[], object])[] = [
    [
      "what nobody touched since is restored",
      [bad],
      { key: "n0", action: "restore", because: "nothing-later", after: 4, guessed: false },
    ],
    [
      "a later blind write stays",
      [bad, ["good", "n0", put(5)]],
      { action: "keep", because: "later-write-stays", after: 5 },
    ],
    [
      "a later put of which no reads are known stays as a guess",
      [bad, ["good", "n0", put(5), { readsFrom: "guessed" }]],
      { action: "keep", guessed: true },
    ],
    [
      "a put before anything bad is no guess, whatever it read",
      [["good", "n0", put(5), { readsFrom: "guessed" }], bad],
      { action: "restore", after: 5, guessed: false },
    ],
    [
      "an amount is subtracted",
      [
        ["bad", "n0", { kind: "add", amount: 5 }],
        ["good", "n0", { kind: "add", amount: 1 }],
      ],
      { action: "re-run", because: "subtracted", after: 5 },
    ],
    [
      "what was computed is computed again",
      [bad, ["good", "n1", derive, reads("known")]],
      { key: "n1", action: "re-run", because: "run-again", after: 4 },
    ],
    [
      "what comes out the same stays",
      [
        ["bad", "n0", put(11)],
        ["good", "n1", derive, reads("known")],
      ],
      { key: "n1", action: "keep", because: "already-so", after: 4 },
    ],
    [
      "a put that used a bad value waits for a person",
      [bad, ["good", "n1", put(5), reads("known")]],
      { key: "n1", action: "quarantine", because: "cannot-run-again", after: 5, guessed: false },
    ],
    [
      "a put that may have used it is a guess",
      [bad, ["good", "n1", put(5), reads("guessed")]],
      { key: "n1", action: "quarantine", guessed: true },
    ],
  ];
  it.each(cases)("%s", (_, rows, expected) => {
    expect(planOf(rows).keys).toContainEqual(expect.objectContaining(expected));
  });

  it("what was changed past the journal waits for a person", () => {
    expect(planOf([bad], { n0: 77 }).keys).toMatchObject([
      { action: "quarantine", because: "changed-outside", after: 77 },
    ]);
  });

  describe("what was written past the journal in between", () => {
    const found = (before: number) => ({ before });
    const cases: readonly (readonly [string, readonly Row[], object])[] = [
      [
        "comes back as a guess where a bad write went over it",
        [bad, ["bad", "n0", put(9), found(7)]],
        { key: "n0", action: "restore", after: 7, guessed: true },
      ],
      [
        "makes a guess of what a good write added to it",
        [bad, ["good", "n0", { kind: "add", amount: 1 }, { ...found(7), after: 8 }]],
        { key: "n0", action: "quarantine", because: "changed-outside" },
      ],
      [
        "is no guess any more once something blind went over it",
        [bad, ["good", "n0", put(5), found(7)]],
        { key: "n0", action: "keep", after: 5, guessed: false },
      ],
      [
        "is what an earlier unwind found, not what it left",
        [bad, ["unwind", "n0", { kind: "unwind", without: ["bad"] }, { ...found(7), after: 9 }]],
        { key: "n0", action: "restore", after: 7, guessed: true },
      ],
    ];
    it.each(cases)("%s", (_, rows, expected) => {
      expect(planOf(rows).keys).toContainEqual(expect.objectContaining(expected));
    });

    it("keeps what follows from it as a guess", () => {
      const rows: readonly Row[] = [
        bad,
        ["good", "n0", { kind: "add", amount: 1 }, { ...found(7), after: 8 }],
      ];
      expect(planOf(rows, { n0: 8 }).keys).toMatchObject([
        { action: "keep", because: "later-write-stays", after: 8, guessed: true },
      ]);
    });
  });

  it("what left the system is compensated by people", () => {
    const plan = planOf([
      bad,
      ["good", "n0", { kind: "effect", what: "a parcel" }, { reads: ["n0"] }],
      ["bad", "n2", { kind: "effect", what: "a letter" }],
    ]);
    expect(plan.compensate.map(({ write }) => write.operation)).toEqual([
      { kind: "effect", what: "a parcel" },
      { kind: "effect", what: "a letter" },
    ]);
    expect(plan.counts).toMatchObject({ restore: 1, compensate: 2 });
  });

  it("orders and money are those of the keys that it touches", () => {
    expect(
      planOf([bad, ["good", "n1", derive, reads("known")], ["good", "n3", put(1)]]),
    ).toMatchObject({ orders: 2, money: 200 });
  });
});

describe("an unwind is itself a change", () => {
  it("goes out in waves, what is certain first", () => {
    const rows = Array.from({ length: 300 }, (_, i): Row => ["bad", `k${i}`, put(1)]);
    const plan = planOf([
      ...rows,
      ["bad", "n0", put(9)],
      ["good", "n1", derive, { reads: ["n0"], readsFrom: "guessed" }],
    ]);
    expect(plan.waves.map((wave) => wave.length)).toEqual([4, 40, 258]);
    expect(plan.waves[2]?.at(-1)).toBe("n1");
    expect(INITIAL).toHaveLength(3);
  });

  it("RO15 it never goes without an owner, and without a second one only where it is clean and fresh", () => {
    const clean = planOf([["bad", "n0", put(9)]]);
    const guessed = planOf([
      ["bad", "n0", put(9)],
      ["good", "n0", put(5), { readsFrom: "guessed" }],
    ]);
    const day = 24 * 3_600_000;
    const count = (plan: typeof clean, landedAt: number) =>
      unwindApprovals(plan, { landedAt, now: 20 * day });
    expect(count(clean, 10 * day)).toMatchObject([{ kind: "approvals", count: 1, from: "owners" }]);
    expect(count(clean, 5 * day)).toMatchObject([{ count: 2, from: "owners" }]);
    expect(count(clean, 21 * day)).toMatchObject([{ count: 2, from: "owners" }]);
    expect(count(guessed, 10 * day)).toMatchObject([{ count: 2, from: "owners" }]);
  });
});
