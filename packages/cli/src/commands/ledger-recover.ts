// SPDX-License-Identifier: Apache-2.0
import { homedir } from "node:os";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import type { Recovered } from "@interlock/server";
import type { Command } from "commander";
import { sourceOf } from "../ledger/source.ts";
import { printable } from "../output/printable.ts";
import { databaseOf } from "./serve.ts";

type Options = {
  readonly from: string;
  readonly data?: string;
  readonly logKey?: string;
  readonly database?: string;
  readonly databaseFile?: string;
  readonly dryRun?: boolean;
};

export function recoverCommand(ledger: Command): void {
  ledger
    .command("recover")
    .description("give a restored database back the entries that a copy of its log still holds")
    .requiredOption("--from <place>", "a copy of this log: a URL or a directory")
    .option("--data <folder>", "as for `serve`")
    .option("--log-key <file>", "as for `serve`")
    .option("--database <url>", "as for `serve`")
    .option("--database-file <file>", "as for `serve`")
    .option("--dry-run", "only say what would be done")
    .action(async (options: Options) => {
      const { recoverLedger } = await import("@interlock/server");
      const recovered = await recoverLedger({
        data: options.data ?? join(homedir(), ".local/share/interlock"),
        ...(options.logKey === undefined ? {} : { logKey: options.logKey }),
        databaseUrl: databaseOf(options),
        fetch: sourceOf(options.from),
        now: Date.now,
        dryRun: options.dryRun === true,
      });
      if (!recovered.ok) {
        const { code, message, help } = recovered.failure;
        throw new GateError(code, message, help);
      }
      process.stdout.write(recoveredText(recovered.value, options.dryRun === true));
    });
}

/** Whose bodies are missed: without them they take nothing away any more. */
const TAKES_AWAY = ["revocation", "token-revoked", "person", "rejection", "withdrawal"];

function recoveredText({ from, to, kinds }: Recovered, dryRun: boolean): string {
  if (from === to) return "nothing is missing: the database has all that the copy has\n";
  const list = [...kinds].map(([kind, n]) => `${n} ${kind}`).sort();
  const lost = TAKES_AWAY.filter((kind) => kinds.has(kind));
  const lines = [
    `${dryRun ? "would put back" : "put back"} entries ${from} to ${to - 1}: ${list.join(", ")}`,
    "their content was in the database alone and is lost: what they gave counts no more; push and sign those changes again",
    ...(lost.length === 0
      ? []
      : [`ATTENTION: what a ${lost.join(", ")} among them took away has to be taken away again`]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}
