// SPDX-License-Identifier: Apache-2.0
/** Limits of an expression, and what can be said about its text before it is parsed. */

export const SOURCE_MAX = 4_000;
export const DEPTH_MAX = 32;
/** Static cost: the product of the list bounds that nested loops run over. */
export const COST_MAX = 1_000_000;
/** A longer list of plain values would make `in` a loop worth counting. */
export const FREE_LIST_MAX = 1_000;
/** A pattern's automaton grows with it, and every character of every text runs through it. */
export const PATTERN_MAX = 500;
/** The parser is recursive: brackets beyond this depth are refused before it sees them. */
const BRACKETS_MAX = 64;

/** Offset of the bracket that opens too deep a level, or `null`. Brackets inside texts count too. */
export function tooDeepAt(source: string): number | null {
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") depth = Math.max(0, depth - 1);
    if (depth > BRACKETS_MAX) return i;
  }
  return null;
}

/** The parser says `<input>:LINE:COLUMN: what`; its offset in the source and what is left to say. */
export function syntaxError(
  source: string,
  message: string,
): { readonly offset: number; readonly says: string } {
  const match = /^[^\n]*?:(\d{1,6}):(\d{1,6}): /.exec(message);
  const line = Number(match?.[1] ?? 1);
  let start = 0;
  for (let i = 1; i < line; i++) {
    const next = source.indexOf("\n", start);
    if (next < 0) break;
    start = next + 1;
  }
  const offset = Math.min(source.length, start + Number(match?.[2] ?? 1) - 1);
  const says = message.slice(match?.[0].length ?? 0).split("\n")[0] ?? "";
  // The parser lists every token it would have taken, which helps nobody.
  return { offset, says: says.replace(/ but expecting .{40,}$/, ", where a value is expected") };
}
