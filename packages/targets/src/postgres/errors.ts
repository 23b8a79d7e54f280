// SPDX-License-Identifier: Apache-2.0
import pg from "pg";
import { away, codeOf, refused, shown, textOf } from "../failure.ts";
import type { TargetFailure } from "../target.ts";

/** Whether the server itself said that a statement failed; everything else leaves open what became of it. */
export const isCertain = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.severity === "ERROR";

const stateOf = (error: unknown): string | null =>
  error instanceof pg.DatabaseError ? (error.code ?? "") : null;

/** Somebody inserted the key while we did; looking again names it. */
export const isDuplicate = (error: unknown): boolean => stateOf(error) === "23505";

const AWAY_CODE = /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN|NOTFOUND|NOENT|ACCES)/;
const AWAY_TEXT =
  /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed)/;
/** Classes of Appendix A that pass: connection, conflict, resources, a lock or time not had, the system. */
const PASSES = /^(?:08|40|53|55|57|58|25P0|XX)/;

/** What an error says of the server; one that is ours is thrown on. */
export function failureOf(error: unknown): TargetFailure {
  const state = stateOf(error);
  const text = shown(textOf(error));
  if (state === null) {
    if (AWAY_CODE.test(codeOf(error)) || AWAY_TEXT.test(text))
      return away(`the database cannot be reached: ${text}`, "check that it runs, then try again");
    throw error;
  }
  if (PASSES.test(state))
    return away(`the database could not do it now (${state}): ${text}`, "try again later");
  if (state === "42501")
    return refused(
      `the database refused: ${text}`,
      "grant the role what docs/reference/targets.md lists",
    );
  return refused(
    `the database refused (${state}): ${text}`,
    "correct the settings or the value; `psql` with the same role shows more",
  );
}
