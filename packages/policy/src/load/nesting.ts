// SPDX-License-Identifier: Apache-2.0
/**
 * What is looked at before YAML is composed. The composer is recursive and takes exponential time
 * on nested explicit keys, so depth and form are judged on the tokens alone.
 */
import { CST, Lexer } from "yaml";

export type Obstacle = {
  readonly offset: number;
  readonly code: "TOO_DEEP" | "YAML_FEATURE";
  readonly message: string;
  readonly help: string;
};

/** Brackets and `- - -` on one line. A policy needs five levels. */
const NESTED_MAX = 32;
/** Columns of indentation, which bound the levels of block style. */
const INDENT_MAX = 200;
/** Embeddings, overrides and isolates make a line read otherwise than it is (CVE-2021-42574). */
const BIDIRECTIONAL = /[\u202a-\u202e\u2066-\u2069]/;

/** The first thing that keeps a text from being composed, or `null`. */
export function obstacleIn(text: string, what: string): Obstacle | null {
  const hidden = BIDIRECTIONAL.exec(text);
  if (hidden !== null)
    return {
      offset: hidden.index,
      code: "YAML_FEATURE",
      message: `a character that reverses the reading direction has no place in ${what}`,
      help: "delete it; it hides what the line says",
    };
  let offset = 0;
  let brackets = 0;
  let onLine = 0;
  let scalarNext = false;
  for (const token of new Lexer().lex(text)) {
    const start = offset;
    if (!isMark(token)) offset += token.length;
    // A scalar's own text may look like any token; the lexer announces it by a mark.
    const kind = scalarNext ? "scalar" : CST.tokenType(token);
    scalarNext = !scalarNext && token === CST.SCALAR;
    if (kind === "newline") onLine = 0;
    else if (kind === "flow-seq-start" || kind === "flow-map-start") brackets++;
    else if (kind === "flow-seq-end" || kind === "flow-map-end")
      brackets = Math.max(0, brackets - 1);
    else if (kind === "seq-item-ind") onLine++;
    else if (kind === "explicit-key-ind") return explicitKey(start, what);
    const indented = kind === "space" && token.length > INDENT_MAX;
    if (brackets + onLine > NESTED_MAX || indented) return tooDeep(start, what);
  }
  return null;
}

const explicitKey = (offset: number, what: string): Obstacle => ({
  offset,
  code: "YAML_FEATURE",
  message: `explicit keys have no place in ${what}`,
  help: "write `key: value`",
});

const tooDeep = (offset: number, what: string): Obstacle => ({
  offset,
  code: "TOO_DEEP",
  message: `nested deeper than ${NESTED_MAX} levels`,
  help: `${what} needs five; write it flatter`,
});

/** Tokens that stand for no text. */
const MARKS: readonly string[] = [CST.DOCUMENT, CST.FLOW_END, CST.SCALAR];
const isMark = (token: string): boolean => MARKS.includes(token);
