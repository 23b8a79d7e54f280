// SPDX-License-Identifier: Apache-2.0
import type { PlacedOperation } from "./operation.ts";
import type { Reading } from "./reading.ts";

/** The order of a file's operations, asked once and answered in constant time. */
export type Sequence = {
  /** The operations of the way forward. */
  readonly all: readonly PlacedOperation[];
  readonly placeOf: ReadonlyMap<PlacedOperation, number>;
  /** For each operation whether a transaction is open there, and where it began. */
  readonly openSince: readonly (number | null)[];
  readonly renamedTo: ReadonlySet<string>;
  /** First and last place of what is created, by `table:` and `index:`. */
  readonly made: ReadonlyMap<string, { readonly first: number; readonly last: number }>;
};

/** Reads the sequence of one file. */
export function sequenceOf(reading: Reading): Sequence {
  const all = reading.operations.filter((one) => !one.down);
  const placeOf = new Map<PlacedOperation, number>();
  const openSince: (number | null)[] = [];
  const renamedTo = new Set<string>();
  const made = new Map<string, { first: number; last: number }>();
  const note = (key: string, at: number): void => {
    made.set(key, { first: made.get(key)?.first ?? at, last: at });
  };
  let open: number | null = reading.transaction === "tool" ? 0 : null;
  for (const [at, one] of all.entries()) {
    placeOf.set(one, at);
    if (one.aspect === "begin") open = at;
    if (one.aspect === "commit") open = null;
    openSince.push(open);
    if (one.aspect === "rename") renamedTo.add(one.part.split(" to ").at(-1) ?? one.part);
    if (one.aspect === "create-table") note(`table:${one.object}`, at);
    if (one.aspect === "create-index") {
      note(`on:${one.object}`, at);
      if (one.part !== "") note(`index:${one.part}`, at);
    }
  }
  return { all, placeOf, openSince, renamedTo, made };
}

/** True when a transaction is open where the operation stands. */
export function inTransaction(sequence: Sequence, one: PlacedOperation): boolean {
  const at = sequence.placeOf.get(one);
  return at !== undefined && (sequence.openSince[at] ?? null) !== null;
}

/** What stands before and after an operation in its own file and decides how bad it is. */
export function sequenceTags(sequence: Sequence, one: PlacedOperation): readonly string[] {
  const at = sequence.placeOf.get(one) ?? 0;
  const tags = inTransaction(sequence, one) ? ["in-transaction"] : [];
  if (one.aspect === "drop-table") {
    if (sequence.renamedTo.has(one.object)) tags.push("rebuilt");
    else if ((sequence.made.get(`table:${one.object}`)?.last ?? -1) > at) tags.push("recreated");
  }
  if (one.aspect === "drop-index") {
    const builds = [sequence.made.get(`on:${one.object}`), sequence.made.get(`index:${one.part}`)];
    if (builds.some((build) => build !== undefined && build.last > at))
      tags.push("before-replacement");
    else if (builds.some((build) => build !== undefined)) tags.push("after-replacement");
  }
  return tags;
}
