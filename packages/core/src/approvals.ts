// SPDX-License-Identifier: Apache-2.0
import type { RequirementResult, State } from "./decision.ts";
import type { Change } from "./facts/change.ts";
import type { Approval } from "./facts/evidence.ts";
import type { Facts } from "./facts/facts.ts";
import { canAssignDistinct } from "./matching.ts";
import {
  accountOf,
  type Contributors,
  contributorsOf,
  type PersonGraph,
  personGraph,
} from "./people.ts";
import { type Reason, reason } from "./reason.ts";
import type { Requirement } from "./requirement.ts";
import { isUnknown } from "./schema.ts";

type ApprovalsRequirement = Extract<Requirement, { kind: "approvals" }>;

/** What judging approvals needs besides the facts; the same for every rule of one decision. */
export type ApprovalTerms = {
  /** Digest of the rules that applied: an approval given under other rules does not count. */
  readonly rulesDigest: string;
  readonly missingOwner: "hold" | "anyone";
};

type Approver = { readonly id: string; readonly teams: readonly string[] };

/**
 * INVARIANT (two-people): approvals come from distinct natural persons, none of whom contributed to
 * the change; an agent and its sponsor are one person; a machine never counts.
 * INVARIANT (bound): an approval counts for one digest, target and environment, and for the rules
 * that applied when it was given.
 */
export function judgeApprovals(
  requirement: ApprovalsRequirement,
  facts: Facts,
  terms: ApprovalTerms,
): RequirementResult {
  const verdict = weigh(requirement, facts, terms);
  return {
    requirement,
    state: verdict.state,
    reason: verdict.reason,
    who: verdict.state === "met" ? [] : verdict.who,
    final: false,
  };
}

/** Whose approval could count, whether it was given or not. */
export type Reviewers = {
  /** Ids of persons, sorted; at most `REVIEWERS_MAX`. */
  readonly persons: readonly string[];
  /** More than can be listed, or anybody who had no part in the change. */
  readonly more: boolean;
};

/** A list for people: nobody reads more, and whoever is not on it may still try. */
const REVIEWERS_MAX = 500;

/** Whose approvals a requirement could be met by: active persons of its teams with no part in the change. */
export function reviewersOf(
  requirement: ApprovalsRequirement,
  facts: Facts,
  missingOwner: ApprovalTerms["missingOwner"],
): Reviewers {
  if (isUnknown(facts.people)) return { persons: [], more: false };
  const graph = personGraph(facts.people);
  const barred = contributorsOf(facts.change, graph);
  const owners = ownersOf(facts);
  const terms = { rulesDigest: "", missingOwner };
  const found = new Set<string>();
  for (const { id } of facts.people.persons) {
    const person = graph.resolve(accountOf(id));
    if (person.kind !== "person" || person.agent || !person.active) continue;
    if (barred.persons.has(person.id) || !comesFrom(requirement, person, owners, terms)) continue;
    if (found.size >= REVIEWERS_MAX) return { persons: [...found].sort(), more: true };
    found.add(person.id);
  }
  return { persons: [...found].sort(), more: false };
}

type Weighed = { readonly state: State; readonly reason: Reason; readonly who: readonly string[] };

function weigh(requirement: ApprovalsRequirement, facts: Facts, terms: ApprovalTerms): Weighed {
  const { approvals } = facts.evidence;
  const owners = ownersOf(facts);
  const who = suppliers(requirement, owners);
  if (isUnknown(approvals))
    return unknownState("approvals-unknown", { because: approvals.$unknown.because }, who);
  const { digest, contributors } = facts.change;
  if (isUnknown(digest))
    return unknownState("digest-unknown", { because: digest.$unknown.because }, who);
  if (isUnknown(facts.people)) return withoutPeople(requirement, facts, approvals, who);
  const graph = personGraph(facts.people);
  const barred = contributorsOf(facts.change, graph);
  const given = { facts, approvals, digest, terms, graph, barred };
  const approvers = eligible(requirement, given);
  const missing = whatIsMissing(requirement, facts, approvers, terms);
  if (missing?.reason.code === "approvals-missing")
    return missingCount(requirement, facts, {
      ...{ approvers, who, synchronised: withOtherKeys(requirement, given, approvers) },
    });
  if (missing !== null) return { ...missing, who };
  const doubt = whoMightBeHidden(facts, barred, isUnknown(contributors));
  if (doubt !== null) return doubt;
  return {
    state: "met",
    reason: reason("approved", { by: approvers.map((a) => a.id), count: requirement.count }),
    who: [],
  };
}

