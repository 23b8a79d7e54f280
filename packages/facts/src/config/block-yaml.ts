// SPDX-License-Identifier: Apache-2.0
/**
 * The part of YAML that configuration is mostly written in, read many times faster than a whole YAML
 * parser does: block maps and lists, one-line scalars, block scalars, one-line flow collections of
 * plain scalars, several documents. Anything else makes it give up (`null`), and the whole parser
 * reads the text instead; a test holds both against each other on generated and real files.
 */
import { cutText } from "./cut.ts";
import { typeOfPlain } from "./scalar.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type Problem } from "./types.ts";

type Cursor = {
  readonly lines: readonly string[];
  at: number;
  readonly problems: Problem[];
};

/** Thrown inside this file only: the text uses more of YAML than is read here. */
class GiveUp extends Error {}

export function parseBlockYaml(text: string): Parsed | null {
  if (/[\t\uFEFF\u0085\u2028\u2029]/.test(text) || text.includes("\r") || /^%/m.test(text))
    return null;
  const cursor: Cursor = { lines: text.split("\n"), at: 0, problems: [] };
  try {
    const documents: Node[] = [];
    while (skipBlank(cursor)) {
      const line = cursor.lines[cursor.at] ?? "";
      if (/^---(\s+#.*|\s*)$/.test(line)) {
        cursor.at++;
        continue;
      }
      if (/^(---|\.\.\.)/.test(line)) throw new GiveUp();
      documents.push(block(cursor, indentOf(line), 0));
      if (skipBlank(cursor) && !/^---(\s+#.*|\s*)$/.test(cursor.lines[cursor.at] ?? ""))
        throw new GiveUp();
    }
    return { ok: true, documents, problems: cursor.problems, approximate: false };
  } catch (error) {
    if (error instanceof GiveUp) return null;
    throw error;
  }
}

function indentOf(line: string): number {
  let i = 0;
  while (line.charCodeAt(i) === 32) i++;
  return i;
}

/** Moves to the next line with content; false at the end. */
function skipBlank(cursor: Cursor): boolean {
  for (; cursor.at < cursor.lines.length; cursor.at++) {
    const line = cursor.lines[cursor.at] ?? "";
    const c = line.charCodeAt(indentOf(line));
    if (!Number.isNaN(c) && c !== 35) return true;
  }
  return false;
}

const isItem = (line: string, indent: number): boolean =>
  line.charCodeAt(indent) === 45 &&
  (line.length === indent + 1 || line.charCodeAt(indent + 1) === 32);

function block(cursor: Cursor, indent: number, depth: number): Node {
  if (depth > DEPTH_MAX) throw new GiveUp();
  const line = cursor.lines[cursor.at] ?? "";
  if (isItem(line, indent)) return listBlock(cursor, indent, depth);
  if (splitKey(line, indent) === null) return loneScalar(cursor, indent, depth);
  return mapBlock(cursor, indent, depth);
}

/** A document or value that is one scalar on one line. */
function loneScalar(cursor: Cursor, indent: number, depth: number): Node {
  // A block scalar of a whole document may stand at the margin, where its end is not told by indent.
  if (/^[|>]/.test((cursor.lines[cursor.at] ?? "").slice(indent))) throw new GiveUp();
  const node = value(cursor, (cursor.lines[cursor.at] ?? "").slice(indent), {
    indent: indent - 1,
    depth,
  });
  return node;
}

function listBlock(cursor: Cursor, indent: number, depth: number): Node {
  const items: Node[] = [];
  const first = cursor.at + 1;
  let endLine = first;
  while (skipBlank(cursor)) {
    const line = cursor.lines[cursor.at] ?? "";
    const own = indentOf(line);
    if (own < indent || !isItem(line, own)) {
      if (own > indent) throw new GiveUp();
      break;
    }
    if (own > indent) throw new GiveUp();
    items.push(item(cursor, line, indent, depth));
    endLine = Math.max(endLine, items[items.length - 1]?.endLine ?? endLine);
  }
  return { kind: "list", items, line: first, endLine };
}

function item(cursor: Cursor, line: string, indent: number, depth: number): Node {
  let start = indent + 1;
  while (line.charCodeAt(start) === 32) start++;
  const rest = line.slice(start);
  if (rest === "" || rest.startsWith("#")) {
    const at = cursor.at + 1;
    cursor.at++;
    if (!skipBlank(cursor)) return empty(at);
    const next = cursor.lines[cursor.at] ?? "";
    return indentOf(next) > indent ? block(cursor, indentOf(next), depth + 1) : empty(at);
  }
  if (isItem(line, start) || splitKey(line, start) !== null) {
    // `- key: value` and `- - x`: the rest of the line is the first line of a deeper block.
    const lines = cursor.lines as string[];
    lines[cursor.at] = " ".repeat(start) + rest;
    return block(cursor, start, depth + 1);
  }
  return value(cursor, rest, { indent, depth });
}

function mapBlock(cursor: Cursor, indent: number, depth: number): Node {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  const first = cursor.at + 1;
  let endLine = first;
  while (skipBlank(cursor)) {
    const line = cursor.lines[cursor.at] ?? "";
    const own = indentOf(line);
    if (own < indent) break;
    if (own > indent || /^(---|\.\.\.)/.test(line)) {
      if (own === 0 && indent === 0) break;
      throw new GiveUp();
    }
    if (isItem(line, own)) break;
    const split = splitKey(line, indent);
    if (split === null || split.key === "<<") throw new GiveUp();
    const keyLine = cursor.at + 1;
    const node = entryValue(cursor, split.rest, { indent, depth }, keyLine);
    if (seen.has(split.key))
      cursor.problems.push({
        code: "duplicate-key",
        line: keyLine,
        column: 1,
        message: `\`${cutText(split.key, 60)}\` stands twice`,
      });
    seen.add(split.key);
    entries.push({ key: split.key, keyLine, value: node });
    endLine = Math.max(endLine, node.endLine);
  }
  return { kind: "map", entries, line: first, endLine };
}

type Place = { readonly indent: number; readonly depth: number };

function entryValue(cursor: Cursor, rest: string, place: Place, keyLine: number): Node {
  if (rest !== "" && !rest.startsWith("#")) return value(cursor, rest, place);
  cursor.at++;
  if (!skipBlank(cursor)) return empty(keyLine);
  const next = cursor.lines[cursor.at] ?? "";
  const own = indentOf(next);
  if (/^(---|\.\.\.)/.test(next)) return empty(keyLine);
  // A list may stand at the indent of its key.
  if (own > place.indent || (own === place.indent && isItem(next, own)))
    return block(cursor, own, place.depth + 1);
  return empty(keyLine);
}

const empty = (line: number): Node => ({
  kind: "scalar",
  type: "null",
  text: "",
  line,
  endLine: line,
});

/** A value that starts on the current line. Moves past it. */
function value(cursor: Cursor, rest: string, place: Place): Node {
  const line = cursor.at + 1;
  const c = rest[0] ?? "";
  if (c === "|" || c === ">") return blockScalar(cursor, rest, place, line);
  cursor.at++;
  if ("&*!?%@`]},:".includes(c)) throw new GiveUp();
  if (c === "[" || c === "{") return flow(rest, line);
  if (c === '"' || c === "'") return quoted(cursor, rest, place.indent);
  const bare = rest.replace(/\s+#.*$/, "").trimEnd();
  if (/:(\s|$)/.test(bare) || bare.startsWith("- ") || bare === "-") throw new GiveUp();
  // A comment ends a plain scalar.
  const more = bare.length < rest.trimEnd().length ? [] : continuation(cursor, place.indent);
  if (more.length > 0)
    return {
      kind: "scalar",
      type: "string",
      text: [bare, ...more].join(" "),
      line,
      endLine: line + more.length,
    };
  return { kind: "scalar", type: typeOfPlain(bare), text: bare, line, endLine: line };
}

/** Further lines of a plain scalar: deeper ones without a blank line between, folded to one text. */
function continuation(cursor: Cursor, indent: number): readonly string[] {
  const lines: string[] = [];
  for (; cursor.at < cursor.lines.length; cursor.at++) {
    const line = cursor.lines[cursor.at] ?? "";
    const own = indentOf(line);
    if (own === line.length) return endedBy(cursor, indent, lines);
    if (own <= indent || /^(---|\.\.\.)/.test(line)) return lines;
    if (line.charCodeAt(own) === 35) return lines;
    if (/:(\s|$)|\s#/.test(line)) throw new GiveUp();
    lines.push(line.trim());
  }
  return lines;
}

/** A blank line would be a line break inside the scalar if a deeper line follows: not read here. */
function endedBy(cursor: Cursor, indent: number, lines: readonly string[]): readonly string[] {
  for (let i = cursor.at + 1; i < cursor.lines.length; i++) {
    const later = cursor.lines[i] ?? "";
    if (later.trim() === "") continue;
    if (indentOf(later) > indent && !later.trimStart().startsWith("#")) throw new GiveUp();
    return lines;
  }
  return lines;
}

/** A quoted scalar, over several lines if need be; a blank line inside is left to the whole parser. */
function quoted(cursor: Cursor, rest: string, indent: number): Node {
  const line = cursor.at;
  let written = rest;
  let match = closed(written);
  while (match === null) {
    const next = cursor.lines[cursor.at];
    if (
      next === undefined ||
      next.trim() === "" ||
      written.endsWith("\\") ||
      indentOf(next) <= indent
    )
      throw new GiveUp();
    cursor.at++;
    written = `${written.trimEnd()} ${next.trim()}`;
    match = closed(written);
  }
  return { kind: "scalar", type: "string", text: unquoted(match), line, endLine: cursor.at };
}

const SINGLE = /^'((?:[^']|'')*)'\s*(#.*)?$/;
const DOUBLE = /^"((?:[^"\\]|\\["\\/nt])*)"\s*(#.*)?$/;

/** The text between the quotes with its quote, or `null` while the closing quote is missing. */
function closed(written: string): { readonly quote: string; readonly inner: string } | null {
  const quote = written[0] ?? "";
  const match = (quote === "'" ? SINGLE : DOUBLE).exec(written);
  if (match !== null) return { quote, inner: match[1] ?? "" };
  const body = written.slice(1).replace(quote === "'" ? /''/g : /\\[\s\S]/g, "");
  // A quote that closes before the end of the line, or an escape not read here.
  if (body.includes(quote) || (quote === '"' && /\\[^"\\/nt]/.test(written))) throw new GiveUp();
  return null;
}

function unquoted({ quote, inner }: { readonly quote: string; readonly inner: string }): string {
  return quote === "'"
    ? inner.replace(/''/g, "'")
    : inner.replace(/\\(.)/g, (_, e: string) => ({ n: "\n", t: "\t" })[e] ?? e);
}

const FLOW_ITEM =
  /\s*(?:'([^']*)'|"([^"\\]*)"|([^\s,[\]{}"'#&*!|>%@`:?-][^,[\]{}"'#&*:]*|-?\d[\d.]*))\s*(,|$)/y;

/** `[a, 'b', 3]`, `[]` and `{}` on one line, without anything nested. */
function flow(rest: string, line: number): Node {
  const bare = rest.replace(/\s+#.*$/, "").trimEnd();
  if (bare === "{}") return { kind: "map", entries: [], line, endLine: line };
  if (bare === "[]") return { kind: "list", items: [], line, endLine: line };
  if (!bare.startsWith("[") || !bare.endsWith("]")) throw new GiveUp();
  const inner = bare.slice(1, -1);
  const sticky = new RegExp(FLOW_ITEM.source, "y");
  const items: Node[] = [];
  while (sticky.lastIndex < inner.length) {
    const match = sticky.exec(inner);
    if (match === null) throw new GiveUp();
    const [, single, double, plain] = match;
    const text = single ?? double ?? (plain ?? "").trim();
    items.push({
      kind: "scalar",
      type: plain === undefined ? "string" : typeOfPlain(text),
      text,
      line,
      endLine: line,
    });
    if (match[4] === "") break;
  }
  if (/,\s*$/.test(inner)) throw new GiveUp();
  return { kind: "list", items, line, endLine: line };
}

/** `|` and `>` with the chomping marks; an indentation mark is left to the whole parser. */
function blockScalar(cursor: Cursor, rest: string, place: Place, line: number): Node {
  const header = /^([|>])([-+]?)\s*(#.*)?$/.exec(rest);
  if (header === null || header[2] === "+") throw new GiveUp();
  cursor.at++;
  const lines: string[] = [];
  let indent = -1;
  let last = cursor.at;
  for (; cursor.at < cursor.lines.length; cursor.at++) {
    const raw = cursor.lines[cursor.at] ?? "";
    if (raw.trim() === "") {
      if (raw.length > Math.max(indent, 0) && indent >= 0) throw new GiveUp();
      lines.push("");
      continue;
    }
    const own = indentOf(raw);
    if (own <= place.indent) break;
    if (indent < 0) indent = own;
    if (own < indent) throw new GiveUp();
    lines.push(raw.slice(indent));
    last = cursor.at + 1;
  }
  while (lines.length > 0 && lines[lines.length - 1] === "") lines.pop();
  if (header[1] === ">" && lines.some((l) => l === "" || l.startsWith(" "))) throw new GiveUp();
  const joined = lines.join(header[1] === "|" ? "\n" : " ");
  const text = header[2] === "-" || joined === "" ? joined : `${joined}\n`;
  return { kind: "scalar", type: "string", text, line, endLine: Math.max(line, last) };
}

type Split = { readonly key: string; readonly rest: string };

/** `key: rest` at an indent, with a plain or simply quoted key; `null` when the line is none. */
function splitKey(line: string, indent: number): Split | null {
  const c = line.charCodeAt(indent);
  if (c === 34 || c === 39) {
    const match = (c === 34 ? /^"([^"\\]*)"\s*:(?:\s+(.*))?$/ : /^'([^']*)'\s*:(?:\s+(.*))?$/).exec(
      line.slice(indent),
    );
    return match === null ? null : { key: match[1] ?? "", rest: (match[2] ?? "").trimEnd() };
  }
  // Indicators cannot start a plain key: `[`, `{`, `&`, `*`, `!`, `|`, `>`, `%`, `@`, a back-tick, `?`, `,`, `]`, `}`.
  if ("[{&*!|>%@`?,]}#".includes(line[indent] ?? "")) return null;
  for (let i = line.indexOf(":", indent); i >= 0; i = line.indexOf(":", i + 1)) {
    const after = line.charCodeAt(i + 1);
    if (!Number.isNaN(after) && after !== 32) continue;
    const key = line.slice(indent, i);
    if (key.includes(" #")) return null;
    return { key: key.trimEnd(), rest: line.slice(i + 1).trim() };
  }
  return null;
}
