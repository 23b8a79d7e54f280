// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { readText } from "../files/read.ts";

/** What `interlock serve` runs for itself; it stands in no help. */
export function forgeCommand(program: Command): void {
  const forge = program.command("forge", { hidden: true });
  forge
    .command("gather")
    .description("read a change out of a mirror: JSON on standard input and output")
    .action(async () => {
      const { gather, readRequest } = await import("../forge/gather.ts");
      process.stdout.write(
        `${JSON.stringify(await said(async () => gather(readRequest(readText("-")))))}\n`,
      );
    });
}

/** A failure is an answer too: the server tells it to whoever waits for the change. */
async function said(work: () => Promise<unknown>): Promise<object> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    const { code, message, help } = error;
    return { ok: false, failure: { code, message, help } };
  }
}
