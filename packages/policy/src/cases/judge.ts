// SPDX-License-Identifier: Apache-2.0
/** Decides the situations of a case and tells where the decision is not what the case says. */
import {
  type Decision,
  decide,
  explainReason,
  type Facts,
  type JudgingPolicy,
  type PolicyRole,
  type RuleResult,
} from "@interlock/core";
import { calendarFacts } from "../load/calendar.ts";
import { EVIDENCE } from "../schema/policy-test.ts";
import type { Expected, Situation } from "./case.ts";
import { type CaseWorld, factsOfCase, nowOfCase } from "./facts.ts";
import type { Raw } from "./fields.ts";
import { type CasePolicy, casePolicy, type ReadPolicy } from "./policy.ts";

export type Judged = {
  readonly facts: Facts;
  readonly policies: CasePolicy;
  readonly decision: Decision;
  /** Where the decision is not what the case says; empty when the case holds. */
  readonly differences: readonly Difference[];
  /** With differences: what the decision does say. */
  readonly decided: readonly string[];
  /** Both as texts, so that whoever reads it need not run anything. */
  readonly disagreements: readonly string[];
};

/** `where` is the place in the case: `then.outcome`, `also holds when 2`. */
export type Difference = { readonly where: string; readonly says: string };

export function judgeSituation(
  situation: Situation,
  read: ReadPolicy,
  underTest?: CasePolicy,
): Judged {
  const inForce =
    situation.policy === undefined && underTest !== undefined
      ? underTest
      : casePolicy(situation.policy, "in-force", read);
  const proposed =
    situation.proposed === undefined
      ? { judging: [], loaded: [] }
      : casePolicy(situation.proposed, "proposed", read);
  const policies: CasePolicy = {
    judging: [...inForce.judging, ...proposed.judging],
    loaded: [...inForce.loaded, ...proposed.loaded],
  };
  const facts = factsOfCase(situation.given, worldOf(situation.given, policies));
  const decision = decide(policies.judging, facts);
  const differences = differencesOf(situation, decision);
  const decided = differences.length === 0 ? [] : spoken(decision);
  const disagreements = [...differences.map((d) => d.says), ...decided];
  return { facts, policies, decision, differences, decided, disagreements };
}

/** A version that names no real release: no case may depend on the time-zone data of a machine. */
const TZDATA = "case";

function worldOf(given: Raw, policies: CasePolicy): CaseWorld {
  const calendars = calendarFacts(
    policies.loaded.flatMap((p) => p.policy.calendars),
    nowOfCase(given),
    TZDATA,
  );
  const bareGiven = Object.fromEntries(
    Object.entries(given).filter(([key]) => !Object.hasOwn(EVIDENCE, key)),
  );
  // Which rules apply, and what they find, never depends on evidence. by (only-tightens)
  const bare = factsOfCase(bareGiven, { calendars, rulesOf: () => "", findingOf: () => null });
  const ofRole = (role: PolicyRole) =>
    decide(
      policies.judging.filter((p: JudgingPolicy) => p.role === role),
      bare,
    );
  return {
    calendars,
    rulesOf: (role) => ofRole(role).rulesDigest,
    findingOf: (rule) => namedBy(decide(policies.judging, bare), rule),
  };
}

function namedBy(decision: Decision, rule: string): string | null {
  const asked = decision.rules
    .filter((r) => r.rule === rule)
    .flatMap((r) => r.requirements)
    .flatMap(({ requirement }) => (requirement.kind === "approvals" ? requirement.naming : []));
  return asked[0] ?? null;
}

function differencesOf(situation: Situation, decision: Decision): readonly Difference[] {
  const found: Difference[] = [];
  const main = situation.complete;
  const differ = (where: string, says: string) =>
    found.push({ where: main ? where : situation.name, says });
  if (decision.outcome !== situation.outcome)
    differ("then.outcome", `outcome is ${decision.outcome}, not ${situation.outcome}`);
  const effective =
    situation.effective ?? (situation.policy === undefined ? undefined : situation.outcome);
  if (effective !== undefined && decision.effective !== effective)
    differ("then.effective", `effective is ${decision.effective}, not ${effective}`);
  if (situation.until !== undefined && (decision.until ?? null) !== situation.until)
    differ(
      "then.until",
      `until is ${shownInstant(decision.until)}, not ${shownInstant(situation.until)}`,
    );
  for (const [i, expected] of situation.because.entries())
    if (!decision.rules.some((r) => isSaidBy(r, expected)))
      differ(`then.because[${i}]`, `nobody says ${JSON.stringify(expected)}`);
  for (const [i, rule] of situation.not.entries())
    if (decision.rules.some((r) => r.rule === rule && r.outcome !== "allow"))
      differ(`then.not[${i}]`, `\`${rule}\` stands in the way`);
  if (main) for (const says of surplus(situation, decision)) differ("then.because", says);
  return found;
}

const shownInstant = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? "never" : new Date(ms).toISOString();

/** A rule that stands in the way for a reason of which the case knows nothing. */
function surplus(situation: Situation, decision: Decision): readonly string[] {
  const named = new Set(situation.because.map((e) => e.rule));
  return decision.rules
    .filter((r) => r.outcome !== "allow" && r.counts.outcome && !named.has(r.rule))
    .map((r) => `\`${r.rule}\` stands in the way, which the case does not say`);
}

function isSaidBy(result: RuleResult, expected: Expected): boolean {
  if (expected.rule !== "" && result.rule !== expected.rule) return false;
  if (expected.policy !== undefined && result.policy !== expected.policy) return false;
  const messages = result.findings.map((f) => f.message);
  if (expected.finds !== undefined && expected.finds.join("\n") !== messages.join("\n"))
    return false;
  if (expected.outcome !== undefined && result.outcome !== expected.outcome) return false;
  if (expected.says === undefined && expected.contains === undefined) return true;
  const requirements = result.requirements.filter(
    (r) =>
      (expected.requirement === undefined || r.requirement.kind === expected.requirement) &&
      (expected.state === undefined || r.state === expected.state),
  );
  const sentences = requirements.map((r) => explainReason(r.reason));
  if (expected.requirement === undefined && expected.state === undefined)
    sentences.push(explainReason(result.reason));
  return sentences.some(
    (s) =>
      (expected.says === undefined || s === expected.says) && s.includes(expected.contains ?? ""),
  );
}

/** What the decision does say. */
function spoken(decision: Decision): readonly string[] {
  return decision.rules.flatMap((r) => [
    `${r.policy} ${r.rule}: ${r.outcome}, ${r.mode}: ${explainReason(r.reason)}`,
    ...r.findings.map((f) => `  finds ${f.message}`),
    ...r.requirements.map((q) => `  ${q.requirement.kind} ${q.state}: ${explainReason(q.reason)}`),
  ]);
}
