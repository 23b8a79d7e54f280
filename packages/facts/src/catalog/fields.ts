// SPDX-License-Identifier: Apache-2.0
/** Reading the fields of the catalog: what is not understood is refused with its place. */
import { GateError } from "@interlock/core";

export type Raw = Readonly<Record<string, unknown>>;

/** Where a field stands: the file, and the entry in it. */
export type At = { readonly name: string; readonly at: string };

export function fail(name: string, message: string, help: string): never {
  throw new GateError("INPUT_INVALID", `${name}: ${message}`, help);
}

export function allow(raw: Raw, fields: readonly string[], { name, at }: At): void {
  for (const field of Object.keys(raw))
    if (!fields.includes(field))
      fail(
        name,
        `${at}: no field \`${field}\` is known here`,
        `known fields: ${fields.join(", ")}`,
      );
}

export function listOf(raw: Raw, field: string, name: string): readonly Raw[] {
  const value = raw[field] ?? [];
  if (!Array.isArray(value) || !value.every(isRaw))
    fail(
      name,
      `\`${field}\` is not a list of mappings`,
      `write \`${field}:\` and one \`- id: …\` an entry`,
    );
  return value as readonly Raw[]; // just checked
}

export const isRaw = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value)
    ? value.filter((v) => typeof v === "string" || typeof v === "number").map(String)
    : [];
}

export function text1(raw: Raw, field: string, { name, at }: At): string {
  const value = raw[field];
  if (typeof value === "string" && value !== "") return value;
  return fail(name, `${at} has no \`${field}\``, `add \`${field}\``);
}

/** Throws GateError: a term that is written but not understood would be a contract that binds nobody. */
export function optionalText(raw: Raw, field: string, { name, at }: At): string | null {
  const value = raw[field];
  if (value === undefined) return null;
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number") return String(value);
  return fail(name, `${at}.${field}: \`${JSON.stringify(value)}\` is no text`, "quote it");
}

/** A text or a list of scalars, as texts; `null` when the field is not there. */
export function optionalTexts(raw: Raw, field: string, { name, at }: At): readonly string[] | null {
  const value = raw[field];
  if (value === undefined) return null;
  const items = Array.isArray(value) ? value : [value];
  if (items.every((v) => ["string", "number", "boolean"].includes(typeof v)))
    return items.map(String);
  return fail(
    name,
    `${at}.${field}: \`${JSON.stringify(value)}\` is no list of texts`,
    "write a list of texts, quoted where they look like something else",
  );
}

export function optionalBool(raw: Raw, field: string, { name, at }: At): boolean {
  const value = raw[field];
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  return fail(name, `${at}.${field}: \`${String(value)}\` is no switch`, "write true or false");
}

export function optionalCount(raw: Raw, field: string, { name, at }: At): number | null {
  const value = raw[field];
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return fail(name, `${at}.${field}: \`${String(value)}\` is no count`, "write a whole number");
}

/** `12%`, `0.5%` or `0.12` as parts per million; `most` bounds it. */
export function optionalShare(
  raw: Raw,
  field: string,
  { name, at }: At,
  most: number,
): number | null {
  const value = raw[field];
  if (value === undefined) return null;
  const match = /^(\d{1,4})(?:\.(\d{1,4}))?\s*%$/.exec(String(value));
  const ppm =
    match !== null
      ? Number(match[1]) * 10_000 + Number((match[2] ?? "").padEnd(4, "0"))
      : Math.round(Number(value) * 1_000_000);
  if (Number.isSafeInteger(ppm) && ppm >= 0 && ppm <= most) return ppm;
  return fail(
    name,
    `${at}: the ${words(field)} \`${String(value)}\` is no share`,
    "write a percentage such as `12%`",
  );
}

const words = (field: string): string => field.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
