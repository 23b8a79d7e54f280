// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { unwindText } from "../src/unwinds/text.ts";

const [ONE, TWO] = ["1".repeat(64), "2".repeat(64)];

const SHOWN: Parameters<typeof unwindText>[0] = {
  ...{ plan: "ab".repeat(32), change: "c-1", system: "cart", target: "etcd", way: "undo" },
  ...{ proposal: "p-1", state: "proposed", by: "cy", at: 0, endorsedBy: ["cy"] },
  ...{ rollout: null, phase: null, signers: [{ owner: "payments", persons: ["ana", "bo"] }] },
  waitsFor: { what: "it is not agreed upon yet", who: "two owners", how: "/proposals/p-1" },
  text: {
    ...{ version: 1, way: "undo", change: "c-1", system: "cart", target: "etcd" },
    ...{ rollouts: ["cd".repeat(32)], round: 0, upTo: 3, lossOrders: 5 },
    counts: { restore: 1, keep: 0, "re-run": 0, quarantine: 1, guessed: 0 },
    keys: [
      {
        ...{ cell: "eu-1", key: "promise", action: "restore", because: "nothing-later" },
        ...{ before: ONE, after: null, guessed: false },
      },
      {
        ...{ cell: "eu-1", key: "rate", action: "quarantine", because: "changed-outside" },
        ...{ before: TWO, after: TWO, guessed: false },
      },
    ],
    values: { [ONE]: "two days" },
    waves: [
      {
        ...{ name: "wave 1", cells: [{ cell: "eu-1", runs: "code-7" }] },
        bake: { ms: 600_000, samples: 100, marginPpm: 20_000 },
      },
    ],
    needs: { owners: 2, of: ["payments"] },
  },
};

describe("an unwind in a terminal", () => {
  it("says what becomes of each key, in which waves, what is missing and who has it", () => {
    expect(unwindText(SHOWN).split("\n")).toEqual([
      "takes away what c-1 wrote for cart to etcd",
      "  restore 1, keep 0, re-run 0, quarantine 1; 0 of them guesses",
      '  restore    eu-1 promise: "two days" → nothing (nobody wrote it since)',
      "  quarantine eu-1 rate: 222222222222… (somebody wrote it past the journal: a person looks at it)",
      "  wave 1: eu-1, bakes 10 min 00 s and 100 orders",
      "  orders lost if the unwind itself is bad: 5",
      `  plan     ${"ab".repeat(32)}`,
      "  state    proposed; proposed by cy at 1970-01-01T00:00:00.000Z",
      "  signed   by cy",
      "  waits    it is not agreed upon yet",
      "  who      two owners",
      "  how      /proposals/p-1",
      "",
    ]);
  });
});
