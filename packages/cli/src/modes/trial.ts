// SPDX-License-Identifier: Apache-2.0
/** What rules would have held lately, each alone, in the systems that they are meant for. */
import type { BacktestLine } from "../backtest/line.ts";
import { progressOn } from "../output/progress.ts";

export type Trial = {
  readonly rule: string;
  /** Changes of the time. */
  readonly changes: number;
  /** Of them, those in the systems that are meant. */
  readonly inSystems: number;
  /** Held or denied: it applied and asked for something. */
  readonly held: number;
  /** Held because something could not be read. */
  readonly unknown: number;
  /** Held, of all changes of the time, in parts per million. */
  readonly sharePpm: number;
  /** The newest of them, without who wrote them. */
  readonly latest: readonly Held[];
};

export type Held = {
  readonly commit: string;
  readonly at: number;
  readonly outcome: BacktestLine["outcome"];
  readonly subject: string;
};

const LATEST = 10;

export type TrialOf = {
  readonly repo: string;
  /** File of the policy whose rules are tried. */
  readonly policy: string;
  readonly rules: readonly string[];
  /** Empty: every system. */
  readonly systems: readonly string[];
  readonly lastMs: number;
};

/** Judges the history of HEAD by each of the rules; needs no server. */
export async function trials(of: TrialOf): Promise<readonly Trial[]> {
  const { backtest } = await import("../backtest/run.ts");
  const progress = progressOn(process.stderr, "judging");
  const lines: BacktestLine[] = [];
  const { repo, policy, lastMs, rules } = of;
  try {
    await backtest({
      ...{ repo, policy, lastMs, only: rules, onProgress: progress.at },
      onLine: (line) => lines.push({ ...line, findings: [] }),
    });
  } finally {
    progress.end();
  }
  return rules.map((rule) => trialOf(rule, lines, of.systems));
}

export function trialOf(
  rule: string,
  lines: readonly BacktestLine[],
  systems: readonly string[],
): Trial {
  // A change whose systems nobody knows may be one of them, and is held as one. by (fail-closed)
  const meant = lines.filter(
    (line) =>
      systems.length === 0 ||
      line.systems === null ||
      line.systems.some((id) => systems.includes(id)),
  );
  const held = meant.flatMap((line) => {
    const found = line.rules.find((r) => r.rule === rule && r.outcome !== "allow");
    return found === undefined ? [] : [{ line, found }];
  });
  return {
    ...{ rule, changes: lines.length, inSystems: meant.length, held: held.length },
    unknown: held.filter(({ found }) => found.unknown).length,
    sharePpm: lines.length === 0 ? 0 : Math.round((held.length * 1_000_000) / lines.length),
    latest: held
      .slice(-LATEST)
      .reverse()
      .map(({ line: { commit, at, subject }, found: { outcome } }) => ({
        ...{ commit, at, outcome, subject },
      })),
  };
}
