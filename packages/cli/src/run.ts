// SPDX-License-Identifier: Apache-2.0
import { FAILURES, GateError } from "@interlock/core";
import { CommanderError } from "commander";
import { COULD_NOT_DECIDE, ENDING, exitOf, PIPE_CLOSED, WRONG_USAGE } from "./exit.ts";
import { printable, printableLines } from "./output/printable.ts";
import { program } from "./program.ts";

// A reader such as `head` may close the pipe early; that is its right, and no reason to look allowed.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? PIPE_CLOSED);
    throw error;
  });

// By leaving of our own accord what was made in the temporary folder is removed. A command that
// listens itself has something to bring to an end first.
for (const signal of ENDING)
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(exitOf(signal));
  });

try {
  await (await program(process.argv.slice(2))).parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong and what to do, without a stack trace; never exits as if it had allowed. */
function report(error: unknown): number {
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? 0 : error.exitCode === 1 ? WRONG_USAGE : error.exitCode;
  if (error instanceof GateError) {
    process.stderr.write(
      `error: ${printableLines(error.message)}\n  help: ${printable(error.help)}\n`,
    );
    return FAILURES[error.code].exit;
  }
  const detail = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `error: something failed that should not: ${printableLines(detail)}\n  help: run again with INTERLOCK_DEBUG=1 and report it\n`,
  );
  if (process.env["INTERLOCK_DEBUG"] === "1" && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  return COULD_NOT_DECIDE;
}
