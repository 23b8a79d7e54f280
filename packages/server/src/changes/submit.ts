// SPDX-License-Identifier: Apache-2.0
import { accountOf, type DecisionRecord, isUnknown, validateFacts } from "@interlock/core";
import { isDigest } from "@interlock/digest";
import type { Judged } from "@interlock/protocol";
import { changeById, type Store } from "@interlock/store";
import { recordOf } from "../approvals/ask.ts";
import { changeId, type Gate, type GateRequest } from "../gate/gate.ts";
import type { Answer } from "../http/bind.ts";

export type SubmitTerms = { readonly store: Store; readonly gate: Gate };

/**
 * Judges what a person shows, so that others can read and sign it before it is pushed.
 *
 * INVARIANT (word-of-a-person): the decision is never `allow`, since nobody but the person has read
 * the repository, and never takes the place of an enforcement point's; whoever shows a change counts
 * as one who pushed it. Approvals bind to the digest and the rules, which the enforcement point
 * brings itself: made-up facts give approvals that do not count there.
 */
export async function submit(
  terms: SubmitTerms,
  person: string,
  request: GateRequest,
): Promise<Answer<Judged>> {
  const facts = withPusher(request.facts, accountOf(person));
  const validated = validateFacts(facts);
  if (validated.ok && (await judgedWhereItLands(terms, request, validated.facts.change)))
    return {
      ok: false,
      failure: {
        code: "OUT_OF_ORDER",
        message: "an enforcement point has judged this change already",
        help: "see `interlock change show`; to have it judged again, push again",
      },
    };
  const shown = { role: "in-force", shown: person } as const;
  return await terms.gate({ ...request, facts, policies: [...request.policies, shown] });
}

/** Facts that are of no form at all are left to the gate, which says so. */
function withPusher(
  facts: GateRequest["facts"],
  account: string,
): Readonly<Record<string, unknown>> {
  const { change } = facts;
  if (typeof change !== "object" || change === null) return facts;
  const given = "pushedBy" in change && Array.isArray(change.pushedBy) ? change.pushedBy : [];
  return { ...facts, change: { ...change, pushedBy: [...new Set([...given, account])].sort() } };
}

async function judgedWhereItLands(
  { store }: SubmitTerms,
  { place }: GateRequest,
  { digest, environment }: { readonly digest: unknown; readonly environment: string },
): Promise<boolean> {
  const known = isUnknown(digest) || !isDigest(digest) ? null : digest;
  const change = await changeById(store.db, changeId({ ...place, environment }, known));
  if (change === null) return false;
  const record = await recordOf(store, change);
  return record === null || shownBy(record) === null;
}

/** Who showed a change that no enforcement point has judged since; `null` where one has. */
export const shownBy = ({ policies }: DecisionRecord): string | null =>
  policies.flatMap((one) => ("shown" in one ? [one.shown] : []))[0] ?? null;
