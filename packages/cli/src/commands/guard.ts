// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { ENDING } from "../exit.ts";
import { openGuard } from "../guard/open.ts";
import { readSettings } from "../guard/settings.ts";
import { printableLines } from "../output/printable.ts";

export function guardCommand(program: Command): void {
  program
    .command("guard")
    .description("stand in front of an admin API: reads pass, changes wait until they are allowed")
    .requiredOption("--settings <file>", "what it stands in front of, and whom it asks")
    .option("--check", "only read the settings")
    .addHelpText("after", "\nExample:\n  interlock guard --settings guard.json")
    .action(async ({ settings: path, check }: { settings: string; check?: boolean }) => {
      const settings = readSettings(path);
      if (check === true) return;
      const say = (line: string) => process.stderr.write(`${printableLines(line)}\n`);
      const { server, close } = openGuard(settings, say);
      for (const signal of ENDING) process.once(signal, () => void close());
      const { address } = settings.listen;
      const colon = address.lastIndexOf(":");
      server.listen(Number(address.slice(colon + 1)), address.slice(0, colon));
      await once(server, "listening").catch((error: Error) => {
        const why = `\`${address}\` cannot be listened on: ${error.message}`;
        throw new GateError("USAGE", why, "name another `listen.address`");
      });
      const at = server.address() as AddressInfo; // it listens on a port
      const scheme = settings.listen.cert === undefined ? "http" : "https";
      say(`guarding ${settings.upstream.url} at ${scheme}://${at.address}:${at.port}`);
      await once(server, "close");
    });
}
