// SPDX-License-Identifier: Apache-2.0

import { FORMATS, type Format } from "../config/types.ts";
import { isPattern } from "../contracts/pattern.ts";
import { parsePointer } from "../contracts/pointer.ts";
import { versionOf } from "../contracts/version.ts";
import { quantityOf } from "../settings/quantity.ts";
import type { Agreement, Bound, Contract, Place, Reader } from "./contract.ts";
import {
  type At,
  allow,
  arrayOf,
  fail,
  isRaw,
  optionalBool,
  optionalCount,
  optionalShare,
  optionalText,
  optionalTexts,
  type Raw,
  text1,
} from "./fields.ts";

const FIELDS = [
  "id",
  "title",
  "system",
  "path",
  "format",
  "pointer",
  "when",
  "required",
  "noBlank",
  "type",
  "min",
  "max",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minBytes",
  "maxBytes",
  "values",
  "enum",
  "pattern",
  "keys",
  "keyPattern",
  "unique",
  "sorted",
  "sortedBy",
  "contains",
  "excludes",
  "equal",
  "minVersion",
  "maxVersion",
  "fixed",
  "maxGrowth",
  "maxShrink",
  "existsIn",
  "mustMatch",
  "mustNotMatch",
  "readBy",
];

export const TYPES = ["string", "int", "decimal", "number", "bool", "null", "list", "map"];
/** A list may grow a hundredfold between two versions at most before nobody means a limit by it. */
const GROWTH_MAX_PPM = 100_000_000;

/** Reads one contract; throws GateError INPUT_INVALID for a term that it does not understand. */
export function readContract(raw: Raw, at: At): Contract {
  allow(raw, FIELDS, at);
  return {
    ...whatItBinds(raw, at),
    ...termsOfValues(raw, at),
    ...termsOfMembers(raw, at),
    ...termsOfVersions(raw, at),
    mustMatch: patterns(raw, "mustMatch", at),
    mustNotMatch: patterns(raw, "mustNotMatch", at),
    readBy: arrayOf(typeof raw["readBy"] === "string" ? [raw["readBy"]] : raw["readBy"]).map((r) =>
      readerOf(r, at),
    ),
  };
}

function whatItBinds(raw: Raw, at: At) {
  return {
    id: text1(raw, "id", at),
    title: optionalText(raw, "title", at) ?? "",
    system: optionalText(raw, "system", at) ?? "",
    path: text1(raw, "path", at),
    format: formatOf(raw, at),
    pointer: pointerOf(raw["pointer"] ?? "", "pointer", at),
    when: conditionOf(raw["when"], at),
  };
}

function formatOf(raw: Raw, at: At): Format | null {
  const format = optionalText(raw, "format", at);
  if (format !== null && !FORMATS.includes(format as Format))
    fail(
      at.name,
      `${at.at}.format: \`${format}\` is no format`,
      `write one of ${FORMATS.join(", ")}`,
    );
  return format as Format | null; // just checked
}

function conditionOf(raw: unknown, at: At): Contract["when"] {
  if (raw === undefined) return null;
  if (!isRaw(raw))
    return fail(
      at.name,
      `${at.at}.when is no mapping`,
      "write `when: {pointer: /kind, is: Deployment}`",
    );
  allow(raw, ["pointer", "is"], { ...at, at: `${at.at}.when` });
  return {
    pointer: pointerOf(raw["pointer"], "when.pointer", at),
    is: optionalTexts(raw, "is", at) ?? fail(at.name, `${at.at}.when has no \`is\``, "add `is`"),
  };
}

function termsOfValues(raw: Raw, at: At) {
  const types = optionalTexts(raw, "type", at) ?? [];
  const odd = types.find((t) => !TYPES.includes(t));
  if (odd !== undefined)
    fail(at.name, `${at.at}.type: \`${odd}\` is no type`, `write one of ${TYPES.join(", ")}`);
  return {
    required: (optionalTexts(raw, "required", at) ?? []).map((r) =>
      pointerOf(
        r.startsWith("/") ? r : `/${r.replace(/~/g, "~0").replace(/\//g, "~1")}`,
        "required",
        at,
      ),
    ),
    noBlank: optionalBool(raw, "noBlank", at),
    types,
    min: boundOf(raw["min"], "min", at),
    max: boundOf(raw["max"], "max", at),
    minLength: optionalCount(raw, "minLength", at),
    maxLength: optionalCount(raw, "maxLength", at),
    values: optionalTexts(raw, raw["values"] === undefined ? "enum" : "values", at),
    pattern: patterns(raw, "pattern", at)[0] ?? null,
    fixed: optionalBool(raw, "fixed", at),
    existsIn: raw["existsIn"] === undefined ? null : placeOf(raw["existsIn"], "existsIn", at),
  };
}

