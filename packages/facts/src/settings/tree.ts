// SPDX-License-Identifier: Apache-2.0
/** Finding one's way in the tree of a file by the steps of a pointer. */
import { identityOf } from "../config/identity.ts";
import type { Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";

/** The only document of one side; \`null\` when there are several, or none that can be read. */
export function rootOf(file: ChangedFile, side: "before" | "after"): Node | null {
  const tree = file.trees()[side];
  return tree?.ok === true && tree.documents.length === 1 ? (tree.documents[0] ?? null) : null;
}

/** The text of a scalar field. */
export function fieldText(node: Node, key: string): string | null {
  const value = node.kind === "map" ? node.entries.find((e) => e.key === key)?.value : undefined;
  return value?.kind === "scalar" ? value.text : null;
}

/** Members of a container by the steps that name them in pointers, and what the maps among them fill. */
type Neighbours = {
  readonly byStep: ReadonlyMap<string, Node>;
  readonly maps: number;
  /** In how many of the maps a field has a value. */
  readonly filled: ReadonlyMap<string, number>;
  /** The fields that the first two of the maps fill. */
  readonly fields: readonly string[];
};

/** Of each container once: a change may add thousands of members to one. */
const KNOWN = new WeakMap<Node, Neighbours>();

export function neighboursIn(container: Node): Neighbours {
  const known = KNOWN.get(container);
  if (known !== undefined) return known;
  const byStep = new Map<string, Node>();
  const filled = new Map<string, number>();
  const fields = new Set<string>();
  let maps = 0;
  for (const { steps, node } of members(container)) {
    for (const step of steps) if (!byStep.has(step)) byStep.set(step, node);
    if (node.kind !== "map") continue;
    maps++;
    for (const field of filledFields(node)) {
      filled.set(field, (filled.get(field) ?? 0) + 1);
      if (maps <= 2) fields.add(field);
    }
  }
  const made = { byStep, maps, filled, fields: [...fields] };
  KNOWN.set(container, made);
  return made;
}

export type Member = { readonly steps: readonly string[]; readonly node: Node };

/** What a container holds, by the steps that may name it. */
export function members(container: Node): readonly Member[] {
  if (container.kind === "map")
    return container.entries.map((e) => ({
      steps: [e.key.replace(/~/g, "~0").replace(/\//g, "~1")],
      node: e.value,
    }));
  if (container.kind !== "list") return [];
  return container.items.map((node, i) => {
    const name = identityOf(node);
    return { steps: name === null ? [String(i)] : [name, String(i)], node };
  });
}

const filledFields = (node: Node): ReadonlySet<string> =>
  new Set(
    node.kind === "map" ? node.entries.filter((e) => isFilled(e.value)).map((e) => e.key) : [],
  );

const isFilled = (node: Node): boolean =>
  node.kind === "scalar"
    ? node.type !== "null" && node.text.trim() !== ""
    : node.kind === "map"
      ? node.entries.length > 0
      : node.items.length > 0;

/** The container along a pointer. */
export function containerAt(root: Node, steps: readonly string[]): Node | null {
  let at: Node | undefined = root;
  for (const step of steps) at = at === undefined ? undefined : neighboursIn(at).byStep.get(step);
  return at ?? null;
}

/** A key as it stands in the file. */
export const unescaped = (step: string): string => step.replace(/~1/g, "/").replace(/~0/g, "~");
