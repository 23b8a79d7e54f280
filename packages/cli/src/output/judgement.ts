// SPDX-License-Identifier: Apache-2.0
import {
  type Decision,
  explainReason,
  explainRequirement,
  type Facts,
  type Finding,
  isUnknown,
  type Rule,
  type RuleResult,
} from "@interlock/core";

/** How risky the change looks; it orders queues and decides nothing. */
export type RiskView = {
  readonly ppm: number;
  /** Share of the model's reference changes that score less, 0 to 99. */
  readonly percentile: number;
  readonly terms: readonly {
    readonly feature: string;
    readonly value: number;
    readonly contributionPpm: number;
  }[];
};

/** One judged change, ready to be shown in any format. */
export type Judgement = {
  /** Commit id, `index`, or a file's name. */
  readonly id: string;
  readonly facts: Facts;
  readonly decision: Decision;
  readonly risk: RiskView | null;
  /** Of the policies that judged; a decision names rules of its own besides, such as `otherwise`. */
  readonly rules: readonly Rule[];
};

/** The form that `--format json` promises; fields are only ever added. */
export function judgementJson({ id, facts, decision, risk }: Judgement) {
  const { change } = facts;
  return {
    id,
    change: {
      digest: isUnknown(change.digest) ? null : change.digest,
      kind: change.kind,
      repository: change.repository,
      target: change.target,
      subject: change.subject,
      totals: change.totals,
      systems: isUnknown(change.systems) ? null : change.systems.map((s) => s.id),
      provenance: change.provenance,
    },
    decision: {
      outcome: decision.outcome,
      effective: decision.effective,
      ...(decision.until === undefined ? {} : { until: decision.until }),
      beyond: decision.beyond,
      digest: decision.digest,
      rulesDigest: decision.rulesDigest,
      policies: decision.policies,
      engine: decision.engine,
      rules: decision.rules.map(ruleJson),
      skipped: decision.skipped,
    },
    findings: findingsOf(decision),
    effects: isUnknown(facts.effects) ? null : facts.effects,
    blast: isUnknown(facts.blast) ? null : facts.blast,
    gaps: facts.gaps,
    risk,
  };
}

function ruleJson(rule: RuleResult) {
  return {
    rule: rule.rule,
    title: rule.title,
    policy: rule.policy,
    mode: rule.mode,
    ...(rule.severity === undefined ? {} : { severity: rule.severity }),
    outcome: rule.outcome,
    because: ruleBecause(rule),
    reason: rule.reason,
    requirements: rule.requirements.map((r) => ({
      kind: r.requirement.kind,
      state: r.state,
      needs: explainRequirement(r.requirement),
      because: explainReason(r.reason),
      who: r.who,
      ...(r.until === undefined ? {} : { until: r.until }),
    })),
    help: rule.help,
    findings: rule.findingCount,
  };
}

/** What a rule says of this change: its findings if it has any, else its reason. */
export function ruleBecause(rule: RuleResult): string {
  const first = rule.findings[0];
  if (first === undefined) return explainReason(rule.reason);
  const more = rule.findingCount > 1 ? ` (and ${rule.findingCount - 1} more)` : "";
  const place = first.path === "" ? "" : `${first.path}:${first.line}: `;
  return `${place}${first.message || rule.title}${more}`;
}

export type FindingView = {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
  readonly outcome: RuleResult["outcome"];
};

/** Findings of every rule that applied, sorted by path and line, each once. */
export function findingsOf(decision: Decision): readonly FindingView[] {
  return locatedFindings(decision).map(({ rule, finding }) => ({
    rule: rule.rule,
    path: finding.path,
    line: finding.line,
    message: finding.message || rule.title,
    outcome: rule.outcome,
  }));
}

export type LocatedFinding = { readonly rule: RuleResult; readonly finding: Finding };

/** Two policies may judge by the same rule: of the same finding the worse is shown. */
export function locatedFindings(decision: Decision): readonly LocatedFinding[] {
  const seen = new Map<string, LocatedFinding>();
  for (const rule of decision.rules)
    for (const finding of rule.findings) {
      const key = `${rule.rule} ${finding.id} ${finding.line}`;
      if (!seen.has(key)) seen.set(key, { rule, finding });
    }
  return [...seen.values()].sort(
    (a, b) =>
      (a.finding.path < b.finding.path ? -1 : a.finding.path > b.finding.path ? 1 : 0) ||
      a.finding.line - b.finding.line ||
      (a.rule.rule < b.rule.rule ? -1 : 1),
  );
}

export type Level = "error" | "warning" | "note";

/** What only looks on fails no build: it is a note. `warn` says it and holds nothing. */
export function levelOf({ outcome, mode }: Pick<RuleResult, "outcome" | "mode">): Level {
  if (outcome === "allow" || mode === "observe") return "note";
  return outcome === "deny" && mode === "enforce" ? "error" : "warning";
}

/** A hold that stands on no line, as of a policy that cannot be read: no finding, but not nothing. */
export const isSilentHold = (r: RuleResult): boolean =>
  r.outcome !== "allow" && r.findings.length === 0 && !r.baseline;

export const gapText = ({ code, detail, help }: Facts["gaps"][number]): string =>
  `not read (${[code, detail].filter((t) => t !== "").join(", ")}): ${help}`;
