// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import {
  type FeatureValues,
  HISTORY_FEATURES,
  type HistoryCommit,
  historyIndex,
  type Measured,
  measure,
  observe,
} from "../../src/history/index.ts";
import { commit, DAY_MS, file, HOUR_MS } from "./builders.ts";

const NEVER_MS = 3_650 * DAY_MS;

function measured(
  past: readonly HistoryCommit[],
  change: HistoryCommit,
  complete = true,
): Measured {
  const index = historyIndex({ complete });
  for (const one of past) observe(index, one);
  return measure(index, change);
}

const PAST = [
  commit("ana", 0, ["new shop/cart.ts +40", "new shop/tax.ts +10"], "add the cart"),
  commit("bo", 10 * DAY_MS, ["shop/cart.ts +10 -5"], "fix the cart"),
  commit("bo", 20 * DAY_MS, ["shop/cart.ts +5 -10"], 'Revert "fix the cart"'),
  commit("cy", 30 * DAY_MS, ["new conf/base.yaml +100"], "settings"),
];

describe("measure", () => {
  const cases: readonly {
    readonly name: string;
    readonly past?: readonly HistoryCommit[];
    readonly change: HistoryCommit;
    readonly values: FeatureValues;
  }[] = [
    {
      name: "size, spread and shape of the change alone",
      change: commit("ana", 0, ["new a/x.ts +6 -2", "new a/b/y.yaml +4 -4", "new z +0"]),
      values: { ns: 2, nd: 3, nf: 3, la: 10, ld: 6, entropyPpm: 1_000_000, newPpm: 1_000_000 },
    },
    {
      name: "configuration by ending and by folder, and what everything inherits",
      change: commit("ana", 0, [
        "new wmf-config/site.php +1",
        "new a.yaml +1",
        "new src/main.ts +1",
        "new b.c +1",
      ]),
      values: { configPpm: 500_000, sharedPpm: 500_000 },
    },
    {
      name: "one file has no spread",
      change: commit("ana", 0, ["new a +7 -7"]),
      values: { entropyPpm: 0, nf: 1 },
    },
    {
      name: "lines before are counted along the history",
      past: PAST,
      change: commit("ana", 40 * DAY_MS, ["shop/cart.ts +5", "shop/tax.ts +5"]),
      values: { lt: 50, ltMean: 25, churnPpm: 200_000 },
    },
    {
      name: "lines that the caller knows win over the count",
      past: PAST,
      change: commit("ana", 40 * DAY_MS, [{ ...file("shop/cart.ts +5"), linesBefore: 500 }]),
      values: { lt: 500, churnPpm: 10_000 },
    },
    {
      name: "who changed the files, how often and how long ago",
      past: PAST,
      change: commit("ana", 30 * DAY_MS, ["shop/cart.ts +1", "shop/tax.ts +1"]),
      values: {
        ndev: 2,
        nuc: 3,
        ageMs: 20 * DAY_MS,
        ageMinMs: 10 * DAY_MS,
        directoryChanges: 4,
        lastByOtherPpm: 500_000,
      },
    },
    {
      name: "earlier reverts of the files",
      past: PAST,
      change: commit("ana", 30 * DAY_MS, ["shop/cart.ts +1"]),
      values: { reverts: 1, revertSharePpm: 333_333 },
    },
    {
      name: "what the author did before, here and lately",
      past: PAST,
      change: commit("bo", 20 * DAY_MS + 3 * HOUR_MS, ["shop/cart.ts +1", "new b/x +1"]),
      values: { exp: 2, sexp: 2, sinceAuthorMs: 3 * HOUR_MS, own1d: 1 },
    },
    {
      name: "recent experience fades by quarters: after a year it counts half",
      past: PAST.slice(0, 1),
      change: commit("ana", 4 * 91 * DAY_MS, ["shop/cart.ts +1"]),
      values: { exp: 1, rexpPpm: 500_000 },
    },
    {
      name: "a stranger in a complete history",
      past: PAST,
      change: commit("dee", 40 * DAY_MS, ["shop/cart.ts +1"]),
      values: { exp: 0, sexp: 0, rexpPpm: 0, sinceAuthorMs: NEVER_MS, lastByOtherPpm: 1_000_000 },
    },
    {
      name: "a file without a past",
      past: PAST,
      change: commit("ana", 40 * DAY_MS, ["new shop/new.ts +1"]),
      values: { ndev: 0, nuc: 0, ageMs: 0, ageMinMs: NEVER_MS, lt: 0, newPpm: 1_000_000 },
    },
    {
      name: "the rhythm of the repository",
      past: [
        commit("ana", 0, ["a +1"]),
        commit("bo", 3 * DAY_MS, ["a +1"]),
        commit("ana", 6 * DAY_MS + 22.5 * HOUR_MS, ["a +1"]),
        commit("bo", 6 * DAY_MS + 23.5 * HOUR_MS, ["a +1"]),
      ],
      change: commit("ana", 7 * DAY_MS, ["a +1"]),
      values: { changes1h: 1, changes7d: 3, own1d: 1 },
    },
    {
      name: "changes that are dated after this one are not its past",
      past: [commit("ana", 5 * DAY_MS, ["a +1"])],
      change: commit("bo", 0, ["a +1"]),
      values: { changes7d: 0, ageMs: 0 },
    },
    {
      name: "a moved file brings its past along",
      past: [
        commit("ana", 0, ["new a/x +9"]),
        commit("bo", DAY_MS, [{ ...file("b/x +1"), oldPath: "a/x" }]),
      ],
      change: commit("cy", 2 * DAY_MS, [{ ...file("c/x +0"), oldPath: "b/x" }]),
      values: { ndev: 2, nuc: 2, lt: 10, newPpm: 0 },
    },
    {
      name: "what the subject says",
      change: commit("ana", 0, ["new a +1"], "Fix the test, enable and use the default"),
      values: { fix: 1, saysTest: 1, saysTurn: 1, saysSet: 1, saysAdd: 0, subjectLength: 40 },
    },
    {
      name: "words inside other words say nothing",
      change: commit("ana", 0, ["new a +1"], "prefixed address, contested fuses, additive"),
      values: { fix: 0, saysTest: 0, saysTurn: 0, saysSet: 0, saysAdd: 0 },
    },
    {
      name: "an empty change",
      change: commit("ana", 0, [], ""),
      values: { nf: 0, la: 0, lt: 0, churnPpm: 0, configPpm: 0, revertSharePpm: 0 },
    },
  ];
  it.each(cases)("$name", ({ past = [], change, values }) => {
    expect(measured(past, change).values).toMatchObject(values);
    expect(measured(past, change).unknown).toEqual([]);
  });
});

