// SPDX-License-Identifier: Apache-2.0
/** Whether a text holds actions of Helm, Go templates, Jinja or ERB. */
export function isTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("<%");
}

const ACTION = /\{\{[^{}]*\}\}/g;
const ONLY_ACTIONS = /^\s*(?:\{\{[^{}]*\}\}\s*)+$/;
// Words of actions that print nothing by themselves.
const CONTROL =
  /^\{\{-?\s*(?:if|else|end|with|range|define|block|template|\/\*|\$[\w.]*\s*:?=|break|continue)\b|^\{\{-?\s*\$[\w.]*\s*:?=|^\{\{-?\s*\/\*/;

/**
 * Makes readable YAML out of a template, line for line: control actions vanish, values that an
 * action would print become texts that still show the action. Both branches of a condition stay.
 * The result is approximate, and everything read from it says so.
 */
export function withoutActions(text: string): string {
  const lines = flatten(text).split("\n");
  return lines.map((line, i) => plainLine(line, lines, i)).join("\n");
}

/** Puts every action on one line (keeping the number of lines) and drops `{% %}`, `<% %>`. */
function flatten(text: string): string {
  const plain = [
    ["{%", "%}"],
    ["<%", "%>"],
    ["{{/*", "*/}}"],
    ["{{- /*", "*/ -}}"],
  ] as const;
  const bare = plain.reduce((rest, [open, close]) => without(rest, open, close), text);
  return bare.replace(
    /\{\{[^{}]*\}\}/g,
    (action) => action.replace(/\s+/g, " ") + newlines(action),
  );
}

const newlines = (part: string): string => "\n".repeat(part.split("\n").length - 1);

/** Drops every span between two marks; searched forward only, so an unclosed mark costs nothing. */
function without(text: string, open: string, close: string): string {
  const kept: string[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    const end = start < 0 ? -1 : text.indexOf(close, start + open.length);
    if (end < 0) return kept.length === 0 ? text : `${kept.join("")}${text.slice(from)}`;
    kept.push(text.slice(from, start), newlines(text.slice(start, end)));
    from = end + close.length;
  }
}

function plainLine(line: string, lines: readonly string[], index: number): string {
  if (!line.includes("{{")) return line;
  if (ONLY_ACTIONS.test(line)) return printedAlone(line, lines, index);
  const bare = line.replace(ACTION, readable);
  const value = /^(\s*(?:- +)*(?:[\w./-]+|"[^"]*"|'[^']*'):\s+)(\{\{.*)$/.exec(bare);
  if (value !== null) return `${value[1] ?? ""}${quoted(value[2] ?? "")}`;
  const item = /^(\s*(?:- +)+)(\{\{.*)$/.exec(bare);
  if (item !== null && !/\}\}[\w.-]*:(?:\s|$)/.test(bare)) {
    return `${item[1] ?? ""}${quoted(item[2] ?? "")}`;
  }
  const key = /^(\s*(?:- +)*)(\{\{[^{}]*\}\}[\w./-]*):(\s.*|)$/.exec(bare);
  return key === null ? bare : `${key[1] ?? ""}${quoted(key[2] ?? "")}:${key[3] ?? ""}`;
}

/** A whole block that an action prints stands for the value of the key above it, if it is all of it. */
function printedAlone(line: string, lines: readonly string[], index: number): string {
  const action = line.trim();
  if (CONTROL.test(action)) return "";
  const above = lines.slice(Math.max(0, index - 20), index).findLast(counts);
  const below = lines.slice(index + 1, index + 21).find(counts);
  if (above === undefined || !/:\s*$/.test(above)) return "";
  const depth = indent(above);
  if (below !== undefined && indent(below) > depth) return "";
  return `${" ".repeat(depth + 2)}${quoted(readable(action))}`;
}

const indent = (line: string): number => line.length - line.trimStart().length;
const counts = (line: string): boolean =>
  line.trim() !== "" && !line.trim().startsWith("#") && !ONLY_ACTIONS.test(line);

/** The action without the characters that would end a YAML text. */
function readable(action: string): string {
  return action
    .replace(/["'`\\]/g, "")
    .replace(/:\s/g, "; ")
    .replace(/\s#/g, " ");
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "").trimEnd()}"`;
}
