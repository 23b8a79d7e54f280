// SPDX-License-Identifier: Apache-2.0
import { digestOf, type Json } from "@interlock/digest";
import type { ApprovalTerms } from "./approvals.ts";
import type { CompiledPolicy, CompiledRule } from "./compile.ts";
import {
  type Beyond,
  type Decision,
  ENGINE,
  type Outcome,
  type PolicyRole,
  type RuleResult,
  worst,
} from "./decision.ts";
import type { Facts } from "./facts/facts.ts";
import { frozen, owing, rejected } from "./opposition.ts";
import { personGraph } from "./people.ts";
import { normalise, type Requirement } from "./requirement.ts";
import { judgeRule, otherwiseResult, shownResult, unreadableResult } from "./ruling.ts";
import { isUnknown } from "./schema.ts";
import { type Reading, reading, type Scope, scopeOf, stricter } from "./scope.ts";

/**
 * A policy that takes part in a decision; one that could not be read holds (fail-closed), and so does
 * one of which only a person has told, since no enforcement point has read it.
 */
export type JudgingPolicy =
  | { readonly role: PolicyRole; readonly kind: "policy"; readonly policy: CompiledPolicy }
  | { readonly role: PolicyRole; readonly kind: "unreadable"; readonly because: string }
  | { readonly role: PolicyRole; readonly kind: "shown"; readonly by: string };

/**
 * Decides whether one change may go forward. Pure, synchronous and total: no clock, no I/O.
 *
 * INVARIANT (order-free): the order of policies, rules, facts and evidence changes nothing.
 * INVARIANT (fail-closed): what is unknown holds; without a readable policy everything holds.
 * INVARIANT (own-policy): every given policy judges, and the worst outcome of all is the outcome,
 * so that a change to the policy must satisfy the policy in force and the proposed one.
 * INVARIANT (only-tightens): results are only ever joined; a rule cannot see evidence.
 */
export function decide(policies: readonly JudgingPolicy[], facts: Facts): Decision {
  const readings = readingsOf(facts);
  const judged = [...policies]
    .sort(byRole)
    .map((p) => (p.kind === "policy" ? judgePolicy(p.role, p.policy, facts, readings) : unread(p)));
  if (judged.length === 0)
    judged.push(unread({ role: "in-force", kind: "unreadable", because: "no policy was given" }));
  return assemble(judged, facts);
}

type Judged = {
  readonly rules: readonly RuleResult[];
  readonly skipped: readonly string[];
  readonly rulesDigest: string;
  readonly policy: string;
};

const ROLE_RANK: Readonly<Record<PolicyRole, number>> = { "in-force": 0, proposed: 1 };

function contentOf(policy: JudgingPolicy): string {
  switch (policy.kind) {
    case "policy":
      return policy.policy.digest;
    case "unreadable":
      return policy.because;
    case "shown":
      return policy.by;
  }
}

