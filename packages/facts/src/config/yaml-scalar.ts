// SPDX-License-Identifier: Apache-2.0
/** The scalars of YAML 1.2 (chapters 7.3 and 8.1): plain, quoted, and block scalars. */
import { wellFormed } from "./cut.ts";
import { typeOfYaml } from "./scalar.ts";
import type { Scalar } from "./types.ts";
import {
  BREAK,
  COLON,
  GiveUp,
  HASH,
  isBreak,
  isFlowMark,
  isGap,
  isMarker,
  nextLine,
  type Scan,
  SPACE,
  scalarOf,
  skipGap,
  TAB,
} from "./yaml-scan.ts";

/** Behind the last character of the plain scalar that starts here, on this line. */
export function plainEnd(scan: Scan, inFlow: boolean): number {
  const { text } = scan;
  let end = scan.at;
  for (let i = scan.at; ; i++) {
    const c = text.charCodeAt(i);
    if (isBreak(c)) return end;
    if (c === SPACE || c === TAB) continue;
    if (c === COLON) {
      const next = text.charCodeAt(i + 1);
      if (isGap(next) || (inFlow && isFlowMark(next))) return end;
    } else if (c === HASH && i > end) return end;
    else if (inFlow && isFlowMark(c)) return end;
    end = i + 1;
  }
}

/** A plain scalar in a block, which deeper lines continue. Leaves the scan behind its last character. */
export function readPlain(scan: Scan, indent: number): Scalar {
  const { text, line } = scan;
  let end = plainEnd(scan, false);
  let value = text.slice(scan.at, end);
  scan.at = end;
  for (;;) {
    skipGap(scan);
    if (scan.text.charCodeAt(scan.at) !== BREAK) break;
    const breaks = continuation(scan, indent);
    if (breaks === 0) break;
    end = plainEnd(scan, false);
    value += (breaks === 1 ? " " : "\n".repeat(breaks - 1)) + text.slice(scan.at, end);
    scan.at = end;
  }
  // `: ` inside a value, or on a line that continues one, is an error of its own kind.
  if (text.charCodeAt(scan.at) === COLON) throw new GiveUp();
  scan.at = end;
  const type = scan.line > line ? "string" : typeOfYaml(value);
  return scalarOf(type, value, line, scan.line);
}

/**
 * From the end of a line to the deeper line that continues a scalar; how many line breaks that took,
 * or 0, without a move, if nothing continues it.
 */
function continuation(scan: Scan, indent: number): number {
  const { text } = scan;
  let i = scan.at;
  let breaks = 0;
  let start = i;
  let c = BREAK;
  while (c === BREAK) {
    breaks++;
    start = ++i;
    c = text.charCodeAt(i);
    while (c === SPACE) c = text.charCodeAt(++i);
    // A tab is white space here, but no indentation.
    if (c === TAB) throw new GiveUp();
  }
  const ends = Number.isNaN(c) || c === HASH || i - start <= indent || isMarker(scan, start);
  if (ends) return 0;
  scan.at = i;
  scan.line += breaks;
  scan.lineStart = start;
  return breaks;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};

/** A quoted scalar, over several lines if need be. Leaves the scan behind the closing quote. */
export function readQuoted(scan: Scan, indent: number): Scalar {
  const { text, line } = scan;
  const quote = text.charCodeAt(scan.at);
  let from = ++scan.at;
  let value = "";
  // White space that was written as an escape is not white space at the end of a line.
  let kept = 0;
  for (;;) {
    const c = text.charCodeAt(scan.at);
    if (c === quote) {
      if (quote === 34 || text.charCodeAt(scan.at + 1) !== quote) break;
      value += text.slice(from, scan.at + 1);
      scan.at += 2;
      from = scan.at;
    } else if (c === 92 && quote === 34) {
      value += text.slice(from, scan.at);
      value += readEscape(scan, indent);
      from = scan.at;
      kept = value.length;
    } else if (c === BREAK) {
      value = trimmedTo(value + text.slice(from, scan.at), kept) + foldBreaks(scan, indent);
      from = scan.at;
      kept = value.length;
    } else if (Number.isNaN(c)) throw new GiveUp();
    else scan.at++;
  }
  const last = text.slice(from, scan.at++);
  return scalarOf("string", wellFormed(value === "" ? last : value + last), line, scan.line);
}

/** Without the spaces and tabs at the end, but not shorter than a length. */
function trimmedTo(value: string, least: number): string {
  let end = value.length;
  while (end > least && (value.charCodeAt(end - 1) === SPACE || value.charCodeAt(end - 1) === TAB))
    end--;
  return value.slice(0, end);
}

/** Line breaks inside quotes: one is a space, more are one less. */
function foldBreaks(scan: Scan, indent: number): string {
  let breaks = 0;
  while (scan.text.charCodeAt(scan.at) === BREAK) {
    breaks++;
    nextLine(scan);
    skipIndent(scan);
  }
  mustBeDeeper(scan, indent);
  return breaks === 1 ? " " : "\n".repeat(breaks - 1);
}

/** Spaces at the start of a line; whether a tab may follow them depends on more than is known here. */
function skipIndent(scan: Scan): void {
  while (scan.text.charCodeAt(scan.at) === SPACE) scan.at++;
  if (scan.text.charCodeAt(scan.at) === TAB) throw new GiveUp();
}

