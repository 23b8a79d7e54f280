// SPDX-License-Identifier: Apache-2.0
import {
  contributorsOf,
  type DecisionRecord,
  type Facts,
  isUnknown,
  personGraph,
  RISK_MODEL,
  reviewersOf,
  score,
} from "@interlock/core";
import type { StoredReview } from "@interlock/store";

const AUTHORS_MAX = 20;
const REVIEWERS_MAX = 500;

/** What the queue shows of a decision: whose change it is, how many approvals it wants, and whose can count. */
export function reviewOf({ decision, facts, policies }: DecisionRecord): StoredReview {
  const approvals = decision.rules
    .filter((rule) => rule.counts.effective && rule.mode === "enforce")
    .flatMap((rule) => rule.requirements)
    .flatMap(({ requirement }) => (requirement.kind === "approvals" ? [requirement] : []));
  const wanted = Math.max(0, ...approvals.map(({ count }) => count));
  if (facts === null) return { ...NOTHING, wanted };
  const missingOwner = policies.some((p) => "policy" in p && p.policy.missingOwner === "anyone")
    ? "anyone"
    : "hold";
  const each = approvals.map((one) => reviewersOf(one, facts, missingOwner));
  const persons = [...new Set(each.flatMap((one) => one.persons))].sort();
  return {
    ...{ authors: authorsOf(facts), files: facts.change.totals.files, wanted },
    reviewers: persons.slice(0, REVIEWERS_MAX),
    reviewersMore: persons.length > REVIEWERS_MAX || each.some(({ more }) => more),
    barred: barredIn(facts),
    risk: facts.history === undefined ? null : score(facts.history, RISK_MODEL).ppm,
  };
}

const NOTHING: StoredReview = {
  ...{ authors: [], files: 0, wanted: 0, reviewers: [], reviewersMore: false, barred: [] },
  risk: null,
};

/** Persons where they are known, else the accounts as they stand in the commits. */
function authorsOf({ change, people }: Facts): readonly string[] {
  if (isUnknown(change.contributors)) return [];
  const graph = isUnknown(people) ? null : personGraph(people);
  const authors = change.contributors
    .filter(({ did }) => did === "author" || did === "co-author")
    .map(({ account }) => {
      const resolved = graph?.resolve(account);
      return resolved?.kind === "person" ? resolved.id : account;
    });
  return [...new Set(authors)].sort().slice(0, AUTHORS_MAX);
}

function barredIn({ change, people }: Facts): readonly string[] {
  if (isUnknown(people)) return [];
  return [...contributorsOf(change, personGraph(people)).persons].sort();
}
