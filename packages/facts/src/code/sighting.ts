// SPDX-License-Identifier: Apache-2.0
import type { SgNode } from "@ast-grep/napi";
import type { Language } from "./language.ts";

/** One side of one file, as detectors see it. */
export type Side = {
  readonly path: string;
  readonly text: string;
  readonly language: Language | null;
  /** The syntax tree, parsed at most once; `null` where there is no grammar or the text is refused. */
  readonly root: () => SgNode | null;
};

/** One place where a detector recognises something, on one side of one file. */
export type Sighting = {
  readonly line: number;
  readonly endLine: number;
  readonly subject: string;
  /** What is compared between the sides to tell new from moved. */
  readonly text: string;
  readonly tags: readonly string[];
};

/** Recognises one class of mistake on one side; whether it is new is decided by `newSightings`. */
export type Detector = {
  readonly id: string;
  readonly aspect: string;
  readonly languages: readonly Language[] | "any";
  /** Cheap test on the text; a file without a hit near its changes is not parsed for this. */
  readonly hint: RegExp;
  /** What the whole file must not mention, wherever it stands. */
  readonly guard?: RegExp;
  readonly find: (side: Side) => readonly Sighting[];
};

/** The node's sighting, named by `subject` or by what stands before the first parenthesis. */
export function sightingOf(
  node: SgNode,
  more: { readonly subject?: string; readonly tags?: readonly string[] } = {},
): Sighting {
  const range = node.range();
  const text = node.text();
  return {
    line: range.start.line + 1,
    endLine: range.end.line + 1,
    subject: more.subject ?? headOf(text),
    text: text.replace(/\s+/g, " "),
    tags: more.tags ?? [],
  };
}

/** A short name for a piece of code: its first line up to the first parenthesis or brace. */
export function headOf(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  const head = line.split(/[({]/, 1)[0]?.trim() ?? "";
  return (head === "" ? line.trim() : head).slice(0, 80).trim();
}

/** Characters of a node, without copying its text. */
export function lengthOf(node: SgNode): number {
  const { start, end } = node.range();
  return end.index - start.index;
}

const NAMED_FUNCTIONS = new Set([
  "function_declaration",
  "function_definition",
  "method_definition",
  "method_declaration",
  "constructor_declaration",
  "variable_declarator",
]);

/** The name of the function around a node, for loops and branches that have none of their own. */
export function functionAround(node: SgNode): string | null {
  for (let up = node.parent(); up !== null; up = up.parent()) {
    if (!NAMED_FUNCTIONS.has(String(up.kind()))) continue;
    const name = up.field("name")?.text();
    if (name !== undefined && /^[\w$]{1,80}$/.test(name)) return name;
  }
  return null;
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", i + 1)) line += 1;
  return line;
}
