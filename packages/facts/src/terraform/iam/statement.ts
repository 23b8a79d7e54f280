// SPDX-License-Identifier: Apache-2.0
import { parseConfig } from "../../config/parse.ts";
import type { Node } from "../../config/types.ts";
import { child, eachMap, isEmpty, textOf, textsOf } from "../../kubernetes/node.ts";

/** One statement of an access policy, in whatever notation it was written. */
export type Statement = {
  readonly effect: "allow" | "deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principals: readonly string[];
  readonly conditional: boolean;
  /** What the statement is called or where it stands, to find it again on the other side. */
  readonly place: string;
  readonly line: number;
};

/** Policies written as JSON inside a text go no deeper than a policy in a policy. */
const EMBEDDED_MAX = 2;

/** Whether a text may hold a policy: cheap, for whole files. Every statement says its effect. */
export const MAY_HOLD_POLICY = /\beffect["']?\s{0,20}[:=]\s{0,20}["']?(?:allow|deny)/i;

/** Finds the statements in a tree: JSON policies, HCL policy documents, templates, texts in heredocs. */
export function statementsIn(tree: Node | undefined): readonly Statement[] {
  return within(tree, { place: "", shift: 0, depth: 0 });
}

type Around = { readonly place: string; readonly shift: number; readonly depth: number };

function within(tree: Node | undefined, around: Around): readonly Statement[] {
  const found: Statement[] = [];
  eachMap(tree, (map, keys) => {
    if (map.kind !== "map") return;
    const place = [around.place, ...keys].filter((part) => part !== "").join(".");
    const statement = statementOf(map, place, around.shift);
    if (statement !== null) found.push(statement);
    if (around.depth >= EMBEDDED_MAX) return;
    for (const { key, value } of map.entries) {
      found.push(...embedded(value, { ...around, place: `${place}.${key}` }));
    }
  });
  return found;
}

/** A policy written as JSON inside a text. */
function embedded(value: Node, around: Around): readonly Statement[] {
  const text = textOf(value);
  if (!text.trimStart().startsWith("{") || !/effect|action/i.test(text)) return [];
  const inner = parseConfig("json", text);
  if (!inner.ok || inner.approximate) return [];
  // A text over several lines begins on the line after the mark that opens it.
  const shift = around.shift + value.line - 1 + (value.endLine > value.line ? 1 : 0);
  return inner.documents.flatMap((document) =>
    within(document, { place: around.place, shift, depth: around.depth + 1 }),
  );
}

function statementOf(map: Node, place: string, shift: number): Statement | null {
  const read = (...names: readonly string[]): Node | undefined => {
    if (map.kind !== "map") return undefined;
    return map.entries.find((entry) => names.includes(entry.key.toLowerCase()))?.value;
  };
  const [action, resource] = [read("action", "actions"), read("resource", "resources")];
  const effect = textOf(read("effect")).toLowerCase();
  const inDocument = /(?:^|\.)statement(?:\.|#|$|\.\d+$)/i.test(place);
  if (effect !== "allow" && effect !== "deny" && !(inDocument && action !== undefined)) return null;
  if (
    action === undefined &&
    resource === undefined &&
    read("notaction", "not_actions") === undefined
  ) {
    return null;
  }
  const condition = read("condition", "conditions");
  const sid = textOf(read("sid"));
  return {
    effect: effect === "deny" ? "deny" : "allow",
    actions: textsOf(action).map((text) => text.trim()),
    resources: textsOf(resource),
    principals: principalsIn(read("principal", "principals")),
    conditional: condition !== undefined && !isEmpty(condition),
    place: sid === "" ? place : `${place}#${sid}`,
    line: shift + (action ?? resource ?? map).line,
  };
}

/** `"*"`, `{"AWS": […]}` and `principals { type identifiers }` alike; types in front of names. */
function principalsIn(node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if (node.kind === "scalar") return textsOf(node);
  if (node.kind === "list") return node.items.flatMap(principalsIn);
  const identifiers = child(node, "identifiers");
  if (identifiers !== undefined) return textsOf(identifiers);
  return node.entries.flatMap(({ value }) => textsOf(value));
}