describe("what cannot be known", () => {
  const lines = ["churnPpm", "lt", "ltMean"];
  const rhythm = ["changes1h", "changes7d", "own1d"];
  const author = ["exp", "rexpPpm", "sexp", "sinceAuthorMs"];
  const size = ["entropyPpm", "la", "ld"];
  const past = ["ageMinMs", "ageMs", "directoryChanges", "lastByOtherPpm", "ndev", "nuc"];
  const reverts = ["revertSharePpm", "reverts"];
  const shape = ["configPpm", "nd", "newPpm", "nf", "ns", "sharedPpm"];
  const cases: readonly {
    readonly name: string;
    readonly past: readonly HistoryCommit[];
    readonly change: HistoryCommit;
    readonly unknown: readonly string[];
  }[] = [
    {
      name: "one commit of a shallow clone: only the change itself is known",
      past: [],
      change: commit("ana", 0, ["a +1"]),
      unknown: [...lines, ...rhythm, ...author, ...past, ...reverts],
    },
    {
      name: "a new file has no past that could be missing",
      past: [],
      change: commit("ana", 0, ["new a +1"]),
      unknown: [...rhythm, ...author],
    },
    {
      name: "a bounded feed of a week knows the rhythm, a known author and a known file",
      past: [commit("ana", 0, ["a +1"])],
      change: commit("ana", 7 * DAY_MS, ["a +1"]),
      unknown: lines,
    },
    {
      name: "a file first seen when it was created has known lines",
      past: [commit("ana", 0, ["new a +1"])],
      change: commit("ana", 7 * DAY_MS, ["a +1"]),
      unknown: [],
    },
  ];
  it.each(cases)("$name", ({ past: fed, change, unknown }) => {
    const result = measured(fed, change, false);
    expect(result.unknown).toEqual([...unknown].sort());
    expect(result.historyComplete).toBe(false);
  });

  it("lines that could not be read leave the size unknown", () => {
    const result = measured(PAST, commit("ana", 0, [{ path: "shop/cart.ts", existed: true }]));
    expect(result.unknown).toEqual([...size, ...lines].sort());
  });

  it("lines are unknown after a change that could not be read, in a complete history too", () => {
    const unreadable = commit("ana", 0, [{ path: "shop/cart.ts", existed: true }]);
    const result = measured([...PAST, unreadable], commit("ana", 0, ["shop/cart.ts +1"]));
    expect(result.unknown).toEqual(lines);
  });

  it("a cut list of files leaves all that depends on the files unknown", () => {
    const result = measured(PAST, { ...commit("bo", 0, ["shop/cart.ts +1"]), filesCut: true });
    expect(result.unknown).toEqual(
      [...shape, ...size, ...lines, ...past, ...reverts, "sexp"].sort(),
    );
  });

  it("every declared feature is either known or named as unknown", () => {
    const { values, unknown } = measured([], commit("ana", 0, ["a +1"]), false);
    expect([...Object.keys(values), ...unknown].sort()).toEqual(
      Object.keys(HISTORY_FEATURES).sort(),
    );
  });
});
