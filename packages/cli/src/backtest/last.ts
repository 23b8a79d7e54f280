// SPDX-License-Identifier: Apache-2.0
/** A stretch of time before the newest commit, as a command line names it. */
import { GateError } from "@interlock/core";

const DAYS: Readonly<Record<string, number>> = { d: 1, w: 7, m: 30, y: 365 };

/** `90d`, `12w`, `6m` or `2y` in milliseconds. Throws `GateError` for anything else. */
export function lastOf(written: string): number {
  const match = /^([1-9]\d{0,4})([dwmy])$/.exec(written);
  if (match === null)
    throw new GateError(
      "USAGE",
      `\`${written}\` is no span of time`,
      "write for example `--last 90d`, `12w`, `6m` or `2y`",
    );
  return Number(match[1]) * (DAYS[match[2] ?? "d"] ?? 1) * 86_400_000;
}
