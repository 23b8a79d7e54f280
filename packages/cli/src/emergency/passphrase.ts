// SPDX-License-Identifier: Apache-2.0
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { GateError } from "@interlock/core";
import { readText } from "../files/read.ts";

/** The passphrase: of a file, or typed without being shown. Throws `GateError` where neither can be. */
export async function passphraseOf(file: string | undefined, prompt: string): Promise<string> {
  if (file !== undefined) return readText(file).replace(/\r?\n$/, "");
  if (!process.stdin.isTTY)
    throw new GateError(
      "USAGE",
      "there is no terminal to type a passphrase in",
      "run it in a terminal, or name a file with `--passphrase-file`",
    );
  process.stderr.write(`${prompt}: `);
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nothing, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
