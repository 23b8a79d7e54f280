// SPDX-License-Identifier: Apache-2.0
/** What the neighbours of a value say about it: blank or absent where all others have one, or tried beside. */
import { identityOf } from "../config/identity.ts";
import type { ConfigDelta, Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";

const NEIGHBOURS_MIN = 2;

/**
 * `blank-unlike-siblings`: a new entry leaves a field blank that its siblings fill;
 * `field-missing-unlike-siblings`: it leaves out one that all of them fill;
 * `proven-beside`: a sibling of the same declared kind had the new value before.
 */
export function siblingTags(file: ChangedFile, d: ConfigDelta): readonly string[] {
  if (d.op === "changed") return isProvenBeside(file, d) ? ["proven-beside"] : [];
  if (d.op !== "added") return [];
  const isBlank = isBlankSide(d);
  if (!isBlank && d.after.kind !== "map") return [];
  const root = rootOf(file, "after");
  const steps = d.pointer.split("/").slice(1);
  if (root === null || steps.length < 2) return [];
  const tags: string[] = [];
  if (isBlank && siblingsFill(root, steps) && siblingsFilledBefore(file, steps))
    tags.push("blank-unlike-siblings");
  if (d.after.kind === "map" && missesCommonField(root, steps))
    tags.push("field-missing-unlike-siblings");
  return tags;
}

/** The one document of a side; `null` when there is none or there are several. */
export function rootOf(file: ChangedFile, side: "before" | "after"): Node | null {
  const tree = file.trees()[side];
  return tree?.ok === true && tree.documents.length === 1 ? (tree.documents[0] ?? null) : null;
}

/** Fields by which an entry says of what kind it is. */
const KIND_FIELDS = ["action", "type", "kind", "engine"] as const;

/** A sibling of the same declared kind had the new value before the change. */
function isProvenBeside(file: ChangedFile, d: ConfigDelta): boolean {
  const steps = d.pointer.split("/").slice(1);
  const root = steps.length < 2 ? null : rootOf(file, "before");
  const container = root === null ? null : containerAt(root, steps.slice(0, -2));
  const own = root === null ? null : containerAt(root, steps.slice(0, -1));
  if (container === null || own === null) return false;
  const field = unescaped(steps[steps.length - 1] ?? "");
  const others = members(container).flatMap((m) => (m.node === own ? [] : [m.node]));
  return KIND_FIELDS.some((key) => {
    const kind = fieldText(own, key);
    return (
      kind !== null &&
      key !== field &&
      others.some((o) => fieldText(o, key) === kind && fieldText(o, field) === d.after.text)
    );
  });
}

function fieldText(node: Node, key: string): string | null {
  const value = node.kind === "map" ? node.entries.find((e) => e.key === key)?.value : undefined;
  return value?.kind === "scalar" ? value.text : null;
}

const isBlankSide = (d: ConfigDelta): boolean =>
  d.after.kind === "null" ||
  (d.after.kind === "string" && d.after.text.trim() === "") ||
  ((d.after.kind === "list" || d.after.kind === "map") && d.after.size === 0);

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

function neighboursIn(container: Node): Neighbours {
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

/** The members of a map or list with the steps that name each in a pointer. */
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

const unescaped = (step: string): string => step.replace(/~1/g, "/").replace(/~0/g, "~");

const hasKey = (node: Node, key: string): boolean =>
  node.kind === "map" && node.entries.some((e) => e.key === key);

function siblingsFill(root: Node, steps: readonly string[]): boolean {
  const container = containerAt(root, steps.slice(0, -2));
  const own = containerAt(root, steps.slice(0, -1));
  if (container === null || own?.kind !== "map") return false;
  const { maps, filled } = neighboursIn(container);
  const field = unescaped(steps[steps.length - 1] ?? "");
  // The value itself is blank, so that it is not counted as filled.
  return maps - 1 >= NEIGHBOURS_MIN && filled.get(field) === maps - 1;
}

/** A sibling that had the same gap may be the same entry under another name. */
function siblingsFilledBefore(file: ChangedFile, steps: readonly string[]): boolean {
  const tree = file.trees().before;
  const root = tree?.ok === true && tree.documents.length === 1 ? tree.documents[0] : undefined;
  const container = root === undefined ? null : containerAt(root, steps.slice(0, -2));
  if (container === null) return true;
  const { maps, filled } = neighboursIn(container);
  return maps === (filled.get(unescaped(steps[steps.length - 1] ?? "")) ?? 0);
}

function missesCommonField(root: Node, steps: readonly string[]): boolean {
  const container = containerAt(root, steps.slice(0, -1));
  const own = containerAt(root, steps);
  if (container === null || own?.kind !== "map") return false;
  const { maps, filled, fields } = neighboursIn(container);
  if (maps - 1 < NEIGHBOURS_MIN) return false;
  // A field that all others fill is one of the first two maps', of which one is not the own.
  return fields.some((field) => filled.get(field) === maps - 1 && !hasKey(own, field));
}
