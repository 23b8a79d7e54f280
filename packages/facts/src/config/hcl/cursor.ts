// SPDX-License-Identifier: Apache-2.0
import type { HclProblem } from "./block.ts";

/** Where reading stands in a text; the only thing in the parser that changes. */
export type Cursor = { readonly text: string; at: number; line: number; lineStart: number };

/** Thrown inside the parser only; `parseHcl` turns it into a value. */
export class HclError extends Error {
  readonly problem: HclProblem;
  constructor(cursor: Cursor, message: string, code: HclProblem["code"] = "syntax") {
    super(message);
    this.problem = {
      line: cursor.line,
      column: cursor.at - cursor.lineStart + 1,
      message,
      code,
    };
  }
}

const NEWLINE = 10;
const HASH = 35;
const SLASH = 47;
const STAR = 42;
const BACKSLASH = 92;
const QUOTE = 34;
const OPEN = 123;
const CLOSE = 125;

/** Moves over one character and keeps count of lines. */
export function step(cursor: Cursor): void {
  if (cursor.text.charCodeAt(cursor.at) === NEWLINE) {
    cursor.line++;
    cursor.lineStart = cursor.at + 1;
  }
  cursor.at++;
}

export function advance(cursor: Cursor, to: number): void {
  while (cursor.at < to) step(cursor);
}

/** Skips blanks and comments, and line ends as well if `lines` says so. */
export function skip(cursor: Cursor, lines: boolean): void {
  const { text } = cursor;
  while (cursor.at < text.length) {
    const code = text.charCodeAt(cursor.at);
    if (code === NEWLINE) {
      if (!lines) return;
      step(cursor);
    } else if (code <= 32 || code === 0xfeff) {
      cursor.at++;
    } else if (code === HASH || (code === SLASH && text.charCodeAt(cursor.at + 1) === SLASH)) {
      const end = text.indexOf("\n", cursor.at);
      cursor.at = end < 0 ? text.length : end;
    } else if (code === SLASH && text.charCodeAt(cursor.at + 1) === STAR) {
      const end = text.indexOf("*/", cursor.at + 2);
      if (end < 0) throw new HclError(cursor, "a comment is not closed");
      advance(cursor, end + 2);
    } else return;
  }
}

/** Moves over a quoted text, with the texts inside its `${…}`, and gives what stands between the quotes. */
export function quoted(cursor: Cursor): string {
  const start = cursor.at + 1;
  // How many braces are open in each interpolation around here; a text inside one is a new level.
  const braces: number[] = [];
  let inText = true;
  cursor.at++;
  for (; cursor.at < cursor.text.length; step(cursor)) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (inText) {
      if (code === NEWLINE) break;
      if (code === BACKSLASH) cursor.at++;
      else if (code === QUOTE && braces.length === 0) {
        cursor.at++;
        return cursor.text.slice(start, cursor.at - 1);
      } else if (code === QUOTE) inText = false;
      else if (opensInterpolation(cursor)) {
        cursor.at++;
        braces.push(1);
        inText = false;
      }
    } else if (code === QUOTE) inText = true;
    else if (code === OPEN) braces[braces.length - 1] = (braces.at(-1) ?? 0) + 1;
    else if (code === CLOSE) {
      const left = (braces.pop() ?? 1) - 1;
      if (left > 0) braces.push(left);
      else inText = true;
    }
  }
  throw new HclError(cursor, "a text in quotes is not closed");
}

function opensInterpolation({ text, at }: Cursor): boolean {
  const mark = text[at];
  // `$${` and `%%{` are the characters themselves.
  return (mark === "$" || mark === "%") && text[at + 1] === "{" && text[at - 1] !== mark;
}

const HEREDOC = /<<-?([A-Za-z_][\w-]*)[ \t]*\r?\n/y;

/** Moves over `<<EOT … EOT` and gives its lines, or `null` when none starts here. */
export function heredoc(cursor: Cursor): string | null {
  HEREDOC.lastIndex = cursor.at;
  const opening = HEREDOC.exec(cursor.text);
  if (opening === null) return null;
  const marker = opening[1] ?? "";
  advance(cursor, cursor.at + opening[0].length);
  const start = cursor.at;
  while (cursor.at < cursor.text.length) {
    const newline = cursor.text.indexOf("\n", cursor.at);
    const end = newline < 0 ? cursor.text.length : newline;
    if (cursor.text.slice(cursor.at, end).trim() === marker) {
      const content = cursor.text.slice(start, cursor.at);
      cursor.at = end;
      return content;
    }
    advance(cursor, Math.min(end + 1, cursor.text.length));
  }
  throw new HclError(cursor, `the text that \`<<${marker}\` opens is not closed`);
}
