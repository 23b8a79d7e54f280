// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Digest, digestOf, type Json } from "@interlock/digest";
import { compilePolicy } from "./compile.ts";
import { decide, type JudgingPolicy } from "./decide.ts";
import type { Decision, PolicyRole } from "./decision.ts";
import type { Facts } from "./facts/facts.ts";
import type { Policy } from "./policy.ts";

/** A stored decision: everything that `decide` read, and what it said. */
export type DecisionRecord = {
  readonly record: "interlock/decision/v1";
  readonly policies: readonly (
    | { readonly role: PolicyRole; readonly policy: Policy }
    | { readonly role: PolicyRole; readonly unreadable: string }
    /** Id of the person who showed the change before any enforcement point read it. */
    | { readonly role: PolicyRole; readonly shown: string }
  )[];
  /** `null` once erased: then the decision can no longer be replayed, only proved. */
  readonly facts: Facts | null;
  readonly decision: Decision;
};

/**
 * Digest of the policies of a record as they stand there. Unlike a policy's own digest it covers
 * titles and origins too, so that nothing of a record can be changed beside its ledger entry.
 */
export const judgedDigest = (policies: DecisionRecord["policies"]): Digest =>
  digestOf("interlock/ledger-policies/v1", policies as unknown as Json); // policies are plain data

export type Replayed =
  | { readonly kind: "same" }
  | { readonly kind: "erased" }
  | { readonly kind: "different"; readonly stored: string; readonly now: string };

/** Decides again from the record alone and compares the canonical bytes. by (replayable) */
export function replay(record: DecisionRecord): Replayed {
  if (record.facts === null) return { kind: "erased" };
  const again = decide(record.policies.map(toJudging), record.facts);
  const stored = canonicalJson(record.decision as unknown as Json); // decisions are plain data
  const now = canonicalJson(again as unknown as Json);
  return stored === now ? { kind: "same" } : { kind: "different", stored, now };
}

function toJudging(entry: DecisionRecord["policies"][number]): JudgingPolicy {
  const { role } = entry;
  if ("policy" in entry) return { role, kind: "policy", policy: compilePolicy(entry.policy) };
  return "shown" in entry
    ? { role, kind: "shown", by: entry.shown }
    : { role, kind: "unreadable", because: entry.unreadable };
}
