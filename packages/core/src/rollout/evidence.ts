// SPDX-License-Identifier: Apache-2.0
/** What a bake that passed has left possible. */
import { type Bake, MILLION, type Plan } from "./plan.ts";

type Traffic = Pick<Plan, "microOrdersPerMinute" | "detection">;

/**
 * Of exposed orders, in millionths, what may still be lost once a wave has passed its bake
 * with `exposedPpm` of all orders, rounded down.
 * Excluded is what the analysis had to exclude. Its margin is a share of all orders, so that a wave
 * hardly wider than that excludes a collapse and little else. Told is a drop that the bake has
 * orders enough to show: it would have halted. That is an expectation and no guarantee, and below
 * the margin nothing is counted as told.
 */
export function leftAfter(bake: Bake, exposedPpm: number, traffic: Traffic): number {
  if (exposedPpm === 0) return MILLION;
  const excludedPpm = Math.ceil((bake.marginPpm * MILLION) / exposedPpm);
  const told = Math.max(bake.marginPpm, toldPpm(bake, exposedPpm, traffic));
  return Math.min(MILLION, excludedPpm, told);
}

/**
 * The least drop that so many orders show. A drop d of N Poisson orders has N·((1−d)·ln(1−d)+d) of
 * evidence (Kullback and Leibler) and is told once that is `lostMicroOrders`; for a collapse these
 * are the orders lost. The sum is at least N·d²/2, which is exact in whole numbers and makes d
 * larger, never smaller.
 */
function toldPpm(
  { ms }: Bake,
  exposedPpm: number,
  { microOrdersPerMinute, detection }: Traffic,
): number {
  if (detection.lostMicroOrders === 0) return 0;
  const seen = BigInt(microOrdersPerMinute) * BigInt(exposedPpm) * BigInt(ms);
  const needed = 2n * BigInt(detection.lostMicroOrders) * 60_000n * BigInt(MILLION);
  if (seen <= needed) return MILLION;
  const whole = BigInt(MILLION);
  return ceilRoot(Number((needed * whole * whole + seen - 1n) / seen));
}

/** Of a whole number up to 10^12, whatever a machine makes of `Math.sqrt`. */
function ceilRoot(square: number): number {
  let root = Math.round(Math.sqrt(square));
  while (root * root < square) root++;
  while (root > 0 && (root - 1) * (root - 1) >= square) root--;
  return root;
}
