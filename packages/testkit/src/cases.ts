// SPDX-License-Identifier: Apache-2.0
/** Runs `conformance/decide`: what is given, how it is decided, and what the gate says about it. */
import {
  type Decision,
  decide,
  explainReason,
  type Facts,
  type JudgingPolicy,
  type Outcome,
  type PolicyRole,
  type RuleResult,
} from "@interlock/core";
import { calendarFacts } from "@interlock/policy";
import { parseDocument } from "yaml";
import { EVIDENCE_KEYS } from "./case-evidence.ts";
import { type CaseWorld, factsOfCase, nowOfCase } from "./case-facts.ts";
import {
  anyMapping,
  CaseError,
  instant,
  items,
  mapping,
  oneOf,
  type Raw,
  text,
  texts,
} from "./case-fields.ts";
import { type CasePolicy, casePolicy, type ReadPolicy } from "./case-policy.ts";

const OUTCOMES = ["allow", "hold", "deny"] as const;
const STATES = ["met", "unmet", "unknown"] as const;
const VARIATIONS: readonly (readonly [string, Outcome])[] = [
  ["also allows when", "allow"],
  ["also holds when", "hold"],
  ["also denies when", "deny"],
];

/** One sentence that the gate must say, word by word, and where it must say it. */
export type Expected = {
  readonly rule: string;
  readonly policy?: string;
  readonly requirement?: string;
  readonly state?: string;
  readonly says?: string;
  readonly finds?: readonly string[];
};

export type Situation = {
  readonly name: string;
  readonly policy: unknown;
  readonly proposed: unknown;
  readonly given: Raw;
  readonly outcome: Outcome;
  readonly effective: Outcome;
  readonly until: number | null | undefined;
  readonly because: readonly Expected[];
  /** The open rules must be exactly those that `because` names. */
  readonly complete: boolean;
};

export type DecisionCase = {
  readonly case: string;
  readonly why: string;
  /** Numbers of `bypasses.md`. */
  readonly bypass: readonly number[];
  /** The case itself, then its variations. */
  readonly situations: readonly Situation[];
};

/** Reads a case file; a key that is not known or an expectation that is missing is an error. */
export function readDecisionCase(source: string): DecisionCase {
  const document = parseDocument(source);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new CaseError(problem.message);
  const raw = mapping(document.toJS(), "case", [
    "case",
    "why",
    "bypass",
    "policy",
    "proposed",
    "given",
    "then",
    ...VARIATIONS.map(([key]) => key),
  ]);
  const main = mainSituation(raw);
  const variations = VARIATIONS.flatMap(([key, outcome]) =>
    items(raw[key], key).map((item, i) =>
      variation(main, item, { name: `${key} ${i + 1}`, outcome }),
    ),
  );
  return {
    case: text(raw["case"], "case"),
    why: text(raw["why"], "why"),
    bypass: items(raw["bypass"], "bypass").map(Number),
    situations: [main, ...variations],
  };
}

function mainSituation(raw: Raw): Situation {
  const then = mapping(raw["then"], "then", ["outcome", "effective", "until", "because"]);
  const outcome = oneOf(then["outcome"], "then.outcome", OUTCOMES);
  const because = items(then["because"], "then.because").map(expectedOf);
  if (because.length === 0) throw new CaseError("then.because: nothing is expected to be said");
  if (raw["policy"] === undefined) throw new CaseError("policy: there is none; write `missing`");
  return {
    name: "the case",
    policy: raw["policy"],
    proposed: raw["proposed"],
    given: anyMapping(raw["given"], "given"),
    outcome,
    effective: oneOf(then["effective"], "then.effective", OUTCOMES, outcome),
    until: then["until"] === undefined ? null : instant(then["until"], "then.until"),
    because,
    complete: true,
  };
}

