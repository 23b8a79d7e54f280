// SPDX-License-Identifier: Apache-2.0
/** Settings of a hook, a guard or an admission webhook: one JSON file, checked as a whole. */
import { GateError, type Infer, problemsOf, type Schema } from "@interlock/core";
import { jsonOf } from "../files/json.ts";
import { readText } from "../files/read.ts";

export type SettingsKind<S extends Schema> = {
  readonly schema: S;
  /** What no schema says; `null`: nothing is wrong. */
  readonly problemOf: (settings: Infer<S>) => string | null;
  /** How to mend what does not fit. */
  readonly remedy: string;
};

/** Reads and checks. What is said of an unfit file repeats nothing of it: it may hold a token. Throws `GateError`. */
export function settingsFrom<S extends Schema>(path: string, kind: SettingsKind<S>): Infer<S> {
  const raw = jsonOf(readText(path));
  if (raw === undefined) throw unfit(path, "it is no JSON", kind.remedy);
  const problem = problemsOf(kind.schema, raw, "no such setting")[0];
  if (problem !== undefined)
    throw unfit(path, `\`${problem.path}\`: ${problem.message}`, kind.remedy);
  const settings = raw as Infer<S>; // the walk above has checked every field
  const why = kind.problemOf(settings);
  if (why !== null) throw unfit(path, why, kind.remedy);
  return settings;
}

const unfit = (path: string, why: string, remedy: string): GateError =>
  new GateError("INPUT_INVALID", `the settings \`${path}\` do not fit: ${why}`, remedy);

/** Names stand in journals and in the ledger. */
export const nameProblem = (name: string): string | null =>
  /^[a-z0-9][a-z0-9.-]*$/.test(name) ? null : "`name` is not lower-case letters and digits";

export const addressProblem = (address: string): string | null =>
  /^.+:\d{1,5}$/.test(address) ? null : `\`${address}\` is no HOST:PORT`;
