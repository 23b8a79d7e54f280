// SPDX-License-Identifier: Apache-2.0
/** Flow collections of YAML (7.4): `[a, {b: c}]`, over several lines if need be. */

import { typeOfYaml } from "./scalar.ts";
import type { Entry, Node, Scalar } from "./types.ts";
import { aliased, duplicate, entered } from "./yaml-nodes.ts";
import { mustBeDeeper, plainEnd, readQuoted } from "./yaml-scalar.ts";
import {
  BREAK,
  COLON,
  emptyAt,
  GiveUp,
  HASH,
  isFlowMark,
  isGap,
  nextLine,
  type Scan,
  scalarOf,
  skipGap,
  TAB,
} from "./yaml-scan.ts";

const COMMA = 44;
const QUOTES = [34, 39];
/** `-?:` before white space or a mark, and `#&*!|>%@` and the back-tick, start no plain scalar. */
const NO_PLAIN = "#&*!|>%@`\"'";

/** Where a collection stands: lines inside it must be deeper than the indent. */
type FlowPlace = { readonly indent: number; readonly depth: number; readonly isInner?: true };

/** Reads from `[` or `{` past its closing mark. */
export function readFlow(scan: Scan, place: FlowPlace): Node {
  entered(place.depth);
  const { line } = scan;
  const isMap = scan.text.charCodeAt(scan.at) === 123;
  const close = isMap ? 125 : 93;
  const inner: FlowPlace = { indent: place.indent, depth: place.depth + 1, isInner: true };
  const entries: Entry[] = [];
  const items: Node[] = [];
  const seen = new Set<string>();
  scan.at++;
  for (;;) {
    if (toToken(scan, place, close) === close) break;
    if (isMap) {
      const entry = readEntry(scan, inner, close);
      duplicate(scan, seen, entry);
      entries.push(entry);
    } else items.push(readMember(scan, inner));
    const c = toToken(scan, place, close);
    if (c === close) break;
    if (c !== COMMA) throw new GiveUp();
    scan.at++;
  }
  scan.at++;
  return isMap
    ? { kind: "map", entries, line, endLine: scan.line }
    : { kind: "list", items, line, endLine: scan.line };
}

/** Moves past white space, comments and lines to the next character, and tells it. */
function toToken(scan: Scan, { indent, isInner }: FlowPlace, close: number): number {
  const { text, line } = scan;
  for (;;) {
    const from = scan.at;
    skipGap(scan);
    const c = text.charCodeAt(scan.at);
    if (c === HASH && (scan.at > from || scan.at === scan.lineStart)) {
      const end = text.indexOf("\n", scan.at);
      if (end < 0) throw new GiveUp();
      scan.at = end;
    } else if (c !== BREAK) {
      if (Number.isNaN(c)) throw new GiveUp();
      if (scan.line > line && (c !== close || isInner === true)) mustBeDeeper(scan, indent);
      else if (scan.line > line) closesDeepEnough(scan, indent);
      return c;
    }
    if (text.charCodeAt(scan.at) === BREAK) nextLine(scan);
  }
}

/** The last closing mark may stand at the indent of what holds the collection. */
function closesDeepEnough(scan: Scan, indent: number): void {
  for (let i = scan.lineStart; i < scan.at; i++)
    if (scan.text.charCodeAt(i) === TAB) throw new GiveUp();
  if (scan.at - scan.lineStart < indent) throw new GiveUp();
}

/** An item, or the one pair of a map without braces: `[a: b]`. */
function readMember(scan: Scan, place: FlowPlace): Node {
  const { text, line: keyLine } = scan;
  const key = readItem(scan, place);
  skipGap(scan);
  if (text.charCodeAt(scan.at) !== COLON) return key;
  const isPair =
    key.kind === "scalar" && scan.line === keyLine && isGap(text.charCodeAt(scan.at + 1));
  if (!isPair || key.line !== keyLine || key.text === "<<") throw new GiveUp();
  scan.at++;
  skipGap(scan);
  if (isGap(text.charCodeAt(scan.at)) || isFlowMark(text.charCodeAt(scan.at))) throw new GiveUp();
  const value = readItem(scan, { ...place, depth: place.depth + 1 });
  noColon(scan);
  const entries = [{ key: key.text, keyLine, value }];
  return { kind: "map", entries, line: keyLine, endLine: scan.line };
}

