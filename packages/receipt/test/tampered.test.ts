// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import type { Trust } from "@interlock/receipt";
import { NOW } from "@interlock/testkit";
import { describe, expect, test } from "vitest";
import { checkpointOf, IMPOSTOR, LOG, policyOf, STAGING, WITNESSES } from "./ledger.ts";
import { at, changed, HEX, stateOf, told, verify, WORLD } from "./outcome.ts";
import { type ReceiptJson, TRUST, type Twist, world } from "./world.ts";

describe("P7 content that is not what was recorded", () => {
  test.each<readonly [string, readonly (string | number)[], Json]>([
    ["the answer", ["decision", "body", "change"], "C-9"],
    ["the time", ["decision", "at"], NOW + 2],
    ["the change", ["approvals", 0, "subject"], HEX],
    [
      "IN5 the key of an enrolment",
      ["enrolments", 0, "body", "key"],
      at(["enrolments", 1, "body", "key"]),
    ],
    ["the person of an enrolment", ["enrolments", 0, "body", "person"], "dee"],
    ["the person of a statement", ["approvals", 0, "body", "statement", "person"], "dee"],
    ["a salt", ["approvals", 0, "salt"], "A".repeat(43)],
    ["the place", ["approvals", 0, "index"], 1],
    ["a place beyond the tree", ["approvals", 0, "index"], 10],
    ["a proof of another entry", ["approvals", 0, "proof"], at(["approvals", 1, "proof"])],
    ["no proof", ["approvals", 0, "proof"], []],
    [
      "a longer proof",
      ["decision", "proof"],
      [...(at(["decision", "proof"]) as readonly Json[]), "A".repeat(43)],
    ],
  ])("%s", async (_name, path, value) => {
    expect(told(await verify(changed(path, value)))).toBe("inclusion: entry-not-in-log");
  });

  test("a valid proof of some other entry is refused", async () => {
    const other = at(["approvals", 1]) as ReceiptJson;
    const mine = at(["approvals", 0]) as ReceiptJson;
    const { index = 0, proof = [] } = other;
    const swapped = changed(["approvals", 0], { ...mine, index, proof });
    const alone = { ...swapped, approvals: [(swapped["approvals"] as readonly Json[])[0] ?? null] };
    expect(told(await verify(alone))).toBe("inclusion: entry-not-in-log");
  });

  test("an entry twice, and an entry left out", async () => {
    const [first = null, second = null] = at(["approvals"]) as readonly Json[];
    expect(told(await verify(changed(["approvals"], [first, first])))).toBe(
      "inclusion: entry-twice",
    );
    expect(told(await verify(changed(["approvals"], [second])))).toBe("quorum: counted-differs");
    expect(told(await verify(changed(["approvals"], [])))).toBe("quorum: counted-differs");
    expect(told(await verify(changed(["enrolments"], [])))).toBe("enrolment: enrolment-missing");
  });

  test("a decision in the place of an approval", async () => {
    const decision = at(["decision"]);
    expect(told(await verify(changed(["approvals", 0], decision)))).toBe("receipt: body-malformed");
  });
});

describe("the checkpoint", () => {
  const withCheckpoint = async (checkpoint: Promise<string>, trust?: Trust) =>
    told(await verify(changed(["checkpoint"], await checkpoint), trust));

  test("LG17 a fork signed with the log's stolen key has no witnesses", async () => {
    expect(await withCheckpoint(checkpointOf(WORLD.leaves, LOG, []))).toBe(
      "checkpoint: checkpoint-refused",
    );
    const one = checkpointOf(WORLD.leaves, LOG, WITNESSES.slice(1));
    expect(await withCheckpoint(one)).toBe("checkpoint: checkpoint-refused");
  });

  test("a log with the right name and another key", async () => {
    expect(await withCheckpoint(checkpointOf(WORLD.leaves, IMPOSTOR))).toBe(
      "checkpoint: checkpoint-refused",
    );
  });

  test("LG12 a staging log shown as production", async () => {
    const staging = checkpointOf(WORLD.leaves, STAGING);
    expect(await withCheckpoint(staging)).toBe("checkpoint: checkpoint-refused");
    const trust = { ...TRUST, policy: policyOf([LOG, STAGING], "all") };
    expect(await withCheckpoint(staging, trust)).toBe("checkpoint: ledger-differs");
  });

  test("LG1 an older tree does not hold the newer entry", async () => {
    const older = checkpointOf(WORLD.leaves.slice(0, 5), LOG);
    expect(await withCheckpoint(older)).toBe("inclusion: entry-not-in-log");
  });
});

describe("P8 LG16 what was erased leaves every proof standing", () => {
  const verdicts = async (twist: Twist) => {
    const outcome = await verify((await world(twist)).receipt);
    return [
      told(outcome),
      stateOf(outcome, "inclusion"),
      stateOf(outcome, "quorum"),
      stateOf(outcome, "replay"),
    ];
  };
  const five = Array.from({ length: 5 }, () => "ok");

  test.each<readonly [string, Twist, string, string, string]>([
    ["the facts", { record: "erased" }, "verified", "ok", "not-shown"],
    ["the record was never in the receipt", { record: "none" }, "verified", "ok", "not-shown"],
    ["the approvals", { erase: ["approval"], record: "none" }, "partly", "not-shown", "not-shown"],
    [
      "the enrolments",
      { erase: ["enrolment"], record: "none" },
      "partly",
      "not-shown",
      "not-shown",
    ],
    ["the decision", { erase: ["decision"] }, "partly", "not-shown", "not-shown"],
    [
      "all of it",
      { erase: ["decision", "approval", "enrolment"], record: "none" },
      "partly",
      "not-shown",
      "not-shown",
    ],
  ])("%s", async (_name, twist, verdict, quorum, replay) => {
    expect(await verdicts(twist)).toEqual([verdict, five, [quorum], [replay]]);
  });

  test("replay says that the facts were erased", async () => {
    const outcome = await verify((await world({ record: "erased" })).receipt);
    expect(outcome.steps.find((s) => s.step === "replay")?.says).toBe(
      "the facts were erased: the decision is proven and can no longer be made again",
    );
  });

  test("an erased approval approves nothing, whoever says what was in it", async () => {
    const { receipt } = await world({ erase: ["approval"] });
    expect(told(await verify(receipt))).toBe("replay: evidence-unsigned");
    const none = await verify((await world({ erase: ["approval"], record: "none" })).receipt);
    expect(none).toMatchObject({ verdict: "partly", shown: { approvedBy: [] } });
  });

  test("the mark of an erasure must be the digest that was recorded", async () => {
    const { receipt } = await world({ erase: ["enrolment"], record: "none" });
    const copy = structuredClone(receipt) as { enrolments: { erased: string }[] };
    for (const one of copy.enrolments) one.erased = HEX;
    expect(told(await verify(copy))).toBe("inclusion: entry-not-in-log");
  });
});
