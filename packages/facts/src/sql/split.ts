// SPDX-License-Identifier: Apache-2.0

/** One statement as written, with the 1-based line on which its first word stands. */
export type Statement = { readonly text: string; readonly line: number };

/** A line comment: migration tools keep their directives there. */
export type Remark = { readonly text: string; readonly line: number };

export type Script = {
  readonly statements: readonly Statement[];
  readonly remarks: readonly Remark[];
  /** The script has more statements or remarks than the limit; the rest was not read. */
  readonly truncated: boolean;
};

/** More than this in one file is a data dump, not a migration that anybody reviews. */
export const STATEMENTS_MAX = 20_000;

type Cursor = {
  readonly text: string;
  at: number;
  line: number;
  start: number;
  startLine: number;
  delimiter: string;
  /** Depth of BEGIN … END inside a routine, where `;` ends no statement. */
  depth: number;
  routine: boolean;
  readonly statements: Statement[];
  readonly remarks: Remark[];
};

const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const DOLLAR = /\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$/y;
const DELIMITER_LINE = /delimiter[ \t]+(\S{1,8})[ \t]*(?:\r?\n|$)/iy;
const BATCH_LINE = /go[ \t]*(?:\d+[ \t]*)?(?:\r?\n|$)/iy;
const ROUTINE =
  /^create\s+(?:or\s+(?:replace|alter)\s+)?(?:definer\s*=\s*\S+\s+)?(?:procedure|function|trigger|event|package)\b/i;
const COPY_STDIN = /^copy\s[^;]*\bfrom\s+stdin\b/i;

/**
 * Cuts a script of any dialect into statements, in one pass and without ever failing: quotes,
 * dollar quotes, comments, `DELIMITER`, `GO` lines, psql commands, COPY data and routine bodies.
 */
export function splitSql(text: string, options: { readonly backslash: boolean }): Script {
  const cursor: Cursor = {
    text,
    at: 0,
    line: 1,
    start: -1,
    startLine: 0,
    delimiter: ";",
    depth: 0,
    routine: false,
    statements: [],
    remarks: [],
  };
  let truncated = false;
  while (cursor.at < text.length) {
    if (cursor.statements.length + cursor.remarks.length >= STATEMENTS_MAX) {
      truncated = true;
      break;
    }
    step(cursor, options.backslash);
  }
  if (!truncated) endStatement(cursor, cursor.at);
  return { statements: cursor.statements, remarks: cursor.remarks, truncated };
}

function step(cursor: Cursor, backslash: boolean): void {
  const { text, at } = cursor;
  const char = text[at] ?? "";
  const next = text[at + 1] ?? "";
  if (char === "\n") {
    cursor.line += 1;
    cursor.at += 1;
  } else if (char === " " || char === "\t" || char === "\r") cursor.at += 1;
  else if (char === "-" && next === "-") remark(cursor, 2);
  else if (char === "#" && isLineStart(text, at)) remark(cursor, 1);
  else if (char === "/" && next === "*") advance(cursor, closing(text, at + 2, "*/"));
  else if (cursor.start === -1 && lineCommand(cursor)) return;
  else if (text.startsWith(cursor.delimiter, at) && !(cursor.routine && cursor.depth > 0)) {
    cursor.at = at + cursor.delimiter.length;
    endStatement(cursor, at);
  } else {
    if (cursor.start === -1) beginStatement(cursor);
    if (char === "'" || char === '"' || char === "`") quoted(cursor, char, backslash);
    else if (char === "$") dollarQuoted(cursor);
    else word(cursor);
  }
}

function word(cursor: Cursor): void {
  WORD.lastIndex = cursor.at;
  const match = WORD.exec(cursor.text);
  if (match === null) {
    cursor.at += 1;
    return;
  }
  if (cursor.start !== -1 && BATCH_LINE_START.has(match[0].toLowerCase()) && batchLine(cursor))
    return;
  if (cursor.routine) {
    const upper = match[0].toUpperCase();
    if (upper === "BEGIN" || upper === "CASE") cursor.depth += 1;
    if (
      upper === "END" &&
      !/^\s+(?:if|loop|while|repeat)\b/i.test(cursor.text.slice(cursor.at + 3, cursor.at + 20))
    )
      cursor.depth = Math.max(0, cursor.depth - 1);
  }
  cursor.at += match[0].length;
}

