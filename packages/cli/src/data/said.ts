// SPDX-License-Identifier: Apache-2.0
/** What plans and runs of data fixes say to people. */
import type { FixPlan, Ran, RunRow, RunVerdict, Touched, UnwindPlanned } from "@interlock/targets";
import { printable } from "../output/printable.ts";

const lines = (all: readonly string[]): string => all.map((one) => `${printable(one)}\n`).join("");

/** Orders and money, where it is known how many rows stand for. */
const touchedLines = (touched: Touched | null): readonly string[] => [
  ...((touched?.orders ?? null) === null ? [] : [`  orders   ${touched?.orders}`]),
  ...((touched?.money ?? null) === null
    ? []
    : [`  money    ${touched?.money} ${touched?.currency ?? ""}`]),
];

/** What a run came to, and what comes next. */
export function ranText(ran: Ran, run: string, verdict: RunVerdict | null): string {
  const { outcome, rows, batches, touched, why, next } = ran;
  return lines([
    `${outcome}: ${rows} row(s) in ${batches} batch(es), run ${run.slice(0, 12)}`,
    ...touchedLines(touched),
    ...(verdict === null ? [] : [`  ${verdictText(verdict)}`]),
    ...(why === "wave"
      ? [`wave ${next} waits: look at what it did, then run it again with \`--wave ${next}\``]
      : []),
    ...(why === "halted"
      ? [
          "somebody halted it: have the change approved again and run it with `--resume`, or take it back",
        ]
      : []),
  ]);
}

export function fixPlanText(plan: FixPlan): string {
  const { rows, table, touched, withinBounds, batches, estimatedMs, indexes, locks, sample } = plan;
  return lines([
    `${withinBounds ? "  " : "✗ "}${rows} row(s) of ${table}${withinBounds ? "" : ", which is not what the file expects"}`,
    ...touchedLines(touched),
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
  const { rows, table, change, batches, counts, conflicts, doubtful, touched } = plan;
  const of = (what: string) => counts[what] ?? 0;
  return lines([
    `  ${rows} row(s) of ${table}, written by change ${change} in ${batches} batch(es)`,
    ...touchedLines(touched),
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
    runs.flatMap((one) => [
      statusLine(one),
      ...(one.verdict === null ? [] : [`      ${verdictText(one.verdict)}`]),
    ]),
  );
}

function statusLine(one: RunRow): string {
  const { run, change, way, schema, table, rows, batches } = one;
  const { startedAt, finishedAt, haltedAt } = one;
  return `${finishedAt !== null ? "done" : haltedAt !== null ? "halted" : "open"}  ${run.slice(0, 12)}  ${way.padEnd(4)}  change ${change}  ${schema}.${table}  ${rows} row(s) in ${batches} batch(es)  ${new Date(finishedAt ?? startedAt).toISOString()}`;
}

const verdictText = ({ wave, result, because }: RunVerdict): string =>
  [`analysis before wave ${wave}: ${result}`, ...because].join("; ");
