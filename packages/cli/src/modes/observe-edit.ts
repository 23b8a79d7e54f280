// SPDX-License-Identifier: Apache-2.0
/** Takes every mode that a policy file names back to `observe`. */
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { below, type Edit, edited, endOf, rangeOf } from "./yaml-edit.ts";

/** The text with every mode in it at `observe`; all else stays as it is written. */
export function observing(text: string): string {
  const root = parseDocument(text, { uniqueKeys: false, merge: false }).contents;
  return edited(
    text,
    holdersIn(root).flatMap((holder) => modeEdit(text, holder)),
  );
}

/** The mappings of a policy, or of a file that it includes, in which `mode` is a mode. */
function holdersIn(root: unknown): readonly unknown[] {
  // An included file may be a list of rules.
  if (isSeq(root)) return root.items;
  const packs = valuesOf(below(root, "packs"));
  return [
    root,
    ...packs,
    ...packs.flatMap((pack) => valuesOf(below(pack, "rules"))),
    ...itemsOf(below(root, "rules")),
    ...itemsOf(below(root, "overrides")),
    ...itemsOf(below(root, "addenda")).flatMap((addendum) => itemsOf(below(addendum, "rules"))),
  ];
}

const itemsOf = (value: unknown): readonly unknown[] => (isSeq(value) ? value.items : []);
const valuesOf = (value: unknown): readonly unknown[] =>
  isMap(value) ? value.items.map((pair) => pair.value) : [];

function modeEdit(text: string, holder: unknown): readonly Edit[] {
  const value = below(holder, "mode");
  const range = rangeOf(value);
  if (!isScalar(value) || range === null || value.value === "observe") return [];
  return [{ from: range[0], to: endOf(text, value), text: "observe" }];
}
