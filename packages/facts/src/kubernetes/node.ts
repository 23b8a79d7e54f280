// SPDX-License-Identifier: Apache-2.0
import type { VALUE_KINDS } from "@interlock/core";
import type { Node } from "../config/types.ts";

type ValueKind = (typeof VALUE_KINDS)[number];

const PREVIEW_MAX = 200;
/** What the parsers themselves refuse beyond, with room for the keys around an inner tree. */
const DEPTH_MAX = 200;

/** The value under a key; the last one counts where a key is written twice, as in every YAML reader. */
export function child(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind !== "map") return undefined;
  return node.entries.findLast((entry) => entry.key === key)?.value;
}

/** The value at the end of a chain of keys. */
export function at(node: Node | undefined, ...keys: readonly string[]): Node | undefined {
  let here = node;
  for (const key of keys) here = child(here, key);
  return here;
}

/** The line of a key (not of its value), or of the node itself when the key is absent. */
export function lineOf(node: Node | undefined, key: string): number {
  if (node === undefined) return 0;
  if (node.kind !== "map") return node.line;
  return node.entries.findLast((entry) => entry.key === key)?.keyLine ?? node.line;
}

/** The text of a scalar other than null; empty for everything else. */
export function textOf(node: Node | undefined): string {
  return node?.kind === "scalar" && node.type !== "null" ? node.text : "";
}

export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === "list" ? node.items : [];
}

export function keysOf(node: Node | undefined): readonly string[] {
  return node?.kind === "map" ? node.entries.map((entry) => entry.key) : [];
}

/** The scalars of a list, or a lone scalar as a list of one (policies allow both). */
export function textsOf(node: Node | undefined): readonly string[] {
  if (node?.kind === "scalar") return node.type === "null" ? [] : [node.text];
  return itemsOf(node).map(textOf);
}

export function isTrue(node: Node | undefined): boolean {
  return node?.kind === "scalar" && /^(true|yes|on)$/i.test(node.text);
}

export function isFalse(node: Node | undefined): boolean {
  return node?.kind === "scalar" && /^(false|no|off)$/i.test(node.text);
}

/** Nothing in it: null, an empty text, list or map. An absent value is not empty. */
export function isEmpty(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if (node.kind === "map") return node.entries.length === 0;
  if (node.kind === "list") return node.items.length === 0;
  return node.type === "null" || node.text === "";
}

export function sizeOf(node: Node | undefined): number {
  if (node?.kind === "map") return node.entries.length;
  return node?.kind === "list" ? node.items.length : 0;
}

export function valueKind(node: Node | undefined): ValueKind {
  if (node === undefined) return "absent";
  return node.kind === "scalar" ? node.type : node.kind;
}

/** One text for one meaning: key order, comments and notation do not matter. */
export function shape(node: Node | undefined, depth = 0): string {
  if (node === undefined || depth > DEPTH_MAX) return "";
  if (node.kind === "scalar") return `${node.type}:${JSON.stringify(node.text)}`;
  if (node.kind === "list")
    return `[${node.items.map((item) => shape(item, depth + 1)).join(",")}]`;
  const entries = node.entries.map((e) => `${JSON.stringify(e.key)}=${shape(e.value, depth + 1)}`);
  return `{${entries.sort().join(",")}}`;
}

export function same(a: Node | undefined, b: Node | undefined): boolean {
  return a === b || shape(a) === shape(b);
}

/** What a person sees of a value: the scalar as written, a container in short flow notation. */
export function preview(node: Node | undefined): string {
  if (node === undefined) return "";
  const whole = flow(node, 0);
  return whole.length <= PREVIEW_MAX ? whole : `${whole.slice(0, PREVIEW_MAX - 1)}…`;
}

function flow(node: Node, depth: number): string {
  if (node.kind === "scalar") return node.type === "null" ? "null" : node.text;
  if (depth > 6) return "…";
  if (node.kind === "list") {
    return `[${node.items
      .slice(0, 20)
      .map((i) => flow(i, depth + 1))
      .join(", ")}]`;
  }
  const shown = node.entries.slice(0, 20).map((e) => `${e.key}: ${flow(e.value, depth + 1)}`);
  return `{${shown.join(", ")}}`;
}

/** Visits every map of a tree with the keys that lead to it, outermost first. */
export function eachMap(
  node: Node | undefined,
  visit: (map: Node, keys: readonly string[]) => void,
  keys: readonly string[] = [],
): void {
  if (node === undefined || node.kind === "scalar" || keys.length > DEPTH_MAX) return;
  if (node.kind === "list") {
    node.items.forEach((item, i) => {
      eachMap(item, visit, [...keys, nameOf(item) || String(i)]);
    });
    return;
  }
  visit(node, keys);
  for (const entry of node.entries) eachMap(entry.value, visit, [...keys, entry.key]);
}

function nameOf(item: Node): string {
  return textOf(child(item, "name")) || textOf(child(item, "id")) || textOf(child(item, "Sid"));
}
