// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { openRepository } from "@interlock/facts";
import type { Command } from "commander";
import { workspaceAt } from "../judge/workspace.ts";
import { type ChangeOptions, changeModes } from "../modes/change.ts";
import { modeRows, modeText } from "../modes/table.ts";
import { modeOf } from "../modes/wish.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText } from "../output/printable.ts";
import { withAccess } from "../remote/access.ts";

type Options = ChangeOptions & { readonly all?: boolean; readonly ref?: string };

export function modeCommand(program: Command): void {
  changing(program.command("mode"))
    .description("show which rule observes, warns or holds, where and until when; or change it")
    .argument("[mode]", "observe, warn or enforce; without it the table is shown")
    .argument("[rules...]", "rules; `observe` without one takes the whole policy back")
    .option("--ref <revision>", "with the table: the policy as of this", "HEAD")
    .option("--all", "with the table: rules that only observe too")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock mode\n  interlock mode warn R17 --for 14d\n  interlock mode observe      the whole policy, in one change that two people sign",
    )
    .action(async (mode: string | undefined, rules: readonly string[], options: Options) =>
      mode === undefined ? await table(options) : await changeModes(modeOf(mode), rules, options),
    );
}

export function enforceCommand(program: Command): void {
  changing(program.command("enforce"))
    .description("show what rules would have held lately, then let them hold")
    .argument("<rules...>", "rules of the policy")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock enforce two-people-tier-1 --system checkout\n  interlock enforce R17 --for 14d",
    )
    .action((rules: readonly string[], options: Options) => changeModes("enforce", rules, options));
}

const changing = (command: Command): Command =>
  withAccess(command)
    .option("--repo <path>", "the work tree whose policy is edited", ".")
    .option(
      "--system <id>",
      "only for this system of the catalog; may be given again",
      (id: string, all: readonly string[]) => [...all, id],
      [] as readonly string[],
    )
    .option("--until <time>", "when it ends by itself, such as 2030-05-02")
    .option("--for <duration>", "how long from now, such as 14d")
    .option("--last <duration>", "how much of the history is tried", "90d")
    .option("--reason <text>", "why; kept beside the mode of a pack's rule")
    .option("--dry-run", "edit nothing")
    .option("--yes", "edit without being asked")
    .option("--json", "print JSON");

async function table({ repo, ref, all, json }: Options): Promise<void> {
  const repository = await openRepository(repo);
  try {
    const tip = await repository.resolve(ref ?? "HEAD");
    const { policies, origin } = await workspaceAt(repository, tip, { after: null });
    const [judge] = policies;
    if (judge?.kind !== "policy")
      throw new GateError(
        "POLICY_INVALID",
        `the policy cannot be read, so everything holds: ${judge?.kind === "unreadable" ? judge.because : "there is none"}`,
        "mend it; `interlock policy lint` shows where",
      );
    const rows = modeRows(judge.policy.policy, Date.now());
    process.stdout.write(
      json === true
        ? `${jsonText({ policy: origin, at: tip, modes: rows }, 2)}\n`
        : modeText(rows, all === true, paintFor(process.stdout)),
    );
  } finally {
    repository.close();
  }
}
