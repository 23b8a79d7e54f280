// SPDX-License-Identifier: Apache-2.0
/** Fields of a description, each with its form and its limit. */
import type { Json } from "@interlock/digest";
import {
  allowFields,
  didYouMean,
  durationMs,
  isRaw,
  type Path,
  type Raw,
  type Reader,
  report,
  sharePpm,
  written,
} from "@interlock/policy";

/** What a value holds at most; whoever needs more has several descriptions. */
export const LIMITS = {
  targets: 100,
  systems: 1_000,
  cells: 1_000,
  configSets: 500,
  signals: 5_000,
  files: 50,
  invariants: 100,
  references: 50,
  fields: 100,
  arguments: 50,
  name: 80,
  text: 500,
  path: 400,
  settingsBytes: 20_000,
  schemaBytes: 50_000,
  keys: 10_000,
  valueBytes: 1 << 20,
  ordersPerMinute: 100_000_000,
  emergencyKeys: 20,
  emergencyCells: 50,
  emergencyBakeMs: 86_400_000,
} as const;

const DAY_MS = 86_400_000;
/** A mapping of the file with the path that leads to it. */
export type At = { readonly r: Reader; readonly raw: Raw; readonly path: Path };

const NAME = /^[a-z0-9][a-z0-9._-]*$/;

function wrong({ r, path }: At, field: string, message: string, help: string): void {
  report(r, "FIELD_INVALID", [...path, field], message, help);
}

function missing({ r, path }: At, field: string): void {
  report(r, "FIELD_MISSING", path, `\`${field}\` is missing`, `add \`${field}:\``);
}

/** A text of at most so many characters; of one that is missing or wrong, nothing. */
export function textAt(at: At, field: string, max: number = LIMITS.text): string {
  const value = at.raw[field];
  if (value === undefined) missing(at, field);
  else if (typeof value !== "string" || value.trim() === "")
    wrong(
      at,
      field,
      `\`${field}\` is not a text`,
      "write a text; quote it if it looks like a number",
    );
  else if (value.length > max)
    wrong(at, field, `\`${field}\` is longer than ${max} characters`, "shorten it");
  else return value;
  return "";
}

/** A name by which other parts of the file refer to it. */
export function nameAt(at: At, field: string): string {
  const name = textAt(at, field, LIMITS.name);
  if (name !== "" && !NAME.test(name))
    wrong(
      at,
      field,
      `\`${written(name)}\` is no name`,
      "write lower-case letters, digits, `.`, `_` and `-`, a letter or digit first",
    );
  return name;
}

type Range = { readonly least: number; readonly most: number; readonly otherwise?: number };

export function countAt(at: At, field: string, { least, most, otherwise }: Range): number {
  const value = at.raw[field];
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (value === undefined) missing(at, field);
  else if (
    typeof value !== "number" ||
    !Number.isSafeInteger(value) ||
    value < least ||
    value > most
  )
    wrong(
      at,
      field,
      `\`${field}\` is \`${written(value)}\`, which is no whole number from ${least} to ${most}`,
      `write a whole number, for example ${Math.max(least, otherwise ?? least)}`,
    );
  else return value;
  return otherwise ?? least;
}

/** A number that may have a fraction, as limits of shifts have. */
export function numberAt(at: At, field: string): number | undefined {
  const value = at.raw[field];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  wrong(
    at,
    field,
    `\`${field}\` is \`${written(value)}\`, which is no number of at least 0`,
    "write a number, for example 1.5",
  );
  return undefined;
}

/** A duration such as `10m`, of at most 30 days. */
export function durationAt(at: At, field: string): number {
  const value = at.raw[field];
  const ms = durationMs(value);
  if (value === undefined) missing(at, field);
  else if (ms === null || ms > 30 * DAY_MS)
    wrong(
      at,
      field,
      `\`${field}\` is \`${written(value)}\`, which is no time of at most 30d`,
      "write a number and a unit, such as `30s`, `10m`, `2h`",
    );
  else return ms;
  return 0;
}

/** A share such as `12.5%`, in parts per million. */
export function shareAt(at: At, field: string, otherwise?: number): number {
  const value = at.raw[field];
  const ppm = sharePpm(value);
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (value === undefined) missing(at, field);
  else if (ppm === null)
    wrong(
      at,
      field,
      `\`${field}\` is \`${written(value)}\`, which is no share`,
      "write a percentage of at most four decimals, such as `12.5%`",
    );
  else return ppm;
  return otherwise ?? 0;
}

