// SPDX-License-Identifier: Apache-2.0
import { decide, GateError, validateFacts } from "@interlock/core";
import type { Command } from "commander";
import { EXIT } from "../exit.ts";
import { compiled } from "../judge/compiled.ts";
import { contextFrom, defaultPolicy, policyFromFile, readJson } from "../judge/workspace.ts";
import { judgementJson } from "../output/judgement.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText } from "../output/printable.ts";

type Options = {
  readonly policy?: string;
  readonly context?: readonly string[];
  readonly format: string;
  readonly record?: boolean;
};

export function decideCommand(program: Command): void {
  program
    .command("decide")
    .description("decide from a facts document alone: pure, offline, no repository")
    .argument("<file>", "facts as JSON, or - for standard input")
    .option("--policy <file>", "the policy (default: the built-in pack reliability-core)")
    .option("--context <file...>", "live state as YAML or JSON, beside that of the document")
    .option("--format <format>", "json or text", "json")
    .option("--record", "print what `interlock replay` reads: policy, facts and decision")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock facts HEAD | interlock decide - --policy interlock/policy.yaml\n  interlock decide facts.json --record > decision.json\n\nThe document is described by `interlock schema facts`",
    )
    .action(async (file: string, options: Options) => {
      if (options.format !== "json" && options.format !== "text")
        throw new GateError(
          "USAGE",
          `no format is called \`${options.format}\``,
          "use json or text",
        );
      const policy =
        options.policy === undefined ? compiled(defaultPolicy()) : policyFromFile(options.policy);
      const validated = validateFacts(withContext(readJson(file), options.context));
      if (!validated.ok)
        throw new GateError(
          validated.code,
          validated.problems.map((p) => `\`${p.path}\`: ${p.message}`).join("\n"),
          "see `interlock schema facts`",
        );
      const { facts } = validated;
      const decision = decide([{ role: "in-force", kind: "policy", policy }], facts);
      process.exitCode = EXIT[decision.effective];
      if (options.record === true) {
        process.stdout.write(
          `${jsonText({ record: "interlock/decision/v1", policies: [{ role: "in-force", policy: policy.policy }], facts, decision })}\n`,
        );
        return;
      }
      const { rules } = policy.policy;
      const judgement = { id: file, facts, decision, risk: null, rules };
      if (options.format === "text")
        process.stdout.write(
          (await import("../output/text.ts")).judgementText(judgement, paintFor(process.stdout)),
        );
      else process.stdout.write(`${jsonText(judgementJson(judgement), 2)}\n`);
    });
}

/** Live state is added before the document is validated, so that its limits hold for both. */
function withContext(document: unknown, paths: readonly string[] | undefined): unknown {
  const more = contextFrom(paths);
  if (more.length === 0 || typeof document !== "object" || document === null) return document;
  const own = "context" in document && Array.isArray(document.context) ? document.context : [];
  return { ...document, context: [...own, ...more] };
}
