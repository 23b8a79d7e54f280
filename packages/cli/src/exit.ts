// SPDX-License-Identifier: Apache-2.0
import type { Outcome } from "@interlock/core";

/** Exit codes by what is in force. */
export const EXIT: Readonly<Record<Outcome, number>> = { allow: 0, hold: 1, deny: 2 };
export const COULD_NOT_DECIDE = 3;
export const WRONG_USAGE = 64;

/** Signals by which a person or a system asks a command to end. */
export const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const NUMBER: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** As a shell counts it (POSIX, “Exit Status for Commands”): 128 and the number of the signal. */
export const exitOf = (signal: NodeJS.Signals): number => 128 + (NUMBER[signal] ?? 0);
/** The reader of a pipe went away before the end, as for any other command. */
export const PIPE_CLOSED = 141;
