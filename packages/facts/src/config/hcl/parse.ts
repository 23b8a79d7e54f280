// SPDX-License-Identifier: Apache-2.0
import { CONFIG_MAX_BYTES } from "../types.ts";
import type { Attribute, Block, ParsedHcl } from "./block.ts";
import { type Cursor, HclError, quoted, skip } from "./cursor.ts";
import { expression, NESTING_MAX } from "./expression.ts";

const NAME = /[\p{L}_][\p{L}\p{N}_.-]*/uy;
// `dynamic` blocks and the like nest, resources do not: real files stay far below.
const LABELS_MAX = 20;

/**
 * Parses HCL (Terraform, Terragrunt, `.tfvars`, Packer, Nomad) into blocks with 1-based lines.
 * Total and linear: any text gives a tree or a problem with its place.
 * https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export function parseHcl(text: string): ParsedHcl {
  const cursor: Cursor = { text, at: 0, line: 1, lineStart: 0 };
  if (text.length > CONFIG_MAX_BYTES) {
    const problem = new HclError(cursor, `larger than ${CONFIG_MAX_BYTES} characters`, "too-large");
    return { ok: false, problem: problem.problem };
  }
  try {
    const body = bodyHere(cursor, 0);
    if (cursor.at < text.length) throw new HclError(cursor, "a brace closes nothing");
    return { ok: true, root: { type: "", labels: [], line: 1, endLine: cursor.line, ...body } };
  } catch (error) {
    if (error instanceof HclError) return { ok: false, problem: error.problem };
    throw error;
  }
}

type Body = { readonly attributes: readonly Attribute[]; readonly blocks: readonly Block[] };

function bodyHere(cursor: Cursor, depth: number): Body {
  if (depth > NESTING_MAX) throw new HclError(cursor, "nested too deep", "too-deep");
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (;;) {
    skip(cursor, true);
    const mark = cursor.text[cursor.at];
    if (mark === undefined || mark === "}") return { attributes, blocks };
    const { line } = cursor;
    const name = nameHere(cursor);
    skip(cursor, false);
    if (cursor.text[cursor.at] === "=") {
      cursor.at++;
      skip(cursor, false);
      attributes.push({ name, line, value: expression(cursor, "line", depth) });
      if (cursor.text[cursor.at] === ",") cursor.at++;
    } else {
      blocks.push(blockHere(cursor, name, line, depth));
    }
  }
}

function nameHere(cursor: Cursor): string {
  if (cursor.text[cursor.at] === '"') return quoted(cursor);
  NAME.lastIndex = cursor.at;
  const name = NAME.exec(cursor.text)?.[0];
  if (name === undefined) {
    throw new HclError(
      cursor,
      `\`${cursor.text[cursor.at] ?? ""}\` begins no block and no setting`,
    );
  }
  cursor.at += name.length;
  return name;
}

function blockHere(cursor: Cursor, type: string, line: number, depth: number): Block {
  const labels: string[] = [];
  while (cursor.text[cursor.at] !== "{") {
    const mark = cursor.text[cursor.at];
    if (mark === undefined || mark === "\n" || labels.length >= LABELS_MAX) {
      throw new HclError(cursor, `\`${type}\` is followed by neither \`=\` nor \`{\``);
    }
    labels.push(nameHere(cursor));
    skip(cursor, false);
  }
  cursor.at++;
  const body = bodyHere(cursor, depth + 1);
  if (cursor.text[cursor.at] !== "}") throw new HclError(cursor, `\`${type}\` is not closed`);
  cursor.at++;
  return { type, labels, line, endLine: cursor.line, ...body };
}
