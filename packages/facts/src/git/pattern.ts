// SPDX-License-Identifier: Apache-2.0
/**
 * Patterns of gitattributes(5), which are those of gitignore(5), matched byte by byte as git does.
 * Each match is a simulation of all its states at once, so that no pattern can make it explode.
 */

/** Work that may still be spent; what goes beyond leaves the attributes unknown. */
export type Effort = { steps: number };

export class EffortSpent extends Error {
  override readonly name = "EffortSpent";
}

/** Tells whether a path below the folder of the pattern matches. Both are bytes as Latin-1. */
export type Matcher = (path: string, effort: Effort) => boolean;

type Token =
  | { readonly kind: "byte"; readonly byte: number }
  | { readonly kind: "one-of"; readonly bytes: Uint8Array }
  /** Any bytes; `across` also takes slashes. */
  | { readonly kind: "many"; readonly across: boolean }
  /** Nothing, or any bytes up to and with a slash. */
  | { readonly kind: "folders" };

const SLASH = 47;
const SPECIAL = /[*?[\\]/;

/** The matcher of a pattern, or `null` for one that never matches a file. */
export function compilePattern(pattern: string): Matcher | null {
  // A trailing slash matches folders only, and folders have no attributes.
  if (pattern.endsWith("/")) return null;
  if (!pattern.includes("/")) return nameMatcher(pattern);
  const anchored = pattern.startsWith("/") ? pattern.slice(1) : pattern;
  const special = anchored.search(SPECIAL);
  if (special < 0) return (path) => path === anchored;
  const prefix = anchored.slice(0, special);
  const tokens = tokensOf(anchored.slice(special), true);
  if (tokens === null) return null;
  return (path, effort) =>
    path.startsWith(prefix) && matches(tokens, path.slice(prefix.length), effort);
}

function nameMatcher(pattern: string): Matcher | null {
  const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  if (!SPECIAL.test(pattern)) return (path) => nameOf(path) === pattern;
  const suffix = pattern.slice(1);
  if (pattern.startsWith("*") && !SPECIAL.test(suffix))
    return (path) => nameOf(path).endsWith(suffix);
  const tokens = tokensOf(pattern, false);
  return tokens === null ? null : (path, effort) => matches(tokens, nameOf(path), effort);
}

/** `null` when a bracket is never closed: such a pattern matches nothing. */
function tokensOf(pattern: string, isPath: boolean): readonly Token[] | null {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i] ?? "";
    if (c === "*") {
      let end = i;
      while (pattern[end] === "*") end++;
      const { token, next } = starsAt(pattern, i, end, isPath);
      tokens.push(token);
      i = next;
    } else if (c === "?") {
      tokens.push({ kind: "one-of", bytes: anyByte(isPath) });
      i += 1;
    } else if (c === "[") {
      const set = bracketAt(pattern, i, isPath);
      if (set === null) return null;
      tokens.push({ kind: "one-of", bytes: set.bytes });
      i = set.next;
    } else {
      const escaped = c === "\\";
      // A backslash at the end stands for nothing that a path could hold.
      if (escaped && i + 1 >= pattern.length) return null;
      tokens.push({ kind: "byte", byte: pattern.charCodeAt(escaped ? i + 1 : i) });
      i += escaped ? 2 : 1;
    }
  }
  return tokens;
}

function starsAt(
  pattern: string,
  start: number,
  end: number,
  isPath: boolean,
): { readonly token: Token; readonly next: number } {
  const many = (across: boolean) => ({ token: { kind: "many", across } as const, next: end });
  if (!isPath) return many(true);
  // git strips the literal beginning of a pattern first, so that `a/b**` counts as a boundary too.
  const boundary = start === 0 || pattern[start - 1] === "/";
  const rest = pattern.slice(end, end + 2);
  if (end - start < 2 || !boundary || !(rest === "" || rest[0] === "/" || rest === "\\/"))
    return many(false);
  return rest[0] === "/" ? { token: { kind: "folders" }, next: end + 1 } : many(true);
}

