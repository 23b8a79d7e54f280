// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from "node:fs";
import { GateError } from "@interlock/core";
import { builtInPacks } from "@interlock/policy";
import type { Command } from "commander";
import { paintFor } from "../output/paint.ts";
import { jsonText } from "../output/printable.ts";
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
  const { backtest } = await import("../backtest/run.ts");
  const { labelsFromFile, labelsFromReverts } = await import("../backtest/labels.ts");
  const { summarise } = await import("../backtest/summary.ts");
  const lastMs = options.last === undefined ? undefined : lastOf(options.last);
  const minutes = wholeNumber(options.minutesPerReview, "--minutes-per-review");
  if (!["text", "json", "jsonl"].includes(options.format))
    throw new GateError(
      "USAGE",
      `no format is called \`${options.format}\``,
      "use text, json or jsonl",
    );
  const progress = progressOn(process.stderr, "judging");
  const lines = await backtest({
    repo: options.repo,
    ...(range === undefined ? {} : { range }),
    ...(lastMs === undefined ? {} : { lastMs }),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.jobs === undefined
      ? {}
      : { jobs: Math.max(1, wholeNumber(options.jobs, "--jobs")) }),
    onProgress: progress.at,
  }).finally(progress.end);
  const labels =
    options.labels === undefined ? labelsFromReverts(lines) : labelsFromFile(options.labels);
  const summary = summarise(lines, labels, minutes);
  const rules = [...builtInPacks().values()].flat();
  const titles = new Map(rules.map((r) => [r.id, r.title]));
  const policy = options.policy ?? "the repository's policy, or the built-in pack reliability-core";
  if (options.html !== undefined) {
    const { reportHtml } = await import("../backtest/html.ts");
    writeOut(
      options.html,
      reportHtml(summary, lines, { policy, minutesAReview: minutes, titles, labels }),
    );
    process.stderr.write(`report written to ${options.html}\n`);
  }
  if (options.format === "jsonl")
    for (const line of lines) process.stdout.write(`${jsonText(line)}\n`);
  else if (options.format === "json") process.stdout.write(`${jsonText(summary, 2)}\n`);
  else {
    const { summaryText } = await import("../backtest/text.ts");
    process.stdout.write(
      summaryText(
        summary,
        lines,
        { policy, minutesAReview: minutes, titles },
        paintFor(process.stdout),
      ),
    );
  }
}

const DAYS: Readonly<Record<string, number>> = { d: 1, w: 7, m: 30, y: 365 };

function lastOf(written: string): number {
  const match = /^(\d{1,5})([dwmy])$/.exec(written);
  if (match === null)
    throw new GateError(
      "USAGE",
      `\`${written}\` is no span of time`,
      "write for example `--last 90d`, `12w`, `6m` or `2y`",
    );
  return Number(match[1]) * (DAYS[match[2] ?? "d"] ?? 1) * 86_400_000;
}

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
