// SPDX-License-Identifier: Apache-2.0
/**
 * Configuration made of directives: `name arguments;` in braces (nginx, BIND, dhcpd, Junos), or lines
 * below a heading (HAProxy, IOS). A directive whose last argument is a quantity is a key with a
 * value; one that servers, rules and the like are listed by is an entry of a list.
 */
import { typeOfLoose } from "./scalar.ts";
import { withSpans } from "./spans.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type Scalar } from "./types.ts";

/** Names that may stand several times, so that one of them is a list of one. */
const REPEATED = new Set(
  "server listen allow deny include server_name upstream network neighbor route acl bind use_backend http-request http-response add_header proxy_set_header set if access-list permit rewrite return error_page map option-list prefix prefix-list forwarders nameserver interface peer member members vlan rule term from then host subnet redistribute".split(
    " ",
  ),
);
/** Blocks of bare words. */
const LISTS =
  /^(acl|masters|primaries|forwarders|also-notify|listen-on\S*|allow-\S+|deny-\S+|match-clients|prefix-list|community-list)\b/;
/** Blocks that say who serves: an empty one is a list of nobody. */
const POOLS = /^(upstream|backend|listen|pool)\b/;
/** Directives of which the first argument is part of the name. */
const DOUBLE = new Set(["timeout", "option", "stats", "no", "ip", "set", "tune", "log"]);
/** Repeated ones whose last number is a setting of what the words before it name. */
const NUMBERED = new Set(["neighbor", "ip", "set"]);
const QUANTITY = /^[-+]?\d[\d.]*[a-zA-Z%/]{0,8}$/;

type Draft = {
  readonly head: string;
  readonly line: number;
  endLine: number;
  readonly lines: Line[];
};
type Line = {
  readonly words: readonly string[];
  readonly line: number;
  readonly block: Draft | null;
};

/** `null` when the text is not of this form. */
export function parseDirectives(text: string): Parsed | null {
  const lines = text.split(/\r?\n/);
  const form = formOf(lines);
  if (form === null) return null;
  const root = form === "braces" ? bracedDraft(lines) : headedDraft(lines);
  return root === null
    ? null
    : { ok: true, documents: [withSpans(nodeOf(root))], problems: [], approximate: false };
}

