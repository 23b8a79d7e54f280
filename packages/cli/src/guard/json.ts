// SPDX-License-Identifier: Apache-2.0
/**
 * JSON (RFC 8259) read without loss: numbers keep their digits, and a text that two readers could read
 * differently (a key named twice, half a character) is refused. by (PX3)
 */

/** A number as it was written. */
export type Numeral = { readonly digits: string };
export type Lossless =
  | null
  | boolean
  | string
  | Numeral
  | readonly Lossless[]
  | ReadonlyMap<string, Lossless>;

export type LosslessRead =
  | { readonly ok: true; readonly value: Lossless }
  | { readonly ok: false; readonly because: string };

const DEPTH_MAX = 64;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;

export const isObject = (value: Lossless | undefined): value is ReadonlyMap<string, Lossless> =>
  value instanceof Map;
export const isNumeral = (value: Lossless | undefined): value is Numeral =>
  typeof value === "object" && value !== null && "digits" in value;

/** Carries why a text is no such JSON out of the walk; never leaves `readLossless`. */
class Unfit extends Error {}

/** Reads bytes in UTF-8 without a byte order mark. */
export function readLossless(bytes: Uint8Array): LosslessRead {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const at = { text, index: 0 };
    const value = readValue(at, 0);
    skip(at);
    return at.index === text.length ? { ok: true, value } : no(at, "something follows the value");
  } catch (error) {
    if (error instanceof Unfit) return { ok: false, because: error.message };
    if (error instanceof TypeError) return { ok: false, because: "it is not UTF-8" };
    throw error;
  }
}

type At = { readonly text: string; index: number };

const no = (at: At, why: string): LosslessRead => ({
  ok: false,
  because: `${why} at character ${at.index}`,
});

function fail(at: At, why: string): never {
  throw new Unfit(`${why} at character ${at.index}`);
}

function match(at: At, pattern: RegExp): string | null {
  pattern.lastIndex = at.index;
  const found = pattern.exec(at.text)?.[0];
  if (found === undefined) return null;
  at.index += found.length;
  return found;
}

const skip = (at: At): string | null => match(at, SPACE);

function readValue(at: At, depth: number): Lossless {
  if (depth > DEPTH_MAX) fail(at, `deeper than ${DEPTH_MAX} levels`);
  skip(at);
  switch (at.text[at.index]) {
    case "{":
      return objectOf(at, depth);
    case "[":
      return listOf(at, depth);
    case '"':
      return textOf(at);
    case "t":
      return word(at, "true", true);
    case "f":
      return word(at, "false", false);
    case "n":
      return word(at, "null", null);
    default:
      return { digits: match(at, NUMBER) ?? fail(at, "no value") };
  }
}

function word(at: At, name: string, value: boolean | null): boolean | null {
  if (!at.text.startsWith(name, at.index)) fail(at, "no value");
  at.index += name.length;
  return value;
}

function textOf(at: At): string {
  if (at.text[at.index] !== '"') return fail(at, "no text");
  let end = at.index + 1;
  while (end < at.text.length && at.text[end] !== '"') end += at.text[end] === "\\" ? 2 : 1;
  try {
    const text: unknown = JSON.parse(at.text.slice(at.index, end + 1));
    if (typeof text !== "string" || !text.isWellFormed()) return fail(at, "half a character");
    at.index = end + 1;
    return text;
  } catch (error) {
    if (error instanceof SyntaxError)
      return fail(at, "a text that does not end or has odd characters");
    throw error;
  }
}

function objectOf(at: At, depth: number): Lossless {
  const members = new Map<string, Lossless>();
  at.index++;
  skip(at);
  if (taken(at, "}")) return members;
  for (;;) {
    skip(at);
    const name = textOf(at);
    if (members.has(name)) fail(at, "a key that is named twice");
    skip(at);
    if (!taken(at, ":")) fail(at, "no `:`");
    members.set(name, readValue(at, depth + 1));
    skip(at);
    if (taken(at, "}")) return members;
    if (!taken(at, ",")) fail(at, "no `,` and no `}`");
  }
}

function listOf(at: At, depth: number): Lossless {
  const items: Lossless[] = [];
  at.index++;
  skip(at);
  if (taken(at, "]")) return items;
  for (;;) {
    items.push(readValue(at, depth + 1));
    skip(at);
    if (taken(at, "]")) return items;
    if (!taken(at, ",")) fail(at, "no `,` and no `]`");
  }
}

function taken(at: At, character: string): boolean {
  if (at.text[at.index] !== character) return false;
  at.index++;
  return true;
}

/**
 * The one way in which the guard writes a value: members sorted by UTF-16 units, two spaces, digits as
 * they were. Two texts are written alike exactly when they differ in nothing but space, order of
 * members and escapes.
 */
export const writeLossless = (value: Lossless): string => `${written(value, "")}\n`;

function written(value: Lossless, indent: string): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (isNumeral(value)) return value.digits;
  const inner = `${indent}  `;
  if (isObject(value)) {
    const names = [...value.keys()].sort();
    if (names.length === 0) return "{}";
    const lines = names.map(
      (name) => `${inner}${JSON.stringify(name)}: ${written(value.get(name) ?? null, inner)}`,
    );
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  if (value.length === 0) return "[]";
  return `[\n${value.map((item) => `${inner}${written(item, inner)}`).join(",\n")}\n${indent}]`;
}

/**
 * The value with each numeral in one form for each number: an engine that writes `1.50` as `1.5` keeps
 * what it was given.
 */
export function byValue(value: Lossless): Lossless {
  if (isNumeral(value)) return { digits: numberForm(value.digits) };
  if (isObject(value)) return new Map([...value].map(([name, inner]) => [name, byValue(inner)]));
  return Array.isArray(value) ? value.map(byValue) : value;
}

/** Digits without zeros at either end, and the power of ten behind them. */
function numberForm(written: string): string {
  const [, sign = "", whole = "", part = "", power = "0"] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]\+?(-?[0-9]+))?$/.exec(written) ?? [];
  const digits = `${whole}${part}`.replace(/^0+/, "");
  const short = withoutLastZeros(digits);
  if (short === "") return "0";
  const exponent = BigInt(power) - BigInt(part.length) + BigInt(digits.length - short.length);
  return `${sign}${short}e${exponent}`;
}

function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}
