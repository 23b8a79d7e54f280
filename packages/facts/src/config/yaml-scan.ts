// SPDX-License-Identifier: Apache-2.0
import type { Node, Problem, Scalar, ScalarType } from "./types.ts";

/** What an alias stands for, and what one use of it costs of the cap on unfolding. */
export type Anchor = { readonly node: Node; readonly cost: number; readonly height: number };

/** A place in a YAML text that is read in one pass. */
export type Scan = {
  readonly text: string;
  at: number;
  /** 1-based. */
  line: number;
  lineStart: number;
  readonly problems: Problem[];
  /** Of this document; `null` while the anchored node is being read. */
  anchors: Map<string, Anchor | null>;
  unfolded: number;
  /** The least column of a comment line before the last content; `Infinity` without one. */
  comment: number;
};

/** Thrown by the fast reader only, and caught by it: the text uses more of YAML than it reads. */
export class GiveUp extends Error {}

export const SPACE = 32;
export const TAB = 9;
export const BREAK = 10;
export const HASH = 35;
export const COLON = 58;
export const DASH = 45;

/** The end of a line or of the text, where `charCodeAt` is NaN. */
export const isBreak = (c: number): boolean => c === BREAK || Number.isNaN(c);

/** White space, the end of a line or of the text: what must follow an indicator. */
export const isGap = (c: number): boolean =>
  c === SPACE || c === BREAK || c === TAB || Number.isNaN(c);

/** `,[]{}`: the characters that mean something inside a flow collection. */
export const isFlowMark = (c: number): boolean =>
  c === 44 || c === 91 || c === 93 || c === 123 || c === 125;

/** Moves past spaces and tabs within the line. */
export function skipGap(scan: Scan): void {
  const { text } = scan;
  for (let c = text.charCodeAt(scan.at); c === SPACE || c === TAB; ) c = text.charCodeAt(++scan.at);
}

/** Moves from a line break to the start of the next line. */
export function nextLine(scan: Scan): void {
  scan.at++;
  scan.line++;
  scan.lineStart = scan.at;
}

function skipComment(scan: Scan): void {
  const end = scan.text.indexOf("\n", scan.at);
  scan.at = end < 0 ? scan.text.length : end;
}

/** Moves past what may follow a value on its line, white space and a comment, to the next line. */
export function endLine(scan: Scan): void {
  skipGap(scan);
  const c = scan.text.charCodeAt(scan.at);
  if (c === HASH && isGap(scan.text.charCodeAt(scan.at - 1))) skipComment(scan);
  else if (!isBreak(c)) throw new GiveUp();
  if (scan.at < scan.text.length) nextLine(scan);
}

/** From the start of a line to the next content behind spaces; false at the end of the text. */
export function toContent(scan: Scan): boolean {
  const { text } = scan;
  scan.comment = Number.POSITIVE_INFINITY;
  for (;;) {
    let c = text.charCodeAt(scan.at);
    while (c === SPACE) c = text.charCodeAt(++scan.at);
    if (c === HASH) {
      scan.comment = Math.min(scan.comment, columnOf(scan));
      skipComment(scan);
    } else if (c === TAB) throw new GiveUp();
    else if (c !== BREAK) return scan.at < text.length;
    if (scan.at < text.length) nextLine(scan);
  }
}

/** The column of the place, from 0: on a new line, its indentation. */
export const columnOf = (scan: Scan): number => scan.at - scan.lineStart;

/** `---` or `...` at the margin. */
export function isMarker(scan: Scan, at: number): boolean {
  const { text } = scan;
  const c = text.charCodeAt(at);
  return (
    (c === DASH || c === 46) &&
    text.charCodeAt(at + 1) === c &&
    text.charCodeAt(at + 2) === c &&
    isGap(text.charCodeAt(at + 3))
  );
}

export const scalarOf = (type: ScalarType, text: string, line: number, endLine = line): Scalar => ({
  kind: "scalar",
  type,
  text,
  line,
  endLine,
});

/** A key or item without a value. */
export const emptyAt = (line: number): Scalar => scalarOf("null", "", line);
