// SPDX-License-Identifier: Apache-2.0
/** Whether a text holds actions of Helm, Go templates, Jinja or ERB. */
export function isTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("<%");
}

// After `flatten` an action has no braces of its own and stands on one line.
const ACTION = /\{\{[^{}]*\}\}/g;
const ONLY_ACTIONS = /^\s*(?:\{\{[^{}]*\}\}\s*)+$/;
// Words of actions that print nothing by themselves.
const CONTROL =
  /^\{\{-?\s*(?:(?:if|else|end|with|range|define|block|template|break|continue)\b|\/\*|\$[\w.]*\s*:?=)/;
/** Within a line it stands for a text; alone on one it is most often a block of labels. */
const PRINTS_IN_LINE = /^\{\{-?\s*(?:template|block)\b/;
/**
 * How far an action is looked through for its end, not counting raw texts and comments in it, which
 * may be a whole dashboard; longer ones are taken to the next `}}`.
 */
const ACTION_MAX = 5_000;

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
  const bare = [
    ["{%", "%}"],
    ["<%", "%>"],
  ].reduce((rest, [open = "", close = ""]) => dropped(rest, open, close), text);
  const next = { "`": searchIn(bare, "`"), "*/": searchIn(bare, "*/") };
  const parts: string[] = [];
  let from = 0;
  // Line ends taken out of actions, given back where the line that they are on ends.
  let owed = "";
  const copy = (part: string): void => {
    const end = owed === "" ? -1 : part.indexOf("\n");
    parts.push(end < 0 ? part : `${part.slice(0, end)}${owed}${part.slice(end)}`);
    if (end >= 0) owed = "";
  };
  for (let start = bare.indexOf("{{"); start >= 0; start = bare.indexOf("{{", from)) {
    const end = endOfAction(bare, start + 2, next);
    if (end < 0) break;
    const action = bare.slice(start, end);
    copy(bare.slice(from, start));
    parts.push(oneLine(action));
    owed += newlines(action);
    from = end;
  }
  copy(bare.slice(from));
  return `${parts.join("")}${owed}`;
}

const newlines = (part: string): string => "\n".repeat(part.split("\n").length - 1);

function oneLine(action: string): string {
  const inner = action.slice(2, -2).replace(/\s+/g, " ").replace(/\{/g, "(").replace(/\}/g, ")");
  return `{{${inner}}}`;
}

type Search = (from: number) => number;

/** Where a mark stands next; found once for all, since every action of a hostile text asks anew. */
function searchIn(text: string, mark: string): Search {
  const places: number[] = [];
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) places.push(at);
  return (from) => {
    let low = 0;
    for (let high = places.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((places[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return places[low] ?? -1;
  };
}

/** Behind the `}}` that closes the action; braces in its quoted texts and comments do not. */
function endOfAction(
  text: string,
  from: number,
  next: { readonly "`": Search; readonly "*/": Search },
): number {
  let limit = Math.min(text.length, from + ACTION_MAX);
  for (let at = from; at < limit; at++) {
    const mark = text[at];
    if (mark === "}" && text[at + 1] === "}") return at + 2;
    if (mark === '"') {
      const end = closingQuote(text, at + 1, limit);
      if (end < 0) break;
      at = end;
      continue;
    }
    const close = mark === "`" ? "`" : mark === "/" && text[at + 1] === "*" ? "*/" : null;
    if (close === null) continue;
    const end = next[close](at + close.length);
    if (end < 0) break;
    limit = Math.min(text.length, limit + end - at);
    at = end + close.length - 1;
  }
  const end = text.indexOf("}}", from);
  return end < 0 || end > limit ? -1 : end + 2;
}

function closingQuote(text: string, from: number, limit: number): number {
  for (let at = from; at < limit; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

/** Drops every span between two marks; searched forward only, so an unclosed mark costs nothing. */
function dropped(text: string, open: string, close: string): string {
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
  const bare = withoutConditions(line).replace(ACTION, readable);
  const value = /^(\s*(?:- +)*(?:[\w./-]+|"[^"]*"|'[^']*'):\s+)(\{\{.*)$/.exec(bare);
  if (value !== null)
    return opensBlock(line, lines, index)
      ? (value[1] ?? "").trimEnd()
      : `${value[1] ?? ""}${quoted(value[2] ?? "")}`;
  const inFlow = /^(\s*)(\{\{.*\}\}),\s*$/.exec(bare);
  if (inFlow !== null) return `${inFlow[1] ?? ""}${quoted(inFlow[2] ?? "")},`;
  const item = /^(\s*(?:- +)+)(\{\{.*)$/.exec(bare);
  if (item !== null && !/\}\}[\w.-]*:(?:\s|$)/.test(bare)) {
    return `${item[1] ?? ""}${quoted(item[2] ?? "")}`;
  }
  const key = /^(\s*(?:- +)*)(\{\{[^{}]*\}\}[\w./-]*):(\s.*|)$/.exec(bare);
  if (key !== null) {
    const rest = (key[3] ?? "").trim();
    const printed = rest.startsWith("{{") ? ` ${quoted(rest)}` : (key[3] ?? "");
    return `${key[1] ?? ""}${quoted(key[2] ?? "")}:${printed}`;
  }
  // A line of a text, since nothing else begins so.
  const text = /^(\s*)(\{\{.*)$/.exec(bare);
  return text === null ? bare : `${text[1] ?? ""}${quoted(text[2] ?? "")}`;
}

/** `labels: {{- include "x" . | nindent 4 }}` prints the first of the lines below it. */
function opensBlock(line: string, lines: readonly string[], index: number): boolean {
  if (!/\bnindent\b[^{}]*\}\}\s*$/.test(line)) return false;
  const below = lines.slice(index + 1, index + 21).find(counts);
  return below !== undefined && indent(below) > indent(line);
}

/** `{{ if .a }}b: c{{ end }}` is `b: c`; with an `else` the line shows both as they are written. */
function withoutConditions(line: string): string {
  if (/\{\{-?\s*else\b/.test(line)) return line;
  return line.replace(ACTION, (action) =>
    CONTROL.test(action) && !PRINTS_IN_LINE.test(action) ? "" : action,
  );
}

/** A whole block that an action prints stands for the value of the key above it, if it is all of it. */
function printedAlone(line: string, lines: readonly string[], index: number): string {
  const action = line.trim();
  if (CONTROL.test(action)) return "";
  const nearby = lines.slice(Math.max(0, index - 20), index);
  const position = nearby.findLastIndex(counts);
  const above = nearby[position];
  const below = lines.slice(index + 1, index + 21).find(counts);
  if (above === undefined || !/:\s*$/.test(above)) return "";
  // The first of several actions stands for all of them.
  if (nearby.slice(position + 1).some(prints)) return "";
  const depth = indent(above);
  if (below !== undefined && (indent(below) > depth || isItemOf(below, depth))) return "";
  return `${" ".repeat(depth + 2)}${quoted(readable(action))}`;
}

const indent = (line: string): number => line.length - line.trimStart().length;
/** A list may stand as deep as its key. */
const isItemOf = (line: string, depth: number): boolean =>
  indent(line) === depth && /^\s*- /.test(line);
const isComment = (line: string): boolean => line.trimStart().startsWith("#");
const counts = (line: string): boolean =>
  line.trim() !== "" && !isComment(line) && !ONLY_ACTIONS.test(line);
const prints = (line: string): boolean => ONLY_ACTIONS.test(line) && !CONTROL.test(line.trim());

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
