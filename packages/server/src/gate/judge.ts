// SPDX-License-Identifier: Apache-2.0
import {
  type CompiledPolicy,
  type Decision,
  type DecisionRecord,
  decide,
  type Facts,
  isUnknown,
  type JudgingPolicy,
  type Policy,
  type StatementEvidence,
} from "@interlock/core";
import type { Roster } from "../people/roster.ts";
import { applicable, evidenceFrom, type Occasion, type SignedStatement } from "./evidence.ts";
import type { Heard } from "./hearing.ts";

/** What an enforcement point asked, with the people and the time of this server. */
export type Question = {
  readonly facts: Facts;
  readonly policies: DecisionRecord["policies"];
  readonly occasion: Omit<Occasion, "rules">;
  readonly roster: Roster;
  readonly firstSeenAt: number;
  /** What people said on a forge, re-read from it by this server. */
  readonly reviews: StatementEvidence;
};

export type Judgement = {
  readonly record: DecisionRecord;
  /** The signatures that stand in the facts. */
  readonly counted: readonly SignedStatement[];
};

/**
 * Decides with the signatures that the ledger proves. Which rules apply never depends on evidence
 * (ADR 0001), so that deciding twice is enough: the first time tells the rules, the second counts
 * only what was signed under them. Approvals, rejections and waivers of the question are dropped.
 */
export function judge(
  question: Question,
  heard: Heard,
  compiled: (policy: Policy) => CompiledPolicy,
): Judgement {
  const policies = question.policies.map((entry) => judging(entry, compiled));
  const first = countedUnder(question, heard, null);
  const answer = decide(policies, first.facts);
  const again = countedUnder(question, heard, rulesOf(answer));
  const same = again.counted.length === first.counted.length;
  const { facts, counted } = same ? first : again;
  const decision = same ? answer : decide(policies, facts);
  return {
    record: { record: "interlock/decision/v1", policies: question.policies, facts, decision },
    counted,
  };
}

/** Digests of the rules that applied, one a readable policy, sorted. */
export function rulesOf({ rulesDigest }: Decision): readonly string[] {
  return [...new Set(rulesDigest.split("+").filter((digest) => digest !== ""))].sort();
}

/** How many different persons the enforced rules want by passkey, at the most demanding. */
export function wantedByPasskey({ rules }: Decision): number {
  const counts = rules
    .filter((rule) => rule.counts.effective && rule.mode === "enforce")
    .flatMap((rule) => rule.requirements)
    .flatMap(({ requirement }) =>
      requirement.kind === "approvals" && requirement.via === "passkey" ? [requirement.count] : [],
    );
  return Math.max(0, ...counts);
}

function countedUnder(
  { facts, occasion, roster, firstSeenAt, reviews }: Question,
  heard: Heard,
  rules: readonly string[] | null,
): { readonly facts: Facts; readonly counted: readonly SignedStatement[] } {
  const good = applicable(heard, facts, roster, { ...occasion, rules });
  const { approvals, rejections } = evidenceFrom(good, heard);
  const { firstSeenAt: _own, ...given } = facts.evidence;
  return {
    facts: {
      ...facts,
      now: occasion.now,
      evidence: {
        ...given,
        ...(isUnknown(facts.change.digest) ? {} : { firstSeenAt }),
        // What nobody can tell of signatures no review makes known.
        approvals: isUnknown(approvals) ? approvals : [...approvals, ...reviews.approvals],
        rejections: [...rejections, ...reviews.rejections],
        waivers: [],
      },
    },
    counted: heard.doubt === null ? good.filter(({ kind }) => kind === "approval") : [],
  };
}

function judging(
  entry: DecisionRecord["policies"][number],
  compiled: (policy: Policy) => CompiledPolicy,
): JudgingPolicy {
  return "policy" in entry
    ? { role: entry.role, kind: "policy", policy: compiled(entry.policy) }
    : { role: entry.role, kind: "unreadable", because: entry.unreadable };
}
