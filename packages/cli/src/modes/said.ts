// SPDX-License-Identifier: Apache-2.0
/** What rules would have held, said before somebody changes their mode. */
import type { Policy } from "@interlock/core";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { instantText } from "./override-edit.ts";
import { liveOverrides } from "./table.ts";
import type { Trial } from "./trial.ts";
import type { Waits } from "./waits.ts";
import type { Wish } from "./wish.ts";

export function trialText(trial: Trial, last: string, systems: readonly string[], paint: Paint) {
  const { rule, changes, inSystems, held, unknown, latest } = trial;
  const where = systems.length === 0 ? "" : ` (${inSystems} in ${systems.join(", ")})`;
  return [
    paint.bold(
      printable(
        `${rule} would have held ${held} of ${changes} changes of the last ${last}${where}: ${share(trial.sharePpm)}`,
      ),
    ),
    ...(unknown === 0 ? [] : [`  ${unknown} of them because something in them could not be read`]),
    ...latest.map(({ commit, at, outcome, subject }) =>
      printable(
        `  ${commit.slice(0, 12)}  ${new Date(at).toISOString().slice(0, 10)}  ${outcome.padEnd(4)}  ${subject.slice(0, 80)}`,
      ),
    ),
    ...(held > latest.length ? [paint.dim(`  … and ${held - latest.length} before them`)] : []),
  ];
}

const share = (ppm: number): string => `${(ppm / 10_000).toFixed(1)} %`;

export function waitsText(waits: Waits): string {
  if (waits.kind === "unknown")
    return printable(`how long two approvals take is not known: ${waits.because}`);
  const { changes, medianMs, p90Ms } = waits;
  return `two approvals took ${span(medianMs)} in the middle, and at most ${span(p90Ms)} for nine of ten (${changes} changes of the ledger)`;
}

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
] as const;

function span(ms: number): string {
  const [size, unit] = UNITS.find(([least]) => ms >= 2 * least) ?? [1_000, "s"];
  return `${Math.round(ms / size)} ${unit}`;
}

/** In a few words, as the subject of a commit says it. */
export function wishText({ mode, rules, systems, until }: Wish): string {
  if (rules.length === 0) return "everything back to observe";
  const where = systems.length === 0 ? "" : ` for ${systems.join(", ")}`;
  const end = until === undefined ? "" : ` until ${instantText(until)}`;
  return `${mode} ${rules.join(", ")}${where}${end}`;
}

/** Systems in which a rule keeps a mode of its own, whatever is wished for all. */
export function exceptText(policy: Policy, wish: Wish, now: number): readonly string[] {
  if (wish.systems.length > 0) return [];
  return wish.rules.flatMap((rule) =>
    liveOverrides(policy, rule, now)
      .filter(({ system, mode }) => system !== "" && mode !== wish.mode)
      .map(({ system, mode }) =>
        printable(`! \`${rule}\` stays in ${mode} for \`${system}\`: name it with \`--system\``),
      ),
  );
}
