// SPDX-License-Identifier: Apache-2.0
import { countTest, lnCombined, lnGoal, lnHarm, replayOf } from "@interlock/judge";
import { type Chance, chance, poisson } from "../../test/chance.ts";
import { dayBefore, LEVELS, minute, type Traffic } from "./traffic.ts";
import { countWatch, learnedWatch, sure, type Watch } from "./watch.ts";

const LOOKS = 1_440;
const ALPHAS = [50_000, 10_000, 1_000] as const;
/** For a level of 1,000 ppm: a tenth of it. */
const MISS_PPM = 100;

type Kind = {
  readonly name: string;
  readonly runs: number;
  readonly traffic: Traffic;
  readonly watch: (next: Chance, traffic: Traffic) => Watch;
};

const learned = (toleratedPpm: number) => (next: Chance, traffic: Traffic) =>
  learnedWatch(dayBefore(next, traffic), { missPpm: MISS_PPM, toleratedPpm });
const even = (spread: number, changed = 30): Traffic => ({
  name: "",
  changed,
  unchanged: 30,
  spread,
});
const wave = LEVELS[2] ?? even(0);

const KINDS: readonly Kind[] = [
  {
    name: "even arms, share known",
    runs: 2_000,
    traffic: even(0),
    watch: () => countWatch(500_000),
  },
  { name: "1 % wave, share known", runs: 1_000, traffic: wave, watch: () => countWatch(10_000) },
  {
    name: "even arms, share learned, nothing tolerated",
    runs: 1_500,
    traffic: even(0),
    watch: learned(0),
  },
  {
    name: "1 % wave, share learned, nothing tolerated",
    runs: 1_000,
    traffic: wave,
    watch: learned(0),
  },
  {
    name: "split 0.49 where 0.50 is declared, share learned",
    runs: 1_500,
    traffic: even(0, 28.82),
    watch: learned(0),
  },
  {
    name: "10 % noise a minute, learned, 2 % tolerated",
    runs: 1_500,
    traffic: even(0.1),
    watch: learned(20_000),
  },
  {
    name: "30 % noise a minute, learned, 2 % tolerated",
    runs: 1_500,
    traffic: even(0.3),
    watch: learned(20_000),
  },
];
const TRAPS: readonly Kind[] = [
  {
    name: "**trap:** split 0.49, 0.50 assumed",
    runs: 200,
    traffic: even(0, 28.82),
    watch: () => countWatch(500_000),
  },
  {
    name: "**trap:** 30 % noise, noise ignored",
    runs: 200,
    traffic: even(0.3),
    watch: () => countWatch(500_000),
  },
];

/** The table of false halts over null runs of a day, a look a minute. */
export function harmlessTable(seed: number, scale: number): readonly string[] {
  const header = `| Runs without harm | Runs | ${ALPHAS.map((a) => `false halts at ${a / 1e6}`).join(" | ")} |`;
  const rows = [...KINDS, ...TRAPS].map((kind, k) => {
    const runs = Math.max(20, Math.round(kind.runs * scale));
    const peaks: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const next = chance(seed + 1_000_003 * (k + 1) + run);
      peaks.push(peakOf(kind.watch(next, kind.traffic), next, kind.traffic));
    }
    return `| ${kind.name} | ${runs} | ${cells(peaks)} |`;
  });
  const combined = Math.max(20, Math.round(500 * scale));
  const peaks = Array.from({ length: combined }, (_, run) =>
    combinedPeak(chance(seed + 77_777_777 + run)),
  );
  rows.splice(
    KINDS.length,
    0,
    `| 20 dependent signals, one threshold on their weighted mean, share known, a look each 10 min | ${combined} | ${cells(peaks)} |`,
  );
  return [header, `| --- | --- |${ALPHAS.map(() => " --- |").join("")}`, ...rows];
}

function cells(peaks: readonly number[]): string {
  return ALPHAS.map((alpha) => {
    const halts = peaks.filter((peak) => peak >= lnGoal(alpha)).length;
    const { lowPpm, highPpm } = replayOf(peaks.length, halts, alpha);
    const percent = (ppm: number): string => `${(ppm / 10_000).toFixed(2)}`;
    return `${halts} (${percent(lowPpm)}–${percent(highPpm)} %)`;
  }).join(" | ");
}

function peakOf(watch: Watch, next: Chance, traffic: Traffic): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < LOOKS; index += 1)
    peak = Math.max(peak, watch(minute(next, traffic, { index, ratio: 1 })));
  return peak;
}

const SIGNALS = 20;

/** Half of the noise of each of twenty signals is common to all: a mean of e-values may be dependent. */
function combinedPeak(next: Chance): number {
  const test = sure(countTest({ sharePpm: 500_000, worse: "lower", marginPpm: 0 }));
  const states = Array.from({ length: SIGNALS }, () => ({ changed: 0, unchanged: 0 }));
  let peak = 0;
  for (let look = 0; look < LOOKS; look += 1) {
    const both = { changed: poisson(next, 5), unchanged: poisson(next, 5) };
    for (const state of states) {
      state.changed += both.changed + poisson(next, 5);
      state.unchanged += both.unchanged + poisson(next, 5);
    }
    if (look % 10 !== 9) continue;
    const weighed = states.map((state, i) => ({
      id: `s${i}`,
      lnE: lnHarm(test, state),
      weight: i + 1,
    }));
    peak = Math.max(peak, sure(lnCombined(weighed)));
  }
  return peak;
}
