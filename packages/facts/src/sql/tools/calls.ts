// SPDX-License-Identifier: Apache-2.0

export type ScriptLanguage = "ruby" | "python" | "javascript" | "php" | "go" | "csharp";

export type Argument = {
  /** Keyword or hash key; empty for a positional argument. */
  readonly key: string;
  /** As written. */
  readonly text: string;
  /** The value of a string, symbol, number or boolean; `null` for anything that is computed. */
  readonly literal: string | null;
};

export type Call = {
  /** Last segment of what is called: `drop_column` of `op.drop_column`. */
  readonly name: string;
  /** What stands before it: `op`, `t`, `User`. */
  readonly receiver: string;
  readonly line: number;
  readonly offset: number;
  readonly args: readonly Argument[];
};

/** A migration longer than this is not one that anybody reviews call by call. */
const CALLS_MAX = 2_000;
/** Arguments longer than this are data. */
const ARGUMENTS_MAX = 20_000;
/** Nested calls repeat the text of their arguments; this bounds the work on a hostile file. */
const ARGUMENTS_TOTAL_MAX = 2_000_000;

const IDENTIFIER = /[A-Za-z_][\w]*[!?]?/y;

type Lexer = { readonly text: string; readonly language: ScriptLanguage };

/**
 * Finds calls of the wanted names in migration code without a grammar: comments and strings are
 * skipped, arguments are cut at depth 0. One pass, bounded, never fails.
 */
export function findCalls(
  text: string,
  language: ScriptLanguage,
  wanted: (name: string) => boolean,
): { readonly calls: readonly Call[]; readonly truncated: boolean } {
  const lexer: Lexer = { text, language };
  const found: Call[] = [];
  let line = 1;
  let at = 0;
  let receiver = "";
  const moveTo = (to: number): void => {
    for (let i = text.indexOf("\n", at); i !== -1 && i < to; i = text.indexOf("\n", i + 1))
      line += 1;
    at = to;
  };
  let spent = 0;
  while (at < text.length) {
    if (found.length >= CALLS_MAX || spent > ARGUMENTS_TOTAL_MAX)
      return { calls: found, truncated: true };
    const skipped = skipQuiet(lexer, at);
    if (skipped > at) {
      moveTo(skipped);
      receiver = "";
      continue;
    }
    IDENTIFIER.lastIndex = at;
    const identifier = IDENTIFIER.exec(text)?.[0];
    if (identifier === undefined) {
      if (!/[.:>-]/.test(text[at] ?? "")) receiver = "";
      moveTo(at + 1);
      continue;
    }
    const name =
      text[at + identifier.length] === "=" ? identifier.replace(/[!?]$/, "") : identifier;
    const end = at + name.length;
    const args = wanted(name) ? argumentsAt(lexer, end) : null;
    if (args !== null) found.push({ name, receiver, line, offset: at, args });
    for (const arg of args ?? []) spent += arg.text.length;
    receiver = name;
    moveTo(end);
  }
  return { calls: found, truncated: false };
}

/** The end of the comment or string that begins here, or the same offset. */
function skipQuiet({ text, language }: Lexer, at: number): number {
  const char = text[at] ?? "";
  const hash = language === "ruby" || language === "python" || language === "php";
  if (hash && char === "#") return lineEnd(text, at);
  if (!hash || language === "php") {
    if (char === "/" && text[at + 1] === "/") return lineEnd(text, at);
    if (char === "/" && text[at + 1] === "*") return after(text, at + 2, "*/");
  }
  return stringAt({ text, language }, at)?.end ?? at;
}

/** The string literal that begins here, with its value. */
export function stringAt(
  { text, language }: Lexer,
  at: number,
): { readonly value: string; readonly end: number; readonly start: number } | null {
  const char = text[at] ?? "";
  if (language === "python" && (text.startsWith('"""', at) || text.startsWith("'''", at))) {
    const end = after(text, at + 3, text.slice(at, at + 3));
    return { value: text.slice(at + 3, end - 3), start: at + 3, end };
  }
  if (language === "ruby" && char === "<" && /<<[~-]?['"`]?[A-Z_]/.test(text.slice(at, at + 5)))
    return heredocAt(text, at);
  const quotes = language === "javascript" || language === "go" ? "'\"`" : "'\"";
  if (char === "" || !quotes.includes(char)) return null;
  let end = at + 1;
  while (end < text.length && text[end] !== char) {
    if (text[end] === "\n" && char !== "`" && language !== "php" && language !== "ruby") break;
    end += text[end] === "\\" ? 2 : 1;
  }
  return { value: text.slice(at + 1, end), start: at + 1, end: Math.min(text.length, end + 1) };
}

function heredocAt(
  text: string,
  at: number,
): { readonly value: string; readonly end: number; readonly start: number } | null {
  const tag = /^<<[~-]?['"`]?([A-Z_][A-Za-z0-9_]*)/.exec(text.slice(at, at + 60));
  if (tag === null) return null;
  const body = lineEnd(text, at) + 1;
  const close = new RegExp(`^[ \\t]*${tag[1] ?? ""}\\b`, "gm");
  close.lastIndex = body;
  const match = close.exec(text);
  const end = match === null ? text.length : match.index;
  return {
    value: text.slice(body, end),
    start: body,
    end: match === null ? end : end + match[0].length,
  };
}

function argumentsAt(lexer: Lexer, from: number): readonly Argument[] | null {
  const { text, language } = lexer;
  let at = from;
  if (language === "csharp" && text[at] === "<") at = after(text, at, ">");
  while (text[at] === " ") at += 1;
  if (text[at] === "(") return cut(lexer, at + 1, ")");
  if (language !== "ruby" || at === from)
    return language === "ruby" && /[\n;]/.test(text[at] ?? "\n") ? [] : null;
  // A hash key, an assignment or a comparison is no call.
  return /[=.,)\]}|&<>+*?]/.test(text[at] ?? "") && !text.startsWith("<<", at)
    ? null
    : cut(lexer, at, "\n");
}