const BATCH_LINE_START = new Set(["go"]);

/** `GO` alone on a line ends a T-SQL batch. */
function batchLine(cursor: Cursor): boolean {
  if (!isLineStart(cursor.text, cursor.at)) return false;
  BATCH_LINE.lastIndex = cursor.at;
  const match = BATCH_LINE.exec(cursor.text);
  if (match === null) return false;
  const end = cursor.at;
  cursor.at += match[0].trimEnd().length;
  endStatement(cursor, end);
  return true;
}

/** Lines that are for the client, not for the server; only where a statement could begin. */
function lineCommand(cursor: Cursor): boolean {
  const { text, at } = cursor;
  if (text[at] === "\\") {
    advance(cursor, lineEnd(text, at));
    return true;
  }
  DELIMITER_LINE.lastIndex = at;
  const delimiter = DELIMITER_LINE.exec(text);
  if (delimiter !== null) {
    cursor.delimiter = delimiter[1] ?? ";";
    advance(cursor, lineEnd(text, at));
    return true;
  }
  return BATCH_LINE_START.has(text.slice(at, at + 2).toLowerCase()) && batchLine(cursor);
}

function remark(cursor: Cursor, skip: number): void {
  const end = lineEnd(cursor.text, cursor.at);
  const text = cursor.text.slice(cursor.at + skip, Math.min(end, cursor.at + 300)).trim();
  cursor.remarks.push({ text, line: cursor.line });
  cursor.at = end;
}

function quoted(cursor: Cursor, quote: string, backslash: boolean): void {
  const { text } = cursor;
  const escapes = backslash || (quote === "'" && /[eE]/.test(text[cursor.at - 1] ?? ""));
  let at = cursor.at + 1;
  while (at < text.length) {
    if (escapes && text[at] === "\\") at += 2;
    else if (text[at] !== quote) at += 1;
    else if (text[at + 1] === quote) at += 2;
    else break;
  }
  advance(cursor, Math.min(text.length, at + 1));
}

function dollarQuoted(cursor: Cursor): void {
  DOLLAR.lastIndex = cursor.at;
  const tag = DOLLAR.exec(cursor.text)?.[0];
  if (tag === undefined) cursor.at += 1;
  else advance(cursor, closing(cursor.text, cursor.at + tag.length, tag));
}

function beginStatement(cursor: Cursor): void {
  cursor.start = cursor.at;
  cursor.startLine = cursor.line;
  cursor.depth = 0;
  cursor.routine = ROUTINE.test(cursor.text.slice(cursor.at, cursor.at + 200));
}

function endStatement(cursor: Cursor, end: number): void {
  if (cursor.start === -1) return;
  const text = cursor.text.slice(cursor.start, end).trim();
  if (text !== "") cursor.statements.push({ text, line: cursor.startLine });
  cursor.start = -1;
  if (COPY_STDIN.test(text.slice(0, 2_000)))
    advance(cursor, closing(cursor.text, cursor.at, "\n\\."));
}

/** Moves to an offset and counts the lines in between. */
function advance(cursor: Cursor, to: number): void {
  for (
    let i = cursor.text.indexOf("\n", cursor.at);
    i !== -1 && i < to;
    i = cursor.text.indexOf("\n", i + 1)
  )
    cursor.line += 1;
  cursor.at = to;
}

function closing(text: string, from: number, mark: string): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end + mark.length;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

function isLineStart(text: string, at: number): boolean {
  for (let i = at - 1; i >= 0; i -= 1) {
    const char = text[i];
    if (char === "\n") return true;
    if (char !== " " && char !== "\t") return false;
  }
  return true;
}