/** One of some words. */
export function wordAt<T extends string>(at: At, field: string, words: readonly T[]): T | null {
  const value = at.raw[field];
  if (value === undefined) {
    missing(at, field);
    return null;
  }
  const found = words.find((word) => word === value);
  if (found === undefined)
    wrong(at, field, `\`${field}\` is \`${written(value)}\``, didYouMean(written(value), words));
  return found ?? null;
}

/** The mappings of a list, each with its path; what is no mapping is reported. */
export function itemsAt(at: At, field: string, most: number): readonly At[] {
  const value = at.raw[field];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    wrong(at, field, `\`${field}\` is no list`, `write \`${field}:\` and then one \`- \` an item`);
    return [];
  }
  if (value.length > most) {
    report(
      at.r,
      "TOO_MANY",
      [...at.path, field],
      `more than ${most} items in \`${field}\``,
      "split it",
    );
    return [];
  }
  return value.flatMap((raw: unknown, i) => {
    const path = [...at.path, field, i];
    if (isRaw(raw)) return [{ r: at.r, raw, path }];
    report(
      at.r,
      "FIELD_INVALID",
      path,
      `an item of \`${field}\` is a mapping`,
      "write `- name: …`",
    );
    return [];
  });
}

/** The mapping in a field, with no fields but the known ones. */
export function mappingAt(at: At, field: string, known: readonly string[]): At | null {
  const value = at.raw[field];
  if (value === undefined) return null;
  if (!isRaw(value)) {
    wrong(
      at,
      field,
      `\`${field}\` is no mapping`,
      `give it ${known.map((k) => `\`${k}\``).join(", ")}`,
    );
    return null;
  }
  const below = { r: at.r, raw: value, path: [...at.path, field] };
  allowFields(at.r, value, below.path, known);
  return below;
}

/** What was read from YAML is JSON but for numbers that are none: `.inf`, `.nan` and large integers. */
export function jsonAt(at: At, field: string, maxBytes: number): Json | undefined {
  const value = at.raw[field];
  if (value === undefined) return undefined;
  if (!isJson(value)) {
    wrong(
      at,
      field,
      `\`${field}\` holds a number or half a character that JSON does not have`,
      "write finite numbers, and large ones as texts",
    );
    return undefined;
  }
  if (JSON.stringify(value).length > maxBytes) {
    wrong(at, field, `\`${field}\` is larger than ${maxBytes} bytes`, "shorten it");
    return undefined;
  }
  return value;
}

/** Depth is limited by the reader of the file. */
function isJson(value: unknown): value is Json {
  if (typeof value === "number")
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (typeof value === "string") return !/\p{Cs}/u.test(value);
  if (value === null || typeof value === "boolean") return true;
  if (Array.isArray(value)) return value.every(isJson);
  return isRaw(value) && Object.values(value).every(isJson);
}

/** Refuses the second of two things of one name. */
export function refuseTwice(items: readonly At[], field: string, what: string): void {
  const seen = new Set<string>();
  for (const at of items) {
    const name = at.raw[field];
    if (typeof name !== "string") continue;
    if (seen.has(name))
      report(
        at.r,
        "DUPLICATE",
        [...at.path, field],
        `a ${what} \`${written(name)}\` exists already`,
        "give it another name",
      );
    seen.add(name);
  }
}

/** A name of something that stands elsewhere in the file. */
export function refusedUnknown(
  at: At,
  field: string,
  known: readonly string[],
  what: string,
): void {
  const name = at.raw[field];
  if (typeof name !== "string" || name === "" || known.includes(name)) return;
  report(
    at.r,
    "NAME_UNKNOWN",
    [...at.path, field],
    `no ${what} is called \`${written(name)}\``,
    known.length === 0 ? `describe a ${what} of that name` : didYouMean(name, known),
  );
}

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

/** A JSON pointer; empty for the whole value. */
export function pointerAt(at: At, field: string): string {
  const value = at.raw[field];
  if (value === "") return "";
  const pointer = textAt(at, field, LIMITS.path);
  if (pointer !== "" && !POINTER.test(pointer))
    report(
      at.r,
      "FIELD_INVALID",
      [...at.path, field],
      `\`${pointer}\` is no JSON pointer`,
      "write `/field` or `/list/*/field`",
    );
  return pointer;
}
