// SPDX-License-Identifier: Apache-2.0
import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { cutText } from "./cut.ts";
import { withSpans } from "./spans.ts";
import type { Entry, Node, Parsed, ScalarType } from "./types.ts";

type MutableMap = {
  readonly kind: "map";
  readonly entries: Entry[];
  line: number;
  endLine: number;
};
type MutableList = { readonly kind: "list"; readonly items: Node[]; line: number; endLine: number };

/** TOML 1.0; tables and dotted keys become nested maps. */
export function parseToml(text: string): Parsed {
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
        message: cutText(error.message, 200),
      },
    };
  }
  const root: MutableMap = { kind: "map", entries: [], line: 1, endLine: program.loc.end.line };
  for (const item of program.body[0].body) {
    if (item.type === "TOMLKeyValue") put(root, item);
    else {
      const table =
        item.kind === "array"
          ? newItem(root, item)
          : tableAt(root, keysOf(item.key), item.loc.start.line);
      for (const pair of item.body) put(table, pair);
    }
  }
  return { ok: true, documents: [withSpans(root)], problems: [], approximate: false };
}

const keysOf = (key: AST.TOMLKey): readonly string[] =>
  key.keys.map((k) => (k.type === "TOMLBare" ? k.name : k.value));

function put(table: MutableMap, pair: AST.TOMLKeyValue): void {
  const keys = keysOf(pair.key);
  const last = keys[keys.length - 1] ?? "";
  const line = pair.loc.start.line;
  tableAt(table, keys.slice(0, -1), line).entries.push({
    key: last,
    keyLine: line,
    value: convert(pair.value),
  });
}

function tableAt(root: MutableMap, keys: readonly string[], line: number): MutableMap {
  let at = root;
  for (const key of keys) {
    const found = at.entries.find((e) => e.key === key)?.value;
    const inner = found?.kind === "list" ? found.items[found.items.length - 1] : found;
    if (inner?.kind === "map")
      at = inner as MutableMap; // every map here was made by this file
    else {
      const made: MutableMap = { kind: "map", entries: [], line, endLine: line };
      at.entries.push({ key, keyLine: line, value: made });
      at = made;
    }
  }
  return at;
}

function newItem(root: MutableMap, table: AST.TOMLTable): MutableMap {
  const keys = keysOf(table.key);
  const line = table.loc.start.line;
  const parent = tableAt(root, keys.slice(0, -1), line);
  const key = keys[keys.length - 1] ?? "";
  const item: MutableMap = { kind: "map", entries: [], line, endLine: table.loc.end.line };
  const found = parent.entries.find((e) => e.key === key)?.value;
  if (found?.kind === "list") (found as MutableList).items.push(item);
  else
    parent.entries.push({
      key,
      keyLine: line,
      value: { kind: "list", items: [item], line, endLine: line },
    });
  return item;
}

function convert(node: AST.TOMLContentNode): Node {
  const line = node.loc.start.line;
  const endLine = node.loc.end.line;
  if (node.type === "TOMLArray")
    return { kind: "list", items: node.elements.map(convert), line, endLine };
  if (node.type === "TOMLInlineTable") {
    const map: MutableMap = { kind: "map", entries: [], line, endLine };
    for (const pair of node.body) put(map, pair);
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
      return String(node.value);
    default:
      return node.datetime;
  }
}
