// SPDX-License-Identifier: Apache-2.0

/** How a file breaks a contract; the aspect of its delta. */
export type BreachKind =
  | "missing"
  | "blank"
  | "wrong-type"
  | "under-min"
  | "over-max"
  | "too-short"
  | "too-long"
  | "too-few"
  | "too-many"
  | "too-small"
  | "too-large"
  | "not-allowed"
  | "no-match"
  | "unknown-key"
  | "duplicate"
  | "unsorted"
  | "lacks"
  | "forbidden"
  | "unequal"
  | "version-low"
  | "version-high"
  | "dangling"
  | "grows"
  | "shrinks"
  | "changed-fixed"
  | "removed";

/** One way in which one state of a file breaks a contract. */
export type Breach = {
  readonly kind: BreachKind;
  /** Concrete pointer; empty for the whole file. */
  readonly name: string;
  /** The pointer without what moves when something is added before it. */
  readonly lasting: string;
  readonly line: number;
  /** What stands there, for people. */
  readonly shown: string;
  /** What the contract takes instead, for people. */
  readonly takes: string;
  /** How far beyond the limit, where that can be said: only more of it is worse. */
  readonly excess: number | null;
};

/** Something that a contract asks for and that cannot be told. */
export type Doubt = { readonly code: string; readonly detail: string; readonly help: string };

/** What the change brings or makes worse. What was as bad before stays silent. */
export function introduced(before: readonly Breach[], after: readonly Breach[]): readonly Breach[] {
  const was = new Map(before.map((b) => [`${b.kind}\n${b.name}`, b]));
  const matched = new Set<Breach>();
  const left = after.filter((b) => {
    const old = was.get(`${b.kind}\n${b.name}`);
    if (old === undefined || !isAsBad(old, b)) return true;
    matched.add(old);
    return false;
  });
  // A member that was bad before and stands elsewhere now.
  const elsewhere = new Map<string, number>();
  for (const b of before)
    if (!matched.has(b)) elsewhere.set(lastingKey(b), (elsewhere.get(lastingKey(b)) ?? 0) + 1);
  return left.filter((b) => {
    const n = elsewhere.get(lastingKey(b)) ?? 0;
    if (n > 0) elsewhere.set(lastingKey(b), n - 1);
    return n === 0;
  });
}

const lastingKey = (b: Breach): string => `${b.kind}\n${b.lasting}\n${b.shown}`;

function isAsBad(old: Breach, now: Breach): boolean {
  return old.excess !== null && now.excess !== null
    ? now.excess <= old.excess
    : old.shown === now.shown;
}