const NOT_SLASH = Uint8Array.from({ length: 256 }, (_, byte) => (byte === SLASH ? 0 : 1));
const ANY = new Uint8Array(256).fill(1);
const anyByte = (isPath: boolean): Uint8Array => (isPath ? NOT_SLASH : ANY);

/** POSIX classes over ASCII. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the class of control characters.
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[A-Fa-f0-9]/,
};

function bracketAt(
  pattern: string,
  start: number,
  isPath: boolean,
): { readonly bytes: Uint8Array; readonly next: number } | null {
  const bytes = new Uint8Array(256);
  let i = start + 1;
  const negated = pattern[i] === "!" || pattern[i] === "^";
  if (negated) i += 1;
  let previous = -1;
  for (let first = true; first || pattern[i] !== "]"; first = false) {
    if (i >= pattern.length) return null;
    if (pattern.startsWith("[:", i)) {
      const end = pattern.indexOf("]", i + 2);
      if (end < 0) return null;
      if (pattern[end - 1] === ":" && end - 1 > i + 1) {
        const named = CLASSES[pattern.slice(i + 2, end - 1)];
        if (named === undefined) return null;
        for (let b = 0; b < 256; b++) if (named.test(String.fromCharCode(b))) bytes[b] = 1;
        previous = -1;
        i = end + 1;
        continue;
      }
    }
    const range =
      pattern[i] === "-" && previous >= 0 && i + 1 < pattern.length && pattern[i + 1] !== "]";
    if (range) i += 1;
    if (pattern[i] === "\\") i += 1;
    if (i >= pattern.length) return null;
    const byte = pattern.charCodeAt(i);
    if (range) for (let b = previous; b <= byte; b++) bytes[b] = 1;
    else bytes[byte] = 1;
    previous = range ? -1 : byte;
    i += 1;
  }
  if (negated) for (let b = 0; b < 256; b++) bytes[b] = bytes[b] === 1 ? 0 : 1;
  if (isPath) bytes[SLASH] = 0;
  return { bytes, next: i + 1 };
}

/** Runs all states side by side: at most `tokens × bytes` steps. Throws `EffortSpent`. */
function matches(tokens: readonly Token[], text: string, effort: Effort): boolean {
  let states = new Uint8Array(tokens.length + 1);
  enter(tokens, states, 0);
  for (let at = 0; at < text.length; at++) {
    effort.steps -= tokens.length + 1;
    if (effort.steps < 0) throw new EffortSpent("too many attribute patterns");
    const next = new Uint8Array(tokens.length + 1);
    const byte = text.charCodeAt(at);
    for (const [i, token] of tokens.entries())
      if (states[i] === 1) take(tokens, next, { i, token, byte });
    if (!next.includes(1)) return false;
    states = next;
  }
  return states[tokens.length] === 1;
}

type Step = { readonly i: number; readonly token: Token; readonly byte: number };

function take(tokens: readonly Token[], next: Uint8Array, { i, token, byte }: Step): void {
  switch (token.kind) {
    case "byte":
      if (token.byte === byte) enter(tokens, next, i + 1);
      return;
    case "one-of":
      if (token.bytes[byte] === 1) enter(tokens, next, i + 1);
      return;
    case "many":
      if (token.across || byte !== SLASH) enter(tokens, next, i);
      return;
    case "folders":
      // Without `enter`: having taken bytes it may no longer stand for nothing.
      next[i] = 1;
      if (byte === SLASH) enter(tokens, next, i + 1);
  }
}

/** Reaches a state, and those behind it as far as tokens may stand for nothing. */
function enter(tokens: readonly Token[], states: Uint8Array, from: number): void {
  for (let i = from; ; i++) {
    states[i] = 1;
    const kind = tokens[i]?.kind;
    if (kind !== "many" && kind !== "folders") return;
  }
}
