// SPDX-License-Identifier: Apache-2.0
/** Strict reading of case files: a key or a value that nobody defined is an error, never ignored. */
import { type Unknown, unknown } from "@interlock/core";

export type Raw = Readonly<Record<string, unknown>>;

/** A case that cannot be read; the message names the place. */
export class CaseError extends Error {
  override readonly name = "CaseError";
  /** The key below that place that nobody defined. */
  readonly key: string | undefined;

  constructor(message: string, key?: string) {
    super(message);
    this.key = key;
  }
}

/** The mapping at `where`, which may have no other keys than the allowed ones. */
export function mapping(value: unknown, where: string, allowed: readonly string[]): Raw {
  const raw = anyMapping(value, where);
  for (const key of Object.keys(raw))
    if (!allowed.includes(key))
      throw new CaseError(
        `${where}: no key is called \`${key}\`; known: ${allowed.join(", ")}`,
        key,
      );
  return raw;
}

export function anyMapping(value: unknown, where: string): Raw {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Raw; // parsed YAML has text keys only
  throw new CaseError(`${where}: expected a mapping`);
}

export function items(value: unknown, where: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new CaseError(`${where}: expected a list`);
}

export function text(value: unknown, where: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new CaseError(`${where}: expected a text, got \`${JSON.stringify(value) ?? "nothing"}\``);
}

export const textOr = (value: unknown, where: string, fallback: string): string =>
  value === undefined ? fallback : text(value, where);

/** One text or a list of texts; nothing gives the fallback. */
export function texts(
  value: unknown,
  where: string,
  fallback: readonly string[] = [],
): readonly string[] {
  if (value === undefined) return fallback;
  return Array.isArray(value) ? value.map((v) => text(v, where)) : [text(value, where)];
}

export function whole(value: unknown, where: string, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new CaseError(`${where}: expected a whole number`);
}

export function yes(value: unknown, where: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw new CaseError(`${where}: expected true or false`);
}

export function oneOf<T extends string>(
  value: unknown,
  where: string,
  values: readonly T[],
  fallback?: T,
): T {
  if (value === undefined && fallback !== undefined) return fallback;
  const found = values.find((v) => v === value);
  if (found !== undefined) return found;
  throw new CaseError(`${where}: \`${String(value)}\` is none of ${values.join(", ")}`);
}

/** `c0ffee` stands for a whole digest; 64 digits stand for themselves. */
export function digest(value: unknown, where: string): string {
  const short = text(value, where);
  if (!/^[0-9a-f]{4,64}$/.test(short))
    throw new CaseError(`${where}: \`${short}\` is no short digest; write 4 to 64 of 0-9 and a-f`);
  return short.padEnd(64, "0");
}

/** Milliseconds since 1970 of `2030-05-02T09:00:00Z`. */
export function instant(value: unknown, where: string): number {
  const written = text(value, where);
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(written)
    ? Date.parse(written)
    : NaN;
  if (Number.isNaN(ms))
    throw new CaseError(`${where}: \`${written}\` is no time; write 2030-05-02T09:00:00Z`);
  return ms;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `30m`, `24h`, `90d`. */
export function duration(value: unknown, where: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text(value, where)) ?? [];
  const size = unit === undefined ? undefined : UNIT_MS[unit];
  if (size === undefined) throw new CaseError(`${where}: \`${value}\` is no duration; write 30m`);
  return Number(count) * size;
}

/** Parts per million of `1%` or `0.5%`. */
export function share(value: unknown, where: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text(value, where)) ?? [];
  if (percent === undefined) throw new CaseError(`${where}: \`${value}\` is no share; write 1%`);
  return Math.round(Number(percent) * 10_000);
}

/** A bare name is a person's mail account; whatever has a colon is an account as written. */
export const account = (value: unknown, where: string): string => {
  const name = text(value, where);
  return name.includes(":") ? name : `email:${name}@example.com`;
};

export const accounts = (value: unknown, where: string): readonly string[] =>
  texts(value, where).map((v) => account(v, where));

export const lost = (because: string): Unknown => unknown(because, "look where it was lost");
