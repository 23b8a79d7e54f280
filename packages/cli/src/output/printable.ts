// SPDX-License-Identifier: Apache-2.0
/**
 * Texts of a repository are hostile: a subject or a path can hold what a terminal obeys, or what makes
 * a line read other than it is (https://trojansource.codes/). Everything printed passes here.
 */

// Control, format (bidirectional marks among them), line-separating and unpaired surrogate characters;
// and what GitHub's runner takes for a command anywhere in a line (`##[add-mask]`).
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|#(?=#\[)/gu;

const escaped = (c: string): string => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;

/** One line that shows what it holds and does nothing. */
export const printable = (text: string): string => text.replace(UNSAFE, escaped);

/** The same for a text of several lines that we wrote around foreign parts. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** A copy of plain data whose texts, keys too, are all printable. */
export function printableData<T>(value: T): T {
  return copied(value) as T; // the same shape: only texts are replaced, by texts
}

function copied(value: unknown): unknown {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [printable(k), copied(v)]));
}

/** JSON whose value is the same and whose bytes are safe to look at: JSON has escapes of its own. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE_IN_JSON, (c) =>
    [...Array(c.length).keys()]
      .map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

// Line ends between the tokens of indented JSON are the only ones that are not escaped already.
const UNSAFE_IN_JSON = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|#(?=#\[)/gu;
