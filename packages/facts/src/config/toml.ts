// SPDX-License-Identifier: Apache-2.0
import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { cutText, wellFormed } from "./cut.ts";
import { deeperThan, withSpans } from "./spans.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type ScalarType } from "./types.ts";

type MutableMap = {
  readonly kind: "map";
  readonly entries: Entry[];
  line: number;
  endLine: number;
};
type MutableList = { readonly kind: "list"; readonly items: Node[]; line: number; endLine: number };

/** Members by key, so that a table of many keys is not searched for each of them. */
type Index = Map<MutableMap, Map<string, Node>>;

/** TOML 1.0; tables and dotted keys become nested maps. */
export function parseToml(text: string): Parsed {
  // The library recurses: brackets are counted before, dotted keys in the tree that they made.
  const brackets = firstTooDeep(text);
  if (brackets !== null) return tooDeep(brackets, 1);
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return {
      ok: false,
      problem: {
        code: "syntax",
        line: error.lineNumber,
        column: error.column + 1,
        message: cutText(wellFormed(error.message), 200),
      },
    };
  }
  const root: MutableMap = { kind: "map", entries: [], line: 1, endLine: program.loc.end.line };
  const index: Index = new Map();
  for (const item of program.body[0].body) {
    if (item.type === "TOMLKeyValue") put(root, item, index);
    else {
      const line = item.loc.start.line;
      const table =
        item.kind === "array"
          ? newItem(root, item, index)
          : tableAt(root, keysOf(item.key), { line, index });
      for (const pair of item.body) put(table, pair, index);
    }
  }
  const deep = deeperThan(root, DEPTH_MAX);
  if (deep !== null) return tooDeep(deep.line, 1);
  return { ok: true, documents: [withSpans(root)], problems: [], approximate: false };
}

const tooDeep = (line: number, column: number): Parsed => ({
  ok: false,
  problem: { code: "too-deep", line, column, message: `nested deeper than ${DEPTH_MAX}` },
});

/** Comments, strings of all four kinds (an open one ends at its line), brackets. */
const TOKEN =
  /#[^\n]*|"""(?:[^"\\]|\\[\s\S]|"(?!""))*"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[[\]{}\n]/g;

/** The line at which brackets nest deeper than the limit. */
function firstTooDeep(text: string): number | null {
  let depth = 0;
  let line = 1;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth = Math.max(0, depth - 1);
    else for (let i = token.indexOf("\n"); i >= 0; i = token.indexOf("\n", i + 1)) line++;
    if (depth > DEPTH_MAX) return line;
  }
  return null;
}

const keysOf = (key: AST.TOMLKey): readonly string[] =>
  key.keys.map((k) => wellFormed(k.type === "TOMLBare" ? k.name : k.value));

function put(table: MutableMap, pair: AST.TOMLKeyValue, index: Index): void {
  const keys = keysOf(pair.key);
  const line = pair.loc.start.line;
  const parent = tableAt(table, keys.slice(0, -1), { line, index });
  insert(
    parent,
    { key: keys[keys.length - 1] ?? "", keyLine: line, value: convert(pair.value, index) },
    index,
  );
}

function membersOf(map: MutableMap, index: Index): Map<string, Node> {
  const known = index.get(map);
  if (known !== undefined) return known;
  const made = new Map<string, Node>();
  index.set(map, made);
  return made;
}

function insert(map: MutableMap, entry: Entry, index: Index): void {
  map.entries.push(entry);
  membersOf(map, index).set(entry.key, entry.value);
}

function tableAt(
  root: MutableMap,
  keys: readonly string[],
  { line, index }: { readonly line: number; readonly index: Index },
): MutableMap {
  let at = root;
  for (const key of keys) {
    const found = membersOf(at, index).get(key);
    const inner = found?.kind === "list" ? found.items[found.items.length - 1] : found;
    if (inner?.kind === "map")
      at = inner as MutableMap; // every map here was made by this file
    else {
      const made: MutableMap = { kind: "map", entries: [], line, endLine: line };
      insert(at, { key, keyLine: line, value: made }, index);
      at = made;
    }
  }
  return at;
}

function newItem(root: MutableMap, table: AST.TOMLTable, index: Index): MutableMap {
  const keys = keysOf(table.key);
  const line = table.loc.start.line;
  const parent = tableAt(root, keys.slice(0, -1), { line, index });
  const key = keys[keys.length - 1] ?? "";
  const item: MutableMap = { kind: "map", entries: [], line, endLine: table.loc.end.line };
  const found = membersOf(parent, index).get(key);
  if (found?.kind === "list")
    (found as MutableList).items.push(item); // every list here was made by this file
  else
    insert(
      parent,
      { key, keyLine: line, value: { kind: "list", items: [item], line, endLine: line } },
      index,
    );
  return item;
}

function convert(node: AST.TOMLContentNode, index: Index): Node {
  const line = node.loc.start.line;
  const endLine = node.loc.end.line;
  if (node.type === "TOMLArray")
    return { kind: "list", items: node.elements.map((e) => convert(e, index)), line, endLine };
  if (node.type === "TOMLInlineTable") {
    const map: MutableMap = { kind: "map", entries: [], line, endLine };
    for (const pair of node.body) put(map, pair, index);
    return map;
  }
  return { kind: "scalar", type: typeOf(node), text: textOf(node), line, endLine };
}

function typeOf(node: AST.TOMLValue): ScalarType {
  switch (node.kind) {
    case "integer":
      return "int";
    case "float":
      return "decimal";
    case "boolean":
      return "bool";
    default:
      return "string";
  }
}

function textOf(node: AST.TOMLValue): string {
  switch (node.kind) {
    case "integer":
    case "float":
      return node.number;
    case "boolean":
    case "string":
      return wellFormed(String(node.value));
    default:
      return node.datetime;
  }
}