function unknownState(
  code: Reason["code"],
  params: Reason["params"],
  who: readonly string[],
): Weighed {
  return { state: "unknown", reason: reason(code, params), who };
}

function withoutPeople(
  requirement: ApprovalsRequirement,
  facts: Facts,
  approvals: readonly Approval[],
  who: readonly string[],
): Weighed {
  // Without a single statement nothing is in doubt: it is simply missing.
  if (approvals.length === 0) return missingCount(requirement, facts, { approvers: [], who });
  const because = isUnknown(facts.people) ? facts.people.$unknown.because : "";
  return unknownState("people-unknown", { because }, who);
}

type Missing = {
  readonly approvers: readonly Approver[];
  readonly who: readonly string[];
  readonly synchronised?: readonly string[];
};

function missingCount(
  requirement: ApprovalsRequirement,
  { evidence: { landed } }: Facts,
  { approvers, who, synchronised = [] }: Missing,
): Weighed {
  return {
    state: "unmet",
    reason: reason("approvals-missing", {
      have: approvers.length,
      need: requirement.count,
      from: requirement.from,
      via: requirement.via,
      by: approvers.map((a) => a.id),
      naming: requirement.naming,
      ...(requirement.keys === undefined ? {} : { keys: requirement.keys, synchronised }),
      ...(landed === undefined ? {} : { landed }),
    }),
    who,
  };
}

type Case = {
  readonly facts: Facts;
  readonly approvals: readonly Approval[];
  readonly digest: string;
  readonly terms: ApprovalTerms;
  readonly graph: PersonGraph;
  readonly barred: Contributors;
};

