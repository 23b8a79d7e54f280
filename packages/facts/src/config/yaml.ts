// SPDX-License-Identifier: Apache-2.0
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
} from "yaml";
import { cutText, wellFormed } from "./cut.ts";
import { typeOfYaml } from "./scalar.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type Problem } from "./types.ts";
import { duplicate, isMergeable, mergeEntries, tagged, UNFOLDED_MAX } from "./yaml-nodes.ts";
import { emptyAt } from "./yaml-scan.ts";

type Walk = {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly problems: Problem[];
  /** The library looks an alias up by walking the document; here each anchor is noted when met. */
  readonly anchors: Map<string, ParsedNode>;
  unfolded: number;
};

/**
 * YAML 1.2 by the library: all documents, with anchors and merge keys resolved under a cap. For what
 * the fast reader does not read, and to hold it against.
 */
export function parseWholeYaml(text: string): Parsed {
  const lines = new LineCounter();
  const tokens: CST.Token[] = [];
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    // The first is enough: each further one would cost a whole error with its stack.
    if (token.type === "error") return broken(lines, token.offset, token.message);
    tokens.push(token);
  }
  const deep = firstTooDeep(tokens);
  if (deep !== null) {
    const { line, col } = lines.linePos(deep);
    return {
      ok: false,
      problem: { code: "too-deep", line, column: col, message: `nested deeper than ${DEPTH_MAX}` },
    };
  }
  const documents: Node[] = [];
  const problems: Problem[] = [];
  const composer = new Composer({ uniqueKeys: false, strict: false, logLevel: "silent" });
  for (const document of composer.compose(tokens)) {
    const error = document.errors[0];
    if (error !== undefined) return broken(lines, error.pos[0], error.message);
    if (document.contents === null) continue;
    const walk: Walk = { document, lines, problems, anchors: new Map(), unfolded: 0 };
    const node = convert(document.contents, walk, 0);
    if (node === null)
      return {
        ok: false,
        problem: {
          code: "too-deep",
          line: 1,
          column: 1,
          message: `nested deeper than ${DEPTH_MAX}, or aliases unfold to more than ${UNFOLDED_MAX} nodes`,
        },
      };
    // An empty document says nothing: `---` at the end of a file is white space.
    if (node.kind !== "scalar" || node.type !== "null" || node.text !== "") documents.push(node);
  }
  return { ok: true, documents, problems, approximate: false };
}

function broken(lines: LineCounter, offset: number, told: string): Parsed {
  const { line, col } = lines.linePos(offset);
  const message = cutText(wellFormed(told.split("\n")[0] ?? ""), 200);
  return {
    ok: false,
    problem: { code: "syntax", line: Math.max(1, line), column: Math.max(1, col), message },
  };
}

/**
 * Where the syntax nests too deep. The parser of the library keeps a stack of its own, its composer
 * recurses, and running out of stack inside a regular expression ends the process: so this is asked
 * between the two.
 */
function firstTooDeep(tokens: readonly CST.Token[]): number | null {
  const open = tokens.map((token) => ({ token, depth: 0 }));
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { token, depth } = at;
    if (token.type === "document") {
      if (token.value !== undefined) open.push({ token: token.value, depth });
    } else if ("items" in token) {
      if (depth > DEPTH_MAX) return token.offset;
      for (const { key, value } of token.items)
        for (const inner of [key, value])
          if (inner !== undefined && inner !== null && "items" in inner)
            open.push({ token: inner, depth: depth + 1 });
    }
  }
  return null;
}

/** `null` when a limit is passed. */
function convert(node: ParsedNode, walk: Walk, depth: number): Node | null {
  if (depth > DEPTH_MAX) return null;
  const line = lineAt(node.range?.[0], walk);
  const endLine = Math.max(line, lineAt((node.range?.[1] ?? 1) - 1, walk));
  if (isAlias(node)) {
    walk.unfolded++;
    const target = walk.unfolded > UNFOLDED_MAX ? undefined : walk.anchors.get(node.source);
    // An alias to an unknown anchor is already an error of the document.
    return target === undefined ? null : convertAlias(target, walk, depth);
  }
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  const tag = ownTag(node);
  if (tag === null) return convertPlain(node, { line, endLine }, walk, depth);
  const content = convertPlain(node, { line, endLine }, walk, depth + 1);
  return content === null ? null : tagged(tag, content);
}