/** A pair of a pair, or a key that is a collection: left to the whole parser. */
function noColon(scan: Scan): void {
  skipGap(scan);
  if (scan.text.charCodeAt(scan.at) === COLON) throw new GiveUp();
}

function readItem(scan: Scan, place: FlowPlace): Node {
  entered(place.depth);
  const { text } = scan;
  const c = text.charCodeAt(scan.at);
  if (c === 91 || c === 123) return readFlow(scan, place);
  if (QUOTES.includes(c)) return readQuoted(scan, place.indent);
  return c === 42 ? aliased(scan, place.depth, true) : readWord(scan, place.indent);
}

/** A plain scalar, which further lines may continue. */
function readWord(scan: Scan, indent: number): Scalar {
  const { text } = scan;
  const c = text.charCodeAt(scan.at);
  const next = text.charCodeAt(scan.at + 1);
  if (NO_PLAIN.includes(text[scan.at] ?? "") || isFlowMark(c)) throw new GiveUp();
  if ((c === 45 || c === 63 || c === COLON) && (isGap(next) || isFlowMark(next)))
    throw new GiveUp();
  const { line } = scan;
  let value = restOfLine(scan);
  for (let breaks = wrapped(scan, indent); breaks > 0; breaks = wrapped(scan, indent))
    value += (breaks === 1 ? " " : "\n".repeat(breaks - 1)) + restOfLine(scan);
  return scalarOf(scan.line > line ? "string" : typeOfYaml(value), value, line, scan.line);
}

function restOfLine(scan: Scan): string {
  const start = scan.at;
  scan.at = plainEnd(scan, true);
  if (scan.at === start) throw new GiveUp();
  return scan.text.slice(start, scan.at);
}

/** Moves to the line that continues a plain scalar; how many line breaks that took, or 0 if none does. */
function wrapped(scan: Scan, indent: number): number {
  const { text, at, line, lineStart } = scan;
  skipGap(scan);
  while (text.charCodeAt(scan.at) === BREAK) {
    nextLine(scan);
    skipGap(scan);
  }
  const c = text.charCodeAt(scan.at);
  const ends = Number.isNaN(c) || isFlowMark(c) || c === COLON || c === HASH;
  const breaks = scan.line - line;
  if (breaks > 0 && !ends) {
    mustBeDeeper(scan, indent);
    return breaks;
  }
  Object.assign(scan, { at, line, lineStart });
  return 0;
}

function readEntry(scan: Scan, place: FlowPlace, close: number): Entry {
  const { text, line } = scan;
  const isQuoted = QUOTES.includes(text.charCodeAt(scan.at));
  const key = isQuoted ? readQuoted(scan, place.indent) : readWord(scan, place.indent);
  if (scan.line > line || key.text === "<<") throw new GiveUp();
  const from = scan.at;
  skipGap(scan);
  const c = text.charCodeAt(scan.at);
  if (c !== COLON) {
    // A key without a value; a colon on another line is left to the whole parser.
    if (toToken(scan, place, close) === COLON) throw new GiveUp();
    return { key: key.text, keyLine: line, value: emptyAt(line) };
  }
  const after = text.charCodeAt(scan.at + 1);
  if (!isGap(after) && !isFlowMark(after) && !isQuoted) throw new GiveUp();
  if (isQuoted && scan.at > from && !isGap(after)) throw new GiveUp();
  scan.at++;
  const next = toToken(scan, place, close);
  if (next === COMMA || next === close) {
    if (scan.line > line) throw new GiveUp();
    return { key: key.text, keyLine: line, value: emptyAt(line) };
  }
  const value = readItem(scan, place);
  noColon(scan);
  return { key: key.text, keyLine: line, value };
}
