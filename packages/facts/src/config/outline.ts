// SPDX-License-Identifier: Apache-2.0
/**
 * A template of YAML or JSON (`{{ }}`, ERB, Jinja), in which nesting is what indentation says. Lines
 * that only steer the template, and lines that are no `key: value` or `- item`, are kept as a list
 * under `(template)`, so that no edit goes unseen.
 */
import { stripComment, unquote } from "./flat.ts";
import { typeOfLoose } from "./scalar.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type Scalar } from "./types.ts";

type Frame = {
  readonly indent: number;
  readonly line: number;
  /** Opened by `key:`, so that its items may stand at the indent of the key. */
  readonly isKey: boolean;
  readonly entries: {
    readonly key: string;
    readonly keyLine: number;
    readonly value: Frame | Scalar;
  }[];
  readonly items: (Frame | Scalar)[];
};

type Outline = { stack: Frame[]; readonly unread: Scalar[] };

const STEERING = /^(?:\{\{.*\}\}|\{%.*%\}|<%.*%>|%\s.*)$/;
const NO_CONTENT =
  /^(?:[{}[\](),]+|\{\{-?\s*end\s*-?\}\}|\{%-?\s*end\w*\s*-?%\}|<%-?\s*end\s*-?%>)$/;

export function parseTemplateLines(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const documents: Node[] = [];
  let outline = started(1);
  for (let i = 0; i < lines.length; i++) {
    const raw = lines[i] ?? "";
    if (/^---\s*$/.test(raw)) {
      documents.push(...finished(outline));
      outline = started(i + 2);
      continue;
    }
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || NO_CONTENT.test(line)) continue;
    if (STEERING.test(line) && colonOf(line) < 0) outline.unread.push(scalarAt(line, i + 1));
    else i = readLine(outline, lines, i);
  }
  documents.push(...finished(outline));
  return { ok: true, documents, problems: [], approximate: true };
}

const frameAt = (indent: number, line: number, isKey: boolean): Frame => ({
  indent,
  line,
  isKey,
  entries: [],
  items: [],
});

const started = (line: number): Outline => ({ stack: [frameAt(-1, line, false)], unread: [] });

const scalarAt = (text: string, line: number, quoted = false): Scalar => ({
  kind: "scalar",
  type: quoted ? "string" : typeOfLoose(text),
  text,
  line,
  endLine: line,
});

/** Reads the line at `i` and, for a block scalar, the lines below it; returns the last line read. */
function readLine(outline: Outline, lines: readonly string[], i: number): number {
  const raw = lines[i] ?? "";
  let indent = raw.length - raw.trimStart().length;
  let rest = raw.trim();
  while (/^-(?:\s|$)/.test(rest) && outline.stack.length < DEPTH_MAX) {
    const parent = parentAt(outline, indent, true);
    const inner = rest.slice(1).trimStart();
    if (inner !== "" && !/^-\s/.test(inner) && colonOf(inner) < 0) {
      parent.items.push(valueAt(inner, i + 1));
      return i;
    }
    const item = frameAt(indent, i + 1, false);
    parent.items.push(item);
    outline.stack.push(item);
    indent += rest.length - inner.length;
    rest = inner;
  }
  if (rest === "") return i;
  const colon = colonOf(rest);
  if (colon < 0) {
    outline.unread.push(scalarAt(rest, i + 1));
    return i;
  }
  return readPair(outline, { lines, i, indent }, rest, colon);
}

type At = { readonly lines: readonly string[]; readonly i: number; readonly indent: number };

function readPair(outline: Outline, at: At, rest: string, colon: number): number {
  const { lines, i, indent } = at;
  const parent = parentAt(outline, indent, false);
  const key = unquote(rest.slice(0, colon).trim()).text;
  const written = stripComment(rest.slice(colon + 1).trim(), "#");
  if (/^[|>][-+0-9]*$/.test(written)) {
    const body = blockBelow(lines, i, indent);
    const text = written.includes("-") ? body.text.trimEnd() : body.text;
    parent.entries.push({
      key,
      keyLine: i + 1,
      value: { ...scalarAt(text, i + 1, true), endLine: body.last + 1 },
    });
    return body.last;
  }
  if (written !== "" && written !== "{" && written !== "[") {
    parent.entries.push({ key, keyLine: i + 1, value: valueAt(written, i + 1) });
    return i;
  }
  if (outline.stack.length >= DEPTH_MAX) {
    outline.unread.push(scalarAt(rest, i + 1));
    return i;
  }
  const frame = frameAt(indent, i + 1, true);
  parent.entries.push({ key, keyLine: i + 1, value: frame });
  outline.stack.push(frame);
  return i;
}

