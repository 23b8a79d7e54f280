// SPDX-License-Identifier: Apache-2.0
import { valuesAt } from "../set/references.ts";
import type { ReplayAnswer } from "./comparison.ts";

/** How far the numbers at a pointer moved, in equal steps. */
export type Spread = {
  readonly least: number;
  readonly most: number;
  /** Of each step between them. */
  readonly counts: readonly number[];
  /** Those that did not move. */
  readonly same: number;
};

/** New less old, of the numbers that both answers have at a pointer; `null`: none of them moved. */
export function spreadOf(
  at: string,
  {
    before,
    after,
  }: { readonly before: readonly ReplayAnswer[]; readonly after: readonly ReplayAnswer[] },
  steps: number,
): Spread | null {
  const shifts = before.flatMap((old, i) => shiftsOf(at, old, after[i]));
  const moved = shifts.filter((shift) => shift !== 0);
  if (moved.length === 0) return null;
  const least = moved.reduce((a, b) => Math.min(a, b));
  const most = moved.reduce((a, b) => Math.max(a, b));
  const counts = new Array<number>(least === most ? 1 : steps).fill(0);
  for (const shift of moved) {
    const share = least === most ? 0 : (shift - least) / (most - least);
    const step = Math.min(counts.length - 1, Math.floor(share * counts.length));
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return { least, most, counts, same: shifts.length - moved.length };
}

function shiftsOf(at: string, old: ReplayAnswer, now: ReplayAnswer | undefined): readonly number[] {
  if (!old.ok || now?.ok !== true) return [];
  const others = valuesAt(now.value, at).map(([, value]) => value);
  return valuesAt(old.value, at).flatMap(([, value], i) => {
    const other = others[i];
    if (typeof value !== "number" || typeof other !== "number") return [];
    const shift = other - value;
    return Number.isFinite(shift) ? [shift] : [];
  });
}
