// SPDX-License-Identifier: Apache-2.0
import type { SimpleCommand, Word } from "./word.ts";

/** Commands of one script; more than this is generated. */
export const COMMANDS_MAX = 20_000;
/** Nesting of substitutions that is followed. */
const NESTED_MAX = 5;
/** Here-documents that begin on one line. */
const HEREDOCS_MAX = 20;

export type Lexed = {
  readonly commands: readonly SimpleCommand[];
  /** The script has more commands than the limit; the rest was not read. */
  readonly truncated: boolean;
};

type Heredoc = { readonly tag: string; readonly indented: boolean; readonly owner: Draft };

type Draft = {
  words: Word[];
  line: number;
  start: number;
  end: number;
  piped: boolean;
  input: string;
  inputLine: number;
  overwrites: string;
  /** The next word is where output goes, or what is read. */
  redirect: "" | "out" | "in" | "string";
};

type State = {
  readonly text: string;
  readonly depth: number;
  at: number;
  line: number;
  draft: Draft;
  readonly heredocs: Heredoc[];
  readonly commands: SimpleCommand[];
};

const KEYWORDS = new Set([
  "if",
  "then",
  "else",
  "elif",
  "fi",
  "for",
  "while",
  "until",
  "do",
  "done",
  "case",
  "esac",
  "in",
  "!",
  "{",
  "}",
  "function",
  "time",
  "coproc",
  "select",
]);
const HEADS_A_LIST = new Set(["for", "case", "select", "function"]);
const ASSIGNMENT = /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/;

/**
 * Cuts a shell script into simple commands, with quotes, here-documents, continuations and nested
 * substitutions. One pass over the text, never fails: what is malformed ends with the text.
 */
export function lexShell(
  text: string,
  options: { readonly line?: number; readonly depth?: number } = {},
): Lexed {
  const depth = options.depth ?? 0;
  const line = options.line ?? 1;
  const state: State = {
    text,
    depth,
    at: 0,
    line,
    draft: draftAt(0, line, false),
    heredocs: [],
    commands: [],
  };
  while (state.at < text.length && state.commands.length < COMMANDS_MAX) step(state);
  endCommand(state, false);
  return { commands: state.commands, truncated: state.at < text.length };
}

function draftAt(start: number, line: number, piped: boolean): Draft {
  return {
    words: [],
    line,
    start,
    end: start,
    piped,
    input: "",
    inputLine: 0,
    overwrites: "",
    redirect: "",
  };
}

function step(state: State): void {
  const { text, at } = state;
  const char = text[at] ?? "";
  const next = text[at + 1] ?? "";
  if (char === "\\" && (next === "\n" || (next === "\r" && text[at + 2] === "\n"))) {
    state.line += 1;
    state.at += next === "\n" ? 2 : 3;
  } else if (char === "\n") {
    endCommand(state, false);
    state.line += 1;
    state.at += 1;
    if (state.heredocs.length > 0) readHeredocs(state);
    state.draft = draftAt(state.at, state.line, false);
  } else if (char === " " || char === "\t" || char === "\r") state.at += 1;
  else if (char === "#") state.at = lineEnd(text, at);
  else if (";&|()".includes(char)) separator(state, char, next);
  else if (char === "<" || char === ">") redirection(state, char);
  else readWord(state);
}

function separator(state: State, char: string, next: string): void {
  if (char === "&" && next === ">") {
    state.at += 1;
    return;
  }
  const pipe = char === "|" && next !== "|";
  endCommand(state, pipe);
  state.at += next === char || (char === "|" && next === "&") ? 2 : 1;
  state.draft.start = state.at;
}

function redirection(state: State, char: string): void {
  const { text } = state;
  const last = state.draft.words.at(-1);
  // In `2>file` the number names a stream.
  if (last !== undefined && state.draft.end === state.at && /^\d$/.test(last.text))
    state.draft.words.pop();
  if (char === "<" && text.startsWith("<<<", state.at)) {
    state.draft.redirect = "string";
    state.at += 3;
  } else if (char === "<" && text[state.at + 1] === "<") heredocStart(state);
  else if (text[state.at + 1] === "(") {
    const end = closingParen(text, state.at + 2);
    nested(state, state.at + 2, end);
    skipTo(state, Math.min(text.length, end + 1));
  } else {
    const append = text[state.at + 1] === ">";
    const copy = text[state.at + 1] === "&";
    state.draft.redirect = char === "<" || append || copy ? "in" : "out";
    state.at += append || copy || text[state.at + 1] === "|" ? 2 : 1;
  }
}

