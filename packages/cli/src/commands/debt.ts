// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { isDigest } from "@interlock/digest";
import { type DebtShown, exceptionsApi } from "@interlock/protocol";
import type { Command } from "commander";
import { jsonText, printable } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked } from "../remote/client.ts";
import { type SigningOptions, toBeSigned, withSigning } from "./sign.ts";

type ListOptions = Pick<AccessOptions, "server"> & {
  readonly all?: boolean;
  readonly json?: boolean;
};

export function debtCommand(program: Command): void {
  const debt = program
    .command("debt")
    .description("list and review what break-glass left behind")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock debt list\n  interlock debt review 3f0c… --reason 'the fix was right; a test is there now'",
    );
  withServer(debt.command("list"))
    .description("list open debts, the oldest first, and whose changes they hold")
    .option("--all", "reviewed ones too")
    .option("--json", "print JSON")
    .action(list);
  withSigning(
    debt
      .command("review")
      .description("say that you have looked at a change that went forward by break-glass")
      .argument("<debt>", "its id, from `interlock debt list`")
      .requiredOption("--reason <text>", "what you found, for everybody to read"),
  ).action(review);
}

async function list(options: ListOptions): Promise<void> {
  const page = await debtsOf(options, options.all === true);
  if (options.json === true) {
    process.stdout.write(`${jsonText(page, 2)}\n`);
    return;
  }
  for (const debt of page.debts) process.stdout.write(textOf(debt));
  if (page.debts.length === 0) process.stderr.write("nothing is to be reviewed\n");
  if (page.more) process.stderr.write("there are more\n");
}

async function debtsOf(options: Pick<AccessOptions, "server">, all: boolean) {
  const { server, secret } = loginOf(options);
  const query = { state: all ? "all" : "open", limit: "200" };
  return await asked(remoteOf(server, secret), exceptionsApi.listDebts, { query });
}

function textOf({ debt, at, change, target, ...more }: DebtShown): string {
  const { teams, incidents, signedBy, reviews, open } = more;
  const holds = teams.length === 0 ? "everybody" : teams.join(", ");
  const what = change === null ? "its content is gone" : `change ${change} to ${target ?? ""}`;
  const lines = [
    `${debt}  ${new Date(at).toISOString()}  ${what}`,
    `  ${open ? `holds ${holds}` : "reviewed"}; broken by ${signedBy.join(", ")} for ${incidents.join(", ")}`,
    ...reviews.map(({ person, reason }) => `  reviewed by ${person}: ${reason}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

async function review(
  id: string,
  options: SigningOptions & { readonly reason: string },
): Promise<void> {
  if (!isDigest(id))
    throw new GateError(
      "USAGE",
      `\`${id.slice(0, 100)}\` is no id of a debt: 64 hexadecimal digits`,
      "take it from `interlock debt list`",
    );
  const { debts } = await debtsOf(options, false);
  const found = debts.find(({ debt }) => debt === id);
  if (found?.change == null)
    throw new GateError(
      "NOT_FOUND",
      "there is no such open debt",
      "see `interlock debt list`; one whose content is gone cannot be reviewed here",
    );
  const { reason } = options;
  await toBeSigned(options, { change: found.change, decision: "settle", reason, settles: id });
}
