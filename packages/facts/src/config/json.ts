// SPDX-License-Identifier: Apache-2.0
/**
 * JSON (RFC 8259) with comments and trailing commas, which every reader of `.json` configuration
 * meets, and JSON5 (https://spec.json5.org). One pass, positions kept, numbers as written.
 */
import { cutText, wellFormed } from "./cut.ts";
import {
  DEPTH_MAX,
  type Entry,
  type Node,
  type Parsed,
  type Problem,
  type Scalar,
} from "./types.ts";

type Scan = {
  readonly text: string;
  readonly json5: boolean;
  at: number;
  line: number;
  lineStart: number;
  readonly problems: Problem[];
};

/** Thrown inside this file only, where the text is no JSON. */
class Broken extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function parseJson(text: string, dialect: "json" | "json5" = "json"): Parsed {
  const scan: Scan = {
    text,
    json5: dialect === "json5",
    at: text.charCodeAt(0) === 0xfeff ? 1 : 0,
    line: 1,
    lineStart: 0,
    problems: [],
  };
  try {
    skipSpace(scan);
    if (scan.at >= text.length)
      throw broken(scan, "the file is empty: write `{}` if that is meant");
    const root = readValue(scan, 0);
    skipSpace(scan);
    if (scan.at < text.length) throw broken(scan, `${found(scan)} follows the end of the value`);
    return { ok: true, documents: [root], problems: scan.problems, approximate: false };
  } catch (error) {
    if (error instanceof Broken) return { ok: false, problem: error.problem };
    throw error;
  }
}

function broken(scan: Scan, message: string, code: Problem["code"] = "syntax"): Broken {
  return new Broken({ code, line: scan.line, column: scan.at - scan.lineStart + 1, message });
}

function found(scan: Scan): string {
  const code = scan.text.codePointAt(scan.at);
  if (code === undefined) return "the end of the file";
  return code < 0x20 || (code >= 0xd800 && code <= 0xdfff)
    ? `the character U+${code.toString(16).padStart(4, "0")}`
    : `\`${String.fromCodePoint(code)}\``;
}

/** White space and comments. */
function skipSpace(scan: Scan): void {
  const { text } = scan;
  for (; scan.at < text.length; scan.at++) {
    const c = text.charCodeAt(scan.at);
    if (c === 10) newLine(scan);
    else if (c === 47) skipComment(scan);
    else if (c !== 32 && c !== 9 && c !== 13 && !(scan.json5 && isWideSpace(c))) return;
  }
}

const isWideSpace = (c: number): boolean =>
  c === 0xb || c === 0xc || c === 0xa0 || c === 0xfeff || c === 0x2028 || c === 0x2029;

function newLine(scan: Scan): void {
  scan.line++;
  scan.lineStart = scan.at + 1;
}

/** Leaves the scan at the last character of the comment. */
function skipComment(scan: Scan): void {
  const { text } = scan;
  const next = text.charCodeAt(scan.at + 1);
  if (next === 47) {
    const end = text.indexOf("\n", scan.at);
    scan.at = (end < 0 ? text.length : end) - 1;
    return;
  }
  const end = next === 42 ? text.indexOf("*/", scan.at + 2) : -1;
  if (end < 0)
    throw broken(scan, next === 42 ? "a comment is never closed" : "a value is missing before `/`");
  for (; scan.at <= end; scan.at++) if (text.charCodeAt(scan.at) === 10) newLine(scan);
}

function readValue(scan: Scan, depth: number): Node {
  const c = scan.text.charCodeAt(scan.at);
  if (c === 123 || c === 91) {
    if (depth >= DEPTH_MAX) throw broken(scan, `nested deeper than ${DEPTH_MAX}`, "too-deep");
    return c === 123 ? readObject(scan, depth + 1) : readArray(scan, depth + 1);
  }
  const line = scan.line;
  if (c === 34 || (c === 39 && scan.json5))
    return scalar(scan, "string", readString(scan, c), line);
  return readWord(scan);
}

const scalar = (scan: Scan, type: Scalar["type"], text: string, line: number): Scalar => ({
  kind: "scalar",
  type,
  text,
  line,
  endLine: scan.line,
});

function readObject(scan: Scan, depth: number): Node {
  const line = scan.line;
  const entries: Entry[] = [];
  const seen = new Set<string>();
  scan.at++;
  for (;;) {
    skipSpace(scan);
    if (scan.text.charCodeAt(scan.at) === 125) break;
    const keyLine = scan.line;
    const start = scan.at;
    const column = start - scan.lineStart + 1;
    const key = readKey(scan);
    if (seen.has(key))
      scan.problems.push({
        code: "duplicate-key",
        line: keyLine,
        column,
        message: `\`${cutText(key, 60)}\` stands twice`,
      });
    seen.add(key);
    skipSpace(scan);
    if (scan.text.charCodeAt(scan.at) !== 58)
      throw broken(scan, `a colon is missing after the key, before ${found(scan)}`);
    scan.at++;
    skipSpace(scan);
    entries.push({ key, keyLine, value: readValue(scan, depth) });
    if (!readComma(scan, 125)) break;
  }
  scan.at++;
  return { kind: "map", entries, line, endLine: scan.line };
}

