// SPDX-License-Identifier: Apache-2.0
/** Line-shaped formats: INI, properties, .env, CSV, plain lists, and templates read line by line. */

import { typeOfLoose, typeOfPlain } from "./scalar.ts";
import { withSpans } from "./spans.ts";
import type { Entry, Node, Parsed, Problem, Scalar } from "./types.ts";

type Section = { readonly entries: Entry[]; readonly line: number; end: number };

const scalar = (text: string, line: number, quoted = false): Scalar => ({
  kind: "scalar",
  type: quoted ? "string" : typeOfLoose(text),
  text,
  line,
  endLine: line,
});

const whole = (root: Node, problems: readonly Problem[] = [], approximate = false): Parsed => ({
  ok: true,
  documents: [withSpans(root)],
  problems,
  approximate,
});

function mapOf(entries: readonly Entry[], line: number, endLine: number): Node {
  return { kind: "map", entries, line, endLine };
}

/** `[section]`, `key = value`, `key: value`, bare `key`; `#` and `;` comments. Repeated keys are kept. */
export function parseIni(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const root: Section = { entries: [], line: 1, end: lines.length };
  let section = root;
  for (const [i, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === "" || /^[#;]/.test(line)) continue;
    const header = /^\[([^\]]*)\]/.exec(line);
    if (header !== null) {
      section = { entries: [], line: i + 1, end: i + 1 };
      root.entries.push({
        key: (header[1] ?? "").trim(),
        keyLine: i + 1,
        value: mapOf(section.entries, i + 1, i + 1),
      });
      continue;
    }
    section.entries.push(assignment(line, i + 1));
  }
  return whole(mapOf(root.entries, 1, lines.length));
}

/** Longer lines are no assignments, and the patterns below must not see them. */
const LINE_MAX = 20_000;

function assignment(line: string, at: number): Entry {
  if (line.length > LINE_MAX)
    return { key: line.slice(0, 200), keyLine: at, value: scalar("", at) };
  const split = /^(?:export\s+)?("[^"]*"|[^=:]+?)\s*[=:]\s*(.*)$/.exec(line);
  if (split === null) return spacedAssignment(line, at);
  const { text, quoted } = unquote((split[2] ?? "").trim());
  return { key: unquote(split[1] ?? "").text.trim(), keyLine: at, value: scalar(text, at, quoted) };
}

/** `key "value";` as apt, BIND and many daemons write it; anything else is a bare key. */
function spacedAssignment(line: string, at: number): Entry {
  const split = /^([A-Za-z][\w:./-]{0,200})\s+"([^"]*)"\s*;?\s*([#;/].*)?$/.exec(line);
  if (split === null) return { key: line, keyLine: at, value: scalar("", at) };
  return { key: split[1] ?? "", keyLine: at, value: scalar(split[2] ?? "", at) };
}

function unquote(text: string): { readonly text: string; readonly quoted: boolean } {
  const match = /^"((?:[^"\\]|\\.)*)"|^'([^']*)'/.exec(text);
  if (match !== null) return { text: match[1] ?? match[2] ?? "", quoted: true };
  return { text: text.replace(/\s+[#;].*$/, "").replace(/;$/, ""), quoted: false };
}

/** Java properties and .env files: no sections, a backslash continues a line. */
export function parseProperties(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const entries: Entry[] = [];
  for (let i = 0; i < lines.length; i++) {
    const start = i;
    let line = (lines[i] ?? "").trim();
    if (line === "" || /^[#!]/.test(line)) continue;
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && i + 1 < lines.length)
      line = line.slice(0, -1) + (lines[++i] ?? "").trim();
    if (line.length > LINE_MAX) line = line.slice(0, LINE_MAX);
    const split = /^(?:export\s+)?((?:[^=:\s\\]|\\.)+)\s*[=:\s]\s*(.*)$/.exec(line);
    const value = unquote((split?.[2] ?? "").trim());
    entries.push({
      key: split?.[1] ?? line,
      keyLine: start + 1,
      value: scalar(value.text, start + 1, value.quoted),
    });
  }
  return whole(mapOf(entries, 1, lines.length));
}

/** One entry a line; `#` comments. */
export function parseLines(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const items: Node[] = [];
  for (const [i, raw] of lines.entries()) {
    const entry = raw.replace(/(^|\s)#.*$/, "").trim();
    if (entry !== "")
      items.push({
        kind: "scalar",
        type: typeOfPlain(entry) === "null" ? "string" : typeOfPlain(entry),
        text: entry,
        line: i + 1,
        endLine: i + 1,
      });
  }
  return whole({ kind: "list", items, line: 1, endLine: lines.length });
}

/** RFC 4180 with a header; each row is a map by column name. */
export function parseCsv(text: string, separator: "," | "\t"): Parsed {
  const rows = csvRows(text, separator);
  const header = rows[0];
  if (header === undefined) return whole({ kind: "list", items: [], line: 1, endLine: 1 });
  const items = rows.slice(1).map(
    (row): Node =>
      mapOf(
        row.cells.map((cell, i) => ({
          key: header.cells[i] ?? `column ${i + 1}`,
          keyLine: row.line,
          value: scalar(cell, row.line),
        })),
        row.line,
        row.line,
      ),
  );
  return whole({ kind: "list", items, line: 1, endLine: rows[rows.length - 1]?.line ?? 1 });
}

type Row = { readonly cells: readonly string[]; readonly line: number };

function csvRows(text: string, separator: string): readonly Row[] {
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let start = 1;
  const endRow = () => {
    cells.push(cell);
    if (cells.length > 1 || cell.trim() !== "") rows.push({ cells, line: start });
    cells = [];
    cell = "";
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\n") line++;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === separator) {
      cells.push(cell);
      cell = "";
    } else if (c === "\n") {
      endRow();
      start = line;
    } else if (c !== "\r") cell += c;
  }
  if (cell !== "" || cells.length > 0) endRow();
  return rows;
}

/**
 * A template (`{{ }}`, ERB, Jinja) in which nesting is what indentation says: `key: value` and
 * `- item` lines become maps; lines that only steer the template are passed over.
 */
export function parseTemplateLines(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  type Level = { readonly indent: number; readonly entries: Entry[] };
  const root: Entry[] = [];
  let stack: Level[] = [{ indent: -1, entries: root }];
  for (const [i, raw] of lines.entries()) {
    if (raw.length > LINE_MAX) continue;
    const bare = raw.replace(/^\s*(\{\{-?|\{%-?|<%-?)[^}%]*(-?\}\}|-?%\}|-?%>)\s*$/, "");
    const match = /^(\s*)((?:-\s+)*)("?[A-Za-z0-9_.$/\-{}" ]{1,200}?"?)\s*:(?:\s+(.*))?$/.exec(
      bare,
    );
    if (match === null || /^\s*#/.test(bare)) continue;
    const indent = (match[1] ?? "").length + (match[2] ?? "").length;
    stack = stack.filter((l) => l.indent < indent);
    const top = stack[stack.length - 1] ?? { indent: -1, entries: root };
    const key = unquote((match[3] ?? "").trim()).text;
    const written = (match[4] ?? "").trim();
    if (written === "" || /^[|>][-+]?$/.test(written)) {
      const inner: Entry[] = [];
      top.entries.push({ key, keyLine: i + 1, value: mapOf(inner, i + 1, i + 1) });
      stack.push({ indent, entries: inner });
    } else {
      const value = unquote(written.replace(/,$/, ""));
      top.entries.push({ key, keyLine: i + 1, value: scalar(value.text, i + 1, value.quoted) });
    }
  }
  return whole(mapOf(root, 1, lines.length), [], true);
}
