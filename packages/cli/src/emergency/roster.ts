// SPDX-License-Identifier: Apache-2.0
/** Who may sign in an emergency: verified while the server answers, kept beside the hook. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  bool,
  GateError,
  type Infer,
  int,
  list,
  object,
  optional,
  problemsOf,
  text,
} from "@interlock/core";
import { readText } from "../files/read.ts";
import { writeWhole } from "../files/write.ts";

export const ROSTER_FILE = "interlock-roster.json";
/** A revocation reaches an enforcement point that hears of the server at least so often. */
export const ROSTER_AGE_MS_MAX = 7 * 24 * 3_600_000;

const ROSTER = object({
  version: int(1, 1),
  server: text({ max: 2_000 }),
  /** The trust policy under which the log was first read; another needs somebody's word. */
  policy: text({ max: 100_000 }),
  /** Id of the founding's entry. */
  founding: text({ max: 64, form: "digest" }),
  /** When the server last said that there is nothing newer. */
  checkedAt: int(0),
  /** Index of the last entry about people. */
  last: int(0),
  /** Checkpoint, word for word, that the entries were proven under. */
  checkpoint: text({ max: 100_000 }),
  persons: list(
    object({
      id: text({ max: 200 }),
      active: bool(),
      accounts: list(text({ max: 400 }), 50),
    }),
    100_000,
  ),
  keys: list(
    object({
      person: text({ max: 200 }),
      credential: text({ max: 43, form: "32-bytes" }),
      key: text({ max: 43, form: "32-bytes" }),
      usableFrom: int(0),
      revokedAt: optional(int(0)),
    }),
    100_000,
  ),
});
export type EmergencyRoster = Infer<typeof ROSTER>;

/** The kept roster, or `null` where there is none. Throws `GateError` for one that is damaged. */
export function readRoster(gitDir: string): EmergencyRoster | null {
  const path = join(gitDir, ROSTER_FILE);
  if (!existsSync(path)) return null;
  const raw = parsed(readText(path));
  const problem = problemsOf(ROSTER, raw, "no such field of a roster")[0];
  if (problem === undefined) return raw as EmergencyRoster; // the walk above has checked every field
  throw new GateError(
    "INPUT_INVALID",
    `\`${path}\`: \`${problem.path}\`: ${problem.message}`,
    "remove it, and run `interlock emergency roster` while the server answers",
  );
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Only the owner may write it: who is in it may let changes land. */
export const keepRoster = (gitDir: string, roster: EmergencyRoster): void =>
  writeWhole(join(gitDir, ROSTER_FILE), `${JSON.stringify(roster)}\n`, 0o600);

/** Why a roster cannot be gone by at a time, or `null`. by (fail-closed) */
export function whyStale(roster: EmergencyRoster | null, now: number): string | null {
  if (roster === null) return "this machine has no roster of emergency keys";
  const age = now - roster.checkedAt;
  return age >= 0 && age <= ROSTER_AGE_MS_MAX
    ? null
    : `the roster of emergency keys is of ${new Date(roster.checkedAt).toISOString()}, more than ${ROSTER_AGE_MS_MAX / 86_400_000} days from now`;
}
