// SPDX-License-Identifier: Apache-2.0
/**
 * How many orders a plan may cost. The sum over waves of exposure × worst detection delay × orders
 * per minute × what the bakes before have left at risk: before the first, every order exposed.
 */
import { leftAfter } from "./evidence.ts";
import { type Detection, exposedAt, levelsAfter, MILLION, type Plan } from "./plan.ts";

export type WaveLoss = {
  readonly exposurePpm: number;
  /** Of the exposed orders, how many may still be lost for all that is known: 1,000,000 is all. */
  readonly atRiskPpm: number;
  readonly delayMs: number;
  readonly microOrders: number;
  /** What the cells that the wave adds lose when they alone are hurt, and no earlier one showed it. */
  readonly aloneMicroOrders: number;
};

/** Orders lost if this is bad, in millionths of an order. */
export type Loss = {
  readonly waves: readonly WaveLoss[];
  /** Bad everywhere, as a collapse of orders is: the first wave shows it. */
  readonly firstMicroOrders: number;
  /** Bad everywhere, by so little that every bake until then let it pass: the budget is for this. */
  readonly microOrders: number;
  /** Bad only where one wave adds cells: the dearest wave. The speed limit is what bounds it. */
  readonly aloneMicroOrders: number;
};

type Rated = Pick<Plan, "cells" | "waves" | "microOrdersPerMinute" | "detection">;

/** What a plan costs if the change is bad. */
export function lossOf(plan: Rated): Loss {
  const waves: WaveLoss[] = [];
  let atRiskPpm = MILLION;
  let before = 0;
  for (const [i, { bake }] of plan.waves.entries()) {
    const exposed = exposedAt(plan.cells, levelsAfter(plan, i)) / MILLION;
    const exposurePpm = Math.ceil(exposed);
    const delayMs = detectionDelay(plan, exposurePpm);
    const added = Math.max(0, exposurePpm - before);
    waves.push({
      exposurePpm,
      atRiskPpm,
      delayMs,
      microOrders: lost(plan, { exposurePpm, atRiskPpm, delayMs }),
      aloneMicroOrders: lost(plan, {
        exposurePpm: added,
        atRiskPpm: MILLION,
        delayMs: detectionDelay(plan, added),
      }),
    });
    atRiskPpm = Math.min(atRiskPpm, leftAfter(bake, Math.floor(exposed), plan));
    before = exposurePpm;
  }
  return {
    waves,
    firstMicroOrders: waves[0]?.microOrders ?? 0,
    microOrders: waves.reduce((sum, wave) => Math.min(MOST, sum + wave.microOrders), 0),
    aloneMicroOrders: waves.reduce((most, wave) => Math.max(most, wave.aloneMicroOrders), 0),
  };
}

/** From the first lost order of an exposure to the last: fewer orders take longer to tell. */
export function detectionDelay(
  { detection, microOrdersPerMinute }: Pick<Plan, "microOrdersPerMinute" | "detection">,
  exposurePpm: number,
): number {
  const told = untilTold(detection, microOrdersPerMinute, exposurePpm);
  return Math.min(detection.worstMs, detection.sampleMs + told) + detection.stopMs;
}

function untilTold(detection: Detection, microOrdersPerMinute: number, ppm: number): number {
  const { lostMicroOrders, worstMs } = detection;
  if (lostMicroOrders === 0) return 0;
  const rate = BigInt(microOrdersPerMinute) * BigInt(ppm);
  if (rate === 0n) return worstMs;
  return toNumber(ceilDiv(BigInt(lostMicroOrders) * BigInt(MILLION) * 60_000n, rate));
}

function lost(
  { microOrdersPerMinute }: Pick<Plan, "microOrdersPerMinute">,
  wave: Pick<WaveLoss, "exposurePpm" | "atRiskPpm" | "delayMs">,
): number {
  const product =
    BigInt(microOrdersPerMinute) *
    BigInt(wave.exposurePpm) *
    BigInt(wave.atRiskPpm) *
    BigInt(wave.delayMs);
  return toNumber(ceilDiv(product, 60_000n * BigInt(MILLION) * BigInt(MILLION)));
}

// Products of four numbers pass 2^53 where the numbers themselves are far from it.
const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
const MOST = Number.MAX_SAFE_INTEGER;
const toNumber = (n: bigint): number => (n > BigInt(MOST) ? MOST : Number(n));
