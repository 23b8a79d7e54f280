// SPDX-License-Identifier: Apache-2.0
import type { Entry, Node } from "../types.ts";
import { type Cursor, HclError, heredoc, quoted, skip, step } from "./cursor.ts";

/** Deeper than any real configuration, shallow enough for the stack. */
export const NESTING_MAX = 100;

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_][\p{L}\p{N}_-]*/uy;
/** Calls that give their argument in another form, so that looking through them loses nothing. */
const TRANSPARENT = new Set([
  "jsonencode",
  "yamlencode",
  "toset",
  "tolist",
  "tomap",
  "distinct",
  "sort",
]);

/** What ends the expression besides the end of the line. */
export type Ends = "line" | "item";

/**
 * Reads one expression. Literals become the tree that they are; anything else becomes the text
 * `${…}` with the expression as written, which is how Terraform's own JSON syntax spells it.
 */
export function expression(cursor: Cursor, ends: Ends, depth: number): Node {
  if (depth > NESTING_MAX) throw new HclError(cursor, "nested too deep", "too-deep");
  const mark: Cursor = { ...cursor };
  const literal = literalHere(cursor, depth);
  if (literal !== null && endsHere(cursor, ends)) return literal;
  rewind(cursor, mark);
  return raw(cursor, ends);
}

function rewind(cursor: Cursor, to: Cursor): void {
  cursor.at = to.at;
  cursor.line = to.line;
  cursor.lineStart = to.lineStart;
}

function literalHere(cursor: Cursor, depth: number): Node | null {
  const { line, text, at } = cursor;
  const mark = text[at];
  if (mark === '"') return scalar("string", unescaped(quoted(cursor)), line);
  if (mark === "<") {
    const content = heredoc(cursor);
    if (content === null) return null;
    return { kind: "scalar", type: "string", text: content, line, endLine: cursor.line };
  }
  if (mark === "[") return list(cursor, depth);
  if (mark === "{") return map(cursor, depth);
  const number = match(NUMBER, cursor);
  if (number !== null) return scalar(/^-?\d+$/.test(number) ? "int" : "decimal", number, line);
  const word = match(WORD, cursor);
  if (word === null) return null;
  if (word === "true" || word === "false") return scalar("bool", word, line);
  if (word === "null") return scalar("null", "", line);
  return TRANSPARENT.has(word) ? argument(cursor, depth) : null;
}

const scalar = (
  type: "string" | "int" | "decimal" | "bool" | "null",
  text: string,
  line: number,
): Node => ({ kind: "scalar", type, text, line, endLine: line });

function match(pattern: RegExp, cursor: Cursor): string | null {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? null;
  if (found !== null) cursor.at += found.length;
  return found;
}

/** The only argument of a call. */
function argument(cursor: Cursor, depth: number): Node | null {
  if (cursor.text[cursor.at] !== "(") return null;
  cursor.at++;
  skip(cursor, true);
  const value = expression(cursor, "item", depth + 1);
  skip(cursor, true);
  if (cursor.text[cursor.at] !== ")") return null;
  cursor.at++;
  return value;
}

function list(cursor: Cursor, depth: number): Node | null {
  const { line } = cursor;
  const items: Node[] = [];
  cursor.at++;
  for (;;) {
    skip(cursor, true);
    if (cursor.at >= cursor.text.length) throw new HclError(cursor, "a list is not closed");
    if (cursor.text[cursor.at] === "]") break;
    if (items.length === 0 && /^for\s/.test(cursor.text.slice(cursor.at, cursor.at + 4)))
      return null;
    items.push(expression(cursor, "item", depth + 1));
    skip(cursor, true);
    if (cursor.text[cursor.at] === ",") cursor.at++;
    else if (cursor.text[cursor.at] !== "]") return null;
  }
  cursor.at++;
  return { kind: "list", items, line, endLine: cursor.line };
}

function map(cursor: Cursor, depth: number): Node | null {
  const { line } = cursor;
  const entries: Entry[] = [];
  cursor.at++;
  for (;;) {
    skip(cursor, true);
    if (cursor.at >= cursor.text.length) throw new HclError(cursor, "a map is not closed");
    if (cursor.text[cursor.at] === "}") break;
    const entry = entryHere(cursor, depth, entries.length === 0);
    if (entry === null) return null;
    entries.push(entry);
    skip(cursor, true);
    if (cursor.text[cursor.at] === ",") cursor.at++;
  }
  cursor.at++;
  return { kind: "map", entries, line, endLine: cursor.line };
}

function entryHere(cursor: Cursor, depth: number, first: boolean): Entry | null {
  const keyLine = cursor.line;
  const key = keyHere(cursor);
  if (key === null || (first && key === "for")) return null;
  skip(cursor, false);
  const mark = cursor.text[cursor.at];
  if (mark !== "=" && mark !== ":") return null;
  cursor.at++;
  skip(cursor, true);
  return { key, keyLine, value: expression(cursor, "item", depth + 1) };
}

function keyHere(cursor: Cursor): string | null {
  if (cursor.text[cursor.at] === '"') return unescaped(quoted(cursor));
  const word = match(WORD, cursor) ?? match(NUMBER, cursor);
  if (word === null && cursor.text[cursor.at] !== "(") return null;
  // A reference or a computed key: as written, up to the sign that gives it a value.
  const start = cursor.at - (word?.length ?? 0);
  let open = 0;
  for (; cursor.at < cursor.text.length; step(cursor)) {
    const mark = cursor.text[cursor.at] ?? "";
    if (mark === "(" || mark === "[") open++;
    else if (mark === ")" || mark === "]") open--;
    else if (open <= 0 && /[=:\s,}]/.test(mark)) break;
  }
  return cursor.text.slice(start, cursor.at);
}

/** After a literal only the end of the expression may follow; an operator makes it no literal. */
function endsHere(cursor: Cursor, ends: Ends): boolean {
  skip(cursor, false);
  const mark = cursor.text[cursor.at];
  if (mark === undefined || mark === "\n" || mark === "}") return true;
  return ends === "item" && (mark === "," || mark === "]" || mark === ")");
}

/** The rest of an expression as written, over brackets, texts and comments, to where it ends. */
function raw(cursor: Cursor, ends: Ends): Node {
  const { at: start, line } = cursor;
  let open = 0;
  while (cursor.at < cursor.text.length) {
    const mark = cursor.text[cursor.at] ?? "";
    if (mark === '"') quoted(cursor);
    else if (mark === "<" && heredoc(cursor) !== null) continue;
    else if (mark === "#" || (mark === "/" && /[/*]/.test(cursor.text[cursor.at + 1] ?? ""))) {
      skip(cursor, false);
    } else if (open === 0 && stops(mark, ends)) break;
    else {
      if (mark === "(" || mark === "[" || mark === "{") open++;
      if (mark === ")" || mark === "]" || mark === "}") open--;
      step(cursor);
    }
  }
  if (open > 0) throw new HclError(cursor, "a bracket is not closed");
  const text = cursor.text.slice(start, cursor.at).trim();
  if (text === "") throw new HclError(cursor, "a value is missing");
  return { kind: "scalar", type: "string", text: `\${${text}}`, line, endLine: cursor.line };
}

function stops(mark: string, ends: Ends): boolean {
  if (mark === "\n" || mark === "}") return true;
  return ends === "item" && (mark === "," || mark === "]" || mark === ")");
}

const ESCAPES: { readonly [mark: string]: string } = { n: "\n", r: "\r", t: "\t" };

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(.)/g, (_, mark: string) => ESCAPES[mark] ?? mark);
}
