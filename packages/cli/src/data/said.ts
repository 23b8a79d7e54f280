// SPDX-License-Identifier: Apache-2.0
/** What plans and runs of data fixes say to people. */
import type { FixPlan, RunRow, UnwindPlanned } from "@interlock/targets";
import { printable } from "../output/printable.ts";

const lines = (all: readonly string[]): string => all.map((one) => `${printable(one)}\n`).join("");

export function fixPlanText(plan: FixPlan): string {
  const { rows, table, withinBounds, batches, estimatedMs, indexes, locks, sample } = plan;
  return lines([
    `${withinBounds ? "  " : "✗ "}${rows} row(s) of ${table}${withinBounds ? "" : ", which is not what the file expects"}`,
    `  ${batches} batch(es), about ${Math.ceil(estimatedMs / 1_000)} s with pauses, by the first one`,
    `  indexes  ${indexes.length === 0 ? "none: it reads the whole table" : indexes.join(", ")}`,
    ...locks.map((lock) => `  lock     ${lock}`),
    ...sample.flatMap(({ key, before, after }) => [
      `  row      ${JSON.stringify(key)}`,
      `    - ${JSON.stringify(before)}`,
      `    + ${JSON.stringify(after)}`,
    ]),
    "  nothing was written",
  ]);
}

export function unwindPlanText(plan: UnwindPlanned): string {
  const { rows, table, change, batches, counts, conflicts, doubtful } = plan;
  const of = (what: string) => counts[what] ?? 0;
  return lines([
    `  ${rows} row(s) of ${table}, written by change ${change} in ${batches} batch(es)`,
    `  restore     ${of("restore")}`,
    `  keep        ${of("keep")}  a later write stays`,
    `  re-run      ${of("re-run")}  later sums are made again`,
    `  quarantine  ${of("quarantine")}  left for people`,
    ...(of("guessed") === 0
      ? []
      : [`  guessed     ${of("guessed")}  written past the journal in between`]),
    ...doubtful.map(
      (one) =>
        `  ! change ${one} might have chosen other rows without it; which ones nobody can tell`,
    ),
    ...conflicts.map(
      ({ key, action, because, before, after }) =>
        `  ${action.padEnd(10)}  ${key}  ${because}  ${JSON.stringify(before)} → ${JSON.stringify(after)}`,
    ),
    "  nothing was written",
  ]);
}

export function statusText(runs: readonly RunRow[]): string {
  return lines(
    runs.map(
      ({ run, change, way, schema, table, rows, batches, startedAt, finishedAt }) =>
        `${finishedAt === null ? "open" : "done"}  ${run.slice(0, 12)}  ${way.padEnd(4)}  change ${change}  ${schema}.${table}  ${rows} row(s) in ${batches} batch(es)  ${new Date(finishedAt ?? startedAt).toISOString()}`,
    ),
  );
}