function eligible(requirement: ApprovalsRequirement, given: Case): readonly Approver[] {
  const owners = ownersOf(given.facts);
  const approvers = new Map<string, Approver>();
  for (const approval of given.approvals) {
    if (!stillCounts(approval, requirement, given)) continue;
    const person = given.graph.resolve(approval.by);
    if (person.kind !== "person" || person.agent || !person.active) continue;
    if (given.barred.persons.has(person.id)) continue;
    if (!comesFrom(requirement, person, owners, given.terms)) continue;
    approvers.set(person.id, { id: person.id, teams: person.teams });
  }
  return [...approvers.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Who approved, and would count but for the kind of their key: they want to know why they do not. */
function withOtherKeys(
  requirement: ApprovalsRequirement,
  given: Case,
  approvers: readonly Approver[],
): readonly string[] {
  const { keys, ...any } = requirement;
  if (keys === undefined) return [];
  const counted = new Set(approvers.map(({ id }) => id));
  return eligible({ ...any, via: "passkey" }, given)
    .map(({ id }) => id)
    .filter((id) => !counted.has(id));
}

function stillCounts(approval: Approval, requirement: ApprovalsRequirement, given: Case): boolean {
  const { facts, terms } = given;
  return (
    approval.digest === given.digest &&
    approval.target === facts.change.target &&
    (approval.environment === "" || approval.environment === facts.change.environment) &&
    !approval.withdrawn &&
    approval.at <= facts.now &&
    (approval.expiresAt === undefined || approval.expiresAt > facts.now) &&
    (requirement.via === "review" || approval.via === "passkey") &&
    // A review, and a passkey of which nobody says what it is, is none that is bound to its device.
    (requirement.keys === undefined || approval.key === requirement.keys) &&
    // A passkey statement always names the rules; a forge review cannot.
    (approval.rules === undefined
      ? approval.via === "review"
      : approval.rules === terms.rulesDigest) &&
    requirement.naming.every((finding) => approval.naming.includes(finding))
  );
}

type Owners = {
  /** Distinct sorted owner lists of the touched files, sorted. */
  readonly groups: readonly (readonly string[])[];
  readonly all: ReadonlySet<string>;
  /** Files that nobody owns, sorted, and those whose owners could not be read. */
  readonly unowned: readonly string[];
  readonly unread: string | null;
};

/** Memory only: every requirement of a decision asks for the owners of the same change. */
const OWNERS = new WeakMap<Change, Owners>();

function ownersOf({ change }: Facts): Owners {
  const known = OWNERS.get(change);
  if (known !== undefined) return known;
  const owners = ownersOfFiles(change);
  OWNERS.set(change, owners);
  return owners;
}

function ownersOfFiles({ files, systems }: Change): Owners {
  const groups = new Map<string, readonly string[]>();
  const unowned: string[] = [];
  let unread = isUnknown(files) ? files.$unknown.because : null;
  const systemOwner = new Map<string, string>();
  if (!isUnknown(systems)) {
    for (const s of systems)
      if (!isUnknown(s.owner) && s.owner !== "") systemOwner.set(s.id, s.owner);
  }
  for (const file of isUnknown(files) ? [] : files) {
    if (isUnknown(file.owners)) {
      unread = file.owners.$unknown.because;
      continue;
    }
    const fromSystems = file.systems
      .map((id) => systemOwner.get(id))
      .filter((o) => o !== undefined);
    const owners = [...new Set(file.owners.length > 0 ? file.owners : fromSystems)].sort();
    if (owners.length === 0) unowned.push(file.path);
    else groups.set(owners.join("\n"), owners);
  }
  const sorted = [...groups.keys()].sort().map((k) => groups.get(k) ?? []);
  return { groups: sorted, all: new Set(sorted.flat()), unowned: unowned.sort(), unread };
}

function comesFrom(
  requirement: ApprovalsRequirement,
  person: Approver,
  owners: Owners,
  terms: ApprovalTerms,
): boolean {
  if (requirement.from === "anyone") return true;
  if (requirement.from !== "owners")
    return person.teams.includes(requirement.from.slice("team:".length));
  if (owners.groups.length === 0 && terms.missingOwner === "anyone") return true;
  return isAmong(person, owners.all);
}

function isAmong(person: Approver, owners: ReadonlySet<string>): boolean {
  return owners.has(person.id) || person.teams.some((team) => owners.has(team));
}

/** What is not there yet, or `null` when the statements themselves suffice. */
function whatIsMissing(
  requirement: ApprovalsRequirement,
  facts: Facts,
  approvers: readonly Approver[],
  terms: ApprovalTerms,
): Omit<Weighed, "who"> | null {
  const owners = ownersOf(facts);
  if (requirement.from === "owners") {
    if (owners.unread !== null)
      return {
        state: "unknown",
        reason: reason("facts-unknown", { what: ["owners"], because: owners.unread }),
      };
    if (owners.unowned.length > 0 && terms.missingOwner === "hold")
      return {
        state: "unknown",
        reason: reason("owner-missing", {
          paths: owners.unowned.slice(0, 20),
          count: owners.unowned.length,
        }),
      };
  }
  if (approvers.length < requirement.count)
    return missingCount(requirement, facts, { approvers, who: [] });
  if (requirement.from === "owners") {
    const uncovered = owners.groups.find(
      (group) => !approvers.some((a) => isAmong(a, new Set(group))),
    );
    if (uncovered !== undefined)
      return { state: "unmet", reason: reason("owner-group-missing", { owners: uncovered }) };
  }
  if (
    requirement.distinct.includes("teams") &&
    !canAssignDistinct(
      approvers.map((a) => a.teams),
      requirement.count,
    )
  )
    return {
      state: "unmet",
      reason: reason("distinct-teams-missing", { need: requirement.count }),
    };
  return null;
}

/** Enough approvals, but an approver could be hiding behind an account that nobody resolved. */
function whoMightBeHidden(
  facts: Facts,
  barred: Contributors,
  contributorsUnknown: boolean,
): Weighed | null {
  if (contributorsUnknown)
    return unknownState("contributors-unknown", {}, ["whoever maintains `interlock/people.yaml`"]);
  if (barred.unresolved.length > 0)
    return unknownState("account-unresolved", { accounts: barred.unresolved }, [
      "whoever maintains `interlock/people.yaml`",
    ]);
  if (barred.outOfScope.length > 0)
    return unknownState("machine-out-of-scope", { accounts: barred.outOfScope }, [
      "whoever maintains `interlock/people.yaml`",
    ]);
  if (isUnknown(facts.change.pushedBy))
    return unknownState("pusher-unobserved", {}, ["an enforcement point that sees the push"]);
  return null;
}

function suppliers(requirement: ApprovalsRequirement, owners: Owners): readonly string[] {
  if (requirement.from === "anyone") return ["any person who did not contribute to the change"];
  if (requirement.from !== "owners") return [requirement.from];
  const named = [...owners.all].sort().slice(0, 20);
  return named.length > 0 ? named : ["an owner: none is declared for these paths"];
}
