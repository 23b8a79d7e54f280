// SPDX-License-Identifier: Apache-2.0
import type { DecisionRecord } from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";

/** A decision record as canonical JSON, and its facts alone. */
export type RecordText = { readonly whole: string; readonly facts: string };

/** Writes each part of a record once: the facts are digested by themselves too, and policies are few. */
export function recordText(
  { record, facts, decision }: DecisionRecord,
  policies: string,
): RecordText {
  const factsText = canonicalJson(facts as unknown as Json); // records are plain data
  const decisionText = canonicalJson(decision as unknown as Json);
  // The names in the order of RFC 8785 section 3.2.3.
  const whole = `{"decision":${decisionText},"facts":${factsText},"policies":${policies},"record":${canonicalJson(record)}}`;
  return { whole, facts: factsText };
}
