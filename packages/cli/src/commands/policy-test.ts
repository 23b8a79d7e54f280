// SPDX-License-Identifier: Apache-2.0
/** What can be said about a policy by itself: whether it loads, and whether its tests agree with it. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Policy } from "@interlock/core";
import {
  type Loaded,
  type Problem,
  problemText,
  runPolicyTests,
  type TestResult,
  type TestRun,
  untested,
} from "@interlock/policy";
import type { Command } from "commander";
import { COULD_NOT_DECIDE } from "../exit.ts";
import { readText } from "../files/read.ts";
import { gateKept } from "../judge/gate-kept.ts";
import { loadPolicyFile } from "../judge/policy-source.ts";
import { POLICY_PATH } from "../judge/workspace.ts";
import { type Paint, paintFor } from "../output/paint.ts";
import { jsonText, printable, printableLines } from "../output/printable.ts";
import { progressOn } from "../output/progress.ts";

export function policyLintCommand(policy: Command): void {
  policy
    .command("lint")
    .description("load a policy and report every problem and warning with its place")
    .argument("[file]", "the policy", POLICY_PATH)
    .option("--json", "problems and warnings as JSON")
    .addHelpText("after", "\nExit code: 0 it loads, 3 it does not.")
    .action((file: string, options: { readonly json?: boolean }) => {
      const loaded = loadPolicyFile(file, Date.now());
      const runs = loaded.ok ? runAll(loaded.policy, testsBeside(file)) : [];
      lint(
        file,
        loaded,
        // What comes from standard input has no folder in which tests could lie.
        loaded.ok && file !== "-" ? untested(file, loaded.places, runs) : [],
        options.json === true,
      );
    });
}

function lint(file: string, loaded: Loaded, more: readonly Problem[], json: boolean): void {
  const said = loaded.ok ? [...loaded.warnings, ...more] : loaded.problems;
  if (json) process.stdout.write(`${jsonText(said, 2)}\n`);
  else {
    for (const problem of said) process.stdout.write(`${printableLines(problemText(problem))}\n`);
    process.stdout.write(
      loaded.ok
        ? `${file}: ${counted(loaded.policy.rules.length, "rule")}, mode ${loaded.policy.mode}, ${counted(said.length, "warning")}\n`
        : `${counted(said.length, "problem")}\n`,
    );
  }
  if (!loaded.ok) process.exitCode = COULD_NOT_DECIDE;
}

type TestOptions = { readonly policy: string; readonly json?: boolean };

export function policyTestCommand(policy: Command): void {
  policy
    .command("test")
    .description("decide the cases that lie beside a policy and tell where it disagrees with them")
    .argument(
      "[files...]",
      "files of cases; by default `tests/*.yaml` and `*.test.yaml` beside the policy",
    )
    .option("--policy <file>", "the policy under test", POLICY_PATH)
    .option("--json", "every case as JSON")
    .addHelpText(
      "after",
      "\nExit code: 0 all agree, 3 some do not or cannot be read.\n\nExample (interlock/tests/owners.yaml; `interlock schema policy-test` describes every key):\n  case: one owner is not enough for Tier 1\n  why: the second pair of eyes is the point\n  given:\n    systems: { checkout: { tier: 1 } }\n    approvals: [{ by: bo }]\n  then:\n    outcome: hold\n    because: [{ rule: two-people-tier-1, contains: 1 of 2 }]",
    )
    .action((files: readonly string[], options: TestOptions) => test(files, options));
}

function test(files: readonly string[], options: TestOptions): void {
  const loaded = loadPolicyFile(options.policy);
  const beside = files.length > 0 ? files : testsBeside(options.policy);
  const runs = loaded.ok ? runAll(loaded.policy, beside) : [];
  const problems = loaded.ok ? runs.flatMap((r) => r.problems) : loaded.problems;
  const results = runs.flatMap((r) => r.results);
  const differ = results.filter((r) => r.differences.length > 0);
  const failed = !loaded.ok || problems.length > 0 || differ.length > 0 || results.length === 0;
  if (options.json === true)
    process.stdout.write(`${jsonText({ agrees: !failed, problems, results }, 2)}\n`);
  else {
    const paint = paintFor(process.stdout);
    for (const problem of problems)
      process.stdout.write(`${printableLines(problemText(problem))}\n`);
    for (const result of differ) process.stdout.write(resultText(result, paint));
    process.stdout.write(`${summary(results.length, differ.length, problems.length)}\n`);
    if (results.length === 0 && problems.length === 0)
      process.stdout.write(`  help: write ${join(dirname(options.policy), "tests")}/NAME.yaml\n`);
  }
  if (failed) process.exitCode = COULD_NOT_DECIDE;
}

function resultText(result: TestResult, paint: Paint): string {
  const of = result.situation === "the case" ? "" : ` (${result.situation})`;
  const lines = [
    `${result.file}:${result.line}: ${paint.bold(printable(result.case))}${of}`,
    ...result.differences.map((d) => `  ${result.file}:${d.line}: ${paint.red(printable(d.says))}`),
    "  decided:",
    ...result.decided.map((line) => `    ${printable(line)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function summary(all: number, differ: number, problems: number): string {
  if (all + problems === 0) return "no tests";
  const rest = problems === 0 ? "" : `, ${counted(problems, "problem")}`;
  return `${counted(all, "case")}: ${all - differ} agree, ${differ} do not${rest}`;
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

function runAll(policy: Policy, files: readonly string[]): readonly TestRun[] {
  const progress = progressOn(process.stderr, "testing");
  const judge = gateKept(policy);
  const runs = files.map((file, i) => {
    progress.at(i, files.length);
    return runPolicyTests(judge, { file, text: readText(file) });
  });
  progress.end();
  return runs;
}

/** `tests/*.yaml` and `*.test.yaml` in the folder of the policy, sorted. */
function testsBeside(policy: string): readonly string[] {
  if (policy === "-") return [];
  const folder = dirname(policy);
  const inTests = join(folder, "tests");
  const own = namesIn(folder).filter((n) => /\.test\.ya?ml$/.test(n));
  const below = namesIn(inTests).filter((n) => /\.ya?ml$/.test(n));
  return [...own.map((n) => join(folder, n)), ...below.map((n) => join(inTests, n))].sort();
}

const namesIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder) : [];
