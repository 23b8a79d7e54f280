// SPDX-License-Identifier: Apache-2.0

export type Token = {
  readonly kind:
    | "text"
    | "open"
    | "paren"
    | "close"
    | "brace"
    | "arrow"
    | "comma"
    | "semicolon"
    | "assign"
    | "word";
  /** A string without its quotes, unless it interpolates; anything else as written. */
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
};

type Scan = { readonly text: string; at: number; line: number; readonly tokens: Token[] };

/** The tokens of PHP that matter to literal settings, comments left out. Linear in the text. */
export function phpTokens(text: string): readonly Token[] {
  const scan: Scan = { text, at: 0, line: 1, tokens: [] };
  const open = text.indexOf("<?");
  if (open >= 0) moveTo(scan, open);
  while (scan.at < text.length) next(scan);
  return scan.tokens;
}

function moveTo(scan: Scan, to: number): void {
  const { text } = scan;
  const end = Math.min(to, text.length);
  for (let i = text.indexOf("\n", scan.at); i >= 0 && i < end; i = text.indexOf("\n", i + 1))
    scan.line++;
  scan.at = end;
}

function push(scan: Scan, kind: Token["kind"], end: number, text?: string): void {
  const line = scan.line;
  const written = text ?? scan.text.slice(scan.at, end);
  moveTo(scan, end);
  scan.tokens.push({ kind, text: written, line, endLine: scan.line });
}

const SINGLE: Readonly<Record<string, Token["kind"]>> = {
  "[": "open",
  "(": "paren",
  "]": "close",
  ")": "close",
  "{": "brace",
  "}": "brace",
  ",": "comma",
  ";": "semicolon",
};

function next(scan: Scan): void {
  const { text, at } = scan;
  const c = text[at] ?? "";
  if (c === "\n") {
    scan.line++;
    scan.at++;
  } else if (c === " " || c === "\t" || c === "\r") scan.at++;
  else if (c === "'" || c === '"') readString(scan, c);
  else if (c === "#" && text[at + 1] === "[") push(scan, "word", at + 1);
  else if (c === "#" || text.startsWith("//", at)) skipLine(scan);
  else if (text.startsWith("/*", at)) moveTo(scan, endOf(text, "*/", at + 2));
  else if (text.startsWith("?>", at)) moveTo(scan, startOf(text, "<?", at + 2));
  else if (text.startsWith("<<<", at)) readHeredoc(scan);
  else if (c === "=") readEquals(scan);
  else {
    const kind = SINGLE[c];
    if (kind !== undefined) push(scan, kind, at + 1);
    else readWord(scan);
  }
}

/** Behind the next occurrence, or the end of the text. */
const endOf = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
};
const startOf = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
};

/** A line comment ends at the line or at `?>`. */
function skipLine(scan: Scan): void {
  const end = startOf(scan.text, "\n", scan.at);
  const close = scan.text.slice(scan.at, end).indexOf("?>");
  moveTo(scan, close < 0 ? end : scan.at + close);
}

/** A string that never closes takes the rest of the text: whatever changes there is then seen. */
function readString(scan: Scan, quote: string): void {
  const { text } = scan;
  let end = scan.at + 1;
  while (end < text.length && text[end] !== quote) end += text[end] === "\\" ? 2 : 1;
  const inner = text.slice(scan.at + 1, end);
  // `"$a"` and `'$a'` are different values.
  const isVariable = quote === '"' && /(?:^|[^\\])\$[A-Za-z_{]|\{\$/.test(inner);
  const value = isVariable ? `"${inner}"` : unescaped(inner, quote);
  push(scan, "text", end + 1, value);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", $: "$" };

const unescaped = (inner: string, quote: string): string =>
  !inner.includes("\\")
    ? inner
    : inner.replace(/\\([\s\S])/g, (all, c: string) =>
        c === "\\" || c === quote ? c : quote === '"' ? (ESCAPES[c] ?? all) : all,
      );

const HEREDOC = /<<<[ \t]*(['"]?)([A-Za-z_]\w*)\1\r?\n/y;

function readHeredoc(scan: Scan): void {
  HEREDOC.lastIndex = scan.at;
  const match = HEREDOC.exec(scan.text);
  if (match === null) {
    push(scan, "word", scan.at + 3);
    return;
  }
  const from = scan.at + match[0].length;
  const close = new RegExp(`^[ \\t]*${match[2] ?? ""}\\b`, "m");
  const found = close.exec(scan.text.slice(from));
  const bodyEnd = found === null ? scan.text.length : from + found.index;
  const end = found === null ? bodyEnd : bodyEnd + found[0].length;
  push(scan, "text", end, scan.text.slice(from, bodyEnd));
}

function readEquals(scan: Scan): void {
  const { text, at } = scan;
  if (text[at + 1] === ">") push(scan, "arrow", at + 2);
  else if (text[at + 1] === "=") {
    let end = at;
    while (text[end] === "=") end++;
    push(scan, "word", end);
  } else push(scan, "assign", at + 1);
}

const WORD = /[^\s'"[\](){},;=#/?]+|\?+|\/|#/y;

/** A word; `array (` opens, `+=` and its kin assign, `!=` and `<=` compare. */
function readWord(scan: Scan): void {
  const { text, at } = scan;
  if (/^array\s*\(/i.test(text.slice(at, at + 40))) {
    push(scan, "open", text.indexOf("(", at) + 1);
    return;
  }
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0] ?? text[at] ?? "";
  const end = at + word.length;
  if (text[end] !== "=" || text[end + 1] === ">") {
    push(scan, "word", end);
    return;
  }
  const last = word[word.length - 1] ?? "";
  if ("!<>".includes(last)) {
    let close = end;
    while (text[close] === "=") close++;
    push(scan, "word", close);
    return;
  }
  const operator =
    text[end + 1] === "=" ? "" : (/[.+\-*/%|&^?]{1,2}$/.exec(word.slice(-2))?.[0] ?? "");
  if (operator.length < word.length) push(scan, "word", end - operator.length);
  if (operator !== "") push(scan, "assign", end + 1);
}
