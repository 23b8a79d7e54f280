// SPDX-License-Identifier: Apache-2.0
import {
  type Delta,
  explainReason,
  explainRequirement,
  type Facts,
  GateError,
  type Rule,
  type RuleResult,
} from "@interlock/core";
import { builtInPacks, didYouMean } from "@interlock/policy";
import type { Command } from "commander";
import { judgeRange } from "../judge/judge.ts";
import { type Judgement, ruleBecause } from "../output/judgement.ts";
import { type Paint, paintFor } from "../output/paint.ts";
import { printableData } from "../output/printable.ts";

type Options = {
  readonly repo: string;
  readonly policy?: string;
  readonly evidence?: string;
  readonly context?: readonly string[];
};

export function explainCommand(program: Command): void {
  program
    .command("explain")
    .description("explain a rule, or the whole decision about a commit with the facts behind it")
    .argument("[subject]", "a rule id such as R43, or a commit or range (default: HEAD)")
    .option("--repo <path>", "repository to look at", ".")
    .option("--policy <file>", "judge by this policy instead of the repository's own")
    .option("--evidence <file>", "approvals, checks and documents as JSON")
    .option("--context <file...>", "live state as YAML or JSON: traffic, peak use, versions, roles")
    .addHelpText("after", "\nExamples:\n  interlock explain R43\n  interlock explain HEAD~2")
    .action(async (subject: string | undefined, options: Options) => {
      const paint = paintFor(process.stdout);
      const rules = [...builtInPacks().values()].flat();
      const rule = rules.find((r) => r.id === subject);
      if (rule !== undefined) process.stdout.write(explainRule(rule, paint));
      else if (subject !== undefined && /^[A-Z]\d{2}(-[a-z]+)?$/.test(subject))
        throw new GateError(
          "RULE_UNKNOWN",
          `no rule is called \`${subject}\``,
          didYouMean(
            subject,
            rules.map((r) => r.id),
          ),
        );
      else process.stdout.write(explainJudgement(await judgeRange(subject, options), paint));
    });
}

const CLASS: Readonly<Record<string, string>> = {
  H: "denies",
  "2": "asks for two owners whose statement names the finding",
  "1": "asks for one owner whose statement names the finding",
  n: "is a notice",
};

export function explainRule(rule: Rule, paint: Paint): string {
  const lines = [
    `${paint.bold(rule.id)}  ${rule.title}`,
    "",
    ...(rule.severity === undefined ? [] : [`  it ${CLASS[rule.severity]}`]),
    ...rule.require.map((r) => `  it needs ${explainRequirement(r)}`),
    ...(rule.when === undefined ? [] : [`  when   ${rule.when}`]),
    ...(rule.each === undefined ? [] : [`  each   ${rule.each}`]),
    ...(rule.where === undefined ? [] : [`  where  ${rule.where.replace(/\s*\n\s*/g, " ")}`]),
    `  says   ${rule.says}`,
    `  help   ${rule.help}`,
    ...(rule.motive === undefined
      ? []
      : [`  why    ${rule.motive.says}`, ...rule.motive.links.map((l) => `         ${l}`)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** The tree: each rule, worst first, each requirement, and the facts that its findings stand on. */
function explainJudgement(judgement: Judgement, paint: Paint): string {
  const { decision, facts, id } = printableData({ ...judgement, rules: [] });
  const lines = [
    `${paint.bold(decision.outcome)}  ${id.slice(0, 40)}  ${facts.change.subject}`,
    `in force now: ${decision.effective}; decision ${decision.digest}`,
  ];
  for (const rule of decision.rules) lines.push("", ...ruleTree(rule, facts, paint));
  lines.push(
    "",
    paint.dim(
      `${decision.skipped.length} rules looked and do not apply: ${decision.skipped.join(", ")}`,
    ),
  );
  return `${lines.join("\n")}\n`;
}

function ruleTree(rule: RuleResult, facts: Facts, paint: Paint): readonly string[] {
  return [
    `${rule.outcome.padEnd(5)} ${paint.bold(rule.rule)}  ${rule.title}  ${paint.dim(`(${rule.policy}, ${rule.mode})`)}`,
    `      because ${ruleBecause(rule)}`,
    ...rule.requirements.map(
      (r) =>
        `      ${r.state.padEnd(7)} ${explainRequirement(r.requirement)}: ${explainReason(r.reason)}${r.who.length > 0 ? `  ← ${r.who.join(", ")}` : ""}`,
    ),
    ...rule.findings
      .slice(0, 10)
      .flatMap((f) => [
        `      at ${f.path}:${f.line}  ${f.message}`,
        ...factsAt(facts, f.path, f.line).map((d) =>
          paint.dim(
            `         fact ${d.aspect} ${d.op} ${d.subject}: ${d.before || "nothing"} -> ${d.after || "nothing"}${d.tags.length > 0 ? ` [${d.tags.join(" ")}]` : ""}`,
          ),
        ),
      ]),
  ];
}

function factsAt(facts: Facts, path: string, line: number): readonly Delta[] {
  const groups = [
    facts.config,
    facts.kubernetes,
    facts.terraform,
    facts.sql,
    facts.code,
    facts.workflows,
    facts.dependencies,
    facts.commands,
    facts.network,
    facts.contracts,
    facts.hidden,
  ];
  return groups
    .flatMap((g) => (Array.isArray(g) ? (g as readonly Delta[]) : []))
    .filter((d) => d.path === path && d.line === line)
    .slice(0, 3);
}
