// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json } from "@interlock/digest";

/** Who an approval must come from: `anyone`, `owners`, or one team as `team:NAME`. */
export type From = "anyone" | "owners" | `team:${string}`;
export type Via = "review" | "passkey";
/** Which passkeys count: those that cannot leave their device (WebAuthn's BE flag is not set). */
export type Keys = "device-bound";

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
      /** Absent: every passkey. A passkey is always meant, whatever `via` says. */
      readonly keys?: Keys;
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

export type Approvals = Extract<Requirement, { kind: "approvals" }>;

/**
 * `a` implies `b`: whoever meets `a` meets `b` (design section 5, question 2). The order is
 * syntactic, so that two machines with different catalogs agree on it.
 */
export function implies(a: Approvals, b: Approvals): boolean {
  return (
    a.count >= b.count &&
    (a.from === b.from || b.from === "anyone") &&
    b.distinct.every((d) => a.distinct.includes(d)) &&
    VIA_RANK[a.via] >= VIA_RANK[b.via] &&
    (b.keys === undefined || a.keys === b.keys) &&
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
  const single = new Map<RequirementKind, Single>();
  for (const requirement of requirements) {
    if (requirement.kind === "approvals") {
      const { distinct, naming } = requirement;
      approvals.push({ ...requirement, distinct: union(distinct, []), naming: union(naming, []) });
      continue;
    }
    const known = single.get(requirement.kind) ?? requirement;
    single.set(requirement.kind, merge(known, requirement));
  }
  return [...maximal(approvals), ...single.values()].sort(byCanonicalJson);
}

function maximal(approvals: readonly Approvals[]): readonly Approvals[] {
  const kept: Approvals[] = [];
  for (const candidate of approvals) {
    if (candidate.count === 0 || kept.some((k) => implies(k, candidate))) continue;
    for (let i = kept.length - 1; i >= 0; i--) {
      const other = kept[i];
      if (other !== undefined && implies(candidate, other)) kept.splice(i, 1);
    }
    kept.push(candidate);
  }
  return kept;
}

type Of<K extends RequirementKind> = Extract<Requirement, { readonly kind: K }>;
type Merged = {
  readonly [K in Exclude<RequirementKind, "approvals">]: (a: Of<K>, b: Of<K>) => Of<K>;
};

/** The least requirement of a kind that demands what both demand. */
const MERGED: Merged = {
  document: (a, b) => ({ kind: "document", sections: union(a.sections, b.sections) }),
  check: (a, b) => ({ kind: "check", names: union(a.names, b.names) }),
  staged: (a, b) => ({
    kind: "staged",
    cells: Math.min(a.cells, b.cells),
    trafficPpm: Math.min(a.trafficPpm, b.trafficPpm),
    bakeMs: Math.max(a.bakeMs, b.bakeMs),
  }),
  window: (a, b) => ({ kind: "window", calendars: union(a.calendars, b.calendars) }),
  rollback: (a, b) => ({
    kind: "rollback",
    rehearsedWithinMs: Math.min(a.rehearsedWithinMs, b.rehearsedWithinMs),
  }),
  ticket: (a, b) => ({ kind: "ticket", systems: union(a.systems, b.systems) }),
  cooldown: (a, b) => ({ kind: "cooldown", ms: Math.max(a.ms, b.ms) }),
  deny: (a, b) => ({ kind: "deny", reasons: union(a.reasons, b.reasons) }),
  known: (a, b) => ({ kind: "known", facts: union(a.facts, b.facts) }),
};

type Single = Exclude<Requirement, Approvals>;

/** Of two requirements of one kind. */
function merge(a: Single, b: Single): Single {
  // The table pairs each kind with its own function, which the compiler cannot follow.
  const merged = MERGED[a.kind] as (a: Single, b: Single) => Single;
  return merged(a, b);
}

function union<T extends string>(a: readonly T[], b: readonly T[]): readonly T[] {
  return [...new Set([...a, ...b])].sort();
}

/** `a` demands no more than `b`: joining them adds nothing to `b`. */
export function atMost(a: Requirements, b: Requirements): boolean {
  return (
    canonicalJson(join(a, b) as unknown as Json) === canonicalJson(normalise(b) as unknown as Json)
  );
}

const key = (requirement: Requirement): string => canonicalJson(requirement as Json);

const byCanonicalJson = (a: Requirement, b: Requirement): number => (key(a) < key(b) ? -1 : 1);