function readArray(scan: Scan, depth: number): Node {
  const line = scan.line;
  const items: Node[] = [];
  scan.at++;
  for (;;) {
    skipSpace(scan);
    if (scan.text.charCodeAt(scan.at) === 93) break;
    items.push(readValue(scan, depth));
    if (!readComma(scan, 93)) break;
  }
  scan.at++;
  return { kind: "list", items, line, endLine: scan.line };
}

/** Moves past a comma (true) or stands on the closing bracket (false). */
function readComma(scan: Scan, close: number): boolean {
  skipSpace(scan);
  const c = scan.text.charCodeAt(scan.at);
  if (c === close) return false;
  if (c !== 44) throw broken(scan, "comma expected");
  scan.at++;
  return true;
}

function readKey(scan: Scan): string {
  const c = scan.text.charCodeAt(scan.at);
  if (c === 34 || (c === 39 && scan.json5)) return readString(scan, c);
  const name = scan.json5 ? /[\p{L}_$][\p{L}\p{N}_$\u200c\u200d]*/uy : null;
  if (name !== null) name.lastIndex = scan.at;
  const match = name?.exec(scan.text);
  if (match === null || match === undefined)
    throw broken(scan, `a key in double quotes is missing before ${found(scan)}`);
  scan.at += match[0].length;
  return match[0];
}

/** Reads from the opening quote past the closing one. */
function readString(scan: Scan, quote: number): string {
  const { text } = scan;
  const start = ++scan.at;
  let escaped = "";
  let from = start;
  for (;;) {
    const c = text.charCodeAt(scan.at);
    if (c === quote) break;
    if (c === 92) {
      escaped += text.slice(from, scan.at) + readEscape(scan);
      from = scan.at;
    } else if (c < 32 && !(scan.json5 && c !== 10 && c !== 13))
      throw broken(
        scan,
        c === 10 || c === 13
          ? "a string is not closed on its line"
          : `${found(scan)} in a string must be escaped`,
      );
    else if (Number.isNaN(c)) throw broken(scan, "a string is never closed");
    else scan.at++;
  }
  const last = text.slice(from, scan.at++);
  // Raw halves of surrogate pairs cannot come from bytes, but escapes can write them.
  return wellFormed(escaped === "" ? last : escaped + last);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const ESCAPES5: Readonly<Record<string, string>> = { "'": "'", v: "\v", "0": "\0" };

/** Reads one escape from its backslash on. */
function readEscape(scan: Scan): string {
  const { text } = scan;
  const c = text[scan.at + 1] ?? "";
  const known = ESCAPES[c] ?? (scan.json5 ? ESCAPES5[c] : undefined);
  if (known !== undefined) {
    scan.at += 2;
    return known;
  }
  const digits = c === "u" ? 4 : c === "x" && scan.json5 ? 2 : 0;
  const hex = text.slice(scan.at + 2, scan.at + 2 + digits);
  if (digits > 0 && hex.length === digits && /^[0-9A-Fa-f]+$/.test(hex)) {
    scan.at += 2 + digits;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }
  if (!scan.json5 || c === "" || /[1-9ux]/.test(c))
    throw broken(scan, `\`\\${wellFormed(c)}\` is no escape that JSON knows`);
  if (c === "\r" && text[scan.at + 2] === "\n") scan.at++;
  scan.at++;
  if (c === "\n" || text[scan.at] === "\n") newLine(scan);
  scan.at++;
  return /[\n\r\u2028\u2029]/.test(c) ? "" : c;
}

const WORD = /[^\s,:[\]{}"'/]+/y;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const NUMBER5 =
  /^[+-]?(?:0[xX][0-9a-fA-F]+|(?:(?:0|[1-9][0-9]*)(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?|(Infinity|NaN))$/;

/** A number, `true`, `false` or `null`. */
function readWord(scan: Scan): Node {
  WORD.lastIndex = scan.at;
  const word = WORD.exec(scan.text)?.[0];
  if (word === undefined) throw broken(scan, `a value is missing before ${found(scan)}`);
  const number = (scan.json5 ? NUMBER5 : NUMBER).exec(word);
  const isWord = word === "true" || word === "false" || word === "null";
  if (number === null && !isWord)
    throw broken(
      scan,
      `\`${cutText(wellFormed(word), 60)}\` is no JSON value: put text in double quotes`,
    );
  scan.at += word.length;
  const type =
    number !== null
      ? number.slice(1).every((part) => part === undefined)
        ? "int"
        : "decimal"
      : word === "null"
        ? "null"
        : "bool";
  return scalar(scan, type, word, scan.line);
}
