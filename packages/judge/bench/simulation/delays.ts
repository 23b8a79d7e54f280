// SPDX-License-Identifier: Apache-2.0
import { lnGoal } from "@interlock/judge";
import { type Chance, chance } from "../../test/chance.ts";
import { mannWhitney } from "./mann-whitney.ts";
import { DRILL_LEVELS, dayBefore, LEVELS, minute, type Traffic } from "./traffic.ts";
import { countWatch, learnedWatch, oracleWatch, thresholdWatch, type Watch } from "./watch.ts";

const LOOKS = 1_440;
const DROPS = [0.99, 0.5, 0.3, 0.1, 0.05] as const;
/** All judges are tuned until this many of a day's runs without harm halt. */
const TARGET = 0.01;

type Contender = {
  readonly name: string;
  readonly watch: (next: Chance, traffic: Traffic, drop: number) => Watch;
  /** Tuned for each drop by itself. */
  readonly perDrop: boolean;
  /** `null`: tuned to the target. */
  readonly threshold: number | null;
};

const shareOf = ({ changed, unchanged }: Traffic): number => changed / (changed + unchanged);
const scaleOf = ({ changed, unchanged }: Traffic): number => changed / unchanged;
const known = (_: Chance, traffic: Traffic): Watch =>
  countWatch(Math.round(shareOf(traffic) * 1e6));
const learned = (days: number, toleratedPpm: number) => (next: Chance, traffic: Traffic) =>
  learnedWatch(Array.from({ length: days }, () => dayBefore(next, traffic)).flat(), {
    missPpm: 100,
    toleratedPpm,
  });

const CONTENDERS: readonly Contender[] = [
  { name: "count e-process, tuned", watch: known, perDrop: false, threshold: null },
  {
    name: "Mann–Whitney, looks every 5 min, tuned",
    watch: (_, t) => mannWhitney(scaleOf(t)),
    perDrop: false,
    threshold: null,
  },
  {
    name: "fixed threshold, 1 min × 5 failures, tuned",
    watch: (_, t) => thresholdWatch(scaleOf(t)),
    perDrop: false,
    threshold: null,
  },
  {
    name: "CUSUM that knows share and drop, tuned",
    watch: (_, t, drop) => oracleWatch("cusum", shareOf(t), 1 - drop),
    perDrop: true,
    threshold: null,
  },
  {
    name: "sequential test that knows share, drop and start, tuned",
    watch: (_, t, drop) => oracleWatch("sequential", shareOf(t), 1 - drop),
    perDrop: true,
    threshold: null,
  },
  {
    name: "count e-process at its promise, α = 0.001",
    watch: known,
    perDrop: false,
    threshold: lnGoal(1_000),
  },
  {
    name: "learned from a day, 2 % tolerated, α = 0.001",
    watch: learned(1, 20_000),
    perDrop: false,
    threshold: lnGoal(1_000),
  },
  {
    name: "learned from a week, nothing tolerated, α = 0.001",
    watch: learned(7, 0),
    perDrop: false,
    threshold: lnGoal(1_000),
  },
  {
    name: "Mann–Whitney at its own 98 %",
    watch: (_, t) => mannWhitney(scaleOf(t)),
    perDrop: false,
    threshold: 2.326,
  },
];

const SHIPPED = learned(1, 10_000);

/** On noisy traffic nobody knows share or noise: the judge is the one that learns both, as shipped. */
const ON_NOISE: readonly Contender[] = [
  { name: "Interlock, tuned", watch: SHIPPED, perDrop: false, threshold: null },
  ...CONTENDERS.filter(({ name, threshold }) => threshold === null && !name.startsWith("count")),
  {
    name: "Interlock at its promise, α = 0.001",
    watch: SHIPPED,
    perDrop: false,
    threshold: lnGoal(1_000),
  },
  ...CONTENDERS.filter(({ name }) => name === "Mann–Whitney at its own 98 %"),
];

/** One table a traffic level: false halts, minutes to halt and orders lost for each drop and judge. */
export const delayTables = (seed: number, scale: number): readonly string[] =>
  tablesOf({ levels: LEVELS, contenders: CONTENDERS }, seed, scale);

/** As above, on the noise of the drills. */
export const noisyTables = (seed: number, scale: number): readonly string[] =>
  tablesOf({ levels: DRILL_LEVELS, contenders: ON_NOISE }, seed + 400_009, scale);

