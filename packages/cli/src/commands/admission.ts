// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { openAdmission } from "../admission/open.ts";
import { readSettings } from "../admission/settings.ts";
import { ENDING } from "../exit.ts";
import { printableLines } from "../output/printable.ts";

export function admissionCommand(program: Command): void {
  program
    .command("admission")
    .description("let into a Kubernetes cluster only what allowed changes contain, as a webhook")
    .requiredOption("--settings <file>", "which manifests, and whom it asks")
    .option("--check", "only read the settings")
    .addHelpText("after", "\nExample:\n  interlock admission --settings admission.json")
    .action(async ({ settings: path, check }: { settings: string; check?: boolean }) => {
      const settings = readSettings(path);
      if (check === true) return;
      const say = (line: string) => process.stderr.write(`${printableLines(line)}\n`);
      const { server, close } = await openAdmission(settings, say);
      for (const signal of ENDING) process.once(signal, () => void close());
      const { address } = settings.listen;
      const colon = address.lastIndexOf(":");
      server.listen(Number(address.slice(colon + 1)), address.slice(0, colon));
      await once(server, "listening").catch((error: Error) => {
        const why = `\`${address}\` cannot be listened on: ${error.message}`;
        throw new GateError("USAGE", why, "name another `listen.address`");
      });
      const at = server.address() as AddressInfo; // it listens on a port
      say(`admitting (${settings.mode}) at https://${at.address}:${at.port}/validate`);
      await once(server, "close");
    });
}
