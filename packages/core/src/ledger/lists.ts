// SPDX-License-Identifier: Apache-2.0
/** What a schema cannot say of lists in a body. */
import type { Invalid } from "../validate.ts";

/** Different persons, each named once. */
export function atLeast(names: readonly string[], least: number, path: string): readonly Invalid[] {
  return new Set(names).size === names.length && names.length >= least
    ? []
    : [{ path, message: `at least ${least} different persons are needed, each named once` }];
}

/** Sorted, and none of them twice. */
export function sortedSet(items: readonly string[], path: string): readonly Invalid[] {
  return items.every((item, i) => i === 0 || (items[i - 1] ?? "") < item)
    ? []
    : [{ path, message: "not sorted, or one of them twice" }];
}
