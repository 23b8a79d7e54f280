// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { GateError } from "@interlock/core";
import { formatVerifierKey } from "@interlock/tlog";
import type { Command } from "commander";
import { ENDING } from "../exit.ts";
import { readTrust } from "../ledger/site.ts";
import { printable } from "../output/printable.ts";
import { openHeads } from "../witness/heads.ts";
import { makeWitnessKey, readWitnessKey, type WitnessKey } from "../witness/key.ts";
import { witnessServer } from "../witness/serve.ts";

type Options = {
  readonly key: string;
  readonly name: string;
  readonly newKey?: boolean;
  readonly policy?: string;
  readonly state?: string;
  readonly listen: string;
};

export function witnessCommand(program: Command): void {
  program
    .command("witness")
    .description("run a witness: cosign checkpoints of logs that only ever grow")
    .requiredOption("--key <file>", "the Ed25519 private key to cosign with")
    .requiredOption("--name <name>", "the witness's name in its key, such as witness.example.com")
    .option("--new-key", "make the key, print how others name it, and end")
    .option("--policy <file>", "the logs to witness (c2sp.org/tlog-policy)")
    .option("--state <directory>", "where what was cosigned is kept")
    .option("--listen <address>", "HOST:PORT to listen on", "127.0.0.1:8080")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock witness --name witness.example.com --key key.pem --new-key\n  interlock witness --name witness.example.com --key key.pem --policy logs.txt --state heads --listen 127.0.0.1:8080",
    )
    .action(async (options: Options) => {
      if (options.newKey === true) makeWitnessKey(options.key);
      const key = readWitnessKey(options.key, options.name);
      process.stdout.write(`${formatVerifierKey(key.verifier)}\n`);
      if (options.newKey !== true) await serve(options, key);
    });
}

async function serve(options: Options, key: WitnessKey): Promise<void> {
  const { policy, state } = options;
  if (policy === undefined || state === undefined)
    throw new GateError(
      "USAGE",
      "a witness needs `--policy` and `--state`",
      "see `interlock witness --help`",
    );
  const { host, port } = addressOf(options.listen);
  const server = witnessServer({
    policy: readTrust(policy),
    key,
    heads: openHeads(state),
    now: Date.now,
    say: (line) => process.stderr.write(`${printable(line)}\n`),
  });
  for (const signal of ENDING)
    process.on(signal, () => {
      // Requests that were begun are answered; what was stored stays stored either way.
      server.close();
      server.closeIdleConnections();
    });
  server.listen(port, host);
  await started(server, options.listen);
  const at = server.address() as AddressInfo; // it listens on a port
  process.stderr.write(`witnessing at http://${printable(host)}:${at.port}/add-checkpoint\n`);
  await once(server, "close");
}

async function started(server: ReturnType<typeof witnessServer>, listen: string): Promise<void> {
  try {
    await once(server, "listening");
  } catch (error) {
    throw new GateError(
      "USAGE",
      `\`${listen}\` cannot be listened on: ${error instanceof Error ? error.message : String(error)}`,
      "name another `--listen HOST:PORT`",
    );
  }
}

function addressOf(listen: string): { readonly host: string; readonly port: number } {
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(listen) ?? [];
  if (host === "" || Number(port) > 65_535)
    throw new GateError("USAGE", `\`${listen}\` is no HOST:PORT`, "such as `127.0.0.1:8080`");
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}
