// SPDX-License-Identifier: Apache-2.0
import { addDropSlot, dropAlarm, dropTest, lnDropRatio, noDrops } from "@interlock/judge";
import { chance, poisson } from "../../test/chance.ts";
import { sure } from "./watch.ts";

const SECONDS_A_YEAR = 31_536_000;
const DROP = 0.99;

/** Orders lost before the history detector alarms, against the CUSUM that knows both rates and the bound. */
export function boundTable(seed: number, scale: number): readonly string[] {
  const runs = Math.max(50, Math.round(1_000 * scale));
  const rows = [177, 1_770, 17_700].flatMap((perMinute) =>
    [1, 10, 60].map((seconds) => row(perMinute, seconds, { seed, runs })),
  );
  return [
    `| Orders a minute | Slot | Bound | CUSUM that knows both rates | e-detector as shipped | Ratio |`,
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ];
}

function row(perMinute: number, seconds: number, plan: { seed: number; runs: number }): string {
  const expected = (perMinute * seconds) / 60;
  const runLength = Math.round(SECONDS_A_YEAR / seconds);
  // Kullback-Leibler divergence of the two Poisson rates per order that was expected.
  const divergence = DROP + (1 - DROP) * Math.log(1 - DROP);
  const bound = (DROP * Math.log(runLength)) / divergence;
  const test = sure(dropTest({ toleratedPpm: 0, runLength }, 0));
  let [known, own] = [0, 0];
  for (let run = 0; run < plan.runs; run += 1) {
    const next = chance(plan.seed + run * 31 + perMinute * 7 + seconds);
    let [cusum, state, mine, theirs] = [0, noDrops(test), 0, 0];
    for (let slot = 1; mine === 0 || theirs === 0; slot += 1) {
      const observed = poisson(next, expected * (1 - DROP));
      cusum = Math.max(0, cusum + lnDropRatio(observed, expected, { ratio: 1 - DROP, noise: 0 }));
      state = sure(addDropSlot(test, state, { observed, expectation: { expected, least: null } }));
      if (theirs === 0 && cusum >= Math.log(runLength)) theirs = slot;
      if (mine === 0 && dropAlarm(test, state).alarm) mine = slot;
    }
    known += theirs * expected * DROP;
    own += mine * expected * DROP;
  }
  const figures = [bound, known / plan.runs, own / plan.runs].map((x) => x.toFixed(1));
  return `| ${perMinute} | ${seconds} s | ${figures.join(" | ")} | ${(own / known).toFixed(2)} |`;
}
