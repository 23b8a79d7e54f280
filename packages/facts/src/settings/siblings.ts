// SPDX-License-Identifier: Apache-2.0
/** What the neighbours of a value say about it: blank or absent where all others have one, or tried beside. */
import type { ConfigDelta, Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { containerAt, fieldText, members, neighboursIn, rootOf, unescaped } from "./tree.ts";

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

const isBlankSide = (d: ConfigDelta): boolean =>
  d.after.kind === "null" ||
  (d.after.kind === "string" && d.after.text.trim() === "") ||
  ((d.after.kind === "list" || d.after.kind === "map") && d.after.size === 0);

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
