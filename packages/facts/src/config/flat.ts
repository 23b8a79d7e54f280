// SPDX-License-Identifier: Apache-2.0
/** Line-shaped formats: INI and its kin, properties, .env, plain lists. */

import { wellFormed } from "./cut.ts";
import { typeOfLoose, typeOfPlain } from "./scalar.ts";
import { withSpans } from "./spans.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type Scalar } from "./types.ts";

const scalar = (text: string, line: number, quoted = false, endLine = line): Scalar => ({
  kind: "scalar",
  type: quoted ? "string" : typeOfLoose(text),
  text,
  line,
  endLine,
});

const whole = (root: Node, approximate = false): Parsed => ({
  ok: true,
  documents: [withSpans(root)],
  problems: [],
  approximate,
});

type MutableMap = {
  readonly kind: "map";
  readonly entries: Entry[];
  line: number;
  endLine: number;
};
const mapAt = (line: number, endLine = line): MutableMap => ({
  kind: "map",
  entries: [],
  line,
  endLine,
});

/**
 * `[section]`, `key = value`, `key: value`, bare `key`; `#` and `;` comments. Without sections and
 * mostly of the form `key value`, as daemons write it, lines split at the space and braces nest.
 * Repeated keys and sections are kept, because many readers take all of them.
 */
