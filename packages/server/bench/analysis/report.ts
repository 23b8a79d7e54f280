// SPDX-License-Identifier: Apache-2.0
import { replayOf } from "@interlock/judge";
import { LEVELS } from "../../src/signals/analysis/levels.ts";
import type { Scenario } from "./traffic.ts";
import type { Ran, WaveName } from "./wave-run.ts";

/** What the runs of one scenario, wave and traffic did. */
export type Row = {
  readonly scenario: Scenario;
  readonly wave: WaveName;
  readonly perMinute: number;
  readonly runs: readonly Ran[];
};

type Rate = {
  readonly runs: number;
  readonly falseHalts: number;
  readonly lowPpm: number;
  readonly highPpm: number;
};

function rateOf(runs: readonly Ran[]): Rate {
  const falseHalts = runs.filter(({ haltedAt }) => haltedAt !== null).length;
  if (runs.length === 0) return { runs: 0, falseHalts, lowPpm: 0, highPpm: 1_000_000 };
  const { lowPpm, highPpm } = replayOf(runs.length, falseHalts, LEVELS.haltPpm);
  return { runs: runs.length, falseHalts, lowPpm, highPpm };
}

const percent = (ppm: number): string => `${(ppm / 10_000).toFixed(2)} %`;

function shown({ runs, falseHalts, lowPpm, highPpm }: Rate): string {
  if (runs === 0) return "– | –";
  return `${falseHalts} of ${runs} | ${percent((falseHalts / runs) * 1e6)} (${percent(lowPpm)}–${percent(highPpm)})`;
}

const claimed = (runs: readonly Ran[]): readonly Ran[] => runs.filter(({ promised }) => promised);
const doubted = (runs: readonly Ran[]): readonly Ran[] => runs.filter(({ promised }) => !promised);

function median(values: readonly (number | null)[]): string {
  const sorted = values.map((v) => v ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(middle) ? `${middle} min` : "not within it";
}

function tableBy<K>(name: string, rows: readonly Row[], by: (row: Row) => K): readonly string[] {
  const keys = [...new Set(rows.map(by))];
  return [
    `| ${name} | Promised: halted | rate, 95 % interval | Not promised: halted | rate, 95 % interval | Goes on after |`,
    "| --- | --- | --- | --- | --- | --- |",
    ...keys.map((key) => {
      const runs = rows.filter((row) => by(row) === key).flatMap((row) => row.runs);
      const after = median(runs.map(({ promotedAt }) => promotedAt));
      return `| ${String(key)} | ${shown(rateOf(claimed(runs)))} | ${shown(rateOf(doubted(runs)))} | ${after} |`;
    }),
  ];
}

/** How often each reason was given. */
function counted(words: readonly string[]): readonly string[] {
  const times = new Map<string, number>();
  for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
  return [...times].sort((a, b) => b[1] - a[1]).map(([word, n]) => `- ${n} × ${word}`);
}

/** The tables, as Markdown. */
export function pageOf(
  rows: readonly Row[],
  { seed, minutes }: { readonly seed: number; readonly minutes: number },
): string {
  const all = rows.flatMap(({ runs }) => runs);
  const halted = all.filter(({ haltedAt }) => haltedAt !== null);
  return [
    `Seed ${seed}, ${all.length} waves without harm, ${minutes} minutes each, a look a minute; of orders and errors, and in every fifth of latencies too.`,
    "",
    ...tableBy("Orders a minute", rows, ({ perMinute }) => perMinute.toLocaleString("en")),
    "",
    ...tableBy("Wave", rows, ({ wave }) => WAVES[wave]),
    "",
    ...tableBy("Traffic", rows, ({ scenario }) => scenario.name),
    "",
    "Why nothing was promised:",
    "",
    ...counted(doubted(all).flatMap(({ doubts }) => doubts)),
    "",
    "What the false halts were said to be:",
    "",
    ...counted(
      halted.map(
        ({ because, promised }) =>
          `${promised ? "promised: " : ""}${because.join("; ").replace(/\d+/g, "N")}`,
      ),
    ),
    "",
  ].join("\n");
}

const WAVES: Readonly<Record<WaveName, string>> = {
  first: "first: 1 of 8 cells",
  late: "late: 6 of 8 cells",
  last: "last: all cells, against earlier weeks",
};

/** All rows with their rates, for programs. */
export function jsonOf(
  rows: readonly Row[],
  given: { readonly seed: number; readonly runs: number },
): string {
  const rates = rows.map(({ runs, scenario, ...row }) => ({
    ...{ ...row, scenario: scenario.name },
    promised: rateOf(claimed(runs)),
    notPromised: rateOf(doubted(runs)),
    promoted: runs.filter(({ promotedAt }) => promotedAt !== null).length,
  }));
  return `${JSON.stringify({ ...given, promisedPpm: LEVELS.haltPpm, rows: rates }, null, 2)}\n`;
}
