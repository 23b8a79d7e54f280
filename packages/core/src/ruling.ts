// SPDX-License-Identifier: Apache-2.0
import { digestOf, type Json } from "@interlock/digest";
import type { ApprovalTerms } from "./approvals.ts";
import type { CompiledPolicy, CompiledRule } from "./compile.ts";
import {
  type Finding,
  type Outcome,
  type PolicyRole,
  type RequirementResult,
  type RuleResult,
  worst,
} from "./decision.ts";
import { evaluateRequirement } from "./evaluation.ts";
import type { Facts } from "./facts/facts.ts";
import { approvals, type Rule } from "./policy.ts";
import { reason } from "./reason.ts";
import { normalise, type Requirement } from "./requirement.ts";
import type { Scope } from "./scope.ts";
import { render } from "./template.ts";
import { isWaived } from "./waivers.ts";

export type Given = {
  readonly role: PolicyRole;
  readonly policy: CompiledPolicy;
  readonly facts: Facts;
  readonly terms: ApprovalTerms;
  /** `null`: nobody knows which systems the change touches. */
  readonly systems: readonly string[] | null;
};

const OTHERWISE = "otherwise";

/** More findings than a person reads; `findingCount` still counts them all. */
const FINDINGS_SHOWN = 200;

/** Judges one rule that applies or cannot be evaluated. */
export function judgeRule(compiled: CompiledRule, scope: Scope, given: Given): RuleResult {
  const { rule } = compiled;
  const findings = findingsOf(rule, scope);
  const known: Requirement[] =
    scope.unknowns.length > 0 ? [{ kind: "known", facts: scope.unknowns.slice(0, 20) }] : [];
  const asked = scope.applies === "yes" ? [...rule.require, ...bySeverity(rule, findings)] : [];
  const requirements = normalise([...asked, ...known]).map((r) =>
    evaluateRequirement(r, given.facts, given.terms),
  );
  const base = {
    rule: rule.id,
    title: rule.title,
    policy: given.role,
    mode: given.policy.modeOf(rule, { systems: given.systems, now: given.facts.now }),
    ...(rule.severity === undefined ? {} : { severity: rule.severity }),
    findings: findings.slice(0, FINDINGS_SHOWN),
    findingCount: findings.length,
    help: rule.help,
    baseline: rule.covers,
    counts: { outcome: true, effective: true },
  };
  const denied = requirements.some((r) => r.final) || mayDeny(rule, scope, given);
  if (isWaived(given.facts, rule.id, denied))
    return { ...base, outcome: "allow", reason: reason("waived"), requirements };
  const why =
    scope.applies === "unknown"
      ? reason("facts-unknown", { what: scope.unknowns.slice(0, 20), because: "" })
      : reasonFor(requirements);
  return { ...base, outcome: outcomeOf(requirements), reason: why, requirements };
}

function reasonFor(requirements: readonly RequirementResult[]) {
  if (requirements.length === 0) return reason("notice");
  const open = requirements.filter((r) => r.state !== "met");
  if (open.length === 0) return reason("all-met");
  return reason("applies", { open: open.map((r) => r.requirement.kind) });
}

export function outcomeOf(requirements: readonly RequirementResult[]): Outcome {
  return worst(requirements.map((r) => (r.state === "met" ? "allow" : r.final ? "deny" : "hold")));
}

/** What is hidden from a rule could be what it denies: not knowing must not make it easier to waive. by (fail-closed) */
function mayDeny(rule: Rule, scope: Scope, { facts, terms }: Given): boolean {
  if (scope.unknowns.length === 0) return false;
  return (
    rule.severity === "H" || rule.require.some((r) => evaluateRequirement(r, facts, terms).final)
  );
}

/** Design section 5, question 6: H denies; 2 and 1 need owners whose statement names the finding. */
function bySeverity(rule: Rule, findings: readonly Finding[]): readonly Requirement[] {
  switch (rule.severity) {
    case "H":
      return [{ kind: "deny", reasons: [rule.id] }];
    case "2":
    case "1":
      return [
        approvals(Number(rule.severity), "owners", { naming: [namedFinding(rule, findings)] }),
      ];
    default:
      return [];
  }
}

/** One id for all that a rule found: whoever signs it has accepted each of the findings, no more. */
function namedFinding(rule: Rule, findings: readonly Finding[]): string {
  return digestOf("interlock/findings/v1", {
    rule: rule.id,
    findings: [...new Set(findings.map((f) => f.id))].sort(),
  });
}

function findingsOf(rule: Rule, scope: Scope): readonly Finding[] {
  const findings = scope.matches.map((item) => toFinding(rule, item));
  if (rule.each === undefined && rule.severity !== undefined && scope.applies === "yes")
    findings.push(toFinding(rule, {}));
  return findings.sort(byPlace);
}

function toFinding(rule: Rule, item: Readonly<Record<string, unknown>>): Finding {
  const { line, ...content } = item;
  return {
    id: digestOf("interlock/finding/v1", { rule: rule.id, content: content as Json }), // items are validated facts
    path: typeof item["path"] === "string" ? item["path"] : "",
    line: typeof line === "number" ? line : 0,
    message: render(rule.says, item),
  };
}

function byPlace(a: Finding, b: Finding): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/**
 * What a change needs that no enforced covering rule covers; nothing less than break-glass passes
 * it. by (fail-closed)
 */
export function otherwiseResult(
  given: Given,
  counts: { readonly outcome: boolean; readonly effective: boolean },
): RuleResult {
  const requirements = given.policy.otherwise.map((r) =>
    evaluateRequirement(r, given.facts, given.terms),
  );
  const waived = isWaived(given.facts, OTHERWISE, true);
  return {
    rule: OTHERWISE,
    title: "What every change needs that no other rule covers",
    policy: given.role,
    mode: given.policy.policy.mode,
    outcome: waived ? "allow" : outcomeOf(requirements),
    reason: waived ? reason("waived") : reasonFor(requirements),
    requirements,
    findings: [],
    findingCount: 0,
    help: "",
    baseline: true,
    counts,
  };
}

/** A policy that is absent or does not load is enforced as a hold whatever its modes may have been. */
export const unreadableResult = (role: PolicyRole, because: string): RuleResult =>
  holding(role, {
    rule: "policy",
    title: "The policy can be read",
    reason: reason("policy-unreadable", { because }),
    unknown: `policy: ${because}`,
    who: "whoever maintains the policy",
    help: "run `interlock policy lint` to see where it fails",
  });

/** What only a person has told of is held, whatever that person says of the rules. by (word-of-a-person) */
export const shownResult = (role: PolicyRole, by: string): RuleResult =>
  holding(role, {
    rule: "landing",
    title: "An enforcement point judges the change where it lands",
    reason: reason("only-shown", { by }),
    unknown: "where it lands",
    who: "whoever pushes it, or the pipeline that lands it",
    help: "read and sign it now; push it once it has its approvals",
  });

function holding(
  role: PolicyRole,
  {
    unknown,
    who,
    ...said
  }: Pick<RuleResult, "rule" | "title" | "reason" | "help"> & {
    readonly unknown: string;
    readonly who: string;
  },
): RuleResult {
  const requirement: Requirement = { kind: "known", facts: [unknown] };
  return {
    ...said,
    policy: role,
    mode: "enforce",
    outcome: "hold",
    requirements: [
      {
        requirement,
        state: "unknown",
        reason: reason("must-be-known", { what: requirement.facts }),
        who: [who],
        final: false,
      },
    ],
    findings: [],
    findingCount: 0,
    baseline: false,
    counts: { outcome: true, effective: true },
  };
}
