// SPDX-License-Identifier: Apache-2.0
/** Fields of the front matter. What is left out is no problem here: the lint says what a document lacks. */
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
import { LIMITS } from "./document.ts";

export type At = { readonly r: Reader; readonly raw: Raw; readonly path: Path };

/** A template writes its questions after this word. */
export const QUESTION = "FILL";

/** Left out, or a question of the template that is still open, which the lint finds by itself. */
const isOpen = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === "string" && value.startsWith(QUESTION));

const invalid = (r: Reader, path: Path, message: string, help: string): void =>
  report(r, "FIELD_INVALID", path, message, help);

/** A text, or a number or truth value as somebody forgot to quote it; `""` where it is left out. */
export function textAt({ r, raw, path }: At, field: string, max: number = LIMITS.text): string {
  return textOf(r, raw[field], [...path, field], max);
}

export function textOf(r: Reader, value: unknown, path: Path, max: number = LIMITS.text): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    invalid(r, path, `${nameOf(path)} is ${written(value)}, not a text`, "write a text");
    return "";
  }
  const text = String(value);
  if (!text.isWellFormed())
    invalid(r, path, `${nameOf(path)} holds half a character`, "write the character out");
  if (text.length <= max) return text.trim();
  report(
    r,
    "TOO_LARGE",
    path,
    `${nameOf(path)} is longer than ${max} characters`,
    "write it shorter, or move prose below the front matter",
  );
  return "";
}

const nameOf = (path: Path): string => `\`${path[path.length - 1] ?? "it"}\``;

/** A list of texts; one text stands for a list of one. */
export function textsAt(
  at: At,
  field: string,
  limits: { max: number; each?: number },
): readonly string[] {
  const value = at.raw[field];
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : [value];
  const path = [...at.path, field];
  if (items.length > limits.max) {
    const message = `${nameOf(path)} has more than ${limits.max} items`;
    report(at.r, "TOO_MANY", path, message, "split the document");
    return [];
  }
  return items.map((item, i) =>
    textOf(at.r, item, Array.isArray(value) ? [...path, i] : path, limits.each),
  );
}

/** `null` where it is left out. */
export function wholeAt({ r, raw, path }: At, field: string, least = 0): number | null {
  const value = raw[field];
  if (isOpen(value)) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  const at = [...path, field];
  invalid(
    r,
    at,
    `${nameOf(at)} is \`${written(value)}\``,
    `write a whole number of at least ${least}`,
  );
  return null;
}

export function flagAt({ r, raw, path }: At, field: string): boolean | null {
  const value = raw[field];
  if (isOpen(value)) return null;
  if (typeof value === "boolean") return value;
  const at = [...path, field];
  invalid(r, at, `${nameOf(at)} is \`${written(value)}\``, "write `true` or `false`");
  return null;
}

export function durationAt({ r, raw, path }: At, field: string, maxMs: number): number | null {
  const value = raw[field];
  if (isOpen(value)) return null;
  const ms = durationMs(value);
  if (ms !== null && ms > 0 && ms <= maxMs) return ms;
  const at = [...path, field];
  const help = `write a duration such as \`90s\`, \`15m\` or \`2h\`, at most ${maxMs / 60_000} minutes`;
  invalid(r, at, `${nameOf(at)} is \`${written(value)}\``, help);
  return null;
}

export function shareAt({ r, raw, path }: At, field: string): number | null {
  const value = raw[field];
  if (isOpen(value)) return null;
  const ppm = sharePpm(value);
  if (ppm !== null) return ppm;
  const at = [...path, field];
  invalid(r, at, `${nameOf(at)} is \`${written(value)}\``, "write a share such as `2.5%`");
  return null;
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A day as `2026-03-01`: its beginning in UTC, in milliseconds since 1970. */
export function dayAt({ r, raw, path }: At, field: string): number | null {
  const value = raw[field];
  if (isOpen(value)) return null;
  const [, y, m, d] = DAY.exec(String(value).trim()) ?? [];
  const ms = y === undefined ? Number.NaN : Date.UTC(Number(y), Number(m) - 1, Number(d));
  if (Number.isFinite(ms) && new Date(ms).toISOString().startsWith(String(value).trim())) return ms;
  const at = [...path, field];
  invalid(r, at, `${nameOf(at)} is \`${written(value)}\``, "write the day as `2026-03-01`");
  return null;
}

export function choiceAt<T extends string>(
  { r, raw, path }: At,
  field: string,
  known: readonly T[],
): T | null {
  const value = raw[field];
  const found = known.find((k) => k === value);
  if (found !== undefined) return found;
  if (value === undefined || value === null)
    report(r, "FIELD_MISSING", path, `\`${field}\` is missing`, `one of ${known.join(", ")}`);
  else
    invalid(
      r,
      [...path, field],
      `\`${field}\` is \`${written(value)}\``,
      didYouMean(written(value), known),
    );
  return null;
}

/** A mapping of known fields; `null` where it is left out or is something else. */
export function mappingAt(
  { r, raw, path }: At,
  field: string,
  known: readonly string[],
): At | null {
  return mappingOf(r, raw[field], [...path, field], known);
}

export function mappingOf(
  r: Reader,
  value: unknown,
  path: Path,
  known: readonly string[],
): At | null {
  if (value === undefined || value === null) return null;
  if (!isRaw(value)) {
    invalid(
      r,
      path,
      `${nameOf(path)} is ${written(value)}, not a mapping`,
      `write ${known.slice(0, 4).join(":, ")}: below it`,
    );
    return null;
  }
  allowFields(r, value, path, known);
  return { r, raw: value, path };
}

/** The items of a list with their paths; a longer one than `max` is a problem and gives none. */
export function itemsAt(
  { r, raw, path }: At,
  field: string,
  max: number,
): readonly { readonly value: unknown; readonly path: Path }[] {
  const value = raw[field];
  if (value === undefined || value === null) return [];
  const at = [...path, field];
  if (!Array.isArray(value)) {
    invalid(r, at, `${nameOf(at)} is ${written(value)}, not a list`, "write each item after a `-`");
    return [];
  }
  if (value.length > max) {
    report(r, "TOO_MANY", at, `${nameOf(at)} has more than ${max} items`, "split the document");
    return [];
  }
  return value.map((item: unknown, i) => ({ value: item, path: [...at, i] }));
}