/** A line inside quotes or brackets must be indented by more than what holds it. */
export function mustBeDeeper(scan: Scan, indent: number): void {
  let column = scan.lineStart;
  while (scan.text.charCodeAt(column) === SPACE) column++;
  if (column - scan.lineStart <= indent || isMarker(scan, scan.lineStart)) throw new GiveUp();
}

/** Reads one escape from its backslash on. */
function readEscape(scan: Scan, indent: number): string {
  const { text } = scan;
  const c = text[scan.at + 1] ?? "";
  const known = ESCAPES[c];
  if (known !== undefined) {
    scan.at += 2;
    return known;
  }
  if (c === "\n") {
    scan.at++;
    nextLine(scan);
    skipIndent(scan);
    if (text.charCodeAt(scan.at) !== BREAK) mustBeDeeper(scan, indent);
    return "";
  }
  const digits = c === "x" ? 2 : c === "u" ? 4 : c === "U" ? 8 : 0;
  const hex = text.slice(scan.at + 2, scan.at + 2 + digits);
  const code = Number.parseInt(hex, 16);
  if (digits === 0 || !/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits || code > 0x10ffff)
    throw new GiveUp();
  scan.at += 2 + digits;
  return String.fromCodePoint(code);
}

/** `|` and `>` with their marks. Leaves the scan at the start of the line behind it. */
export function readBlockScalar(scan: Scan, indent: number): Scalar {
  const { line } = scan;
  const header = readHeader(scan);
  const { lines, last } = blockLines(scan, indent, header);
  let length = lines.length;
  while (length > 0 && lines[length - 1] === "") length--;
  const body = lines.slice(0, length);
  const joined = header.folded ? folded(body) : body.join("\n");
  const kept = header.chomp === "+" ? lines.length - length : 0;
  const ending = length === 0 || header.chomp === "-" ? "" : "\n";
  return scalarOf(
    "string",
    wellFormed(joined + ending + "\n".repeat(kept)),
    line,
    Math.max(line, last),
  );
}

type Header = { readonly folded: boolean; readonly chomp: string; readonly indent: number };

const HEADER = /([|>])(?:([-+])([1-9])?|([1-9])([-+])?)?(?:[ \t]+#[^\n]*|[ \t]*)(?:\n|$)/y;

/** Reads the line of the header; an indent of 0 is told by the first line of content. */
function readHeader(scan: Scan): Header {
  HEADER.lastIndex = scan.at;
  const match = HEADER.exec(scan.text);
  if (match === null) throw new GiveUp();
  scan.at += match[0].length;
  if (match[0].endsWith("\n")) {
    scan.line++;
    scan.lineStart = scan.at;
  }
  return {
    folded: match[1] === ">",
    chomp: match[2] ?? match[5] ?? "",
    indent: Number(match[3] ?? match[4] ?? 0),
  };
}

type BlockLines = { readonly lines: readonly string[]; readonly last: number };

/** The lines of a block scalar without their indentation, and the number of the last with content. */
function blockLines(scan: Scan, parent: number, header: Header): BlockLines {
  const { text } = scan;
  const lines: string[] = [];
  let indent = header.indent === 0 ? -1 : Math.max(0, parent) + header.indent;
  let last = 0;
  let blank = 0;
  while (scan.at < text.length) {
    let i = scan.at;
    while (text.charCodeAt(i) === SPACE) i++;
    const own = i - scan.at;
    const c = text.charCodeAt(i);
    if (isBreak(c) && (indent < 0 || own <= indent)) {
      blank = Math.max(blank, own);
      if (c === BREAK) lines.push("");
    } else {
      if (own <= parent) {
        // An indentation that is too small for a scalar and is no space.
        if (c === TAB) throw new GiveUp();
        break;
      }
      if (indent < 0) indent = own;
      if (own < indent || (last === 0 && blank > indent)) throw new GiveUp();
      const end = text.indexOf("\n", i);
      // Spaces beyond the indentation are content, with exceptions that are not read here.
      const isRead = last > 0 && end >= 0 && !header.folded && header.chomp !== "+";
      if (isBreak(c) && !isRead) throw new GiveUp();
      i = end < 0 ? text.length : end;
      lines.push(text.slice(scan.at + indent, i));
      last = scan.line;
    }
    scan.at = i;
    if (i < text.length) nextLine(scan);
  }
  return { lines, last };
}

/** Lines that start with white space keep their breaks; between others one break is a space. */
function folded(lines: readonly string[]): string {
  let value = "";
  let breaks = 0;
  let wasSpaced = true;
  let isFirst = true;
  for (const line of lines) {
    if (line === "") {
      breaks++;
      continue;
    }
    const isSpaced = line.charCodeAt(0) === SPACE || line.charCodeAt(0) === TAB;
    if (isFirst) value += "\n".repeat(breaks);
    else if (isSpaced || wasSpaced) value += "\n".repeat(breaks + 1);
    else value += breaks === 0 ? " " : "\n".repeat(breaks);
    value += line;
    breaks = 0;
    wasSpaced = isSpaced;
    isFirst = false;
  }
  return value;
}