/** A tag that is not one of YAML's own: `!Ref`, `!vault`, `!reference`. */
function ownTag(node: ParsedNode): string | null {
  const tag = isAlias(node) ? undefined : node.tag;
  return tag === undefined || tag === "!" || tag.startsWith("tag:yaml.org,2002:") ? null : tag;
}

/** A node without regard to its anchor and tag. */
function convertPlain(
  node: Exclude<ParsedNode, Alias.Parsed>,
  { line, endLine }: Place,
  walk: Walk,
  depth: number,
): Node | null {
  if (depth > DEPTH_MAX) return null;
  if (isMap(node)) return convertMap(node.items, { line, endLine }, walk, depth);
  if (isSeq(node)) {
    const items: Node[] = [];
    for (const item of node.items) {
      const converted = isPair(item)
        ? convertMap([item as never], { line, endLine }, walk, depth + 1)
        : convert(item as ParsedNode, walk, depth + 1);
      if (converted === null) return null;
      items.push(converted);
    }
    return { kind: "list", items, line, endLine };
  }
  if (isScalar(node)) {
    const isText = typeof node.value === "string";
    const isPlain = node.type === "PLAIN" || node.type === undefined;
    const text =
      !isPlain || isText
        ? wellFormed(String(node.value ?? ""))
        : (node.source ?? String(node.value));
    // A tag of YAML's own says what a plain scalar is.
    const isString = !isPlain || (isText && node.tag !== undefined);
    return { kind: "scalar", type: isString ? "string" : typeOfYaml(text), text, line, endLine };
  }
  return { kind: "scalar", type: "null", text: "", line, endLine };
}

function convertAlias(target: ParsedNode, walk: Walk, depth: number): Node | null {
  const told = walk.problems.length;
  const node = convert(target, walk, depth + 1);
  // Its problems were told where the anchor stands.
  walk.problems.length = told;
  walk.unfolded += node === null ? 0 : sizeOf(node);
  return walk.unfolded > UNFOLDED_MAX ? null : node;
}

function sizeOf(node: Node): number {
  if (node.kind === "scalar") return 1;
  const inner = node.kind === "map" ? node.entries.map((e) => e.value) : node.items;
  return inner.reduce((n, i) => n + sizeOf(i), 1);
}

type Place = { readonly line: number; readonly endLine: number };
type PairLike = { readonly key: unknown; readonly value: unknown };

function convertMap(
  pairs: readonly PairLike[],
  place: Place,
  walk: Walk,
  depth: number,
): Node | null {
  const own: Entry[] = [];
  const merged: Entry[] = [];
  const seen = new Set<string>();
  for (const pair of pairs) {
    const key = keyText(pair.key);
    const keyLine = isScalar(pair.key)
      ? lineAt((pair.key as ParsedNode).range?.[0], walk)
      : place.line;
    const value =
      pair.value === null || pair.value === undefined
        ? emptyAt(keyLine)
        : convert(pair.value as ParsedNode, walk, depth + 1);
    if (value === null) return null;
    if (key === "<<" && isScalar(pair.key) && pair.key.type === "PLAIN" && isMergeable(value)) {
      merged.push(...mergeEntries(value));
      continue;
    }
    duplicate(walk, seen, { key, keyLine, value });
    own.push({ key, keyLine, value });
  }
  return { kind: "map", entries: [...own, ...merged.filter((e) => !seen.has(e.key))], ...place };
}

function keyText(key: unknown): string {
  if (isScalar(key))
    return typeof key.value === "string"
      ? wellFormed(key.value)
      : (key.source ?? String(key.value));
  return key === null || key === undefined ? "" : wellFormed(String(key));
}

const lineAt = (offset: number | undefined, walk: Walk): number =>
  Math.max(1, walk.lines.linePos(Math.max(0, offset ?? 0)).line);
