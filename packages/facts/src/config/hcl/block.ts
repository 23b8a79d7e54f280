// SPDX-License-Identifier: Apache-2.0
import type { Node } from "../types.ts";

/** One setting of a block. An expression that is no literal stands as a text `${…}`, as in `.tf.json`. */
export type Attribute = { readonly name: string; readonly line: number; readonly value: Node };

/** A block of HCL: `resource "aws_db_instance" "main" { … }`. */
export type Block = {
  readonly type: string;
  readonly labels: readonly string[];
  readonly line: number;
  readonly endLine: number;
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
};

export type HclProblem = {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly code: "syntax" | "too-large" | "too-deep";
};

export type ParsedHcl =
  | { readonly ok: true; readonly root: Block }
  | { readonly ok: false; readonly problem: HclProblem };

export function attributeOf(block: Block | null | undefined, name: string): Node | undefined {
  return block?.attributes.findLast((attribute) => attribute.name === name)?.value;
}

export function blocksOf(block: Block | null | undefined, type: string): readonly Block[] {
  return block?.blocks.filter((inner) => inner.type === type) ?? [];
}

/** A value that only a plan would know: a reference, a call, a text with `${…}` in it. */
export function isExpression(node: Node | undefined): boolean {
  return node?.kind === "scalar" && node.type === "string" && /[$%]\{/.test(node.text);
}