export function parseIni(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const root = mapAt(1, lines.length);
  const spaced = isSpaced(lines);
  let stack: MutableMap[] = [root];
  for (const [i, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const at = i + 1;
    const close = line.indexOf("]");
    const top = stack[stack.length - 1] ?? root;
    if (line.startsWith("[") && close > 0) {
      const section = mapAt(at);
      root.entries.push({ key: line.slice(1, close).trim(), keyLine: at, value: section });
      stack = [root, section];
    } else if (spaced && /^\}[;,]?$/.test(line)) {
      top.endLine = at;
      if (stack.length > 1) stack.pop();
    } else if (spaced && line.endsWith("{") && stack.length < DEPTH_MAX) {
      const block = mapAt(at);
      top.entries.push({ key: line.slice(0, -1).trim(), keyLine: at, value: block });
      stack.push(block);
    } else top.entries.push(spaced ? spacedPair(line, at) : assignment(line, at));
  }
  // What opens a brace and is not read as blocks is another language's configuration.
  return whole(
    root,
    lines.some((l) => /[^\s=]\s*\{\s*$/.test(l) && !l.trim().startsWith("#")) && !spaced,
  );
}

/** More lines read as `key value` than as `key = value`, and there is no section. */
function isSpaced(lines: readonly string[]): boolean {
  let pairs = 0;
  let assigned = 0;
  for (const raw of lines) {
    const line = raw.trim();
    if (line === "" || /^[#;}]/.test(line)) continue;
    if (/^\[[^\]]*\]/.test(line)) return false;
    if (separatorIn(line) < 0 && /^[A-Za-z][\w.:/-]*\s+\S/.test(line)) pairs++;
    else assigned++;
  }
  return pairs > assigned;
}

/** Index of the first `=`, or of a `:` that is no part of `::`; -1 when the line has none. */
function separatorIn(line: string): number {
  for (let i = line.startsWith('"') ? Math.max(1, line.indexOf('"', 1)) : 1; i < line.length; i++) {
    if (line[i] === "=") return i;
    if (line[i] === ":" && line[i + 1] !== ":" && line[i - 1] !== ":") return i;
  }
  return -1;
}

function assignment(line: string, at: number): Entry {
  const quoted = /^([A-Za-z][\w.:/-]*)\s+"[^"]*"\s*;?\s*(?:[#;/].*)?$/.exec(line);
  if (quoted !== null) return spacedPair(line, at);
  const split = separatorIn(line);
  if (split < 0) return { key: line, keyLine: at, value: scalar("", at) };
  const key = line
    .slice(0, split)
    .replace(/^export\s+/, "")
    .trim();
  return { key: unquote(key).text, keyLine: at, value: readValue(line.slice(split + 1), at, "#;") };
}

/** `key value;` as apt, BIND, nginx and many daemons write it. */
function spacedPair(line: string, at: number): Entry {
  const bare = stripComment(line, "#").trimEnd();
  const inner = bare.endsWith(";") ? bare.slice(0, -1).trimEnd() : bare;
  const space = inner.search(/\s/);
  if (space < 0) return { key: inner, keyLine: at, value: scalar("", at) };
  return { key: inner.slice(0, space), keyLine: at, value: readValue(inner.slice(space), at, "") };
}

function readValue(written: string, at: number, comments: string): Scalar {
  const trimmed = written.trim();
  const whole = unquote(trimmed);
  if (whole.quoted) return scalar(whole.text, at, true);
  const bare = stripComment(trimmed, comments);
  const { text, quoted } = unquote(bare.endsWith(";") ? bare.slice(0, -1).trimEnd() : bare);
  return scalar(text, at, quoted);
}

/** The text up to a comment mark that follows white space outside quotes. */
export function stripComment(text: string, marks: string): string {
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? "";
    if (quote !== "") {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if ((c === '"' || c === "'") && !/\w/.test(text[i - 1] ?? "")) quote = c;
    else if (marks.includes(c) && (i === 0 || text[i - 1] === " " || text[i - 1] === "\t"))
      return text.slice(0, i).trimEnd();
  }
  return quote === "" ? text : stripBare(text, marks);
}

/** A quote that never closes was an apostrophe. */
function stripBare(text: string, marks: string): string {
  for (let i = 1; i < text.length; i++)
    if (marks.includes(text[i] ?? "") && (text[i - 1] === " " || text[i - 1] === "\t"))
      return text.slice(0, i).trimEnd();
  return text;
}

/** The text inside quotes when one pair of them holds all of it; else the text as it stands. */
export function unquote(text: string): { readonly text: string; readonly quoted: boolean } {
  const quote = text[0];
  const last = text.length - 1;
  if ((quote !== '"' && quote !== "'") || last < 1 || text[last] !== quote)
    return { text, quoted: false };
  for (let i = 1; i < last; i++) {
    if (quote === '"' && text[i] === "\\") i++;
    else if (text[i] === quote) return { text, quoted: false };
    if (i >= last) return { text, quoted: false };
  }
  return { text: text.slice(1, last), quoted: true };
}

/**
 * Java properties: no sections, quotes and `#` inside a value are part of it, a backslash continues
 * a line (java.util.Properties.load).
 */
export function parseProperties(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const root = mapAt(1, lines.length);
  for (let i = 0; i < lines.length; i++) {
    const start = i;
    const parts = [(lines[i] ?? "").trimStart()];
    if (parts[0] === "" || /^[#!]/.test(parts[0] ?? "")) continue;
    while (continues(parts[parts.length - 1] ?? "") && i + 1 < lines.length)
      parts.push((lines[++i] ?? "").trimStart());
    const line = parts.map((p) => (continues(p) ? p.slice(0, -1) : p)).join("");
    const end = keyEnd(line);
    const value = line
      .slice(end)
      .replace(/^[ \t\f]*(?:[=:][ \t\f]*)?/, "")
      .trimEnd();
    root.entries.push({
      key: unescaped(line.slice(0, end)),
      keyLine: start + 1,
      value: scalar(unescaped(value), start + 1, false, i + 1),
    });
  }
  return whole(root);
}

/** An odd number of backslashes at the end. */
function continues(line: string): boolean {
  let n = 0;
  while (n < line.length && line[line.length - 1 - n] === "\\") n++;
  return n % 2 === 1;
}

function keyEnd(line: string): number {
  for (let i = 0; i < line.length; i++) {
    if (line[i] === "\\") i++;
    else if (/[=:\s]/.test(line[i] ?? "")) return i;
  }
  return line.length;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f" };

const unescaped = (text: string): string =>
  text.includes("\\")
    ? wellFormed(
        text.replace(/\\(?:u([0-9A-Fa-f]{4})|([\s\S]))/g, (_, hex?: string, c?: string) =>
          hex !== undefined
            ? String.fromCharCode(Number.parseInt(hex, 16))
            : (ESCAPES[c ?? ""] ?? c ?? ""),
        ),
      )
    : text;

/** A quoted value of a .env file may span this many lines: a key or a certificate. */
const ENV_LINES_MAX = 200;

/** `.env`: `KEY=value`, optional `export`, quotes that may span lines, `#` comments. */
export function parseEnv(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const root = mapAt(1, lines.length);
  for (let i = 0; i < lines.length; i++) {
    const at = i + 1;
    const line = (lines[i] ?? "").trim().replace(/^export\s+/, "");
    if (line === "" || line.startsWith("#")) continue;
    const split = line.search(/[=:]/);
    if (split < 1) {
      root.entries.push({ key: line, keyLine: at, value: scalar("", at) });
      continue;
    }
    const span = quotedSpan(lines, i, line.slice(split + 1).trim());
    i = span.last;
    const value =
      span.last > at - 1
        ? scalar(span.text.slice(1, -1), at, true, span.last + 1)
        : readValue(span.text, at, "#");
    root.entries.push({ key: line.slice(0, split).trim(), keyLine: at, value });
  }
  return whole(root);
}

/** The value from line `i` up to the line that ends with its opening quote. */
function quotedSpan(
  lines: readonly string[],
  i: number,
  first: string,
): { readonly text: string; readonly last: number } {
  const quote = first[0] ?? "";
  if ((quote !== '"' && quote !== "'") || first.indexOf(quote, 1) > 0)
    return { text: first, last: i };
  const parts = [first];
  for (let k = i + 1; k < Math.min(lines.length, i + ENV_LINES_MAX); k++) {
    const line = (lines[k] ?? "").trimEnd();
    parts.push(line);
    if (line.endsWith(quote)) return { text: parts.join("\n"), last: k };
  }
  return { text: first, last: i };
}

/** One entry a line; `#` comments. */
export function parseLines(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const items: Node[] = [];
  for (const [i, raw] of lines.entries()) {
    const entry = stripMark(raw).trim();
    if (entry === "") continue;
    const type = typeOfPlain(entry);
    items.push({
      kind: "scalar",
      type: type === "null" ? "string" : type,
      text: entry,
      line: i + 1,
      endLine: i + 1,
    });
  }
  return whole({ kind: "list", items, line: 1, endLine: lines.length });
}

function stripMark(line: string): string {
  const mark = line.search(/(?:^|\s)#/);
  return mark < 0 ? line : line.slice(0, mark);
}
