// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json } from "@interlock/digest";
import { readSource } from "@interlock/policy";
import { isNode } from "../value/schema.ts";

export type ReadContent =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly says: string };

/** A value is no deeper than people can follow, and no validator overflows on it. */
const DEPTH_MAX = 64;

/**
 * What the content of a file means: `.json` and `.yaml` as JSON, anything else as one text. A key that
 * is named twice is refused, because readers differ in which of the two counts (RFC 8259 section 4).
 */
export function readContent(path: string, text: string): ReadContent {
  const format = /\.(json|ya?ml)$/.exec(path)?.[1];
  if (format === undefined) return wellFormed(text);
  return format === "json" ? readJson(text) : readYaml(path, text);
}

const refused = (says: string): ReadContent => ({ ok: false, says });

function readJson(text: string): ReadContent {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return refused("it is no JSON");
    throw error;
  }
  if (isDeeper(value, DEPTH_MAX)) return refused(`it is nested deeper than ${DEPTH_MAX}`);
  if (keysWritten(text) !== keysOf(value)) return refused("a key is there twice in one object");
  return wellFormed(value);
}

function readYaml(path: string, text: string): ReadContent {
  const { value, problems } = readSource(path, text, "a value");
  const [first] = problems;
  if (first !== undefined) return refused(`line ${first.line}: ${first.message}`);
  // Read without tags, so that there are no dates and no other objects in it.
  return wellFormed(value as Json);
}

/** Refuses half characters, and integers that other readers round to another number. */
function wellFormed(value: Json): ReadContent {
  if (hasUnsafe(value)) return refused("a number is not finite, or an integer beyond 2^53");
  try {
    canonicalJson(value);
  } catch {
    return refused("it holds half of a character, or is too large");
  }
  return { ok: true, value };
}

function hasUnsafe(value: Json): boolean {
  if (typeof value === "number")
    return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
  if (Array.isArray(value)) return value.some(hasUnsafe);
  return isNode(value) && Object.values(value).some(hasUnsafe);
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one: Json) => isDeeper(one, levels - 1));
}

function keysOf(value: Json): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one: Json) => sum + keysOf(one), 0);
  if (!isNode(value)) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + 1 + keysOf(one), 0);
}

/** A string and then a colon is a key; in text that is JSON, nothing else is. */
function keysWritten(text: string): number {
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '"') continue;
    for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
    let next = at + 1;
    while (" \t\n\r".includes(text[next] ?? "x")) next++;
    if (text[next] === ":") keys++;
  }
  return keys;
}
