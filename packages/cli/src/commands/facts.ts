// SPDX-License-Identifier: Apache-2.0
import { openRepository } from "@interlock/facts";
import type { Command } from "commander";
import { factsOf } from "../judge/judge.ts";

type Options = { readonly repo: string; readonly staged?: boolean; readonly evidence?: string };

export function factsCommand(program: Command): void {
  program
    .command("facts")
    .description("print everything that would be judged, as JSON")
    .argument("[range]", "a commit, or OLD..NEW as one change (default: HEAD)")
    .option("--repo <path>", "repository to look at", ".")
    .option("--staged", "what is staged instead of a commit")
    .option("--evidence <file>", "approvals, checks and documents as JSON")
    .action(async (range: string | undefined, options: Options) => {
      const repository = await openRepository(options.repo);
      try {
        const { facts } = await factsOf(repository, range, options);
        process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
      } finally {
        repository.close();
      }
    });
}