/** Cuts arguments at commas of depth 0, up to the closing mark. */
function cut(lexer: Lexer, from: number, close: ")" | "\n"): readonly Argument[] {
  const { text } = lexer;
  const parts: string[] = [];
  const limit = Math.min(text.length, from + ARGUMENTS_MAX);
  let depth = 0;
  let start = from;
  let at = from;
  while (at < limit) {
    const quiet = skipQuiet(lexer, at);
    if (quiet > at) {
      at = quiet;
      continue;
    }
    const char = text[at] ?? "";
    if (
      depth === 0 &&
      char === close &&
      !(close === "\n" && endsOpen(text.slice(start, at), parts.length))
    )
      break;
    if ("([{".includes(char)) depth += 1;
    if (")]}".includes(char)) depth -= 1;
    if (depth < 0) break;
    if (char === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
    at += 1;
  }
  parts.push(text.slice(start, at));
  return parts.filter((part) => part.trim() !== "").map((part) => argument(part, lexer.language));
}

/** A Ruby call without parentheses goes on over a line that ends with a comma. */
function endsOpen(part: string, before: number): boolean {
  return before > 0 && part.trim() === "";
}

const KEY = /^:?["']?(\w+)["']?\s*(?::(?!:)|=>|=(?!=))\s*/;

function argument(raw: string, language: ScriptLanguage): Argument {
  const text = (language === "ruby" ? raw.replace(/\bdo(?:\s*\|[^|\n]*\|)?\s*$/, "") : raw).trim();
  const key = KEY.exec(text);
  const value = key === null ? text : text.slice(key[0].length).trim();
  return { key: key?.[1] ?? "", text: value, literal: literalOf(value, language) };
}

function literalOf(text: string, language: ScriptLanguage): string | null {
  const prefixed =
    language === "python"
      ? text.replace(/^[rRbBuUfF]{1,2}(?=["'])/, "")
      : text.replace(/^@(?=")/, "");
  const string = stringAt({ text: prefixed, language }, 0);
  if (string !== null) {
    const rest = prefixed.slice(string.end).trim();
    if (rest === "" || prefixed.startsWith("<<")) return withoutHoles(string.value, language, text);
    if (/^(?:\.format\s*\(|%)/.test(rest))
      return string.value.replace(/\{\w*\}|%\(\w+\)s|%s/g, "computed");
    // Adjacent or added literals are one string; anything else is computed.
    const joined = /^\+?\s*/.exec(rest)?.[0].length ?? 0;
    const next = literalOf(rest.slice(joined), language);
    return next === null || !/^["'`]/.test(rest.slice(joined)) ? null : `${string.value}${next}`;
  }
  const symbol = /^:(\w+[?!]?)$/.exec(text);
  if (symbol !== null) return symbol[1] ?? "";
  return /^(?:\d+|true|false|True|False|None|null|nil)$/.test(text) ? text : null;
}

/** A value put in at run time stands in the statement as a name that nobody knows. */
function withoutHoles(value: string, language: ScriptLanguage, written: string): string {
  if (language === "ruby") return value.replace(/#\{[^}\n]*\}/g, "computed");
  if (language === "javascript") return value.replace(/\$\{[^}\n]*\}/g, "computed");
  return language === "python" && /^\w*[fF]/.test(written)
    ? value.replace(/\{[^}\n]*\}/g, "computed")
    : value;
}

const ASSIGNED = /\b([A-Za-z_]\w*)\s*=\s*(?=[rRbBuUfF]{0,2}["'`]|<<[~-])/g;

/** Variables that hold a literal, with the line on which the literal begins; the last one wins. */
export function literalVariables(
  text: string,
  language: ScriptLanguage,
): ReadonlyMap<string, { readonly value: string; readonly line: number }> {
  const found = new Map<string, { value: string; line: number }>();
  let line = 1;
  let at = 0;
  for (const match of text.matchAll(ASSIGNED)) {
    const from = match.index + match[0].length;
    for (let i = text.indexOf("\n", at); i !== -1 && i < from; i = text.indexOf("\n", i + 1))
      line += 1;
    at = from;
    const prefix = /^[rRbBuUfF]{0,2}(?=["'])/.exec(text.slice(from, from + 3))?.[0].length ?? 0;
    const string = stringAt({ text, language }, from + prefix);
    if (string === null || string.value.length > ARGUMENTS_MAX) continue;
    const value = /^\s*\.format\s*\(/.test(text.slice(string.end, string.end + 20))
      ? string.value.replace(/\{\w*\}/g, "computed")
      : withoutHoles(string.value, language, text.slice(from, from + 3));
    found.set(match[1] ?? "", { value, line });
  }
  return found;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

function after(text: string, from: number, mark: string): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end + mark.length;
}