function byRole(a: JudgingPolicy, b: JudgingPolicy): number {
  const rank = ROLE_RANK[a.role] - ROLE_RANK[b.role];
  if (rank !== 0) return rank;
  const x = contentOf(a);
  const y = contentOf(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

type Unread = Exclude<JudgingPolicy, { readonly kind: "policy" }>;

function unread(policy: Unread): Judged {
  const { role } = policy;
  const result =
    policy.kind === "shown" ? shownResult(role, policy.by) : unreadableResult(role, policy.because);
  return { rules: [result], skipped: [], rulesDigest: "", policy: "" };
}

/**
 * Context that a contributor supplied may only tighten: the change is read with it and without it,
 * and the stricter reading of each rule counts. Stale context is no knowledge but a gap.
 */
function readingsOf(facts: Facts): readonly Reading[] {
  const fresh = facts.context.filter(
    (c) => c.observedAt <= facts.now && facts.now - c.observedAt <= c.validForMs,
  );
  const stale = facts.context
    .filter((c) => !fresh.includes(c))
    .map((c) => ({
      group: "context",
      path: c.subject,
      code: "stale",
      detail: c.kind,
      help: `observe it again from ${c.source}`,
    }));
  const gaps = [...facts.gaps, ...stale];
  const byOthers = fresh.filter((c) => isIndependent(c.by, facts));
  const all = reading({ ...facts, context: fresh }, gaps);
  return byOthers.length === fresh.length
    ? [all]
    : [all, reading({ ...facts, context: byOthers }, gaps)];
}

function isIndependent(account: string, facts: Facts): boolean {
  const { contributors, pushedBy } = facts.change;
  if (isUnknown(facts.people) || isUnknown(contributors) || isUnknown(pushedBy)) return false;
  const graph = personGraph(facts.people);
  const giver = graph.resolve(account);
  const personOf = (a: string) => {
    const r = graph.resolve(a);
    return r.kind === "person" ? r.id : a;
  };
  if (giver.kind === "unknown") return false;
  return ![...contributors.map((c) => c.account), ...pushedBy].some(
    (a) => personOf(a) === personOf(account),
  );
}

function judgePolicy(
  role: PolicyRole,
  policy: CompiledPolicy,
  facts: Facts,
  readings: readonly Reading[],
): Judged {
  const applied: { compiled: CompiledRule; scope: Scope }[] = [];
  const skipped: string[] = [];
  for (const compiled of policy.rules) {
    if (!isInTime(compiled, facts.now)) continue;
    const scope = strictestScope(compiled, readings);
    if (scope.applies === "no") skipped.push(compiled.rule.id);
    else applied.push({ compiled, scope });
  }
  const systems = isUnknown(facts.change.systems) ? null : facts.change.systems.map((s) => s.id);
  // What is only perhaps covered is not covered. by (fail-closed)
  const covering = applied.filter((a) => a.compiled.rule.covers && a.scope.certain);
  const coveredAtAll = covering.length > 0;
  const where = { systems, now: facts.now };
  const coveredEnforced = covering.some((a) => policy.isEnforced(a.compiled.rule, where));
  const rulesDigest = digestOf("interlock/rules-applied/v1", {
    rules: applied.map((a) => a.compiled.digest).sort(),
    otherwise: coveredEnforced ? [] : (policy.otherwise as unknown as Json), // requirements are plain data
  });
  const terms: ApprovalTerms = { rulesDigest, missingOwner: policy.policy.missingOwner };
  const given = { role, policy, facts, terms, systems };
  const rules = applied.map((a) => judgeRule(a.compiled, a.scope, given));
  if (!coveredEnforced)
    rules.push(otherwiseResult(given, { outcome: !coveredAtAll, effective: true }));
  rules.push(...frozen(given), ...rejected(given), ...owing(given));
  return { rules, skipped, rulesDigest, policy: policy.digest };
}

function strictestScope(compiled: CompiledRule, readings: readonly Reading[]): Scope {
  let strictest: Scope | null = null;
  for (const reading of readings) {
    const scope = scopeOf(compiled, reading);
    strictest = strictest === null ? scope : stricter(strictest, scope);
  }
  if (strictest === null) throw new Error("invariant broken: facts have at least one reading");
  return strictest;
}

function isInTime({ rule }: CompiledRule, now: number): boolean {
  return (
    (rule.from === undefined || rule.from <= now) && (rule.until === undefined || now < rule.until)
  );
}

function assemble(judged: readonly Judged[], facts: Facts): Decision {
  const rules = judged.flatMap((j) => j.rules).sort(worstFirst);
  const outcome = worst(rules.filter((r) => r.counts.outcome).map((r) => r.outcome));
  const enforced = rules.filter((r) => r.counts.effective && r.mode === "enforce");
  const effective = worst(enforced.map((r) => r.outcome));
  const until = whenTimeAloneCures(enforced, effective);
  const content = {
    outcome,
    effective,
    ...(until === null ? {} : { until }),
    rules,
    skipped: skippedOf(judged),
    beyond: beyondOf(rules),
    requires: normalise(
      rules
        .filter((r) => r.counts.outcome)
        .flatMap((r) => r.requirements.map((q) => q.requirement)),
    ),
    rulesDigest: judged.map((j) => j.rulesDigest).join("+"),
    policies: judged.map((j) => j.policy),
    change: isUnknown(facts.change.digest) ? null : facts.change.digest,
  };
  return { ...content, digest: decisionDigest(content), engine: ENGINE };
}

/** Each policy's rules are sorted already, and there is seldom more than one policy. */
function skippedOf(judged: readonly Judged[]): readonly string[] {
  const [only] = judged;
  const sorted =
    judged.length === 1 && only !== undefined
      ? only.skipped
      : judged.flatMap((j) => j.skipped).sort();
  return sorted.filter((id, i) => id !== sorted[i - 1]);
}

const OUTCOME_RANK: Readonly<Record<Outcome, number>> = { deny: 0, hold: 1, allow: 2 };

function worstFirst(a: RuleResult, b: RuleResult): number {
  const rank = OUTCOME_RANK[a.outcome] - OUTCOME_RANK[b.outcome];
  if (rank !== 0) return rank;
  const x = `${a.rule}\n${a.policy}`;
  const y = `${b.rule}\n${b.policy}`;
  return x < y ? -1 : x > y ? 1 : 0;
}

function whenTimeAloneCures(enforced: readonly RuleResult[], effective: Outcome): number | null {
  if (effective !== "hold") return null;
  const open = enforced.flatMap((r) => r.requirements).filter((q) => q.state !== "met");
  const times = open.map((q) => q.until);
  return times.length > 0 && times.every((t) => t !== undefined) ? Math.max(...times) : null;
}

function beyondOf(rules: readonly RuleResult[]): readonly Beyond[] {
  const beyond: Beyond[] = [];
  for (const rule of rules) {
    if (rule.outcome === "allow") continue;
    for (const { requirement, state } of rule.requirements) {
      const isBaseline = rule.baseline && isBareApproval(requirement);
      if (state !== "met" && !isBaseline)
        beyond.push({ rule: rule.rule, kind: requirement.kind, state });
    }
  }
  return beyond;
}

const isBareApproval = (r: Requirement): boolean => r.kind === "approvals" && r.naming.length === 0;

/**
 * INVARIANT (replayable): the digest covers outcomes, rules, states and reason codes with their
 * parameters; sentences are rendered from those and may be reworded.
 */
function decisionDigest(content: Omit<Decision, "digest" | "engine">): string {
  const rules = content.rules.map((r) => ({
    rule: r.rule,
    policy: r.policy,
    mode: r.mode,
    outcome: r.outcome,
    reason: r.reason,
    counts: r.counts,
    findings: r.findings.map((f) => f.id),
    findingCount: r.findingCount,
    requirements: r.requirements.map(({ requirement, state, reason, until, final }) => ({
      requirement,
      state,
      reason,
      final,
      ...(until === undefined ? {} : { until }),
    })),
  }));
  return digestOf("interlock/decision/v1", {
    outcome: content.outcome,
    effective: content.effective,
    rules,
    rulesDigest: content.rulesDigest,
    policies: content.policies,
    change: content.change,
  } as unknown as Json); // plain data by construction
}
