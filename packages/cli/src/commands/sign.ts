// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { signatureText } from "../gate/shown.ts";
import { type Intent, intent, type Prepared, preparedText, waitForEntry } from "../gate/signing.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { changeIdOf } from "./change.ts";

type Options = Pick<AccessOptions, "server"> & {
  readonly repo: string;
  readonly reason?: string;
  readonly wait: boolean;
  readonly timeout: string;
  readonly json?: boolean;
};

const NOT_SIGNED = 1;
const TIMEOUT_MAX_S = 86_400;

export const approveCommand = (program: Command): void =>
  signing(
    program,
    "approve",
    "approve a change: its content is read here, and signed in a browser",
  );

export const rejectCommand = (program: Command): void =>
  signing(program, "reject", "reject a change, which then waits until that is withdrawn");

export const withdrawCommand = (program: Command): void =>
  signing(program, "withdraw", "take back what you said about a change");

function signing(program: Command, decision: Intent["decision"], says: string): void {
  const command = program
    .command(decision)
    .description(says)
    .argument("<change>", "its id, or the link of its page");
  if (decision === "reject")
    command.requiredOption("--reason <text>", "why, for everybody to read");
  withServer(command)
    .option("--repo <path>", "a clone of its repository", ".")
    .option("--no-wait", "do not wait until it is signed")
    .option("--timeout <seconds>", "how long to wait", "600")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `\nExamples:\n  interlock ${decision} 0123456789abcdef0123${decision === "reject" ? " --reason 'not before the holidays'" : ""}\n\nExit codes: 0 signed, 1 not signed in time, 3 could not ask, 64 wrong usage`,
    )
    .action((written: string, options: Options) => run(decision, written, options));
}

async function run(decision: Intent["decision"], written: string, options: Options): Promise<void> {
  const timeoutMs = secondsOf(options.timeout, TIMEOUT_MAX_S) * 1_000;
  const { server, secret, person } = loginOf(options);
  const remote = remoteOf(server, secret);
  const { repo, reason } = options;
  const prepared = await intent(remote, {
    ...{ change: changeIdOf(written), decision, repo, person },
    ...(reason === undefined ? {} : { reason }),
  });
  process.stderr.write(preparedText(prepared, paintFor(process.stderr)));
  if (!options.wait) return print(prepared, null, options);
  // Until it is signed it is not. by (fail-closed)
  process.exitCode = NOT_SIGNED;
  const entry = await waitForEntry(remote, prepared, timeoutMs);
  if (entry === null) {
    process.stderr.write("nothing was signed in time; the link works on\n");
    return print(prepared, null, options);
  }
  process.exitCode = 0;
  print(prepared, entry, options);
}

function print(
  { change, decision, digest, words, link }: Prepared,
  entry: Awaited<ReturnType<typeof waitForEntry>>,
  { json }: Options,
): void {
  if (json === true)
    process.stdout.write(`${jsonText({ change, decision, digest, words, link, entry }, 2)}\n`);
  else if (entry !== null)
    process.stdout.write(`${signatureText(entry).trim()}\nentry ${entry.entry}\n`);
}

export function secondsOf(written: string, most: number): number {
  const seconds = Number(written);
  if (Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= most) return seconds;
  throw new GateError(
    "USAGE",
    `\`${written}\` is no number of seconds from 1 to ${most}`,
    "give whole seconds",
  );
}