function tablesOf(
  {
    levels,
    contenders,
  }: { readonly levels: readonly Traffic[]; readonly contenders: readonly Contender[] },
  seed: number,
  scale: number,
): readonly string[] {
  const nullRuns = Math.max(50, Math.round(500 * scale));
  const runs = Math.max(10, Math.round(100 * scale));
  return levels.flatMap((traffic, level) => [
    "",
    `**${traffic.name}** (${nullRuns} null runs to tune, ${nullRuns} others to measure false halts, ${runs} runs a drop)`,
    "",
    `| Judge | Threshold | False halts a day | ${DROPS.map((d) => `${d * 100} %`).join(" | ")} |`,
    `| --- | --- | --- |${DROPS.map(() => " --- |").join("")}`,
    ...contenders.map((contender, c) =>
      row(contender, traffic, { seed: seed + 10_007 * (level + 1) + 101 * c, nullRuns, runs }),
    ),
  ]);
}

type Plan = { readonly seed: number; readonly nullRuns: number; readonly runs: number };

function row(contender: Contender, traffic: Traffic, plan: Plan): string {
  const tuned = new Map<number, number>();
  const thresholdFor = (drop: number): number => {
    if (contender.threshold !== null) return contender.threshold;
    const key = contender.perDrop ? drop : 0;
    const before = tuned.get(key);
    if (before !== undefined) return before;
    const found = tunedThreshold(nullPeaks(contender, traffic, { ...plan, drop }));
    tuned.set(key, found);
    return found;
  };
  const cells = DROPS.map((drop) =>
    delayCell(contender, traffic, { ...plan, drop, threshold: thresholdFor(drop) }),
  );
  // Fresh runs: those that tuned the threshold would flatter it.
  const fresh = nullPeaks(contender, traffic, {
    ...plan,
    seed: plan.seed + 500_000_000,
    drop: 0.5,
  });
  const halts = fresh.filter((peak) => peak >= thresholdFor(0.5)).length;
  const shown = contender.perDrop ? "per drop" : thresholdFor(0.5).toFixed(2);
  const rate = `${((100 * halts) / fresh.length).toFixed(1)} %`;
  return `| ${contender.name} | ${shown} | ${rate} | ${cells.join(" | ")} |`;
}

function nullPeaks(
  contender: Contender,
  traffic: Traffic,
  { seed, nullRuns, drop }: Plan & { readonly drop: number },
): readonly number[] {
  return Array.from({ length: nullRuns }, (_, run) => {
    const next = chance(seed + run * 7_919);
    const watch = contender.watch(next, traffic, drop);
    let peak = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < LOOKS; index += 1)
      peak = Math.max(peak, watch(minute(next, traffic, { index, ratio: 1 })));
    return peak;
  });
}

/** The least threshold that no more than the target's share of the peaks reaches. */
function tunedThreshold(peaks: readonly number[]): number {
  const sorted = [...peaks].sort((a, b) => b - a);
  const allowed = Math.floor(peaks.length * TARGET);
  const [last, above] = [sorted[allowed] ?? 0, sorted[allowed - 1] ?? 0];
  return above > last ? (last + above) / 2 : last + 1e-9;
}

function delayCell(
  contender: Contender,
  traffic: Traffic,
  plan: Plan & { readonly drop: number; readonly threshold: number },
): string {
  const { drop, threshold } = plan;
  const delays: number[] = [];
  const lost: number[] = [];
  for (let run = 0; run < plan.runs; run += 1) {
    const next = chance(plan.seed + 900_000_000 + run * 7_919 + Math.round(drop * 1e4));
    const watch = contender.watch(next, traffic, drop);
    let delay = LOOKS;
    for (let index = 0; index < LOOKS; index += 1) {
      if (watch(minute(next, traffic, { index, ratio: 1 - drop })) < threshold) continue;
      delay = index + 1;
      break;
    }
    delays.push(delay);
    lost.push(lostBy(delay, traffic, drop));
  }
  const at = (values: readonly number[], share: number): number =>
    [...values].sort((a, b) => a - b)[
      Math.min(values.length - 1, Math.floor(values.length * share))
    ] ?? 0;
  const [median, late] = [at(delays, 0.5), at(delays, 0.95)];
  if (median >= LOOKS) return "not within a day";
  const until = late >= LOOKS ? "> a day" : `${late}`;
  return `${median} (${until}) min, ${Math.round(at(lost, 0.5))} lost`;
}

function lostBy(minutes: number, traffic: Traffic, drop: number): number {
  let sum = 0;
  for (let index = 0; index < minutes; index += 1)
    sum += traffic.changed * drop * (1 + 0.5 * Math.sin((2 * Math.PI * index) / LOOKS));
  return sum;
}
