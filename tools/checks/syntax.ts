// SPDX-License-Identifier: Apache-2.0
import { Lang, parse, type SgNode } from "@ast-grep/napi";
import type { TextFile } from "./complaint.ts";

export type Node = SgNode;

/** The kinds of nodes that are functions with a body. */
export const FUNCTIONS: readonly string[] = [
  "function_declaration",
  "generator_function_declaration",
  "function_expression",
  "generator_function",
  "arrow_function",
  "method_definition",
];

const trees = new WeakMap<TextFile, Node>();

/** The syntax tree of a TypeScript file, parsed once for all checks. */
export function syntaxOf(file: TextFile): Node {
  const known = trees.get(file);
  if (known !== undefined) return known;
  const lang = file.path.endsWith(".tsx") ? Lang.Tsx : Lang.TypeScript;
  const tree = parse(lang, file.text).root();
  trees.set(file, tree);
  return tree;
}

/** All nodes of some kinds of the grammar, in the order of the text. */
export function nodesOf(root: Node, kinds: readonly string[]): readonly Node[] {
  return root.findAll({ rule: { any: kinds.map((kind) => ({ kind })) } });
}

export function lineOf(node: Node): number {
  return node.range().start.line + 1;
}

/** The text of a string literal or of a template without holes, without its quotes. */
export function literalOf(node: Node): string | null {
  const kind = node.kind();
  if (kind === "string" || kind === "template_string") return node.text().slice(1, -1);
  return null;
}
