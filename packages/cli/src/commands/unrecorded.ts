// SPDX-License-Identifier: Apache-2.0
import { refsApi } from "@interlock/protocol";
import type { Command } from "commander";
import { jsonText, printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked } from "../remote/client.ts";
import { unrecordedText } from "../unrecorded/text.ts";

type Options = Pick<AccessOptions, "server"> & { readonly json?: boolean };

/** Something is open, or a cell cannot be looked at. */
const OPEN = 1;

export function unrecordedCommand(program: Command): void {
  const unrecorded = program
    .command("unrecorded")
    .description("what refs and targets hold that nothing in the ledger explains");
  withServer(unrecorded.command("list"))
    .description("list movements of refs, values of keys, strangers, and when cells were seen last")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit codes: 0 targets hold what the ledger explains, 1 a key is open, or a cell was not seen",
    )
    .action(async (options: Options) => {
      const { server, secret } = loginOf(options);
      const list = await asked(remoteOf(server, secret), refsApi.listUnrecorded);
      process.stdout.write(
        options.json === true
          ? `${jsonText(list, 2)}\n`
          : printableLines(unrecordedText(list, Date.now())),
      );
      const open = list.keys.some(({ closedAt }) => closedAt === null);
      const unseen = list.cells.some(({ says }) => says !== null);
      if (open || unseen) process.exitCode = OPEN;
    });
}
