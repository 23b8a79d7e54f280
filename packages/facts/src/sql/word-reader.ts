// SPDX-License-Identifier: Apache-2.0
import type { Token } from "./tokens.ts";

/** Walks the tokens of one statement. */
export type Reader = { readonly tokens: readonly Token[]; at: number };

/** The comma-separated clauses of an ALTER TABLE, cut at depth 0. */
export function clauses(reader: Reader): readonly Reader[] {
  const found: Token[][] = [[]];
  let depth = 0;
  for (const token of reader.tokens.slice(reader.at)) {
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
    if (token.text === "," && depth === 0 && token.kind === "mark") found.push([]);
    else found.at(-1)?.push(token);
  }
  return found.filter((one) => one.length > 0).map((tokens) => ({ tokens, at: 0 }));
}

/** The text of the next token; empty at the end. */
export function peek(reader: Reader): string {
  return reader.tokens[reader.at]?.text ?? "";
}

/** Takes the next token. */
export function next(reader: Reader): string {
  const text = peek(reader);
  reader.at += 1;
  return text;
}

/** Takes the word if it comes next. */
export function take(reader: Reader, word: string): boolean {
  const token = reader.tokens[reader.at];
  if (token === undefined || token.text !== word || token.kind === "string") return false;
  reader.at += 1;
  return true;
}

/** Skips any of the words and says how many there were. */
export function skipWords(reader: Reader, words: readonly string[]): number {
  const from = reader.at;
  while (words.includes(peek(reader)) && reader.at < reader.tokens.length) reader.at += 1;
  return reader.at - from;
}

/** Skips to one of the words. */
export function skipUntil(reader: Reader, words: readonly string[]): void {
  while (reader.at < reader.tokens.length && !words.includes(peek(reader))) reader.at += 1;
}

/** True when the word stands anywhere in the statement. */
export function hasWord(reader: Reader, word: string): boolean {
  return reader.tokens.some((token) => token.kind === "word" && token.text === word);
}

/** Skips `IF [NOT] EXISTS` and says whether it was there. */
export function ifExists(reader: Reader): boolean {
  if (!take(reader, "IF")) return false;
  take(reader, "NOT");
  take(reader, "EXISTS");
  return true;
}

/** Takes a qualified name, lower-case. */
export function name(reader: Reader): string {
  const parts: string[] = [];
  while (reader.at < reader.tokens.length) {
    const token = reader.tokens[reader.at];
    if (token === undefined || token.kind === "mark" || token.kind === "number") break;
    parts.push(token.text.toLowerCase());
    reader.at += 1;
    if (peek(reader) !== ".") break;
    reader.at += 1;
  }
  return parts.join(".");
}

/** Takes a comma-separated list of names. */
export function names(reader: Reader): readonly string[] {
  const found: string[] = [];
  do {
    const one = name(reader);
    if (one === "") break;
    found.push(one);
  } while (take(reader, ","));
  return found;
}
