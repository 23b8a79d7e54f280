// SPDX-License-Identifier: Apache-2.0
/** Standing remedies as a server shows them, and the first event of a run of one. */
import { GateError } from "@interlock/core";
import {
  commandText,
  type EventOf,
  isError,
  lint,
  planOf,
  readDocument,
  readValues,
  type Sited,
  type Values,
} from "@interlock/document";
import { type RemedyShown, runsApi } from "@interlock/protocol";
import { asked, type Remote } from "../remote/client.ts";
import { landedAt } from "./approved.ts";
import { beginning } from "./begin.ts";
import { servedBy } from "./served.ts";

export type Remedy = { readonly shown: RemedyShown; readonly sited: Sited };

/** A remedy with the text that runs. Throws `GateError`, CHANGE_DIFFERS for another text than it says. */
export async function remedyOn(remote: Remote, id: string): Promise<Remedy> {
  const { text, ...shown } = await asked(remote, runsApi.showRemedy, { params: { remedy: id } });
  const read = readDocument(`${id}.md`, text);
  const document = read.ok ? read.sited.document : null;
  if (read.ok && document?.digest === shown.document && document.remedy?.id === id)
    return { shown, sited: read.sited };
  throw new GateError(
    "CHANGE_DIFFERS",
    `\`${remote.server}\` shows another text for \`${id}\` than the one that was signed`,
    "run nothing, and tell whoever keeps the server",
  );
}

const PARAM = /^([A-Za-z][A-Za-z0-9]{0,39})=([\s\S]{0,200})$/;

/** `name=value` of each `--param`. */
export function paramsOf(written: readonly string[]): Values {
  const values: Record<string, string> = {};
  for (const one of written) {
    const [, name = "", value = ""] = PARAM.exec(one) ?? [];
    if (name === "" || Object.hasOwn(values, name))
      throw new GateError(
        "USAGE",
        name === "" ? `\`${one.slice(0, 100)}\` is no parameter` : `\`${name}\` is given twice`,
        "write `--param name=value`, once for each",
      );
    values[name] = value;
  }
  return values;
}

/** The values, each in its range by the text itself. Throws `GateError` INPUT_INVALID. */
export function valuesFor({ document }: Sited, given: Values): Values {
  const read = readValues(document.remedy?.parameters ?? [], given);
  if (read.ok) return read.values;
  throw new GateError(
    "INPUT_INVALID",
    read.problems.join("; "),
    "give each parameter a value in its range with `--param`; `interlock remedy show` lists them",
  );
}

/** Every command in its order, as it would run. */
export function planText({ document }: Sited, values: Values): string {
  return planOf(document, values)
    .flatMap(({ id, act, verify, undo }) => [
      `${id}: ${act.says}`,
      ...(act.run === null ? [] : [`  $ ${commandText(act.run.argv)}`]),
      ...(verify?.run == null ? [] : [`  verify $ ${commandText(verify.run.argv)}`]),
      ...(undo?.run == null ? [] : [`  undo   $ ${commandText(undo.run.argv)}`]),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

type By = { readonly operator: string; readonly values: Values };

/** Of a run that the server records. */
export function servedBeginning(
  { shown, sited }: Remedy,
  server: string,
  { operator, values }: By,
): EventOf<"begin"> {
  const { remedy, approvedBy } = shown;
  const approved = `remedy ${remedy} on ${server}, signed by ${approvedBy.join(" and ")}`;
  const event = beginning(sited, { people: { operator, second: "" }, approved, values });
  return { ...event, ...servedBy(server, operator, { remedy }) };
}

/**
 * Of a run without the server: the text stands in the last commit, which its gate let in, and its
 * rehearsal is young enough. Who may run it, how often, and who signed it only a server knows; the
 * reason stands in the journal for that.
 */
export async function localBeginning(
  file: string,
  sited: Sited,
  given: By & { readonly reason: string },
): Promise<EventOf<"begin">> {
  const { operator, values, reason } = given;
  const approved = await landedAt(file, sited);
  const errors = lint(sited, { now: Date.now() }).filter(isError);
  const against = [
    ...(sited.document.remedy === null ? ["it is no remedy"] : []),
    ...(approved === "" ? ["it does not stand so in the last commit"] : []),
    ...errors.map(({ line, message, id }) => `line ${line}: ${message} [${id}]`),
  ];
  if (against.length > 0)
    throw new GateError(
      "INPUT_INVALID",
      `\`${file}\` is not to be run by one alone:\n${against.map((a) => `  - ${a}`).join("\n")}`,
      "take the text of the protected branch, or act as a document with a second person",
    );
  const unapproved = `without the server, which knows its limits: ${reason}`;
  return beginning(sited, { people: { operator, second: "" }, approved, unapproved, values });
}
