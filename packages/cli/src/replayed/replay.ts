// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import {
  type CellSeries,
  doubtText,
  type Guarantee,
  guaranteeOf,
  learnBaseline,
  missPpmOf,
  type Outcome,
  type Replay,
  type ReplayPlan,
  replayWithoutChange,
} from "@interlock/judge";

/** What the past of the user says of the promise. */
export type Replayed = Replay & {
  readonly promisedPpm: number;
  readonly slots: number;
  readonly slotsRead: number;
  readonly claimed: Guarantee["claimed"];
  readonly doubts: Guarantee["doubts"];
};

/** Replays, and says whether the false-halt rate may be promised for these cells. */
export function replayed(series: CellSeries, plan: ReplayPlan): Replayed {
  const replay = had(replayWithoutChange(series, plan));
  const slots = series[0]?.length ?? 0;
  const whole = Array.from({ length: slots }, (_, i) => {
    const counts = series.map((own) => own[i] ?? null);
    const known = counts.filter((n) => n !== null);
    if (known.length < counts.length) return [];
    const changed = known.slice(0, plan.changedCells).reduce((sum, n) => sum + n, 0);
    const unchanged = known.slice(plan.changedCells).reduce((sum, n) => sum + n, 0);
    return [{ changed, unchanged }];
  }).flat();
  const baseline = had(learnBaseline(whole, missPpmOf(plan.alphaPpm, 1)));
  const guarantee = guaranteeOf(baseline, { replay, splitMismatch: false });
  const { claimed, doubts } = guarantee;
  return {
    ...{ ...replay, promisedPpm: plan.alphaPpm, slots, slotsRead: whole.length },
    ...{ claimed, doubts },
  };
}

function had<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const { message, help } = outcome.failure;
  throw new GateError("INPUT_INVALID", message, help);
}

const percent = (ppm: number): string => `${(ppm / 10_000).toFixed(2)} %`;

const SAYS: Readonly<Record<Replay["promise"], string>> = {
  shown: "the promise holds on this past",
  "not-contradicted": "this past does not contradict the promise, and is too short to show it",
  broken: "the promise does not hold on this past: halts would come too often",
};

/** What people read. */
export function replayText(found: Replayed): string {
  const { runs, falseHalts, ratePpm, lowPpm, highPpm, promisedPpm } = found;
  const doubts = found.doubts.map(doubtText);
  return [
    `${found.slotsRead} of ${found.slots} slots were read for every cell`,
    `${runs} runs without any change, ${falseHalts} false halts`,
    `false-halt rate ${percent(ratePpm)} (${percent(lowPpm)} to ${percent(highPpm)} with 95 % confidence), promised at most ${percent(promisedPpm)}`,
    SAYS[found.promise],
    found.claimed
      ? "nothing speaks against claiming the false-halt rate"
      : `the false-halt rate may not be claimed: ${doubts.join("; ")}`,
  ].join("\n");
}
