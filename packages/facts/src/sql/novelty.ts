// SPDX-License-Identifier: Apache-2.0
import type { PlacedOperation } from "./operation.ts";

const keyOf = (one: PlacedOperation): string =>
  JSON.stringify([one.aspect, one.object, one.part, one.down, [...one.tags].sort()]);
const textOf = (one: PlacedOperation): string => one.text.toLowerCase();

/**
 * The operations that the change brings: those after, less those before, over the whole change, so
 * that a renumbered migration is not new. Of several alike, the ones written differently are new.
 */
export function newOperations(
  before: readonly PlacedOperation[],
  after: readonly PlacedOperation[],
): ReadonlySet<PlacedOperation> {
  const known = new Map<string, number>();
  const texts = new Set<string>();
  for (const one of before) {
    known.set(keyOf(one), (known.get(keyOf(one)) ?? 0) + 1);
    texts.add(keyOf(one) + textOf(one));
  }
  const fresh = new Set<PlacedOperation>();
  const familiarFirst = [...after].sort(
    (a, b) => Number(texts.has(keyOf(b) + textOf(b))) - Number(texts.has(keyOf(a) + textOf(a))),
  );
  for (const one of familiarFirst) {
    const left = known.get(keyOf(one)) ?? 0;
    if (left === 0) fresh.add(one);
    else known.set(keyOf(one), left - 1);
  }
  return fresh;
}
