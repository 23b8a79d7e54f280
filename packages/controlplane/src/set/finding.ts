// SPDX-License-Identifier: Apache-2.0
/** What is wrong with the values of a set, each code with one meaning for good. */
export const SET_FINDINGS = {
  VALUE_UNREADABLE: "a value cannot be read in its format",
  VALUE_TOO_LARGE: "a value is larger than the set allows",
  TOO_MANY_KEYS: "the set has more keys than it allows",
  SCHEMA_MISFIT: "a value does not fit the schema",
  INVARIANT_BROKEN: "an invariant does not hold",
  INVARIANT_UNKNOWN: "an invariant could not be evaluated, which counts as broken",
  REFERENCE_MISSING: "a value names a key that does not exist",
  REFERENCE_UNKNOWN: "a value names a key of a set whose keys were not given",
  GROWN: "keys, bytes or a value grew by more than the set allows",
  SHRUNK: "keys, bytes or a value shrank by more than the set allows",
} as const;

export type SetFinding = {
  readonly code: keyof typeof SET_FINDINGS;
  /** `null`: of the set as a whole. */
  readonly key: string | null;
  /** JSON pointer into the value; empty for the whole of it. */
  readonly at: string;
  readonly message: string;
  readonly help: string;
};

/** By key, code and place, so that the order of checks never shows. */
export function byFinding(a: SetFinding, b: SetFinding): number {
  const x = [a.key ?? "", a.code, a.at, a.message].join("\n");
  const y = [b.key ?? "", b.code, b.at, b.message].join("\n");
  return x < y ? -1 : x > y ? 1 : 0;
}