const codeOf = (raw: string): string => raw.replace(/(^|\s)#.*$/, "").trim();

function formOf(lines: readonly string[]): "braces" | "headings" | null {
  let code = 0;
  let closed = 0;
  let opens = 0;
  let assigned = 0;
  let headings = 0;
  let below = 0;
  for (const raw of lines) {
    const line = codeOf(raw);
    if (line === "" || line.startsWith("!") || line.startsWith("//")) continue;
    code++;
    if (/[;{}]$/.test(line)) closed++;
    if (/^[^=]*[^=\s]\s*\{$/.test(line)) opens++;
    if (/^[\w."-]+\s*[=:]([^:]|$)/.test(line) || line.startsWith("[") || line.startsWith("<"))
      assigned++;
    if (/^\s/.test(raw)) below++;
    else if (/^[a-z][\w-]*(\s+[\w.:/-]+){0,3}$/i.test(line)) headings++;
  }
  if (opens > 0 && closed * 10 >= code * 8 && assigned * 5 <= code) return "braces";
  if (opens === 0 && headings > 0 && below * 2 >= code && assigned === 0) return "headings";
  return null;
}

/** `null` where braces do not match: then it is something else. */
function bracedDraft(lines: readonly string[]): Draft | null {
  const root: Draft = { head: "", line: 1, endLine: lines.length, lines: [] };
  const stack = [root];
  let pending: string[] = [];
  let pendingLine = 0;
  for (const [i, raw] of lines.entries()) {
    for (const word of wordsIn(raw)) {
      const top = stack[stack.length - 1];
      if (top === undefined) return null;
      if (pending.length === 0) pendingLine = i + 1;
      if (word === ";") {
        if (pending.length > 0) top.lines.push({ words: pending, line: pendingLine, block: null });
        pending = [];
      } else if (word === "{") {
        const block: Draft = {
          head: pending.join(" "),
          line: pendingLine,
          endLine: i + 1,
          lines: [],
        };
        top.lines.push({ words: pending, line: pendingLine, block });
        pending = [];
        stack.push(block);
        if (stack.length > DEPTH_MAX) return null;
      } else if (word === "}") {
        if (pending.length > 0) top.lines.push({ words: pending, line: pendingLine, block: null });
        pending = [];
        top.endLine = i + 1;
        if (stack.length === 1) return null;
        stack.pop();
      } else pending.push(word);
    }
  }
  return stack.length === 1 && pending.length === 0 ? root : null;
}

/** Words, quoted strings and the marks `;`, `{`, `}`; nothing of a comment. */
function wordsIn(raw: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of raw.matchAll(
    /"(?:[^"\\]|\\.)*"|'[^']*'|\$\{\w+\}|#.*|[;{}]|[^\s;{}"'#][^\s;{}]*/g,
  )) {
    if (word.startsWith("#")) break;
    words.push(/^(["']).*\1$/s.test(word) && word.length > 1 ? word.slice(1, -1) : word);
  }
  return words;
}

function headedDraft(lines: readonly string[]): Draft {
  const root: Draft = { head: "", line: 1, endLine: lines.length, lines: [] };
  let section: Draft | null = null;
  for (const [i, raw] of lines.entries()) {
    const line = codeOf(raw);
    if (line === "" || line === "!" || line.startsWith("//")) continue;
    const words = wordsIn(line);
    const hasMore = /^\s+\S/.test(nextCode(lines, i + 1));
    if (/^\s/.test(raw) && section !== null) {
      section.lines.push({ words, line: i + 1, block: null });
      section.endLine = i + 1;
    } else if (hasMore) {
      section = { head: words.join(" "), line: i + 1, endLine: i + 1, lines: [] };
      root.lines.push({ words, line: i + 1, block: section });
    } else {
      section = null;
      const block = POOLS.test(line)
        ? { head: words.join(" "), line: i + 1, endLine: i + 1, lines: [] }
        : null;
      root.lines.push({ words, line: i + 1, block });
    }
  }
  return root;
}

function nextCode(lines: readonly string[], from: number): string {
  for (let i = from; i < lines.length; i++) {
    const raw = lines[i] ?? "";
    if (codeOf(raw) !== "" && raw.trim() !== "!") return raw;
  }
  return "";
}

function nodeOf(draft: Draft): Node {
  const at = { line: draft.line, endLine: draft.endLine };
  const plain = draft.lines.filter((l) => l.block === null);
  const bare =
    draft.head !== "" &&
    plain.length === draft.lines.length &&
    plain.every((l) => l.words.length === 1);
  if (bare && (plain.length > 0 || LISTS.test(draft.head)))
    return { kind: "list", ...at, items: plain.map((l) => scalar(l.words[0] ?? "", l.line)) };
  const entries: Entry[] = [];
  const lists = new Map<string, Node[]>();
  const listAt = (key: string, line: number): Node[] => {
    const known = lists.get(key);
    if (known !== undefined) return known;
    const items: Node[] = [];
    lists.set(key, items);
    entries.push({ key, keyLine: line, value: { kind: "list", items, line, endLine: line } });
    return items;
  };
  if (POOLS.test(draft.head)) listAt("server", draft.line);
  const keys = plain.map((l) => directive(l.words).key);
  const again = new Set(keys.filter((key, i) => keys.indexOf(key) !== i));
  for (const { words, line, block } of draft.lines) {
    if (block !== null) entries.push({ key: blockKey(block), keyLine: line, value: nodeOf(block) });
    else {
      const { key, value } = directive(words);
      if (value === null || again.has(key))
        listAt(key, line).push(scalar(value ?? words.slice(1).join(" "), line));
      else entries.push({ key, keyLine: line, value: scalar(value, line) });
    }
  }
  return { kind: "map", ...at, entries };
}

/** A `server` of nginx is told apart by its name, not by its place. */
function blockKey(block: Draft): string {
  if (block.head !== "server") return block.head;
  const named =
    block.lines.find((l) => l.words[0] === "server_name") ??
    block.lines.find((l) => l.words[0] === "listen");
  return named === undefined ? "server" : `server ${named.words[1] ?? ""}`;
}

/** `value` is `null` for an entry of a list. */
function directive(words: readonly string[]): {
  readonly key: string;
  readonly value: string | null;
} {
  const [name = "", ...rest] = words;
  const last = rest[rest.length - 1] ?? "";
  if (rest.length > 1 && QUANTITY.test(last) && (!REPEATED.has(name) || NUMBERED.has(name)))
    return { key: words.slice(0, -1).join(" "), value: last };
  if (DOUBLE.has(name) && rest.length > 0)
    return { key: `${name} ${rest[0]}`, value: rest.slice(1).join(" ") };
  return { key: name, value: REPEATED.has(name) ? null : rest.join(" ") };
}

const scalar = (text: string, line: number): Scalar => ({
  ...{ kind: "scalar", type: typeOfLoose(text), text, line, endLine: line },
});
