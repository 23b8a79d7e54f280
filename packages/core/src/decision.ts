// SPDX-License-Identifier: Apache-2.0
import type { Mode, Severity } from "./policy.ts";
import type { Reason } from "./reason.ts";
import type { Requirement, Requirements } from "./requirement.ts";

export type Outcome = "allow" | "hold" | "deny";
export type State = "met" | "unmet" | "unknown";

const RANK: Readonly<Record<Outcome, number>> = { allow: 0, hold: 1, deny: 2 };

export function worst(outcomes: Iterable<Outcome>): Outcome {
  let result: Outcome = "allow";
  for (const outcome of outcomes) if (RANK[outcome] > RANK[result]) result = outcome;
  return result;
}

export type RequirementResult = {
  readonly requirement: Requirement;
  readonly state: State;
  readonly reason: Reason;
  /** Who can supply what is missing: persons, teams, systems. Empty when met. */
  readonly who: readonly string[];
  /** When time alone meets it, in milliseconds since 1970 UTC. */
  readonly until?: number;
  /** No evidence, person or time can meet it for this digest. */
  readonly final: boolean;
};

export type Finding = {
  /** Digest over the rule and what was found, without the line: it survives a move in the file. */
  readonly id: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
};

export type PolicyRole = "in-force" | "proposed";

export type RuleResult = {
  readonly rule: string;
  readonly title: string;
  readonly policy: PolicyRole;
  readonly mode: Mode;
  readonly severity?: Severity;
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly requirements: readonly RequirementResult[];
  /** At most 200, sorted by path and line; `findingCount` has them all. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly help: string;
  /** Its requirements belong to the ordinary review of a change, not to this rule's own friction. */
  readonly baseline: boolean;
  /** Counted in `outcome` and in `effective`; `otherwise` lapses where a covering rule applies. */
  readonly counts: { readonly outcome: boolean; readonly effective: boolean };
};

/** An unmet requirement that goes beyond `otherwise` and the baseline approvals. */
export type Beyond = {
  readonly rule: string;
  readonly kind: Requirement["kind"];
  readonly state: State;
};

export type Decision = {
  /** Ignores modes: what it would be if every rule were enforced. */
  readonly outcome: Outcome;
  /** Applies modes; enforcement points use only this. */
  readonly effective: Outcome;
  /** When time alone would let it go forward. */
  readonly until?: number;
  /** Applied rules, worst first, then by id. */
  readonly rules: readonly RuleResult[];
  /** Ids of rules that looked and do not apply, sorted. */
  readonly skipped: readonly string[];
  readonly beyond: readonly Beyond[];
  /** What all applied rules demand together, in normal form. */
  readonly requires: Requirements;
  /** Digest of the rules that applied; approvals are bound to it. */
  readonly rulesDigest: string;
  /** Digests of the policies that judged, in force first. */
  readonly policies: readonly string[];
  readonly change: string | null;
  readonly digest: string;
  readonly engine: string;
};

export const ENGINE = "interlock-core/1";
