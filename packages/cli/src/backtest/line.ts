// SPDX-License-Identifier: Apache-2.0
import {
  type Decision,
  explainRequirement,
  type Facts,
  isUnknown,
  type Outcome,
} from "@interlock/core";
import type { Commit } from "@interlock/facts";
import { type FindingView, findingsOf, type RiskView } from "../output/judgement.ts";

/** What a backtest keeps of one commit: one line of `--format jsonl`. */
export type BacktestLine = {
  readonly commit: string;
  /** Committer time, milliseconds since 1970 UTC. */
  readonly at: number;
  readonly subject: string;
  readonly outcome: Outcome;
  readonly effective: Outcome;
  readonly beyond: Decision["beyond"];
  readonly requires: readonly string[];
  readonly rules: readonly RuleLine[];
  /** Systems that it touches, sorted; `null` where nobody can tell. */
  readonly systems: readonly string[] | null;
  readonly findings: readonly FindingView[];
  /** `null` after an interruption, for what lies behind a commit that was not judged. */
  readonly risk: RiskView | null;
  /** Commit that it says it reverts. */
  readonly reverts: string | null;
  readonly totals: Facts["change"]["totals"];
  readonly gaps: number;
  /** Why the commit could not be read at all; absent for an ordinary one. */
  readonly unread?: string;
};

export type RuleLine = {
  readonly rule: string;
  readonly outcome: Outcome;
  readonly findings: number;
  /** Approvals that this rule asks for beyond the ordinary review. */
  readonly approvals: number;
  /** It could not look, since something was not readable. */
  readonly unknown: boolean;
};

/** Findings kept a commit: a history has many, and the first few say what it was. */
const FINDINGS_KEPT = 20;

/**
 * Everything a line needs besides what is measured over the whole history. `whole`: rules that only ask
 * for the ordinary review are kept too.
 */
export function lineOf(
  commit: Commit,
  facts: Facts,
  decision: Decision,
  whole: boolean,
): Omit<BacktestLine, "risk"> {
  return {
    commit: commit.id,
    at: commit.committer.at,
    subject: commit.subject.slice(0, 200),
    outcome: decision.outcome,
    effective: decision.effective,
    beyond: decision.beyond,
    requires: decision.requires.map(explainRequirement),
    rules: decision.rules
      .filter((r) => whole || !r.baseline || r.findingCount > 0)
      .map((r) => ({
        rule: r.rule,
        outcome: r.outcome,
        findings: r.findingCount,
        approvals: r.requirements.reduce(
          (n, q) =>
            n +
            (q.state === "met"
              ? 0
              : q.requirement.kind === "approvals"
                ? q.requirement.count
                : q.requirement.kind === "deny"
                  ? 2
                  : 0),
          0,
        ),
        unknown: r.reason.code === "facts-unknown",
      })),
    systems: isUnknown(facts.change.systems)
      ? null
      : facts.change.systems.map(({ id }) => id).sort(),
    findings: findingsOf(decision).slice(0, FINDINGS_KEPT),
    reverts: commit.reverts,
    totals: facts.change.totals,
    gaps: facts.gaps.length,
    ...(isUnknown(facts.change.files) ? { unread: facts.change.files.$unknown.because } : {}),
  };
}
