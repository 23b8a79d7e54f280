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
  waiversFrom,
} from "@interlock/core";
import { type Exceptions, openDebts, openIncident } from "../exceptions/story.ts";
import type { Roster } from "../people/roster.ts";
import {
  applicable,
  evidenceFrom,
  landingThatEnded,
  type Occasion,
  type SignedStatement,
} from "./evidence.ts";
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
  readonly exceptions: Exceptions;
};

export type Judgement = {
  readonly record: DecisionRecord;
  /** The signatures that stand in the facts. */
  readonly counted: readonly SignedStatement[];
  /** The overrides that made the waivers in the facts. */
  readonly waived: readonly SignedStatement[];
};

/**
 * Decides with the signatures that the ledger proves. Which rules apply never depends on evidence
 * (ADR 0001), so that deciding twice is enough: the first time tells the rules, the second counts
 * only what was signed under them. Approvals, rejections, waivers and debts of the question are
 * dropped.
 */
export function judge(
  question: Question,
  heard: Heard,
  compiled: (policy: Policy) => CompiledPolicy,
): Judgement {
  const policies = question.policies.map((entry) => judgingOf(entry, compiled));
  const first = countedUnder(question, heard, null);
  const answer = decide(policies, first.facts);
  const again = countedUnder(question, heard, rulesOf(answer));
  const same = again.good === first.good;
  const { facts, counted, waived } = same ? first : again;
  const decision = same ? answer : decide(policies, facts);
  return {
    record: { record: "interlock/decision/v1", policies: question.policies, facts, decision },
    counted,
    waived,
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
    .filter((rule) => rule.reason.code !== "waived")
    .flatMap((rule) => rule.requirements)
    .flatMap(({ requirement }) =>
      requirement.kind === "approvals" && requirement.via === "passkey" ? [requirement.count] : [],
    );
  return Math.max(0, ...counts);
}

function countedUnder(
  { facts, occasion, roster, firstSeenAt, reviews, exceptions }: Question,
  heard: Heard,
  rules: readonly string[] | null,
): Counted {
  const good = applicable(heard, facts, roster, { ...occasion, rules });
  const { approvals, rejections } = evidenceFrom(good, heard);
  const waivers = heard.doubt === null ? waiversFrom(good.filter(standing(exceptions))) : [];
  const debts = openDebts(exceptions);
  const landed = landingThatEnded(heard, occasion.landed);
  const { firstSeenAt: _own, debts: _theirs, landed: _said, ...given } = facts.evidence;
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
        waivers: waivers.map(({ waiver }) => waiver),
        ...(debts.length === 0 ? {} : { debts }),
        ...(landed === null ? {} : { landed }),
      },
    },
    counted: heard.doubt === null ? good.filter(({ kind }) => kind === "approval") : [],
    waived: waivers.flatMap(({ from }) => from),
    good: good.length,
  };
}

type Counted = Omit<Judgement, "record"> & {
  readonly facts: Facts;
  /** How many statements were good, of whatever kind. */
  readonly good: number;
};

/** An override; break-glass only while its incident is open. */
const standing =
  (exceptions: Exceptions) =>
  ({ kind, statement }: SignedStatement): boolean => {
    const incident = statement.waives?.incident;
    return (
      kind === "override" && (incident === undefined || openIncident(exceptions, incident) !== null)
    );
  };

/** A policy of a record, to decide by. */
export function judgingOf(
  entry: DecisionRecord["policies"][number],
  compiled: (policy: Policy) => CompiledPolicy,
): JudgingPolicy {
  const { role } = entry;
  if ("policy" in entry) return { role, kind: "policy", policy: compiled(entry.policy) };
  return "shown" in entry
    ? { role, kind: "shown", by: entry.shown }
    : { role, kind: "unreadable", because: entry.unreadable };
}
