// SPDX-License-Identifier: Apache-2.0
import {
  type DecisionBody,
  type Entry,
  FACTS_TAG,
  isUnknown,
  judgedDigest,
  replay,
  saltedDigest,
} from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";
import type { ReceiptRecord } from "./receipt.ts";
import { refuse } from "./refusal.ts";

type Decided = { readonly entry: Entry; readonly body: DecisionBody };

/**
 * Makes the decision again. Nothing is run before facts, policies and answer have been compared with
 * the digests in the log, and every passkey approval and every waiver that the facts count must be in
 * `signed`: the canonical evidence of the assertions that were verified.
 */
export function replayRecord(
  { record, factsSalt }: ReceiptRecord,
  { entry, body }: Decided,
  signed: ReadonlySet<string>,
): "same" | "erased" {
  checkAnswer(record.decision, entry, body);
  checkPolicies(record, body);
  const { facts } = record;
  if (facts === null || factsSalt === null) return "erased";
  // Facts were validated when the receipt was read, so they are plain JSON.
  if (saltedDigest(FACTS_TAG, factsSalt, facts as unknown as Json) !== body.facts)
    refuse("record-differs", "the facts");
  const { change, evidence, now } = facts;
  const placed =
    change.digest === entry.subject &&
    change.repository === body.repository &&
    change.target === body.target &&
    change.environment === body.environment &&
    now <= entry.at;
  if (!placed) refuse("record-differs", "the change");
  const approvals = isUnknown(evidence.approvals) ? [] : evidence.approvals;
  for (const approval of approvals)
    if (approval.via === "passkey" && approval.digest === entry.subject && !approval.withdrawn)
      if (!signed.has(canonicalJson(approval))) refuse("evidence-unsigned");
  for (const waiver of evidence.waivers)
    if (!signed.has(canonicalJson(waiver))) refuse("evidence-unsigned");
  const replayed = decidable(() => replay(record));
  if (replayed.kind !== "same") refuse("replay-differs");
  return "same";
}

function checkAnswer(
  decision: ReceiptRecord["record"]["decision"],
  entry: Entry,
  body: DecisionBody,
): void {
  const rules = String(decision.rulesDigest)
    .split("+")
    .filter((digest) => digest !== "");
  const same =
    decision.digest === body.decision &&
    decision.effective === body.effective &&
    decision.outcome === body.outcome &&
    decision.engine === body.engine &&
    decision.change === entry.subject &&
    sortedSet(rules) === body.rules.join();
  if (!same) refuse("record-differs", "the answer");
}

function checkPolicies({ policies, decision }: ReceiptRecord["record"], body: DecisionBody): void {
  const readable = sortedSet(decision.policies.filter((digest) => digest !== ""));
  if (judgedDigest(policies) !== body.judged || readable !== body.policies.join())
    refuse("record-differs", "the policies");
}

const sortedSet = (digests: readonly string[]): string => [...new Set(digests)].sort().join();

/**
 * A policy in a receipt was checked by whoever wrote it, not here: one that this build cannot
 * evaluate makes `core` throw, and a record that cannot be decided again is refused. by (fail-closed)
 */
function decidable<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error) return refuse("record-differs", "it cannot be decided again here");
    throw error;
  }
}
