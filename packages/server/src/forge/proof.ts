// SPDX-License-Identifier: Apache-2.0
/** What a forge would let land at once waits as the hook and the gate do: ADR 0019. */
import {
  enforcesNothing,
  type Facts,
  isUnknown,
  NEVER_WITHOUT,
  tierTouched,
  whileAway,
} from "@interlock/core";
import { judgingOf } from "../gate/judge.ts";
import { type GivenPolicy, policyBook } from "../gate/policies.ts";
import type { Proving } from "../ledger/proving.ts";
import type { Report } from "./terms.ts";

export type Allowed = {
  readonly facts: Facts;
  readonly policies: readonly GivenPolicy[];
  /** Of the decision that allowed it. */
  readonly index: number;
};

/** What comes at all has come by then; whatever takes longer is shown, and looked at again. */
const PATIENCE_MS = 3_000;
/** Between two judgements of what waits; each is an entry. */
export const PROOF_AGAIN_MS = 15_000;

/**
 * Why an allowed change of Tier 1 may not land yet, or `null`. A change whose systems nobody knows may
 * touch a Tier 1 system. by (fail-closed) While witnesses are away `ifDown` of the policy in force says
 * what goes on.
 */
export async function unprovenYet(
  proving: Proving,
  { facts, policies: given, index }: Allowed,
): Promise<string | null> {
  const { change, now } = facts;
  const tier = tierTouched(change, null);
  if (!isUnknown(change.systems) && tier !== NEVER_WITHOUT) return null;
  const book = policyBook();
  const read = book.read(given);
  if (!read.ok) throw new Error(`the gate read them: ${read.failure.message}`);
  const policies = read.policies.map((one) => judgingOf(one, book.compiled));
  if (enforcesNothing(policies, now)) return null;
  const proven = await proving(index, PATIENCE_MS);
  if (proven === "provable") return null;
  if (proven === "late") return "no checkpoint over its decision is published yet";
  return whileAway(policies, { tier, away: "witness", now }) === "proceed"
    ? null
    : "the quorum of witnesses has not cosigned a checkpoint over its decision, and `ifDown` of the policy in force does not let it go on without";
}

/** What is shown of it meanwhile. */
export const waitingReport = (because: string, { summary, annotations }: Report): Report => ({
  title: "allowed, and waits until its decision is provable",
  summary: `A change of Tier 1 lands once its decision is provable: ${because}. Nobody has to do anything here: it is looked at again by itself.\n\n${summary}`,
  annotations,
});
