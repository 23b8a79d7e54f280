// SPDX-License-Identifier: Apache-2.0
/** One change of a forge: gathered, judged with what people said there, and told. */
import { type Decision, type Facts, isUnknown, personGraph, validateFacts } from "@interlock/core";
import type { Judged } from "@interlock/protocol";
import type { Answer, Refusal } from "../http/bind.ts";
import { accountIn, type Reviewer } from "./accounts.ts";
import { unprovenYet } from "./proof.ts";
import { bound, type ForgeReview, type Occasion, reviewEvidence } from "./reviews.ts";
import type { BranchPush, ForgeTerms, GatherRequest, Report } from "./terms.ts";

/** A movement of the branch, and who it was. */
export type SeenPush = Omit<BranchPush, "by"> & { readonly by: Reviewer };

export type Landing = Omit<GatherRequest, "pushes" | "broughtBy"> & {
  readonly pushes: readonly SeenPush[] | null;
  readonly broughtBy: readonly Reviewer[];
  readonly reviews: readonly ForgeReview[];
  /** Where the target's branch stands; `null`: what is judged has landed there already. */
  readonly tip: string | null;
  /** Looks what became of other changes with a content; absent: it does not matter here. */
  readonly settled?: (digest: string) => Promise<Answer<null>>;
  readonly occasion: Omit<Occasion, "now" | "shown"> & {
    /** Digest of the content that reviewers of this head were shown before; `null`: none. */
    readonly shown: string | null;
  };
};

export type Told = {
  readonly judged: Judged;
  readonly decision: Decision;
  readonly digest: string | null;
  readonly report: Report;
  /** Why it may not land although it is allowed, or `null`. */
  readonly waits: string | null;
};

/** Judges what would land. The decision is in the ledger when this answers. */
export async function judgeLanding(terms: ForgeTerms, landing: Landing): Promise<Answer<Told>> {
  const { pushes, broughtBy, reviews, occasion, tip, settled, ...request } = landing;
  const gathered = await terms.gather(
    {
      ...request,
      pushes: pushes?.map((push) => ({ ...push, by: push.by.account })) ?? null,
      broughtBy: broughtBy.map(({ account }) => account),
    },
    terms.stop,
  );
  if (!gathered.ok) return gathered;
  const { place, policies } = gathered.value;
  const validated = validateFacts(gathered.value.facts);
  if (!validated.ok) return misread(validated.problems[0]?.message ?? "no facts");
  const people = await terms.joinPeople(validated.facts.people);
  const everybody = [...broughtBy, ...(pushes ?? []).map(({ by }) => by)];
  const facts = knownPushers({ ...validated.facts, people }, everybody);
  const now = terms.now();
  const digest = isUnknown(facts.change.digest) ? null : facts.change.digest;
  const others = digest === null ? undefined : await settled?.(digest);
  if (others?.ok === false) return others;
  const digests = await bound(
    terms.store,
    { ...occasion, shown: occasion.shown ?? digest, now },
    reviews,
  );
  if (!digests.ok) return digests;
  const said = reviewEvidence(facts, reviews, { digests: digests.value, now });
  const answer = await terms.gate({
    ...{ place, policies, reviews: said, tip },
    // The gate joins the people itself, which changes nothing that is joined already.
    facts: facts as unknown as Readonly<Record<string, unknown>>,
  });
  if (!answer.ok) return answer;
  const judged = answer.value;
  const decision = judged.decision as unknown as Decision; // as the gate of this server made it
  const { words, url } = judged;
  const report = terms.report({ facts, decision, policies, words, url });
  const waits =
    decision.effective === "allow"
      ? await unprovenYet(terms.proving, { facts, policies, index: judged.index })
      : null;
  return { ok: true, value: { judged, decision, digest, report, waits } };
}

/** Accounts of the forge under the name by which the organisation knows them. */
function knownPushers(facts: Facts, everybody: readonly Reviewer[]): Facts {
  const { change, people } = facts;
  if (isUnknown(change.pushedBy) || isUnknown(people)) return facts;
  const graph = personGraph(people);
  const names = new Map(everybody.map((one) => [one.account, accountIn(graph, one)]));
  const pushedBy = [...new Set(change.pushedBy.map((one) => names.get(one) ?? one))].sort();
  return { ...facts, change: { ...change, pushedBy } };
}

const misread = (because: string): { readonly ok: false; readonly failure: Refusal } => ({
  ok: false,
  failure: {
    code: "FACTS_INVALID",
    message: `what was gathered does not fit: ${because}`,
    help: "run the same version of Interlock everywhere",
  },
});
