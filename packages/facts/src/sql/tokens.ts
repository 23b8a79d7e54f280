// SPDX-License-Identifier: Apache-2.0

export type Token = {
  /** Upper-case for a bare word, as written for the rest, without quotes. */
  readonly text: string;
  readonly kind: "word" | "name" | "string" | "number" | "mark";
};

/** Statements longer than this are data; their head is enough to say what they do. */
const TOKENS_MAX = 4_000;

const TOKEN =
  /--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?|'(?:[^'\\]|''|\\.)*'?|"(?:[^"]|"")*"?|`[^`]*`?|\[[A-Za-z_][^\]\n]*\]|\d+(?:\.\d+)?|[A-Za-z_@#][\w@#$]*|<=|>=|<>|!=|\|\||\S/gs;

/** The words, names and marks of one statement of any dialect; never fails. */
export function tokensOf(statement: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [text] of statement.matchAll(TOKEN)) {
    if (text.startsWith("--") || text.startsWith("/*")) continue;
    tokens.push(tokenOf(text));
    if (tokens.length >= TOKENS_MAX) break;
  }
  return tokens;
}

function tokenOf(text: string): Token {
  const first = text[0] ?? "";
  if (first === "'") return { kind: "string", text: inner(text, "'") };
  if (first === '"' || first === "`")
    return { kind: "name", text: inner(text, first).toLowerCase() };
  if (first === "[" && text.length > 1)
    return { kind: "name", text: inner(text, "]").toLowerCase() };
  if (/\d/.test(first)) return { kind: "number", text };
  if (/[A-Za-z_@#]/.test(first)) return { kind: "word", text: text.toUpperCase() };
  return { kind: "mark", text };
}

function inner(text: string, close: string): string {
  return text.slice(1, text.length > 1 && text.endsWith(close) ? -1 : undefined);
}
