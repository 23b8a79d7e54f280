// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json } from "@interlock/digest";
import type { FieldLimits } from "../description.ts";
import { valuesAt } from "../set/references.ts";
import { isNode, step } from "../value/schema.ts";
import type { FieldShift, ReplayAnswer } from "./comparison.ts";

const WHOLE_PPM = 1_000_000;
const FIELDS_MAX = 200;

export type Pair = { readonly before: ReplayAnswer; readonly after: ReplayAnswer };

/** Rounded up, so that what is over a limit by a hair is over it. */
export const ppm = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.ceil((part / whole) * WHOLE_PPM);

/** By pointer: those that are limited, and the leaves that answers have. */
export function fieldsOf(
  pairs: readonly Pair[],
  limited: readonly FieldLimits[],
): ReadonlyMap<string, FieldShift> {
  const pointers = new Set(limited.map((one) => one.at));
  for (const { before, after } of pairs)
    for (const answer of [before, after])
      if (answer.ok && pointers.size < FIELDS_MAX)
        for (const at of leavesOf(answer.value, "")) pointers.add(at);
  return new Map([...pointers].slice(0, FIELDS_MAX).map((at) => [at, shiftOf(at, pairs)]));
}

/** Lists are leaves: what stands first in one may stand second in the other. */
function leavesOf(value: Json, at: string): readonly string[] {
  if (!isNode(value)) return [at];
  return Object.entries(value).flatMap(([name, one]) => leavesOf(one, at + step(name)));
}

function shiftOf(at: string, pairs: readonly Pair[]): FieldShift {
  let [seen, changed, numbers, sum, largest] = [0, 0, 0, 0, 0];
  for (const { before, after } of pairs) {
    if (!before.ok || !after.ok) continue;
    const old = valuesAt(before.value, at).map(([, value]) => value);
    const now = valuesAt(after.value, at).map(([, value]) => value);
    if (old.length + now.length === 0) continue;
    seen++;
    if (canonicalJson(old) !== canonicalJson(now)) changed++;
    for (const [i, one] of old.entries()) {
      const other = now[i];
      if (typeof one !== "number" || typeof other !== "number") continue;
      numbers++;
      sum += other - one;
      if (Math.abs(other - one) > Math.abs(largest)) largest = other - one;
    }
  }
  const shifts =
    numbers === 0
      ? { meanShift: null, maxShift: null }
      : { meanShift: sum / numbers, maxShift: largest };
  return { at, seen, changed, changedPpm: ppm(changed, seen), ...shifts };
}

export function ordered(
  fields: ReadonlyMap<string, FieldShift>,
  limited: readonly FieldLimits[],
): readonly FieldShift[] {
  const first = new Set(limited.map((one) => one.at));
  const named = [...fields.values()].filter((one) => first.has(one.at));
  const others = [...fields.values()].filter((one) => !first.has(one.at) && one.changed > 0);
  return [...named, ...others.sort((a, b) => b.changed - a.changed || (a.at < b.at ? -1 : 1))];
}
