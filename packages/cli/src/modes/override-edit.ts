// SPDX-License-Identifier: Apache-2.0
/** Sets the mode of one rule for one system, or for all, in the text of a policy file. */
import type { Override } from "@interlock/core";
import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import {
  below,
  type Edit,
  edited,
  endOf,
  lineEnd,
  lineStart,
  newline,
  pairOf,
  rangeOf,
  scalarText,
} from "./yaml-edit.ts";

/** An override as it is written; without a reason the one that stands there is kept. */
export type Wanted = Override & { readonly reason?: string | undefined };

/** Whether the file has an override of this rule for this system. */
export function hasOverride(text: string, wanted: Wanted): boolean {
  const list = below(contentsOf(text), "overrides");
  return isSeq(list) && itemOf(list, wanted) !== null;
}

/**
 * The text with the override: in the place of one of the same rule and system, else behind the others.
 * `null` where it is written in a way that has no place for it.
 */
export function withOverride(text: string, wanted: Wanted): string | null {
  const root = contentsOf(text);
  if (!isMap(root)) return null;
  const pair = pairOf(root, "overrides");
  if (pair === undefined) return appended(text, wanted);
  const list = pair.value;
  if (list === null || (isScalar(list) && list.value === null))
    return begun(text, pair.key, wanted);
  if (!isSeq(list)) return null;
  const item = itemOf(list, wanted);
  if (item !== null) return edited(text, replacing(text, item, wanted));
  return list.items.length === 0 || list.flow === true
    ? intoFlow(text, list, wanted)
    : behind(text, list, wanted);
}

const contentsOf = (text: string): Node | null =>
  parseDocument(text, { uniqueKeys: false, merge: false }).contents;

function itemOf(list: YAMLSeq, { rule, system }: Wanted): YAMLMap | null {
  for (const item of list.items)
    if (isMap(item) && textAt(item, "rule") === rule && (textAt(item, "system") ?? "") === system)
      return item;
  return null;
}

function textAt(map: YAMLMap, key: string): string | undefined {
  const value = below(map, key);
  return isScalar(value) && typeof value.value === "string" ? value.value : undefined;
}

/** `2030-05-02T09:00:00Z`, with milliseconds where there are any left out by nobody. */
export const instantText = (ms: number): string =>
  new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");

export function overrideText({ rule, system, mode, until, reason }: Wanted): string {
  const fields = [
    `rule: ${scalarText(rule)}`,
    ...(system === "" ? [] : [`system: ${scalarText(system)}`]),
    `mode: ${mode}`,
    ...(until === undefined ? [] : [`until: ${instantText(until)}`]),
    ...(reason === undefined ? [] : [`reason: ${JSON.stringify(reason)}`]),
  ];
  return `{ ${fields.join(", ")} }`;
}

/** In a block mapping line by line, so that its comments stay; anything else is written anew. */
function replacing(text: string, item: YAMLMap, wanted: Wanted): readonly Edit[] {
  const reason = wanted.reason ?? textAt(item, "reason");
  const range = rangeOf(item);
  if (range === null) return [];
  const whole: Edit = {
    from: range[0],
    to: endOf(text, item),
    text: overrideText({ ...wanted, reason }),
  };
  if (item.flow === true) return [whole];
  const until = wanted.until === undefined ? null : instantText(wanted.until);
  const edits = [
    fieldEdit(text, item, "mode", wanted.mode),
    fieldEdit(text, item, "until", until),
    ...(wanted.reason === undefined
      ? []
      : [fieldEdit(text, item, "reason", JSON.stringify(wanted.reason))]),
  ];
  return edits.some((edit) => edit === "impossible")
    ? [whole]
    : edits.filter((edit) => edit !== null && edit !== "impossible");
}

function fieldEdit(
  text: string,
  item: YAMLMap,
  key: string,
  value: string | null,
): Edit | null | "impossible" {
  const pair = pairOf(item, key);
  const at = rangeOf(pair?.key);
  if (pair === undefined || at === null) {
    if (value === null) return null;
    const start = rangeOf(item)?.[0] ?? 0;
    const indent = " ".repeat(start - lineStart(text, start));
    const end = lineEnd(text, endOf(text, item));
    return { from: end, to: end, text: `${newline(text)}${indent}${key}: ${value}` };
  }
  const range = rangeOf(pair.value);
  if (range === null) return "impossible";
  if (value !== null) return { from: range[0], to: endOf(text, pair.value as Node), text: value }; // a node, since it has a range
  const from = lineStart(text, at[0]);
  const next = text.indexOf("\n", range[1] - 1);
  // What stands on the line of the dash cannot be taken away with the line.
  if (text.slice(from, at[0]).trim() !== "" || next === -1) return "impossible";
  return { from, to: next + 1, text: "" };
}

/** At the end of a file that has none. */
function appended(text: string, wanted: Wanted): string | null {
  // Behind the end of a document another one would begin.
  if (/^(\.\.\.|---)/m.test(text.replace(/^---.*\n/, ""))) return null;
  const nl = newline(text);
  const gap = text === "" || text.endsWith("\n") ? "" : nl;
  return `${text}${gap}overrides:${nl}  - ${overrideText(wanted)}${nl}`;
}

/** Below `overrides:` with nothing behind it. */
function begun(text: string, key: unknown, wanted: Wanted): string | null {
  const range = rangeOf(key);
  if (range === null) return null;
  const end = lineEnd(text, range[1]);
  const line = text.slice(range[1], end);
  if (!/^\s*:\s*(#.*)?$/.test(line)) return null;
  const put = `${newline(text)}  - ${overrideText(wanted)}`;
  return edited(text, [{ from: end, to: end, text: put }]);
}

function intoFlow(text: string, list: YAMLSeq, wanted: Wanted): string | null {
  const range = rangeOf(list);
  const last = list.items[list.items.length - 1];
  if (range === null) return null;
  if (last === undefined)
    return edited(text, [{ from: range[0], to: range[1], text: `[${overrideText(wanted)}]` }]);
  const at = endOf(text, last as Node); // items of a list that was read from a text
  return edited(text, [{ from: at, to: at, text: `, ${overrideText(wanted)}` }]);
}

/** On a line of its own, with the dash below those of the others. */
function behind(text: string, list: YAMLSeq, wanted: Wanted): string | null {
  const last = list.items[list.items.length - 1];
  const dash = rangeOf(list)?.[0];
  if (dash === undefined) return null;
  const indent = text.slice(lineStart(text, dash), dash);
  if (indent.trim() !== "" || text[dash] !== "-") return null;
  const end = lineEnd(text, endOf(text, last as Node)); // items of a list that was read from a text
  const put = `${newline(text)}${indent}- ${overrideText(wanted)}`;
  return edited(text, [{ from: end, to: end, text: put }]);
}
