// SPDX-License-Identifier: Apache-2.0
/**
 * Literal settings inside PHP: `'key' => value`, `$name = value;`, `$a['b'] = value;`, `return [ … ];`.
 * Production configuration is often a programme that is really a table. Reads what is literal, keeps
 * other expressions as their text, and says that the tree is approximate. Linear in the text.
 */
import { typeOfPlain } from "./scalar.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed } from "./types.ts";

type Token = {
  readonly kind: "text" | "open" | "close" | "arrow" | "comma" | "semicolon" | "assign" | "word";
  readonly text: string;
  readonly line: number;
};

const TOKEN =
  /(\s+)|(\/\/[^\n]*|#(?!\[)[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|'((?:[^'\\]|\\[\s\S])*)'|"((?:[^"\\]|\\[\s\S])*)"|(=>)|(array\s*\(|\[)|([\])])|(,)|(;)|(=(?!=|>))|([^\s'"[\](),;=#/]+|[\s\S])/y;

function tokens(text: string): readonly Token[] {
  const found: Token[] = [];
  const sticky = new RegExp(TOKEN.source, "y");
  let line = 1;
  for (
    let match = sticky.exec(text);
    match !== null && match[0] !== "";
    match = sticky.exec(text)
  ) {
    const [
      all,
      space,
      comment,
      single,
      double,
      arrow,
      open,
      close,
      comma,
      semicolon,
      assign,
      word,
    ] = match;
    const at = line;
    for (let i = all.indexOf("\n"); i >= 0; i = all.indexOf("\n", i + 1)) line++;
    if (space !== undefined || comment !== undefined) continue;
    if (single !== undefined || double !== undefined)
      found.push({ kind: "text", text: single ?? double ?? "", line: at });
    else if (arrow !== undefined) found.push({ kind: "arrow", text: all, line: at });
    else if (open !== undefined) found.push({ kind: "open", text: all, line: at });
    else if (close !== undefined) found.push({ kind: "close", text: all, line: at });
    else if (comma !== undefined) found.push({ kind: "comma", text: all, line: at });
    else if (semicolon !== undefined) found.push({ kind: "semicolon", text: all, line: at });
    else if (assign !== undefined) found.push({ kind: "assign", text: all, line: at });
    else found.push({ kind: "word", text: word ?? all, line: at });
  }
  return found;
}

type Cursor = { readonly tokens: readonly Token[]; at: number };

export function parseSettings(text: string): Parsed {
  const cursor: Cursor = { tokens: tokens(text), at: 0 };
  const entries: Entry[] = [];
  while (cursor.at < cursor.tokens.length) {
    const statement = readStatement(cursor);
    if (statement !== null) entries.push(statement);
  }
  const last = cursor.tokens[cursor.tokens.length - 1];
  return {
    ok: true,
    documents: [{ kind: "map", entries, line: 1, endLine: last?.line ?? 1 }],
    problems: [],
    approximate: true,
  };
}

/** One assignment, `return`, or `define`; other statements are passed over up to their end. */
function readStatement(cursor: Cursor): Entry | null {
  const name: string[] = [];
  const line = cursor.tokens[cursor.at]?.line ?? 1;
  while (cursor.at < cursor.tokens.length) {
    const token = cursor.tokens[cursor.at];
    if (token === undefined) break;
    cursor.at++;
    if (token.kind === "semicolon" || token.text === "{" || token.text === "}") return null;
    if (token.kind === "assign")
      return name.length === 0
        ? null
        : { key: keyOf(name), keyLine: line, value: readValue(cursor, 0) };
    if (token.text === "return")
      return { key: "return", keyLine: line, value: readValue(cursor, 0) };
    if (token.kind === "word" || token.kind === "text") name.push(token.text);
    if (name.length > 12) name.shift();
  }
  return null;
}

const keyOf = (name: readonly string[]): string => {
  const variable = name.findLastIndex((n) => n.startsWith("$"));
  return name.slice(Math.max(0, variable)).join(".").replace(/^\$/, "");
};

function readValue(cursor: Cursor, depth: number): Node {
  const first = cursor.tokens[cursor.at];
  const line = first?.line ?? 1;
  if (first?.kind === "open" && depth < DEPTH_MAX) {
    cursor.at++;
    return readArray(cursor, line, depth + 1);
  }
  return readExpression(cursor, line);
}

function readArray(cursor: Cursor, line: number, depth: number): Node {
  const entries: Entry[] = [];
  const items: Node[] = [];
  let endLine = line;
  while (cursor.at < cursor.tokens.length) {
    const token = cursor.tokens[cursor.at];
    if (token === undefined) break;
    endLine = token.line;
    if (token.kind === "close") {
      cursor.at++;
      break;
    }
    if (token.kind === "semicolon") break;
    if (token.kind === "comma") {
      cursor.at++;
      continue;
    }
    if (cursor.tokens[cursor.at + 1]?.kind === "arrow") {
      cursor.at += 2;
      entries.push({ key: token.text, keyLine: token.line, value: readValue(cursor, depth) });
    } else items.push(readValue(cursor, depth));
  }
  if (entries.length === 0) return { kind: "list", items, line, endLine };
  const positional = items.map(
    (value, i): Entry => ({ key: String(i), keyLine: value.line, value }),
  );
  return { kind: "map", entries: [...entries, ...positional], line, endLine };
}

/** An expression up to the end of the entry, as text; a lone literal keeps its type. */
function readExpression(cursor: Cursor, line: number): Node {
  const parts: Token[] = [];
  let depth = 0;
  while (cursor.at < cursor.tokens.length) {
    const token = cursor.tokens[cursor.at];
    if (token === undefined) break;
    if (
      depth === 0 &&
      (token.kind === "comma" || token.kind === "semicolon" || token.kind === "close")
    )
      break;
    if (token.kind === "semicolon") break;
    if (token.kind === "open" || token.text === "(") depth++;
    if (token.kind === "close") depth--;
    parts.push(token);
    cursor.at++;
  }
  // A value that consumes nothing must still move on, or a stray token would stop the reader.
  if (parts.length === 0) cursor.at++;
  const only = parts.length === 1 ? parts[0] : undefined;
  const text = parts
    .map((p) => p.text)
    .join(" ")
    .slice(0, 2_000);
  const endLine = parts[parts.length - 1]?.line ?? line;
  return {
    kind: "scalar",
    type: only?.kind === "word" ? typeOfPlain(text) : "string",
    text,
    line,
    endLine,
  };
}
