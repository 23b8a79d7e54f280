// SPDX-License-Identifier: Apache-2.0
import type { Counts } from "@interlock/judge";
import type { Watch } from "./watch.ts";

/**
 * A judge in the manner of Kayenta's, written from its description: every five minutes a two-sided
 * Mann-Whitney test over all minutes so far, with tie correction and the Hodges-Lehmann shift; the
 * canary is low when the interval of the shift is beyond a quarter of its estimate (tolerance 0.25).
 * The statistic is the largest z at which it would still be called low, so one threshold tunes it;
 * its own is 2.326 (98 % confidence).
 */
export const TOLERANCE = 0.25;
const EVERY = 5;
const VALUES = 4_096;

type Arm = { readonly tally: Int32Array; low: number; high: number };

/** `scale` brings the unchanged group to the size of the changed one. */
export function mannWhitney(scale: number): Watch {
  const changed: Arm = { tally: new Int32Array(VALUES), low: VALUES, high: -1 };
  const unchanged: Arm = { tally: new Int32Array(VALUES), low: VALUES, high: -1 };
  const differences = new Float64Array(2 * VALUES);
  let minutes = 0;
  return (slot: Counts): number => {
    add(changed, slot.changed);
    add(unchanged, Math.round(slot.unchanged * scale));
    minutes += 1;
    if (minutes % EVERY !== 0) return Number.NEGATIVE_INFINITY;
    return lowZ(changed, unchanged, { minutes, differences });
  };
}

function add(arm: Arm, value: number): void {
  const at = Math.min(VALUES - 1, value);
  arm.tally[at] = (arm.tally[at] ?? 0) + 1;
  arm.low = Math.min(arm.low, at);
  arm.high = Math.max(arm.high, at);
}

function lowZ(
  changed: Arm,
  unchanged: Arm,
  { minutes, differences }: { minutes: number; differences: Float64Array },
): number {
  const [from, to] = [changed.low - unchanged.high, changed.high - unchanged.low];
  differences.fill(0, from + VALUES, to + VALUES + 1);
  for (let x = changed.low; x <= changed.high; x += 1) {
    const nx = changed.tally[x] ?? 0;
    if (nx === 0) continue;
    for (let y = unchanged.low; y <= unchanged.high; y += 1) {
      const ny = unchanged.tally[y] ?? 0;
      if (ny > 0) differences[x - y + VALUES] = (differences[x - y + VALUES] ?? 0) + nx * ny;
    }
  }
  const shift = middle(differences, from, minutes * minutes);
  if (shift >= 0) return Number.NEGATIVE_INFINITY;
  // Pairs above the tolerated shift: the interval reaches it unless there are few enough of them.
  let above = 0;
  for (let d = from; d <= to; d += 1)
    if (d >= TOLERANCE * shift) above += differences[d + VALUES] ?? 0;
  const n = 2 * minutes;
  let ties = 0;
  for (
    let v = Math.min(changed.low, unchanged.low);
    v <= Math.max(changed.high, unchanged.high);
    v += 1
  ) {
    const t = (changed.tally[v] ?? 0) + (unchanged.tally[v] ?? 0);
    ties += t * t * t - t;
  }
  const deviation = Math.sqrt(((minutes * minutes) / 12) * (n + 1 - ties / (n * (n - 1))));
  return deviation > 0
    ? (minutes * minutes * 0.5 - above - 0.5) / deviation
    : Number.NEGATIVE_INFINITY;
}

function middle(differences: Float64Array, from: number, total: number): number {
  let passed = 0;
  for (let d = from; ; d += 1) {
    passed += differences[d + VALUES] ?? 0;
    if (passed * 2 >= total) return d;
  }
}