function heredocStart(state: State): void {
  const match = /^<<(-?)\s*(?:'([^'\n]*)'|"([^"\n]*)"|\\?([\w.!-]+))/.exec(
    state.text.slice(state.at, state.at + 120),
  );
  if (match === null || state.heredocs.length >= HEREDOCS_MAX) {
    state.at += 2;
    return;
  }
  const tag = match[2] ?? match[3] ?? match[4] ?? "";
  state.heredocs.push({ tag, indented: match[1] === "-", owner: state.draft });
  state.at += match[0].length;
}

function readHeredocs(state: State): void {
  const { text } = state;
  for (const { tag, indented, owner } of state.heredocs.splice(0)) {
    const start = state.at;
    owner.inputLine = state.line;
    while (state.at < text.length) {
      const end = lineEnd(text, state.at);
      const row = text.slice(state.at, end).replace(/\r$/, "");
      if ((indented ? row.replace(/^\t+/, "") : row) === tag) break;
      state.at = Math.min(text.length, end + 1);
      state.line += 1;
    }
    const body = text.slice(start, state.at);
    const at = state.commands.findLastIndex(
      (one) => one.line === owner.line && one.input === HEREDOC_MARK,
    );
    const held = state.commands[at];
    if (held !== undefined)
      state.commands[at] = { ...held, input: body, inputLine: owner.inputLine };
    if (state.at < text.length) {
      state.at = Math.min(text.length, lineEnd(text, state.at) + 1);
      state.line += 1;
    }
  }
}

/** Stands in a command until the body of its here-document has been read. */
const HEREDOC_MARK = "\u0000";

function endCommand(state: State, piped: boolean): void {
  const { draft } = state;
  const words = withoutKeywords(draft.words);
  const assignments: { name: string; value: string }[] = [];
  while (words.length > 0) {
    const match = ASSIGNMENT.exec(words[0]?.text ?? "");
    if (match === null) break;
    assignments.push({ name: match[1] ?? "", value: words[0]?.text.slice(match[0].length) ?? "" });
    words.shift();
  }
  const reads = state.heredocs.some((one) => one.owner === draft);
  if (words.length > 0 || assignments.length > 0)
    state.commands.push({
      words,
      assignments,
      line: draft.line,
      text: state.text
        .slice(draft.start, draft.end)
        .replace(/\\\r?\n/g, " ")
        .replace(/\s+/g, " ")
        .trim()
        .slice(0, 1_000),
      piped: draft.piped,
      input: reads ? HEREDOC_MARK : draft.input,
      inputLine: draft.inputLine,
      overwrites: draft.overwrites,
    });
  state.draft = draftAt(state.at, state.line, piped);
}

function withoutKeywords(words: readonly Word[]): Word[] {
  let at = 0;
  while (at < words.length) {
    const word = words[at];
    if (word === undefined || word.quoted || !KEYWORDS.has(word.text)) break;
    if (HEADS_A_LIST.has(word.text)) break;
    at += 1;
  }
  return words.slice(at);
}

function readWord(state: State): void {
  if (state.draft.words.length === 0) {
    state.draft.line = state.line;
    state.draft.start = state.at;
  }
  const start = state.at;
  const word = takeWord(state);
  if (state.at === start) state.at += 1;
  state.draft.end = state.at;
  const { redirect } = state.draft;
  state.draft.redirect = "";
  if (redirect === "out") state.draft.overwrites = word.text;
  else if (redirect === "string") {
    state.draft.input = word.text;
    state.draft.inputLine = state.line;
  } else if (redirect === "") state.draft.words.push(word);
}

const ENDS = new Set([" ", "\t", "\r", "\n", ";", "&", "|", "(", ")", "<", ">"]);

