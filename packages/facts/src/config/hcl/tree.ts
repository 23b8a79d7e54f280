// SPDX-License-Identifier: Apache-2.0
import type { Entry, Node, Parsed } from "../types.ts";
import type { Block } from "./block.ts";
import { parseHcl } from "./parse.ts";

/** The tree of a block, as Terraform's JSON syntax would write it: labels become nested keys. */
export function blockTree(block: Block): Node {
  const entries: Entry[] = block.attributes.map(({ name, line, value }) => ({
    key: name,
    keyLine: line,
    value,
  }));
  for (const inner of block.blocks) {
    const nested = inner.labels.reduceRight<Node>(
      (value, label) => wrap(label, value, inner),
      blockTree(inner),
    );
    entries.push({ key: inner.type, keyLine: inner.line, value: nested });
  }
  return { kind: "map", entries, line: block.line, endLine: block.endLine };
}

function wrap(key: string, value: Node, { line, endLine }: Block): Node {
  return { kind: "map", entries: [{ key, keyLine: line, value }], line, endLine };
}

/** HCL as a configuration tree, so that the structural diff of every other format reads it too. */
export function hclTree(text: string): Parsed {
  const parsed = parseHcl(text);
  if (!parsed.ok) return { ok: false, problem: parsed.problem };
  return { ok: true, documents: [blockTree(parsed.root)], problems: [], approximate: false };
}