function expectedOf(value: unknown, i: number): Expected {
  const where = `then.because[${i}]`;
  const raw = mapping(value, where, ["rule", "policy", "requirement", "state", "says", "finds"]);
  if (raw["says"] === undefined && raw["finds"] === undefined)
    throw new CaseError(`${where}: neither \`says\` nor \`finds\``);
  return {
    rule: text(raw["rule"], where),
    ...(raw["policy"] === undefined
      ? {}
      : { policy: oneOf(raw["policy"], where, ["in-force", "proposed"]) }),
    ...(raw["requirement"] === undefined ? {} : { requirement: text(raw["requirement"], where) }),
    ...(raw["state"] === undefined ? {} : { state: oneOf(raw["state"], where, STATES) }),
    ...(raw["says"] === undefined ? {} : { says: text(raw["says"], where) }),
    ...(raw["finds"] === undefined ? {} : { finds: texts(raw["finds"], where) }),
  };
}

/** What a variation writes replaces the same part of `given`; of `change`, single fields. */
function variation(
  main: Situation,
  value: unknown,
  expected: { readonly name: string; readonly outcome: Outcome },
): Situation {
  const { policy, proposed, says, effective, ...given } = anyMapping(value, expected.name);
  if (Object.keys(given).length === 0 && policy === undefined && proposed === undefined)
    throw new CaseError(`${expected.name}: changes nothing`);
  const change =
    given["change"] === undefined
      ? {}
      : {
          change: {
            ...anyMapping(main.given["change"] ?? {}, "change"),
            ...anyMapping(given["change"], "change"),
          },
        };
  return {
    name: expected.name,
    policy: policy ?? main.policy,
    proposed: proposed ?? main.proposed,
    given: { ...main.given, ...given, ...change },
    outcome: expected.outcome,
    effective: oneOf(effective, expected.name, OUTCOMES, expected.outcome),
    until: undefined,
    because: texts(says, expected.name).map((sentence) => ({ rule: "", says: sentence })),
    complete: false,
  };
}

export type Judged = {
  readonly facts: Facts;
  readonly policies: CasePolicy;
  readonly decision: Decision;
  /** Where the decision is not what the case says; empty when the case holds. */
  readonly disagreements: readonly string[];
};

export function judgeSituation(situation: Situation, read: ReadPolicy): Judged {
  const inForce = casePolicy(situation.policy, "in-force", read);
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
  return { facts, policies, decision, disagreements: disagreements(situation, decision) };
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
    Object.entries(given).filter(([key]) => !EVIDENCE_KEYS.some((k) => k === key)),
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

function disagreements(situation: Situation, decision: Decision): readonly string[] {
  const found: string[] = [];
  if (decision.outcome !== situation.outcome)
    found.push(`outcome is ${decision.outcome}, not ${situation.outcome}`);
  if (decision.effective !== situation.effective)
    found.push(`effective is ${decision.effective}, not ${situation.effective}`);
  if (situation.until !== undefined && (decision.until ?? null) !== situation.until)
    found.push(`until is ${shownInstant(decision.until)}, not ${shownInstant(situation.until)}`);
  for (const expected of situation.because)
    if (!decision.rules.some((r) => isSaidBy(r, expected)))
      found.push(`nobody says ${JSON.stringify(expected)}`);
  if (situation.complete) found.push(...surplus(situation, decision));
  return found.length === 0 ? [] : [...found, ...spoken(decision)];
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
  if (expected.says === undefined) return true;
  const requirements = result.requirements.filter(
    (r) =>
      (expected.requirement === undefined || r.requirement.kind === expected.requirement) &&
      (expected.state === undefined || r.state === expected.state),
  );
  const sentences = requirements.map((r) => explainReason(r.reason));
  if (expected.requirement === undefined && expected.state === undefined)
    sentences.push(explainReason(result.reason));
  return sentences.includes(expected.says);
}

/** What the decision does say, so that whoever reads a failure need not run anything. */
function spoken(decision: Decision): readonly string[] {
  return decision.rules.flatMap((r) => [
    `${r.policy} ${r.rule}: ${r.outcome}, ${r.mode}: ${explainReason(r.reason)}`,
    ...r.findings.map((f) => `  finds ${f.message}`),
    ...r.requirements.map((q) => `  ${q.requirement.kind} ${q.state}: ${explainReason(q.reason)}`),
  ]);
}
