// SPDX-License-Identifier: Apache-2.0
import { openRepository } from "@interlock/facts";
import type { Command } from "commander";
import type { AttachedOptions } from "../judge/attached.ts";
import { factsOf } from "../judge/judge.ts";
import { jsonText } from "../output/printable.ts";

type Options = AttachedOptions & {
  readonly repo: string;
  readonly staged?: boolean;
  readonly repositoryId?: boolean;
  readonly evidence?: string;
  readonly context?: readonly string[];
};

export function factsCommand(program: Command): void {
  program
    .command("facts")
    .description("print everything that would be judged, as JSON")
    .argument("[range]", "a commit, or OLD..NEW as one change (default: HEAD)")
    .option("--repo <path>", "repository to look at", ".")
    .option("--staged", "what is staged instead of a commit")
    .option("--repository-id", "print the repository's id alone, as tokens and settings name it")
    .option("--evidence <file>", "approvals, checks and documents as JSON")
    .option("--context <file...>", "live state as YAML or JSON: traffic, peak use, versions, roles")
    .option("--plan <file...>", "output of `terraform show -json` for this change")
    .option("--rendered-before <path>", "manifests as helm or kustomize rendered them before it")
    .option("--rendered-after <path>", "the same after it")
    .action(async (range: string | undefined, options: Options) => {
      const repository = await openRepository(options.repo);
      try {
        if (options.repositoryId === true) {
          process.stdout.write(`${await repository.identity()}\n`);
          return;
        }
        const { facts } = await factsOf(repository, range, options);
        process.stdout.write(`${jsonText(facts, 2)}\n`);
      } finally {
        repository.close();
      }
    });
}
