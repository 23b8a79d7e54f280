// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { builtInPacks, didYouMean } from "@interlock/policy";
import type { Command } from "commander";
import { paintFor } from "../output/paint.ts";
import { jsonText } from "../output/printable.ts";
import { explainRule } from "./explain.ts";

export function rulesCommand(program: Command): void {
  program
    .command("rules")
    .description("list the rules that ship with Interlock, or explain one")
    .argument("[rule]", "a rule id such as R43")
    .option("--json", "as JSON")
    .action((id: string | undefined, options: { readonly json?: boolean }) => {
      const paint = paintFor(process.stdout);
      const rules = [...builtInPacks().values()].flat();
      const chosen = id === undefined ? rules : rules.filter((r) => r.id === id);
      if (chosen.length === 0)
        throw new GateError(
          "RULE_UNKNOWN",
          `no rule is called \`${id}\``,
          didYouMean(
            id ?? "",
            rules.map((r) => r.id),
          ),
        );
      if (options.json === true) process.stdout.write(`${jsonText(chosen, 2)}\n`);
      else if (id !== undefined)
        process.stdout.write(chosen.map((r) => explainRule(r, paint)).join("\n"));
      else
        process.stdout.write(
          `${chosen.map((r) => `${r.id.padEnd(16)} ${(r.severity ?? " ").padEnd(2)} ${(r.each ?? "change").padEnd(13)} ${r.title}`).join("\n")}\n\n${paint.dim(`${chosen.length} rules; class H denies, 2 and 1 ask for so many owners who name the finding, n is a notice. \`interlock rules R43\` explains one`)}\n`,
        );
    });
}
