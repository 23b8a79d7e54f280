// SPDX-License-Identifier: Apache-2.0
/** What a standing remedy says beyond a change document. */
import { report } from "@interlock/policy";
import type { Command, Kind, Parameter, RemedyTerms } from "./document.ts";
import {
  type At,
  choiceAt,
  durationAt,
  itemsAt,
  mappingAt,
  mappingOf,
  textAt,
  textsAt,
  wholeAt,
} from "./fields.ts";

export const REMEDY_FIELDS = ["id", "parameters", "limits", "mayRun"] as const;
export const LIMIT_FIELDS = ["runs", "within", "rehearsalValid"] as const;
export const PARAMETER_FIELDS = [
  "name",
  "type",
  "about",
  "min",
  "max",
  "values",
  "maxLength",
] as const;
export const PARAMETER_TYPES = ["integer", "choice", "name"] as const;

const ID = /^[a-z0-9][a-z0-9-]{0,59}$/;
const PARAMETER_NAME = /^[a-z][A-Za-z0-9]{0,39}$/;
/** A value that began with `-` would be read as an option, one with blanks or quotes as several words. */
const VALUE = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/;
const DAY_MS = 86_400_000;

/** The terms of a remedy; `null` for another kind, which must have none of its fields. */
export function remedyAt(top: At, kind: Kind): RemedyTerms | null {
  const { r, raw } = top;
  if (kind !== "remedy") {
    for (const field of REMEDY_FIELDS)
      if (raw[field] !== undefined)
        report(
          r,
          "FIELD_UNKNOWN",
          [field],
          `\`${field}\` belongs to a remedy`,
          "take it out, or write `kind: remedy`",
        );
    return null;
  }
  const id = textAt(top, "id", 60);
  if (!ID.test(id))
    report(
      r,
      "FIELD_INVALID",
      ["id"],
      "`id` is missing or no id",
      "lower-case letters, digits and `-`",
    );
  const parameters = itemsAt(top, "parameters", 20).flatMap(({ value, path }) => {
    const at = mappingOf(r, value, path, PARAMETER_FIELDS);
    return at === null ? [] : (parameterAt(at) ?? []);
  });
  const names = parameters.map((p) => p.name);
  for (const name of names.filter((n, i) => names.indexOf(n) !== i))
    report(r, "DUPLICATE", ["parameters"], `two parameters are called \`${name}\``, "rename one");
  const mayRun = textsAt(top, "mayRun", { max: 50, each: 200 });
  return { id, parameters, mayRun, ...limitsAt(top) };
}

function limitsAt(top: At): Pick<RemedyTerms, "runs" | "withinMs" | "rehearsalValidMs"> {
  const at = mappingAt(top, "limits", LIMIT_FIELDS);
  const runs = at === null ? null : wholeAt(at, "runs", 1);
  const within = at === null ? null : durationAt(at, "within", 366 * DAY_MS);
  const valid = at === null ? null : durationAt(at, "rehearsalValid", 366 * DAY_MS);
  if (runs === null || within === null || valid === null)
    report(
      top.r,
      "FIELD_MISSING",
      at === null ? [] : ["limits"],
      "`limits` does not say how often it may run and how long a rehearsal counts",
      "write `limits: { runs: 3, within: 1h, rehearsalValid: 90d }`",
    );
  return { runs: runs ?? 0, withinMs: within ?? 0, rehearsalValidMs: valid ?? 0 };
}

function parameterAt(at: At): Parameter | null {
  const { r, path } = at;
  const name = textAt(at, "name", 40);
  const about = textAt(at, "about", 400);
  const type = choiceAt(at, "type", PARAMETER_TYPES);
  if (!PARAMETER_NAME.test(name)) {
    report(
      r,
      "FIELD_INVALID",
      path,
      "a parameter needs a `name` of letters and digits",
      "write `name: cell`",
    );
    return null;
  }
  if (type === "choice") return { name, about, type, values: valuesAt(at) };
  if (type === "name")
    return { name, about, type, maxLength: Math.min(wholeAt(at, "maxLength", 1) ?? 60, 200) };
  return type === null ? null : { name, about, type, ...rangeAt(at) };
}

function valuesAt(at: At): readonly string[] {
  const values = textsAt(at, "values", { max: 200, each: 200 });
  if (values.length === 0 || !values.every((v) => VALUE.test(v)))
    report(
      at.r,
      "FIELD_INVALID",
      [...at.path, "values"],
      "`values` is missing, or one of them is no plain name",
      "list the names that may be chosen; letters, digits and `._:/@-`",
    );
  return values;
}

function rangeAt({ r, raw, path }: At): { readonly min: number; readonly max: number } {
  const [min, max] = [raw["min"], raw["max"]];
  if (Number.isSafeInteger(min) && Number.isSafeInteger(max) && Number(min) <= Number(max))
    return { min: Number(min), max: Number(max) };
  report(r, "FIELD_INVALID", path, "`min` and `max` are no range", "write both, as whole numbers");
  return { min: 0, max: 0 };
}

/** A placeholder is a whole argument, so that no value can become two of them or an option of one. */
const PLACEHOLDER = /^\{([a-z][A-Za-z0-9]{0,39})\}$/;

/** The parameter that an argument stands for; `null` for one that is meant as it is. */
export const placeholderIn = (argument: string): string | null =>
  PLACEHOLDER.exec(argument)?.[1] ?? null;

export type Values = { readonly [parameter: string]: string };

export type ReadValues =
  | { readonly ok: true; readonly values: Values }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Checks what was given against the parameters: each once, none unknown, every one in its range. */
export function readValues(parameters: readonly Parameter[], given: Values): ReadValues {
  const problems = Object.keys(given)
    .filter((name) => !parameters.some((p) => p.name === name))
    .map((name) => `no parameter is called \`${name}\``);
  const values: Record<string, string> = {};
  for (const parameter of parameters) {
    const value = Object.hasOwn(given, parameter.name) ? given[parameter.name] : undefined;
    const why = value === undefined ? "is missing" : objectionTo(parameter, value);
    if (why !== null) problems.push(`\`${parameter.name}\` ${why}`);
    else values[parameter.name] = value ?? "";
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, values };
}

function objectionTo(parameter: Parameter, value: string): string | null {
  if (parameter.type === "choice")
    return parameter.values.includes(value) ? null : `is none of ${parameter.values.join(", ")}`;
  if (parameter.type === "name")
    return VALUE.test(value) && value.length <= parameter.maxLength
      ? null
      : `is no name of at most ${parameter.maxLength} letters, digits and \`._:/@-\``;
  const { min, max } = parameter;
  const number = /^(?:0|-?[1-9]\d{0,15})$/.test(value) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? null : `is no whole number from ${min} to ${max}`;
}

/** The command with its placeholders replaced, whole argument for whole argument. */
export function filledCommand({ argv, timeoutMs }: Command, values: Values): Command {
  const filled = argv.map((argument) => {
    const name = placeholderIn(argument);
    return name !== null && Object.hasOwn(values, name) ? (values[name] ?? argument) : argument;
  });
  return { argv: filled, timeoutMs };
}