function takeWord(state: State): Word {
  const { text } = state;
  let value = "";
  let quoted = false;
  let dynamic = false;
  let glob = false;
  while (state.at < text.length) {
    const char = text[state.at] ?? "";
    if (ENDS.has(char)) break;
    const from = state.at;
    if (char === "'") {
      value += singleQuoted(state);
      quoted = true;
    } else if (char === '"') {
      const part = doubleQuoted(state);
      value += part.text;
      dynamic ||= part.dynamic;
      quoted = true;
    } else if (char === "$" || char === "`") {
      value += variable(state);
      dynamic = true;
    } else if (char === "\\") {
      value += text[state.at + 1] === "\n" ? "" : (text[state.at + 1] ?? "");
      skipTo(state, Math.min(text.length, state.at + 2));
    } else {
      glob ||= char === "*" || char === "?" || char === "[";
      value += char;
      state.at += 1;
    }
    if (state.at === from) state.at += 1;
  }
  return { text: value, quoted, dynamic, glob };
}

function singleQuoted(state: State): string {
  const end = state.text.indexOf("'", state.at + 1);
  const stop = end === -1 ? state.text.length : end;
  const value = state.text.slice(state.at + 1, stop);
  skipTo(state, Math.min(state.text.length, stop + 1));
  return value;
}

function doubleQuoted(state: State): { readonly text: string; readonly dynamic: boolean } {
  const { text } = state;
  let value = "";
  let dynamic = false;
  state.at += 1;
  while (state.at < text.length && text[state.at] !== '"') {
    const char = text[state.at] ?? "";
    const from = state.at;
    if (char === "\\" && /["\\$`\n]/.test(text[state.at + 1] ?? "")) {
      value += text[state.at + 1] === "\n" ? "" : (text[state.at + 1] ?? "");
      skipTo(state, state.at + 2);
    } else if (char === "$" || char === "`") {
      value += variable(state);
      dynamic = true;
    } else {
      value += char;
      skipTo(state, state.at + 1);
    }
    if (state.at === from) state.at += 1;
  }
  state.at = Math.min(text.length, state.at + 1);
  return { text: value, dynamic };
}

/** A variable, arithmetic or command substitution; commands inside are read as commands. */
function variable(state: State): string {
  const { text, at } = state;
  let end: number;
  if (text[at] === "`") {
    const close = text.indexOf("`", at + 1);
    end = close === -1 ? text.length : close;
    nested(state, at + 1, end);
    end += 1;
  } else if (text.startsWith("$((", at)) {
    const close = text.indexOf("))", at + 3);
    end = close === -1 ? text.length : close + 2;
  } else if (text[at + 1] === "(") {
    end = closingParen(text, at + 2);
    nested(state, at + 2, end);
    end += 1;
  } else if (text[at + 1] === "{") {
    const close = text.indexOf("}", at + 2);
    end = close === -1 ? text.length : close + 1;
    // `${{ … }}` is filled in by a CI service before the shell sees it.
    if (text[at + 2] === "{" && close !== -1) end = text[end] === "}" ? end + 1 : end;
  } else {
    end = at + 1 + (/^(?:\w+|[@*#?$!-])/.exec(text.slice(at + 1, at + 200))?.[0].length ?? 0);
  }
  end = Math.min(text.length, end);
  skipTo(state, end);
  return text.slice(at, end);
}

function nested(state: State, from: number, to: number): void {
  if (state.depth >= NESTED_MAX || to <= from) return;
  const inner = lexShell(state.text.slice(from, to), { line: state.line, depth: state.depth + 1 });
  for (const command of inner.commands)
    if (state.commands.length < COMMANDS_MAX) state.commands.push(command);
}

/** The offset of the parenthesis that closes one opened before `from`. */
function closingParen(text: string, from: number): number {
  let depth = 1;
  let quote = "";
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (char === "\\") at += 1;
    else if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (char === "(") depth += 1;
    else if (char === ")" && --depth === 0) return at;
  }
  return text.length;
}

function skipTo(state: State, to: number): void {
  for (
    let i = state.text.indexOf("\n", state.at);
    i !== -1 && i < to;
    i = state.text.indexOf("\n", i + 1)
  )
    state.line += 1;
  state.at = to;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}
