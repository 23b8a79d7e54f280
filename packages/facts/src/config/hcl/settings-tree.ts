// SPDX-License-Identifier: Apache-2.0
/** HCL as settings: blocks of one type and label are one place, whatever their order in the file. */
import type { Entry, Node, Parsed } from "../types.ts";
import type { Block } from "./block.ts";
import { parseHcl } from "./parse.ts";

/** Blocks that are a list even when there is one of them. */
const REPEATED =
  /^(ingress|egress|rule|rules|statement|filter|setting|tag|condition|action|listener|origin|ordered_cache_behavior|env|volume|access_policy|security_rule|node_pool|scaling_policy)$/;

type Place = { readonly key: string; readonly line: number; readonly blocks: Block[] };

function settingsOf(block: Block): Node {
  const entries: Entry[] = block.attributes.map(({ name, line, value }) => ({
    key: name,
    keyLine: line,
    value,
  }));
  entries.push(...placed(block.blocks, 0));
  return { kind: "map", entries, line: block.line, endLine: block.endLine };
}

/** Entries for blocks that share the labels before `depth`; depth 0 is the type. */
function placed(blocks: readonly Block[], depth: number): readonly Entry[] {
  const places = new Map<string, Place>();
  for (const block of blocks) {
    const key = depth === 0 ? block.type : (block.labels[depth - 1] ?? "");
    const known = places.get(key);
    if (known === undefined) places.set(key, { key, line: block.line, blocks: [block] });
    else known.blocks.push(block);
  }
  return [...places.values()].map((place) => ({
    key: place.key,
    keyLine: place.line,
    value: nodeAt(place, depth),
  }));
}

function nodeAt({ key, line, blocks }: Place, depth: number): Node {
  const endLine = Math.max(...blocks.map((b) => b.endLine));
  const labelled = blocks.filter((b) => b.labels.length > depth);
  if (labelled.length > 0)
    // A block with fewer labels than its kin is no Terraform; its settings stand beside the labels.
    return {
      kind: "map",
      entries: [
        ...placed(labelled, depth + 1),
        ...blocks.filter((b) => b.labels.length <= depth).flatMap((b) => ownEntries(b)),
      ],
      line,
      endLine,
    };
  const [only] = blocks;
  if (blocks.length === 1 && only !== undefined && !(depth === 0 && REPEATED.test(key)))
    return settingsOf(only);
  return { kind: "list", items: blocks.map(settingsOf), line, endLine };
}

function ownEntries(block: Block): readonly Entry[] {
  const own = settingsOf(block);
  return own.kind === "map" ? own.entries : [];
}

/** HCL as a configuration tree, so that the structural diff of every other format reads it too. */
export function parseHclSettings(text: string): Parsed {
  const parsed = parseHcl(text);
  if (!parsed.ok) return { ok: false, problem: parsed.problem };
  return { ok: true, documents: [settingsOf(parsed.root)], problems: [], approximate: false };
}
