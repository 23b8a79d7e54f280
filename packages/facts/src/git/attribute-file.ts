// SPDX-License-Identifier: Apache-2.0
/** One `.gitattributes` file, read as gitattributes(5) says and git does. */
import { compilePattern, type Matcher } from "./pattern.ts";

/** `true`: set, `false`: unset (`-name`), a value, or `null`: explicitly unspecified (`!name`). */
export type AttributeState = { readonly name: string; readonly value: string | boolean | null };

export type AttributeRule = {
  readonly matches: Matcher;
  readonly states: readonly AttributeState[];
};

export type AttributeFile = {
  readonly rules: readonly AttributeRule[];
  /** Only honoured in the file of the top folder. */
  readonly macros: ReadonlyMap<string, readonly AttributeState[]>;
};

/** Git 2.39 passes over longer lines. */
const LINE_MAX_BYTES = 2_048;
const BLANKS = /[ \t\r\n]+/;
const NAME = /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/;
const MACRO = "[attr]";
const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/** Total: a line that git would not accept is passed over, as git does. Text is bytes as Latin-1. */
export function parseAttributeFile(text: string): AttributeFile {
  const rules: AttributeRule[] = [];
  const macros = new Map<string, readonly AttributeState[]>();
  const body = text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
  for (const raw of body.split("\n")) {
    if (raw.length >= LINE_MAX_BYTES) continue;
    const line = parseLine(raw.split("\0", 1)[0] ?? "");
    if (line === null) continue;
    if (line.kind === "macro") macros.set(line.name, line.states);
    else rules.push(line);
  }
  return { rules, macros };
}

type Line =
  | (AttributeRule & { readonly kind: "rule" })
  | { readonly kind: "macro"; readonly name: string; readonly states: readonly AttributeState[] };

function parseLine(raw: string): Line | null {
  const line = raw.replace(/^[ \t\r]+/, "");
  if (line === "" || line.startsWith("#")) return null;
  const { pattern, rest } = splitPattern(line);
  const isMacro = pattern.startsWith(MACRO) && pattern.length > MACRO.length;
  // `[attr]` alone, with the name behind a blank, is a pattern for git.
  const states: AttributeState[] = [];
  for (const word of rest.split(BLANKS)) {
    if (word === "") continue;
    const state = stateOf(word);
    if (state === null) return null;
    states.push(state);
  }
  if (isMacro) {
    const name = pattern.slice(MACRO.length);
    return NAME.test(name) ? { kind: "macro", name, states } : null;
  }
  if (pattern.startsWith("!")) return null;
  const matches = compilePattern(pattern);
  return matches === null ? null : { kind: "rule", matches, states };
}

function splitPattern(line: string): { readonly pattern: string; readonly rest: string } {
  const quoted = line.startsWith('"') ? unquoted(line) : null;
  if (quoted !== null) return quoted;
  const blank = line.search(BLANKS);
  return blank < 0
    ? { pattern: line, rest: "" }
    : { pattern: line.slice(0, blank), rest: line.slice(blank) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/** A C-style quoted pattern; `null` when it is none, and the quote is then an ordinary character. */
function unquoted(line: string): { readonly pattern: string; readonly rest: string } | null {
  let pattern = "";
  for (let i = 1; i < line.length; i++) {
    const c = line[i] ?? "";
    if (c === '"') return { pattern, rest: line.slice(i + 1) };
    if (c !== "\\") {
      pattern += c;
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(line.slice(i + 1, i + 4));
    const known = ESCAPES[line[i + 1] ?? ""];
    if (octal === null && known === undefined) return null;
    pattern += octal === null ? known : String.fromCharCode(Number.parseInt(octal[0], 8));
    i += octal === null ? 1 : 3;
  }
  return null;
}

function stateOf(word: string): AttributeState | null {
  const sign = word.startsWith("-") || word.startsWith("!") ? (word[0] ?? "") : "";
  const equals = word.indexOf("=");
  const name = word.slice(sign.length, equals < 0 ? word.length : equals);
  if (!NAME.test(name)) return null;
  if (sign === "-") return { name, value: false };
  if (sign === "!") return { name, value: null };
  return { name, value: equals < 0 ? true : word.slice(equals + 1) };
}
