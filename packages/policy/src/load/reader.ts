// SPDX-License-Identifier: Apache-2.0
import type { Problem, ProblemCode } from "../problem.ts";
import { didYouMean } from "../suggest.ts";
import type { Path, Source } from "./source.ts";

export type Raw = Readonly<Record<string, unknown>>;

/** Reads fields of a YAML mapping and collects every problem instead of stopping at the first. */
export type Reader = {
  readonly source: Source;
  readonly problems: Problem[];
};

/** What is wrong with the file itself comes first in `problems`, which several readers may share. */
export function reader(source: Source, problems: Problem[] = []): Reader {
  problems.push(...source.problems);
  return { source, problems };
}

export function report(
  r: Reader,
  code: ProblemCode,
  path: Path,
  message: string,
  help: string,
): void {
  r.problems.push(r.source.problem(code, path, message, help));
}

/** A value as a message shows it: texts and numbers as they are, anything else by its kind. */
export function written(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  return String(value).replace(/\s+/g, " ").slice(0, 200);
}

export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One that nobody reads to the end; the first already keep the policy from loading. */
const UNKNOWN_TOLD_MAX = 50;

/** Refuses fields that nobody defined: a mistyped one would silently decide nothing. */
export function allowFields(r: Reader, raw: Raw, path: Path, known: readonly string[]): void {
  const odd = Object.keys(raw).filter((field) => !known.includes(field));
  for (const field of odd.slice(0, UNKNOWN_TOLD_MAX))
    r.problems.push(
      r.source.problemAtKey(
        "FIELD_UNKNOWN",
        [...path, field],
        `no field \`${field}\` is known here`,
        didYouMean(field, known),
      ),
    );
}

export function textField(
  r: Reader,
  raw: Raw,
  path: Path,
  field: string,
  fallback?: string,
): string {
  const value = raw[field];
  if (typeof value === "string" && value.trim() !== "") return value;
  if (value === undefined && fallback !== undefined) return fallback;
  if (value === undefined)
    report(r, "FIELD_MISSING", path, `\`${field}\` is missing`, `add \`${field}:\``);
  else
    report(
      r,
      "FIELD_INVALID",
      [...path, field],
      `\`${field}\` is not a text`,
      "write a text; quote it if it looks like a number",
    );
  return fallback ?? "";
}

export function countField(
  r: Reader,
  raw: Raw,
  path: Path,
  field: string,
  fallback: number,
  least = 0,
): number {
  const value = raw[field];
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  report(
    r,
    "FIELD_INVALID",
    [...path, field],
    `\`${field}\` is \`${written(value)}\`, which is no whole number of at least ${least}`,
    `write a whole number, for example ${Math.max(least, fallback)}`,
  );
  return fallback;
}

export function oneOf<T extends string>(
  r: Reader,
  raw: Raw,
  path: Path,
  field: string,
  allowed: { readonly values: readonly T[]; readonly fallback: T },
): T {
  const value = raw[field];
  if (value === undefined) return allowed.fallback;
  const found = allowed.values.find((v) => v === String(value));
  if (found !== undefined) return found;
  report(
    r,
    "FIELD_INVALID",
    [...path, field],
    `\`${field}\` is \`${written(value)}\``,
    didYouMean(String(value), allowed.values),
  );
  return allowed.fallback;
}

export function yesField(r: Reader, raw: Raw, path: Path, field: string): boolean {
  const value = raw[field];
  if (typeof value === "boolean" || value === undefined) return value === true;
  const message = `\`${field}\` is neither true nor false`;
  report(r, "FIELD_INVALID", [...path, field], message, `write \`${field}: true\``);
  return false;
}

export function textsField(r: Reader, raw: Raw, path: Path, field: string): readonly string[] {
  return textsOf(r, raw[field], [...path, field]);
}

export function textsOf(r: Reader, value: unknown, path: Path): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((v) => typeof v === "string")) return value;
  report(r, "FIELD_INVALID", path, "expected a text or a list of texts", "write `[a, b]`");
  return [];
}
