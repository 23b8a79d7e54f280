// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import type { BacktestLine } from "../backtest/line.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText, printable } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";
import { policyLintCommand, policyTestCommand } from "./policy-test.ts";

export function policyCommand(program: Command): void {
  const policy = program
    .command("policy")
    .description("check a policy, and ask what a change to it would do");
  policyLintCommand(policy);
  policyTestCommand(policy);
  policy
    .command("diff")
    .description("which decisions of a history would change between two policies")
    .argument("<before>", "policy file")
    .argument("<after>", "policy file")
    .option("--repo <path>", "repository whose history is judged", ".")
    .option("--last <days>", "only the newest days", "90")
    .option("--json", "one JSON a changed decision")
    .action(diff);
}

type DiffOptions = { readonly repo: string; readonly last: string; readonly json?: boolean };

async function diff(before: string, after: string, options: DiffOptions): Promise<void> {
  if (!/^\d{1,5}$/.test(options.last))
    throw new GateError(
      "USAGE",
      `\`${options.last}\` is no number of days`,
      "write for example `--last 90`",
    );
  const { backtest } = await import("../backtest/run.ts");
  const lastMs = Number(options.last) * 86_400_000;
  const judged = async (policy: string) => {
    const progress = progressOn(process.stderr, `judging by ${policy}`);
    const lines: BacktestLine[] = [];
    const onLine = (line: BacktestLine) => lines.push(line);
    await backtest({
      repo: options.repo,
      policy,
      lastMs,
      onProgress: progress.at,
      onLine,
    }).finally(progress.end);
    return lines;
  };
  const was = await judged(before);
  const is = new Map((await judged(after)).map((l) => [l.commit, l]));
  const paint = paintFor(process.stdout);
  let changed = 0;
  for (const line of was) {
    const now = is.get(line.commit);
    if (now === undefined || (now.outcome === line.outcome && sameRules(line.beyond, now.beyond)))
      continue;
    changed++;
    if (options.json === true)
      process.stdout.write(
        `${jsonText({ commit: line.commit, before: { outcome: line.outcome, beyond: line.beyond }, after: { outcome: now.outcome, beyond: now.beyond } })}\n`,
      );
    else
      process.stdout.write(
        `${line.commit.slice(0, 12)}  ${line.outcome} -> ${now.outcome}  ${rulesOf(line.beyond)} -> ${rulesOf(now.beyond)}  ${printable(line.subject.slice(0, 60))}\n`,
      );
  }
  if (options.json !== true)
    process.stdout.write(paint.dim(`${changed} of ${was.length} decisions change\n`));
}

type Beyond = readonly { readonly rule: string }[];
const rulesOf = (beyond: Beyond): string =>
  [...new Set(beyond.map((b) => b.rule))].sort().join(",") || "nothing";
const sameRules = (a: Beyond, b: Beyond): boolean => rulesOf(a) === rulesOf(b);
