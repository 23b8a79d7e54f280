// SPDX-License-Identifier: Apache-2.0
/** What one person may expose without another. by (solo-ceiling) */
import type { Ceiling, Plan } from "./plan.ts";
import { exposureAt, levelsAfter } from "./plan.ts";

export const SOLO_WINDOW_MS = 24 * 3_600_000;

/** Something not proven that one person exposed alone, whichever rollout it was part of. */
export type SoloExposure = {
  readonly person: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly tier: number;
  /** With their system, so that two systems' cells of one name are two. */
  readonly cells: readonly string[];
  readonly trafficPpm: number;
};

/** What a wave exposes beyond the waves before it. */
export function soloExposure(
  plan: Plan,
  wave: number,
  by: { readonly person: string; readonly at: number },
): SoloExposure {
  const before = exposureAt(plan.cells, levelsAfter(plan, wave - 1));
  const after = exposureAt(plan.cells, levelsAfter(plan, wave));
  return {
    ...by,
    tier: plan.tier,
    cells: (plan.waves[wave]?.steps ?? []).map(({ cell }) => `${plan.system}/${cell}`).sort(),
    trafficPpm: Math.max(0, after - before),
  };
}

/**
 * Whether one person may expose this too, after what they exposed alone in the last 24 hours.
 * Exposures dated after `asked` count as well: a clock that was set back opens nothing.
 */
export function withinCeiling(
  ceiling: Ceiling,
  earlier: readonly SoloExposure[],
  asked: SoloExposure,
): boolean {
  const mine = earlier.filter(
    ({ person, at }) => person === asked.person && at > asked.at - SOLO_WINDOW_MS,
  );
  const all = [...mine, asked];
  const cells = new Set(all.flatMap((one) => one.cells)).size;
  const traffic = all.reduce((sum, one) => sum + one.trafficPpm, 0);
  return asked.tier >= ceiling.tier && cells <= ceiling.cells && traffic <= ceiling.trafficPpm;
}
