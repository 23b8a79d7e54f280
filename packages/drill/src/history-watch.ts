// SPDX-License-Identifier: Apache-2.0
/** The changed part against its own past weeks, by the detector of `judge`. */
import {
  addDropSlot,
  type DropState,
  type DropTest,
  dropAlarm,
  dropTest,
  expectedOf,
  learnNoise,
  noDrops,
  type Outcome,
} from "@interlock/judge";
import { WORLD } from "./assumptions.ts";
import { meanOf, noiseOf, type Series, weeksOf } from "./before.ts";
import { chance, gammaFactor, poisson } from "./chance.ts";
import { exposedPpm, type Levels, type Past } from "./exposure.ts";

/** One false alarm a year for each signal. */
export const RUN_LENGTH = Math.round((365.25 * 24 * 3_600) / WORLD.slotS);

/** The value of what a simulation may rely on. */
export function sure<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

export type History = {
  /** Adds the slot that began at `fromS`; the alarm after it. */
  readonly add: (
    observed: number,
    fromS: number,
  ) => { readonly alarm: boolean; readonly evidence: number };
};

const SILENT: History = { add: () => ({ alarm: false, evidence: 0 }) };

/** `toleratedPpm`: a drop up to this is none. `slotLeast`: with fewer in a slot it says nothing. */
export function historyOf(
  past: Past,
  levels: Levels,
  asked: { readonly series: Series; readonly toleratedPpm: number; readonly slotLeast: number },
): History {
  const ppm = exposedPpm(levels);
  const at = { series: asked.series, levels, ppm };
  if (meanOf(past.traffic, 0, at) < asked.slotLeast) return SILENT;
  const test: DropTest = sure(
    dropTest({ toleratedPpm: asked.toleratedPpm, runLength: RUN_LENGTH }, learnedNoise(past, at)),
  );
  let state: DropState = noDrops(test);
  return {
    add: (observed, fromS) => {
      const expectation = sure(expectedOf([weeksOf(past.traffic, fromS, at)], 1));
      state = sure(addDropSlot(test, state, { observed, expectation }));
      const { alarm, lnEvidence } = dropAlarm(test, state);
      return { alarm, evidence: lnEvidence };
    },
  };
}

/** From the hour before the change, against what the same hour of past weeks led one to expect. */
function learnedNoise(
  { traffic }: Past,
  at: { readonly series: Series; readonly levels: Levels; readonly ppm: number },
): number {
  const next = chance(traffic.seed, at.series === "orders" ? 31 : 37);
  const noise = noiseOf(at.levels, at.ppm);
  const slots = [];
  for (let fromS = -3_600; fromS < 0; fromS += WORLD.slotS) {
    const mean = meanOf(traffic, fromS, at);
    const { expected } = sure(expectedOf([weeksOf(traffic, fromS, at)], 1));
    if (expected !== null)
      slots.push({ observed: poisson(next, mean * gammaFactor(next, noise)), expected });
  }
  return sure(learnNoise(slots));
}
