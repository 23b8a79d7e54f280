// SPDX-License-Identifier: Apache-2.0
import { DigestError, type DigestErrorCode, shown } from "./error.ts";
import type { Json } from "./json.ts";
import { LONE_SURROGATE } from "./utf8.ts";

/** Deeper values are refused: a verifier in another language must not overflow its stack on ours. */
export const MAX_DEPTH = 256;

/** In UTF-16 code units. Bounds what a small value with shared parts can grow to when written out. */
export const MAX_CANONICAL_LENGTH = 1 << 26;

// Anything but printable ASCII that JSON leaves as it is; most texts have none, which halves the time.
const NEEDS_CARE = /[^ !#-[\]-~]/;

type Walk = {
  /** The containers around the current value, outermost first, and the key taken in each. */
  readonly inside: object[];
  readonly keys: (string | number)[];
  length: number;
};

/**
 * Writes a value as canonical JSON (RFC 8785): keys by UTF-16 code units, numbers and strings as
 * ECMAScript writes them, no white space. Throws `DigestError` for whatever is not I-JSON.
 */
export function canonicalJson(value: Json): string {
  return write(value, { inside: [], keys: [], length: 0 });
}

function write(value: unknown, walk: Walk): string {
  switch (typeof value) {
    case "string":
      return writeText(value, walk);
    case "number":
      if (!Number.isFinite(value)) fail("NOT_FINITE", `the number \`${value}\` is not JSON`, walk);
      return counted(String(value), walk);
    case "boolean":
      return counted(value ? "true" : "false", walk);
    case "object":
      if (value === null) return counted("null", walk);
      return Array.isArray(value) ? writeList(value, walk) : writeRecord(value, walk);
    default:
      return fail("NOT_JSON", `\`${typeof value}\` is not JSON`, walk);
  }
}

// RFC 8785 section 3.2.2.2 is ECMAScript's own quoting, except that lone surrogates are refused.
function writeText(text: string, walk: Walk): string {
  if (!NEEDS_CARE.test(text)) return counted(`"${text}"`, walk);
  if (LONE_SURROGATE.test(text)) fail("LONE_SURROGATE", "the text has half a character", walk);
  return counted(JSON.stringify(text), walk);
}

function writeList(list: readonly unknown[], walk: Walk): string {
  enter(list, walk);
  const last = walk.keys.length;
  walk.keys.push(0);
  let out = "[";
  // By index, since iteration methods skip the holes of a sparse list.
  for (let i = 0; i < list.length; i++) {
    walk.keys[last] = i;
    if (i > 0) out += ",";
    out += write(list[i], walk);
  }
  leave(walk, list.length);
  return `${out}]`;
}

function writeRecord(record: object, walk: Walk): string {
  if (!isPlain(record)) fail("NOT_JSON", "an instance of a class is not JSON", walk);
  enter(record, walk);
  const keys = sortedKeys(record);
  const last = walk.keys.length;
  walk.keys.push("");
  let out = "{";
  for (const key of keys) {
    walk.keys[last] = key;
    if (out.length > 1) out += ",";
    out += `${writeText(key, walk)}:${write(record[key], walk)}`;
  }
  leave(walk, keys.length * 2);
  return `${out}}`;
}

/** By UTF-16 code units (RFC 8785 section 3.2.3), as `<` and `sort` without a comparator order texts. */
function sortedKeys(record: object): readonly string[] {
  const keys = Object.keys(record);
  // What was written once is mostly in order, and looking is quicker than sorting.
  for (let i = 1; i < keys.length; i++)
    if ((keys[i - 1] ?? "") > (keys[i] ?? "")) return keys.sort();
  return keys;
}

// One step above the root of its realm, so that objects of another frame or worker are plain too.
function isPlain(record: object): record is { readonly [key: string]: unknown } {
  const parent: unknown = Object.getPrototypeOf(record);
  return parent === null || Object.getPrototypeOf(parent) === null;
}

function enter(container: object, walk: Walk): void {
  if (walk.inside.length >= MAX_DEPTH) {
    const cyclic = new Set(walk.inside).size < walk.inside.length;
    if (cyclic) fail("CYCLE", "the value contains itself", walk);
    fail("TOO_DEEP", `the value is nested deeper than ${MAX_DEPTH} levels`, walk);
  }
  walk.inside.push(container);
}

function leave(walk: Walk, separators: number): void {
  walk.inside.pop();
  walk.keys.pop();
  grow(separators + 2, walk);
}

function counted(token: string, walk: Walk): string {
  grow(token.length, walk);
  return token;
}

function grow(length: number, walk: Walk): void {
  walk.length += length;
  if (walk.length > MAX_CANONICAL_LENGTH) {
    fail("TOO_LARGE", `the value is larger than ${MAX_CANONICAL_LENGTH} characters`, walk);
  }
}

function fail(code: DigestErrorCode, says: string, walk: Walk): never {
  throw new DigestError(code, `${says} (at ${place(walk.keys)})`);
}

// A JSON pointer (RFC 6901).
function place(keys: readonly (string | number)[]): string {
  const parts = keys.map((key) => `/${String(key).replace(/~/g, "~0").replace(/\//g, "~1")}`);
  return parts.length === 0 ? "the root" : shown(parts.join(""));
}
