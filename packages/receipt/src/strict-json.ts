// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { refuse, shown } from "./refusal.ts";

export type JsonObject = { readonly [key: string]: Json };

/** Objects and lists inside each other; what we read has three levels at most. */
const DEPTH_MAX = 64;

/**
 * Reads one JSON object (RFC 8259), refusing a key that is named twice in one object, half
 * characters and depth beyond `DEPTH_MAX`.
 */
export function readJsonObject(text: string): JsonObject {
  checkKeys(text);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return refuse("json-malformed");
    throw error;
  }
  return isObject(value) ? value : refuse("json-malformed", "not an object");
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Looks only at strings, brackets and colons: enough for keys, whatever else is wrong with the
 * text is found by `JSON.parse`. A string followed by a colon is a key.
 */
function checkKeys(text: string): void {
  const open: Set<string>[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === "{" || character === "[") {
      open.push(new Set());
      if (open.length > DEPTH_MAX) refuse("json-malformed", `deeper than ${DEPTH_MAX} levels`);
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(text, at);
      const string = decodeString(text.slice(at, end));
      at = end;
      while (" \t\n\r".includes(text[at] ?? "x")) at++;
      if (text[at] === ":") addKey(open.at(-1), string);
      continue;
    }
    at++;
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return refuse("json-malformed", "a text does not end");
}

function decodeString(literal: string): string {
  let string: unknown;
  try {
    string = JSON.parse(literal);
  } catch (error) {
    if (error instanceof SyntaxError) return refuse("json-malformed");
    throw error;
  }
  if (typeof string !== "string" || !string.isWellFormed())
    return refuse("json-malformed", "half a character (a lone surrogate)");
  return string;
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (keys === undefined) refuse("json-malformed");
  else if (keys.has(key)) refuse("json-duplicate-key", shown(key));
  else keys.add(key);
}
