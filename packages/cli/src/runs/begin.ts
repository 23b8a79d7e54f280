// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { GateError } from "@interlock/core";
import {
  type ChangeDocument,
  type EventOf,
  isError,
  lint,
  planDigest,
  planOf,
  readDocument,
  type Sited,
  type Task,
  type Values,
} from "@interlock/document";
import { problemText } from "@interlock/policy";

export type People = { readonly operator: string; readonly second: string };

/** Who runs it; the document names them, the command line may name others of the same team. */
export function peopleOf(
  { who }: ChangeDocument,
  given: { readonly operator?: string; readonly second?: string },
): People {
  const operator = given.operator ?? who?.operator ?? "";
  const second = given.second ?? who?.second ?? "";
  if (operator === "")
    throw new GateError("USAGE", "nobody is named who carries it out", "give `--operator NAME`");
  if (operator === second)
    throw new GateError(
      "USAGE",
      `\`${operator}\` cannot be the second person too`,
      "give `--second NAME`",
    );
  return { operator, second };
}

/** Why a document should not be run; empty where nothing stands in the way. */
export function objectionsTo(sited: Sited, approved: string, now: number): readonly string[] {
  const errors = lint(sited, { now }).filter(isError);
  return [
    ...(approved === ""
      ? ["nothing says that this text was approved: it does not stand so in the last commit"]
      : []),
    ...errors.map(({ line, column, message, id }) => `line ${line}:${column}: ${message} [${id}]`),
  ];
}

type Beginning = {
  readonly people: People;
  readonly approved: string;
  readonly unapproved?: string;
  readonly values?: Values;
};

/** The event with which a run of this document begins. */
export function beginning(sited: Sited, given: Beginning): EventOf<"begin"> {
  const values = given.values ?? {};
  const { document } = sited;
  return {
    kind: "begin",
    run: randomBytes(10).toString("hex"),
    file: sited.file,
    text: sited.text,
    document: document.digest,
    plan: planDigest(planOf(document, values)),
    values,
    ...given.people,
    approved: given.approved,
    ...(given.unapproved === undefined ? {} : { unapproved: given.unapproved }),
  };
}

/** `interlock-runs/NAME.RUN.jsonl`, beside nothing else that a deployment would pick up. */
export const journalName = ({ file, run }: EventOf<"begin">): string =>
  `interlock-runs/${basename(file)
    .replace(/\.md$/, "")
    .replace(/[^A-Za-z0-9._-]/g, "-")}.${run.slice(0, 20)}.jsonl`;

/** The plan of a run from its own first event. Throws `GateError` INPUT_INVALID where they differ. */
export function planOfRun(begin: EventOf<"begin">): readonly Task[] {
  const read = readDocument(begin.file, begin.text);
  if (!read.ok)
    throw new GateError(
      "INPUT_INVALID",
      `the document of the run cannot be read\n${read.problems.map(problemText).join("\n")}`,
      "resume it with the release of Interlock that began it",
    );
  const plan = planOf(read.sited.document, begin.values);
  if (read.sited.document.digest !== begin.document || planDigest(plan) !== begin.plan)
    throw new GateError(
      "INPUT_INVALID",
      "the document of the run is not the one that it began with",
      "the journal was changed; look at what really happened before you go on",
    );
  return plan;
}
