// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { signatureText } from "../gate/shown.ts";
import { type Intent, intent, type Prepared, preparedText, waitForEntry } from "../gate/signing.ts";
import { paintFor } from "../output/paint.ts";
import { jsonText } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { changeIdOf } from "./change.ts";

export type SigningOptions = Pick<AccessOptions, "server"> & {
  readonly repo: string;
  readonly wait: boolean;
  readonly timeout: string;
  readonly json?: boolean;
};

type Options = SigningOptions & { readonly reason?: string };

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
  withSigning(command)
    .addHelpText(
      "after",
      `\nExamples:\n  interlock ${decision} 0123456789abcdef0123${decision === "reject" ? " --reason 'not before the holidays'" : ""}\n\nExit codes: 0 signed, 1 not signed in time, 3 could not ask, 64 wrong usage`,
    )
    .action((written: string, options: Options) => {
      const { reason } = options;
      return toBeSigned(options, {
        ...{ change: changeIdOf(written), decision },
        ...(reason === undefined ? {} : { reason }),
      });
    });
}

/** The options of every command that has something signed. */
export const withSigning = (command: Command): Command =>
  withServer(command)
    .option("--repo <path>", "a clone of its repository", ".")
    .option("--no-wait", "do not wait until it is signed")
    .option("--timeout <seconds>", "how long to wait", "600")
    .option("--json", "print JSON");

/** Shows what would be signed and where, and waits until it is. */
export async function toBeSigned(
  options: SigningOptions,
  wanted: Omit<Intent, "repo" | "person">,
): Promise<void> {
  const timeoutMs = secondsOf(options.timeout, TIMEOUT_MAX_S) * 1_000;
  const { server, secret, person } = loginOf(options);
  const remote = remoteOf(server, secret);
  const prepared = await intent(remote, { ...wanted, repo: options.repo, person });
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
  { json }: SigningOptions,
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
