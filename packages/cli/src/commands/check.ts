// SPDX-License-Identifier: Apache-2.0
import type { Command } from "commander";
import { EXIT } from "../exit.ts";
import type { AttachedOptions } from "../judge/attached.ts";
import { judgeRange } from "../judge/judge.ts";
import { type Judgement, judgementJson } from "../output/judgement.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText } from "../output/printable.ts";

const FORMATS = ["text", "json", "sarif", "github", "markdown"] as const;
type Format = (typeof FORMATS)[number];

type Options = AttachedOptions & {
  readonly repo: string;
  readonly format: Format;
  readonly policy?: string;
  readonly evidence?: string;
  readonly context?: readonly string[];
  readonly staged?: boolean;
  readonly trustFirstPolicy?: string;
};

export function checkCommand(program: Command): void {
  program
    .command("check")
    .description("judge a commit, a range or the staged files")
    .argument("[range]", "a commit, or OLD..NEW as one change (default: HEAD)")
    .option("--repo <path>", "repository to look at", ".")
    .option("--staged", "judge what is staged instead of a commit")
    .option("--policy <file>", "judge by this policy instead of the repository's own")
    .option("--trust-first-policy <digest>", "I have read the first policy that the change brings")
    .option("--evidence <file>", "approvals, checks and documents as JSON")
    .option("--context <file...>", "live state as YAML or JSON: traffic, peak use, versions, roles")
    .option("--plan <file...>", "output of `terraform show -json` for this change")
    .option("--rendered-before <path>", "manifests as helm or kustomize rendered them before it")
    .option("--rendered-after <path>", "the same after it")
    .option("--format <format>", `one of ${FORMATS.join(", ")}`, "text")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock check                       the newest commit\n  interlock check main..feature         a branch as it would land\n  interlock check --staged              before committing\n  interlock check --format sarif HEAD~3\n\nExit codes: 0 allow, 1 hold, 2 deny, 3 could not decide, 64 wrong usage",
    )
    .action(async (range: string | undefined, options: Options) => {
      const format = FORMATS.find((f) => f === options.format);
      if (format === undefined)
        program.error(
          `error: no format is called \`${options.format}\`; known: ${FORMATS.join(", ")}`,
          { exitCode: 64 },
        );
      const judgement = await judgeRange(range, options);
      // Before the output, whose reader may leave early. by (fail-closed)
      process.exitCode = EXIT[judgement.decision.effective];
      process.stdout.write(await rendered(judgement, format ?? "text"));
    });
}

async function rendered(judgement: Judgement, format: Format): Promise<string> {
  switch (format) {
    case "json":
      return `${jsonText(judgementJson(judgement), 2)}\n`;
    case "sarif": {
      const { sarif } = await import("../output/sarif.ts");
      return `${jsonText(sarif(judgement), 2)}\n`;
    }
    case "github":
      return (await import("../output/forge.ts")).githubAnnotations(judgement);
    case "markdown":
      return (await import("../output/forge.ts")).markdown(judgement);
    case "text":
      return (await import("../output/text.ts")).judgementText(judgement, paintFor(process.stdout));
  }
}