function termsOfMembers(raw: Raw, at: At) {
  const sorted = optionalText(raw, "sorted", at);
  if (sorted !== null && sorted !== "ascending" && sorted !== "descending")
    fail(at.name, `${at.at}.sorted: \`${sorted}\` is no order`, "write ascending or descending");
  return {
    minItems: optionalCount(raw, "minItems", at),
    maxItems: optionalCount(raw, "maxItems", at),
    minBytes: optionalCount(raw, "minBytes", at),
    maxBytes: optionalCount(raw, "maxBytes", at),
    keys: optionalTexts(raw, "keys", at),
    keyPattern: patterns(raw, "keyPattern", at)[0] ?? null,
    unique:
      raw["unique"] === true || raw["unique"] === false
        ? raw["unique"]
          ? []
          : null
        : optionalTexts(raw, "unique", at),
    sorted: sorted as Contract["sorted"], // just checked
    sortedBy: pointerOf(raw["sortedBy"] ?? "", "sortedBy", at),
    contains: optionalTexts(raw, "contains", at) ?? [],
    excludes: optionalTexts(raw, "excludes", at) ?? [],
    maxGrowthPpm: optionalShare(raw, "maxGrowth", at, GROWTH_MAX_PPM),
    maxShrinkPpm: optionalShare(raw, "maxShrink", at, 1_000_000),
  };
}

function termsOfVersions(raw: Raw, at: At) {
  const equal = raw["equal"] === true ? "all" : optionalText(raw, "equal", at);
  if (equal !== null && !["all", "major", "minor"].includes(equal))
    fail(at.name, `${at.at}.equal: \`${equal}\` is unknown`, "write true, major or minor");
  return {
    equal: equal as Agreement | null, // just checked
    minVersion: versionText(raw["minVersion"], "minVersion", at),
    maxVersion: versionText(raw["maxVersion"], "maxVersion", at),
  };
}

function pointerOf(value: unknown, field: string, at: At): string {
  if (typeof value === "string" && parsePointer(value) !== null) return value;
  return fail(
    at.name,
    `${at.at}.${field}: \`${String(value)}\` is no pointer`,
    "begin each step with `/`, such as `/servers/*/port`",
  );
}

function patterns(raw: Raw, field: string, at: At): readonly string[] {
  const given = optionalTexts(raw, field, at) ?? [];
  const bad = given.find((p) => !isPattern(p));
  if (bad !== undefined)
    fail(
      at.name,
      `${at.at}.${field}: \`${bad}\` is no regular expression of RE2`,
      "see https://github.com/google/re2/wiki/Syntax; look-around and back-references do not exist there",
    );
  return given;
}

function boundOf(raw: unknown, field: string, at: At): Bound | null {
  if (raw === undefined || raw === null) return null;
  if (isRaw(raw)) return { kind: "place", place: placeOf(raw, field, at) };
  const quantity = quantityOf(String(raw));
  if (quantity !== null) return { kind: "quantity", text: String(raw), ...quantity };
  return fail(
    at.name,
    `${at.at}.${field}: \`${String(raw)}\` is no number in range`,
    "write a number below nine billion, one with a unit such as `30s`, or the place of one as {path, pointer}",
  );
}

function placeOf(raw: unknown, field: string, at: At): Place {
  const inner = { ...at, at: `${at.at}.${field}` };
  if (!isRaw(raw))
    return fail(
      at.name,
      `${inner.at} is no mapping`,
      `write \`${field}: {path: hosts.yaml, pointer: /hosts/*}\``,
    );
  allow(raw, ["path", "format", "pointer", "keys"], inner);
  return {
    path: optionalText(raw, "path", inner),
    format: formatOf(raw, inner),
    pointer: pointerOf(raw["pointer"] ?? "", "pointer", inner),
    keys: optionalBool(raw, "keys", inner),
  };
}

function versionText(value: unknown, field: string, at: At): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number" && versionOf(String(value)) !== null) return String(value);
  return fail(
    at.name,
    `${at.at}.${field}: \`${String(value)}\` is no version`,
    'write it in quotes, such as `"1.24"`; as a number 1.20 would read as 1.2',
  );
}

function readerOf(raw: unknown, at: At): Reader {
  if (typeof raw === "string" && raw !== "") return { system: raw, minVersion: null };
  if (!isRaw(raw))
    return fail(
      at.name,
      `${at.at}.readBy: a reader is a system or a mapping`,
      "write `readBy: [web]`",
    );
  const inner = { ...at, at: `${at.at}.readBy` };
  allow(raw, ["system", "minVersion"], inner);
  return {
    system: text1(raw, "system", inner),
    minVersion: versionText(raw["minVersion"], "readBy.minVersion", at),
  };
}
