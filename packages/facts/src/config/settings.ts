// SPDX-License-Identifier: Apache-2.0
/**
 * Literal settings inside PHP: `'key' => value`, `$name = value;`, `$a['b'] = value;`, `return [ … ];`,
 * `define( 'X', value )`, `ini_set( 'x', value )`, and the conditions under which they hold.
 * Production configuration is often a programme that is really a table. Reads what is literal, keeps
 * other expressions as their text, and says that the tree is approximate. Linear in the text.
 */
import { phpTokens, type Token } from "./php-tokens.ts";
import { typeOfPlain } from "./scalar.ts";
import { withSpans } from "./spans.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed } from "./types.ts";

type Cursor = { readonly tokens: readonly Token[]; at: number };

export function parseSettings(text: string): Parsed {
  const cursor: Cursor = { tokens: phpTokens(text), at: 0 };
  const entries: Entry[] = [];
  while (cursor.at < cursor.tokens.length) {
    const statement = readStatement(cursor);
    if (statement !== null) entries.push(statement);
  }
  const last = cursor.tokens[cursor.tokens.length - 1];
  return {
    ok: true,
    documents: [withSpans({ kind: "map", entries, line: 1, endLine: last?.endLine ?? 1 })],
    problems: [],
    approximate: true,
  };
}

/** One assignment, `return` or call with a literal name; other statements are passed over. */
function readStatement(cursor: Cursor): Entry | null {
  const name: string[] = [];
  const line = cursor.tokens[cursor.at]?.line ?? 1;
  while (cursor.at < cursor.tokens.length) {
    const token = cursor.tokens[cursor.at];
    if (token === undefined) break;
    cursor.at++;
    if (token.kind === "semicolon" || token.kind === "brace") return null;
    if (token.kind === "assign")
      return name.length === 0
        ? null
        : { key: keyOf(name, token.text), keyLine: line, value: readValue(cursor, 0) };
    if (token.text === "return" && token.kind === "word")
      return { key: "return", keyLine: line, value: readValue(cursor, 0) };
    if (token.kind === "paren" && CONDITIONS.has(name.join(" ").toLowerCase()))
      return readCondition(cursor, name, line);
    if (token.kind === "paren" && isNamedCall(cursor)) return readCall(cursor, name, line);
    if (token.kind === "word" || token.kind === "text") name.push(token.text);
    if (name.length > NAME_PARTS_MAX) name.shift();
  }
  return null;
}

/** `$a['b']['c']` has three; longer runs are expressions, of which the end is the name. */
const NAME_PARTS_MAX = 12;

const CONDITIONS: ReadonlySet<string> = new Set(["if", "elseif", "else if", "switch", "foreach"]);

/** What a block depends on: a rollout by lists of sites is often written as a condition. */
function readCondition(cursor: Cursor, name: readonly string[], line: number): Entry {
  const value = readExpression(cursor, line);
  if (cursor.tokens[cursor.at]?.kind === "close") cursor.at++;
  return { key: name.join(" ").toLowerCase(), keyLine: line, value };
}

/** `'memory_limit', …` follows the parenthesis. */
const isNamedCall = (cursor: Cursor): boolean =>
  cursor.tokens[cursor.at]?.kind === "text" && cursor.tokens[cursor.at + 1]?.kind === "comma";

/** `define( 'X', 1 )` as `define.X`; with more than one further argument, a list of them. */
function readCall(cursor: Cursor, name: readonly string[], line: number): Entry {
  const first = cursor.tokens[cursor.at]?.text ?? "";
  const key = [name[name.length - 1] ?? "", first].join(".").replace(/^\$/, "");
  cursor.at += 2;
  const args = readArray(cursor, line, 1);
  const only = args.kind === "list" && args.items.length === 1 ? args.items[0] : undefined;
  return { key, keyLine: line, value: only ?? args };
}

/** `a.b` for `$a['b'] = `, `a.b +=` where the value is joined to what stands there. */
const keyOf = (name: readonly string[], operator: string): string => {
  const variable = name.findLastIndex((n) => n.startsWith("$"));
  const key = name.slice(Math.max(0, variable)).join(".").replace(/^\$/, "");
  return operator === "=" ? key : `${key} ${operator}`;
};

function readValue(cursor: Cursor, depth: number): Node {
  const first = cursor.tokens[cursor.at];
  const line = first?.line ?? 1;
  if (first?.kind === "open" && depth < DEPTH_MAX) {
    cursor.at++;
    return readArray(cursor, line, depth + 1);
  }
  return readExpression(cursor, line);
}

function readArray(cursor: Cursor, line: number, depth: number): Node {
  const entries: Entry[] = [];
  const items: Node[] = [];
  let endLine = line;
  while (cursor.at < cursor.tokens.length) {
    const token = cursor.tokens[cursor.at];
    if (token === undefined) break;
    endLine = token.endLine;
    if (token.kind === "close") {
      cursor.at++;
      break;
    }
    if (token.kind === "semicolon") break;
    if (token.kind === "comma") {
      cursor.at++;
      continue;
    }
    if (cursor.tokens[cursor.at + 1]?.kind === "arrow") {
      cursor.at += 2;
      entries.push({ key: token.text, keyLine: token.line, value: readValue(cursor, depth) });
    } else items.push(readValue(cursor, depth));
  }
  if (entries.length === 0) return { kind: "list", items, line, endLine };
  const positional = items.map(
    (value, i): Entry => ({ key: String(i), keyLine: value.line, value }),
  );
  return { kind: "map", entries: [...entries, ...positional], line, endLine };
}

/** An expression up to the end of the entry, as text; a lone literal keeps its type. */
function readExpression(cursor: Cursor, line: number): Node {
  const parts: Token[] = [];
  let depth = 0;
  let braces = 0;
  while (cursor.at < cursor.tokens.length) {
    const token = cursor.tokens[cursor.at];
    if (token === undefined) break;
    const isEnd = token.kind === "comma" || token.kind === "semicolon" || token.kind === "close";
    if (depth === 0 && braces === 0 && (isEnd || token.text === "}")) break;
    // A closure holds statements; elsewhere a semicolon ends whatever was left open.
    if (token.kind === "semicolon" && braces === 0) break;
    if (token.kind === "brace") braces += token.text === "{" ? 1 : -1;
    if (token.kind === "open" || token.kind === "paren") depth++;
    if (token.kind === "close") depth = Math.max(0, depth - 1);
    parts.push(token);
    cursor.at++;
  }
  // A value that consumes nothing must still move on, or a stray token would stop the reader.
  if (parts.length === 0) cursor.at++;
  const only = parts.length === 1 ? parts[0] : undefined;
  const text = parts
    .map((p) => (p.kind === "text" && parts.length > 1 ? `'${p.text}'` : p.text))
    .join(" ");
  const endLine = parts[parts.length - 1]?.endLine ?? line;
  return {
    kind: "scalar",
    type: only?.kind === "word" ? typeOfPlain(text) : "string",
    text,
    line,
    endLine,
  };
}
