// SPDX-License-Identifier: Apache-2.0
/** The gate's answer, read by somebody who does not take it for granted. */
import { type Decision, type Facts, isUnknown, type Outcome } from "@interlock/core";
import { gate } from "@interlock/protocol";
import { jsonOf } from "../files/json.ts";

export type Answer = {
  readonly effective: Outcome;
  /** Only `effective`, `outcome` and `change` of it were looked at. */
  readonly decision: Decision;
  /** Id of the change on the server. */
  readonly id: string;
  readonly url: string;
  /** Of the decision's entry in the ledger. */
  readonly index: number;
  readonly entry: string;
  readonly words: readonly string[];
  /** People cannot read the change there yet. */
  readonly contentsWanted: boolean;
};

const OUTCOMES: readonly unknown[] = ["allow", "hold", "deny"];

/**
 * Reads the answer to a request of `interlock hook pre-receive`; a text says why it is none. The
 * decision must be about the change that was asked about: an answer kept by a proxy is another's.
 */
export function readAnswer(content: string, { change }: Facts): Answer | string {
  const read = gate.answer.safeParse(jsonOf(content));
  if (!read.success) return "its answer is not the one that the protocol describes";
  const { decision, url, words, index, entry, contents } = read.data;
  const { outcome, effective } = decision;
  if (!OUTCOMES.includes(outcome) || !OUTCOMES.includes(effective))
    return "its decision is neither allow, hold nor deny";
  const digest = isUnknown(change.digest) ? null : change.digest;
  if (decision["change"] !== digest) return "its decision is about another change";
  return {
    effective: effective as Outcome, // one of the three, as was just looked
    decision: decision as unknown as Decision, // see `Answer`: shown only where that works
    id: read.data.change,
    ...{ url, words, index, entry, contentsWanted: contents === "wanted" },
  };
}