/** The container that a line at an indent belongs to; deeper ones are closed. */
function parentAt(outline: Outline, indent: number, isItem: boolean): Frame {
  const { stack } = outline;
  for (let top = stack[stack.length - 1]; top !== undefined; top = stack[stack.length - 1]) {
    const holds = top.indent < indent || (top.indent === indent && isItem && top.isKey);
    if (holds) return top;
    stack.pop();
  }
  // The root has indent -1, so that only an impossible indent ends here.
  const root = frameAt(-1, 1, false);
  stack.push(root);
  return root;
}

/** The text of a block scalar as YAML reads `|`: without the indent of its first line. */
function blockBelow(
  lines: readonly string[],
  i: number,
  indent: number,
): { readonly text: string; readonly last: number } {
  const body: string[] = [];
  let last = i;
  let inner = -1;
  for (let k = i + 1; k < lines.length; k++) {
    const line = lines[k] ?? "";
    const isBlank = line.trim() === "";
    const own = line.length - line.trimStart().length;
    if (!isBlank && own <= indent) break;
    if (!isBlank && inner < 0) inner = own;
    body.push(isBlank ? "" : line.slice(Math.min(own, Math.max(inner, 0))));
    if (!isBlank) last = k;
  }
  return {
    text: body
      .slice(0, last - i)
      .map((l) => `${l}\n`)
      .join(""),
    last,
  };
}

function valueAt(written: string, line: number): Scalar {
  const value = unquote(written.endsWith(",") ? written.slice(0, -1) : written);
  return scalarAt(value.text, line, value.quoted);
}

/** Where `key:` ends: a colon before a space or the end, outside quotes and template marks; else -1. */
function colonOf(line: string): number {
  let quote = "";
  let marks = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? "";
    const two = line.slice(i, i + 2);
    if (two === "{{" || two === "{%" || two === "<%") marks++;
    else if (two === "}}" || two === "%}" || two === "%>") marks = Math.max(0, marks - 1);
    if (marks > 0) continue;
    if (quote !== "") {
      if (c === quote) quote = "";
    } else if (i === 0 && (c === '"' || c === "'")) quote = c;
    else if (c === ":" && i > 0 && (i + 1 === line.length || /\s/.test(line[i + 1] ?? "")))
      return i;
  }
  return -1;
}

function finished(outline: Outline): readonly Node[] {
  const root = outline.stack[0] ?? frameAt(-1, 1, false);
  const whole = root.entries.length + root.items.length === 0 ? null : nodeOf(root);
  if (outline.unread.length === 0) return whole === null ? [] : [whole];
  const first = outline.unread[0]?.line ?? 1;
  const endLine = outline.unread[outline.unread.length - 1]?.line ?? first;
  const unread: Entry = {
    key: "(template)",
    keyLine: first,
    value: { kind: "list", items: outline.unread, line: first, endLine },
  };
  if (whole?.kind === "map")
    return [
      { ...whole, entries: [...whole.entries, unread], endLine: Math.max(whole.endLine, endLine) },
    ];
  const rest: Node = { kind: "map", entries: [unread], line: first, endLine };
  return whole === null ? [rest] : [whole, rest];
}

/** A container with items is a list; entries beside them become one more item. */
function nodeOf(frame: Frame | Scalar): Node {
  if ("kind" in frame) return frame;
  const entries = frame.entries.map((e): Entry => ({ ...e, value: nodeOf(e.value) }));
  const items = frame.items.map(nodeOf);
  const ends = [frame.line, ...items.map((n) => n.endLine), ...entries.map((e) => e.value.endLine)];
  const place = { line: frame.line, endLine: ends.reduce((a, b) => Math.max(a, b)) };
  if (items.length === 0) return { kind: "map", entries, ...place };
  const beside: readonly Node[] = entries.length === 0 ? [] : [{ kind: "map", entries, ...place }];
  return { kind: "list", items: [...items, ...beside], ...place };
}
