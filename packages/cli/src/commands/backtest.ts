// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { GateError } from "@interlock/core";
import { builtInPacks } from "@interlock/policy";
import type { Command } from "commander";
import type { Labels } from "../backtest/labels.ts";
import { lastOf } from "../backtest/last.ts";
import type { BacktestLine } from "../backtest/line.ts";
import type { BacktestOptions, BacktestResult } from "../backtest/run.ts";
import { ENDING, exitOf } from "../exit.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText, printable } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";

type Options = {
  readonly repo: string;
  readonly last?: string;
  readonly policy?: string;
  readonly jobs?: string;
  readonly format: string;
  readonly html?: string;
  readonly labels?: string;
  readonly minutesPerReview: string;
};

export function backtestCommand(program: Command): void {
  program
    .command("backtest")
    .description("judge a history: what would have been held, by which rule, at what cost")
    .argument("[range]", "OLD..NEW, or a commit for everything up to it (default: all of HEAD)")
    .option("--repo <path>", "repository to look at", ".")
    .option("--last <duration>", "only the newest, for example 90d or 52w")
    .option("--policy <file>", "judge by this policy instead of the repository's own")
    .option("--format <format>", "text, json or jsonl (a line a commit)", "text")
    .option("--html <file>", "write a self-contained report with plots")
    .option("--labels <file>", "commits known to be bad: a commit id a line, then tabs")
    .option("--minutes-per-review <n>", "what one review costs, for the reviewer-hours", "15")
    .option("--jobs <n>", "threads (default: all cores)")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock backtest --last 90d\n  interlock backtest --repo ../configs --html report.html\n  interlock backtest v1.0..main --format jsonl > decisions.jsonl",
    )
    .action((range: string | undefined, options: Options) => run(range, options));
}

async function run(range: string | undefined, options: Options): Promise<void> {
  const format = FORMATS.find((f) => f === options.format);
  if (format === undefined)
    throw new GateError(
      "USAGE",
      `no format is called \`${options.format}\``,
      `use one of ${FORMATS.join(", ")}`,
    );
  const lastMs = options.last === undefined ? undefined : lastOf(options.last);
  const minutes = wholeNumber(options.minutesPerReview, "--minutes-per-review");
  // Before the work, not after it: a file that cannot be read must not cost an hour.
  const { labelsFromFile, labelsFromReverts } = await import("../backtest/labels.ts");
  const given = options.labels === undefined ? undefined : labelsFromFile(options.labels);
  const kept: BacktestLine[] = [];
  // A stream needs no memory of what went by, unless the report at its end does.
  const keeps = format !== "jsonl" || options.html !== undefined;
  const { judged, total, origin } = await interruptible({
    repo: options.repo,
    ...(range === undefined ? {} : { range }),
    ...(lastMs === undefined ? {} : { lastMs }),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.jobs === undefined
      ? {}
      : { jobs: Math.max(1, wholeNumber(options.jobs, "--jobs")) }),
    onLine: (line) => {
      if (format === "jsonl") process.stdout.write(`${jsonText(line)}\n`);
      if (keeps) kept.push(remembered(line));
    },
    room: drained,
  });
  if (judged < total)
    process.stderr.write(`interrupted: ${judged} of ${total} commits were judged\n`);
  if (!keeps) return;
  const labels = given ?? labelsFromReverts(kept);
  await report(kept, { options: { ...options, format }, labels, minutes, policy: origin, total });
}

/** A pipe that is read slowly must not fill memory: where writing does not wait, we do. */
async function drained(): Promise<void> {
  if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
}

/** What a report needs of a line: of a long history, all of it would not fit in memory. */
const remembered = (line: BacktestLine): BacktestLine => ({
  ...line,
  findings: line.findings.slice(0, 1),
  requires: [],
  risk: line.risk === null ? null : { ...line.risk, terms: [] },
});

/** Ctrl-C ends the work and keeps what is done; a second one ends everything. */
async function interruptible(
  options: Omit<BacktestOptions, "onProgress" | "stop">,
): Promise<BacktestResult> {
  const { backtest } = await import("../backtest/run.ts");
  const progress = progressOn(process.stderr, "judging");
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitOf(signal));
    process.exitCode = exitOf(signal);
    controller.abort();
  };
  for (const signal of ENDING) process.on(signal, stop);
  try {
    return await backtest({ ...options, onProgress: progress.at, stop: controller.signal });
  } finally {
    progress.end();
    for (const signal of ENDING) process.off(signal, stop);
  }
}

async function report(
  lines: readonly BacktestLine[],
  given: {
    readonly options: Options;
    readonly labels: Labels;
    readonly minutes: number;
    readonly policy: string;
    readonly total: number;
  },
): Promise<void> {
  const { options, labels, minutes, policy, total } = given;
  const { summarise } = await import("../backtest/summary.ts");
  const summary = summarise(lines, labels, minutes);
  const titles = new Map([...builtInPacks().values()].flat().map((r) => [r.id, r.title]));
  const about = { policy, minutesAReview: minutes, titles, total };
  if (options.html !== undefined) {
    const { reportHtml } = await import("../backtest/html.ts");
    writeOut(options.html, reportHtml(summary, lines, { ...about, labels }));
    process.stderr.write(`report written to ${printable(options.html)}\n`);
  }
  if (options.format === "json") process.stdout.write(`${jsonText(summary, 2)}\n`);
  if (options.format !== "text") return;
  const { summaryText } = await import("../backtest/text.ts");
  process.stdout.write(summaryText(summary, lines, about, paintFor(process.stdout)));
}

const FORMATS = ["text", "json", "jsonl"] as const;

function wholeNumber(written: string, option: string): number {
  if (!/^\d{1,6}$/.test(written))
    throw new GateError(
      "USAGE",
      `\`${option}\` is \`${written}\`, which is no whole number`,
      "write a whole number",
    );
  return Number(written);
}

function writeOut(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new GateError(
      "OUTPUT_UNWRITABLE",
      `\`${path}\` cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      "name a place that can be written",
    );
  }
}
