// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json } from "@interlock/digest";

/** Who an approval must come from: `anyone`, `owners`, or one team as `team:NAME`. */
export type From = "anyone" | "owners" | `team:${string}`;
export type Via = "review" | "passkey";

/** One interlock. Sets are sorted and distinct, so that equal requirements are equal bytes. */
export type Requirement =
  | {
      readonly kind: "approvals";
      readonly count: number;
      readonly from: From;
      /** `teams`: the approvers must come from as many different teams. */
      readonly distinct: readonly "teams"[];
      readonly via: Via;
      /** Ids of the findings that the approver's statement must name. */
      readonly naming: readonly string[];
    }
  | { readonly kind: "document"; readonly sections: readonly string[] }
  /** `name`, or `name@source` when only that source's report counts. */
  | { readonly kind: "check"; readonly names: readonly string[] }
  | {
      readonly kind: "staged";
      readonly cells: number;
      readonly trafficPpm: number;
      readonly bakeMs: number;
    }
  /** Calendars that must all be open; their intervals are facts. */
  | { readonly kind: "window"; readonly calendars: readonly string[] }
  | { readonly kind: "rollback"; readonly rehearsedWithinMs: number }
  /** Ticket systems in which an open ticket must name the change; empty: any system. */
  | { readonly kind: "ticket"; readonly systems: readonly string[] }
  | { readonly kind: "cooldown"; readonly ms: number }
  /** No evidence, person or time can meet it for this digest. */
  | { readonly kind: "deny"; readonly reasons: readonly string[] }
  /** Facts that must become known before the rule can be judged. */
  | { readonly kind: "known"; readonly facts: readonly string[] };

export type RequirementKind = Requirement["kind"];

/**
 * A normal form: approvals that imply no other, and at most one requirement of every other kind.
 * Sorted by canonical JSON. The empty list is the bottom of the semilattice: nothing is required.
 */
export type Requirements = readonly Requirement[];

const VIA_RANK: Readonly<Record<Via, number>> = { review: 0, passkey: 1 };

type Approvals = Extract<Requirement, { kind: "approvals" }>;

/**
 * `a` implies `b`: whoever meets `a` meets `b` (design section 5, question 2). The order is
 * syntactic, so that two machines with different catalogs agree on it.
 */
export function implies(a: Requirement, b: Requirement): boolean {
  if (a.kind === "approvals" && b.kind === "approvals") return approvalsImply(a, b);
  return a.kind === b.kind && sameRequirement(merge(a, b), a);
}

function approvalsImply(a: Approvals, b: Approvals): boolean {
  return (
    a.count >= b.count &&
    (a.from === b.from || b.from === "anyone") &&
    b.distinct.every((d) => a.distinct.includes(d)) &&
    VIA_RANK[a.via] >= VIA_RANK[b.via] &&
    b.naming.every((finding) => a.naming.includes(finding))
  );
}

/** The least set of requirements that demands what both demand. Idempotent, commutative, associative. */
export function join(a: Requirements, b: Requirements): Requirements {
  return normalise([...a, ...b]);
}

/** Brings requirements in any order into normal form. */
export function normalise(requirements: readonly Requirement[]): Requirements {
  const approvals: Approvals[] = [];
  const single = new Map<RequirementKind, Requirement>();
  for (const requirement of requirements) {
    if (requirement.kind === "approvals") {
      approvals.push(canonical(requirement));
      continue;
    }
    const known = single.get(requirement.kind);
    single.set(
      requirement.kind,
      known === undefined ? canonical(requirement) : merge(known, requirement),
    );
  }
  return [...maximal(approvals), ...single.values()].sort(byCanonicalJson);
}

function maximal(approvals: readonly Approvals[]): readonly Approvals[] {
  const kept: Approvals[] = [];
  for (const candidate of approvals) {
    if (candidate.count === 0 || kept.some((k) => approvalsImply(k, candidate))) continue;
    for (let i = kept.length - 1; i >= 0; i--) {
      const other = kept[i];
      if (other !== undefined && approvalsImply(candidate, other)) kept.splice(i, 1);
    }
    kept.push(candidate);
  }
  return kept;
}

function merge(a: Requirement, b: Requirement): Requirement {
  if (a.kind === "document" && b.kind === "document")
    return { kind: "document", sections: union(a.sections, b.sections) };
  if (a.kind === "check" && b.kind === "check")
    return { kind: "check", names: union(a.names, b.names) };
  if (a.kind === "staged" && b.kind === "staged")
    return {
      kind: "staged",
      cells: Math.min(a.cells, b.cells),
      trafficPpm: Math.min(a.trafficPpm, b.trafficPpm),
      bakeMs: Math.max(a.bakeMs, b.bakeMs),
    };
  if (a.kind === "window" && b.kind === "window")
    return { kind: "window", calendars: union(a.calendars, b.calendars) };
  if (a.kind === "rollback" && b.kind === "rollback")
    return {
      kind: "rollback",
      rehearsedWithinMs: Math.min(a.rehearsedWithinMs, b.rehearsedWithinMs),
    };
  if (a.kind === "ticket" && b.kind === "ticket")
    return { kind: "ticket", systems: union(a.systems, b.systems) };
  if (a.kind === "cooldown" && b.kind === "cooldown")
    return { kind: "cooldown", ms: Math.max(a.ms, b.ms) };
  if (a.kind === "deny" && b.kind === "deny")
    return { kind: "deny", reasons: union(a.reasons, b.reasons) };
  if (a.kind === "known" && b.kind === "known")
    return { kind: "known", facts: union(a.facts, b.facts) };
  throw new Error(`invariant broken: merged \`${a.kind}\` with \`${b.kind}\``);
}

function canonical<R extends Requirement>(requirement: R): R;
function canonical(requirement: Requirement): Requirement {
  switch (requirement.kind) {
    case "approvals":
      return {
        ...requirement,
        distinct: union(requirement.distinct, []),
        naming: union(requirement.naming, []),
      };
    case "staged":
    case "rollback":
    case "cooldown":
      return requirement;
    default:
      return merge(requirement, requirement);
  }
}

function union<T extends string>(a: readonly T[], b: readonly T[]): readonly T[] {
  return [...new Set([...a, ...b])].sort();
}

export function sameRequirement(a: Requirement, b: Requirement): boolean {
  return key(a) === key(b);
}

/** `a` demands no more than `b`: joining them adds nothing to `b`. */
export function atMost(a: Requirements, b: Requirements): boolean {
  const joined = join(a, b);
  const other = normalise(b);
  return joined.length === other.length && joined.every((r, i) => key(r) === keyAt(other, i));
}

const key = (requirement: Requirement): string => canonicalJson(requirement as Json);

function keyAt(requirements: Requirements, i: number): string | undefined {
  const requirement = requirements[i];
  return requirement === undefined ? undefined : key(requirement);
}

function byCanonicalJson(a: Requirement, b: Requirement): number {
  const x = key(a);
  const y = key(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
