// SPDX-License-Identifier: Apache-2.0
/**
 * The part of YAML 1.2 that configuration is written in, read in one pass and many times faster than
 * by a library that keeps every token: block maps and lists, flow collections, all scalars, anchors,
 * aliases, merge keys, local tags, several documents. Anything else (explicit keys, directives, tags
 * of YAML's own, whatever is an error) makes it give up (`null`), and the library reads the text; a
 * test holds both against each other on generated, mutilated and real texts.
 */
import type { Entry, Node, Parsed } from "./types.ts";
import { readFlow } from "./yaml-flow.ts";
import {
  aliased,
  anchorOf,
  duplicate,
  entered,
  isMergeable,
  mergeEntries,
  readName,
  tagged,
} from "./yaml-nodes.ts";
import { plainEnd, readBlockScalar, readPlain, readQuoted } from "./yaml-scalar.ts";
import {
  COLON,
  columnOf,
  DASH,
  emptyAt,
  endLine,
  GiveUp,
  HASH,
  isBreak,
  isGap,
  isMarker,
  type Scan,
  SPACE,
  skipGap,
  TAB,
  toContent,
} from "./yaml-scan.ts";

/** A directive, a byte order mark, line breaks of YAML 1.1. */
const UNREAD = /^%|[\uFEFF\u0085\u2028\u2029]/m;

export function parseBlockYaml(text: string): Parsed | null {
  const unix = text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
  if (unix.includes("\r") || UNREAD.test(unix) || !unix.isWellFormed()) return null;
  const scan: Scan = {
    ...{ text: unix, at: 0, line: 1, lineStart: 0 },
    ...{ problems: [], anchors: new Map(), unfolded: 0, comment: 0 },
  };
  try {
    const documents: Node[] = [];
    while (toContent(scan)) {
      if (columnOf(scan) === 0 && isMarker(scan, scan.at)) {
        passMarker(scan);
        continue;
      }
      scan.anchors = new Map();
      scan.unfolded = 0;
      documents.push(block(scan, { indent: -1, depth: 0 }));
      if (toContent(scan) && !(columnOf(scan) === 0 && isMarker(scan, scan.at))) throw new GiveUp();
    }
    return { ok: true, documents, problems: scan.problems, approximate: false };
  } catch (error) {
    if (error instanceof GiveUp) return null;
    throw error;
  }
}

/** `---` and `...` on lines of their own; what stands behind them is left to the whole parser. */
function passMarker(scan: Scan): void {
  scan.at += 3;
  endLine(scan);
}

/** The indent of what holds a node, whether that is a key, and the depth of the node. */
type Place = {
  readonly indent: number;
  readonly depth: number;
  readonly underKey?: true;
  /** A node has one anchor and one tag at most. */
  readonly hasAnchor?: true;
  readonly hasTag?: true;
};

const isItem = (scan: Scan): boolean =>
  scan.text.charCodeAt(scan.at) === DASH && isGap(scan.text.charCodeAt(scan.at + 1));

/** The node whose first character stands here, at the start of a line or behind `- `. Ends at a line start. */
function block(scan: Scan, parent: Place): Node {
  entered(parent.depth);
  const indent = columnOf(scan);
  if (isItem(scan)) return listBlock(scan, { indent, depth: parent.depth });
  if (keyEnd(scan) >= 0) return mapBlock(scan, { indent, depth: parent.depth });
  // The library reads a scalar another way when a comment above it stands too far left.
  if (scan.comment <= parent.indent) throw new GiveUp();
  return inline(scan, parent);
}

function listBlock(scan: Scan, place: Place): Node {
  const items: Node[] = [];
  const first = scan.line;
  let last = first;
  do {
    if (columnOf(scan) > place.indent) throw new GiveUp();
    if (columnOf(scan) < place.indent || !isItem(scan)) break;
    const node = item(scan, place);
    items.push(node);
    last = Math.max(last, node.endLine);
  } while (toContent(scan));
  return { kind: "list", items, line: first, endLine: last };
}

function item(scan: Scan, place: Place): Node {
  const line = scan.line;
  scan.at++;
  const inner = { indent: place.indent, depth: place.depth + 1 };
  toValue(scan);
  if (isBreak(scan.text.charCodeAt(scan.at)) || scan.text.charCodeAt(scan.at) === HASH) {
    endLine(scan);
    if (!toContent(scan) || columnOf(scan) <= place.indent) return emptyAt(line);
    return block(scan, inner);
  }
  scan.comment = Number.POSITIVE_INFINITY;
  // `- key: value` and `- - x`: the rest of the line is the first line of a deeper block.
  return block(scan, inner);
}

/** Behind an indicator: past the spaces. A tab there is no indentation. */
function toValue(scan: Scan): void {
  while (scan.text.charCodeAt(scan.at) === SPACE) scan.at++;
  if (scan.text.charCodeAt(scan.at) === TAB) throw new GiveUp();
}

function mapBlock(scan: Scan, place: Place): Node {
  const own: Entry[] = [];
  const merged: Entry[] = [];
  const seen = new Set<string>();
  const first = scan.line;
  let last = first;
  do {
    const column = columnOf(scan);
    if (column < place.indent || (column === 0 && isMarker(scan, scan.at))) break;
    if (column > place.indent) throw new GiveUp();
    if (isItem(scan)) break;
    const end = keyEnd(scan);
    if (end < 0) throw new GiveUp();
    const entry = readEntry(scan, end, place);
    last = Math.max(last, entry.value.endLine, entry.keyLine);
    if (entry.isMerge && isMergeable(entry.value)) merged.push(...mergeEntries(entry.value));
    else {
      duplicate(scan, seen, entry);
      own.push({ key: entry.key, keyLine: entry.keyLine, value: entry.value });
    }
  } while (toContent(scan));
  const entries = merged.length === 0 ? own : [...own, ...merged.filter((e) => !seen.has(e.key))];
  return { kind: "map", entries, line: first, endLine: last };
}

/** The merge key with its tag, as tools write it that expand other keys. */
const MERGE = "!!merge <<:";

/** Where the colon of the key stands that starts here; -1 when the line is no `key: …`. */
function keyEnd(scan: Scan): number {
  const { text, at } = scan;
  const c = text.charCodeAt(at);
  if (c === 34 || c === 39) return quotedKeyEnd(scan, c);
  if (text.startsWith(MERGE, at)) return at + MERGE.length - 1;
  // These start no plain key, or one with an anchor, a tag or an alias.
  if ("[{&*!|>%@`?:,]}#".includes(text[at] ?? "")) return -1;
  let end = plainEnd(scan, false);
  while (text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB) end++;
  return text.charCodeAt(end) === COLON ? end : -1;
}

function quotedKeyEnd(scan: Scan, quote: number): number {
  const { text } = scan;
  for (let i = scan.at + 1; ; i++) {
    const c = text.charCodeAt(i);
    if (isBreak(c)) return -1;
    if (c === 92 && quote === 34) i++;
    else if (c === quote && quote === 39 && text.charCodeAt(i + 1) === quote) i++;
    else if (c === quote) {
      let end = i + 1;
      while (text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB) end++;
      return text.charCodeAt(end) === COLON && isGap(text.charCodeAt(end + 1)) ? end : -1;
    }
  }
}

type KeyValue = Entry & { readonly isMerge: boolean };

function readEntry(scan: Scan, colon: number, place: Place): KeyValue {
  const { text } = scan;
  const keyLine = scan.line;
  const c = text.charCodeAt(scan.at);
  const isQuoted = c === 34 || c === 39;
  const key = isQuoted
    ? readQuoted(scan, place.indent).text
    : written(text, scan.at, trimmedEnd(text, colon));
  scan.at = colon + 1;
  const under: Place = { indent: place.indent, depth: place.depth + 1, underKey: true };
  const value = entryValue(scan, keyLine, under);
  return { key, keyLine, value, isMerge: key === "<<" && !isQuoted };
}

const written = (text: string, from: number, to: number): string =>
  text.startsWith(MERGE, from) ? "<<" : text.slice(from, to);

function trimmedEnd(text: string, end: number): number {
  let at = end;
  while (text.charCodeAt(at - 1) === SPACE || text.charCodeAt(at - 1) === TAB) at--;
  return at;
}

function entryValue(scan: Scan, keyLine: number, place: Place): Node {
  entered(place.depth);
  skipGap(scan);
  const c = scan.text.charCodeAt(scan.at);
  if (!isBreak(c) && c !== HASH) {
    if (isItem(scan)) throw new GiveUp();
    return inline(scan, place);
  }
  endLine(scan);
  return below(scan, place) ?? emptyAt(keyLine);
}

/** The node on the lines below; a list may stand at the indent of its key. */
function below(scan: Scan, place: Place): Node | null {
  if (!toContent(scan)) return null;
  const column = columnOf(scan);
  if (column === 0 && isMarker(scan, scan.at)) return null;
  const isBelow =
    column > place.indent || (column === place.indent && place.underKey === true && isItem(scan));
  return isBelow ? block(scan, place) : null;
}

/** A value that starts on the current line. Ends at a line start. */
function inline(scan: Scan, place: Place): Node {
  entered(place.depth);
  const c = scan.text.charCodeAt(scan.at);
  switch (c) {
    case 38:
      return anchored(scan, place);
    case 33:
      return withTag(scan, place);
    case 124:
    case 62:
      // That of a whole document may stand at the margin, where its end is not told by indentation.
      if (place.indent < 0) throw new GiveUp();
      return readBlockScalar(scan, place.indent);
    case 42: {
      if (place.hasAnchor === true || place.hasTag === true) throw new GiveUp();
      const node = aliased(scan, place.depth, false);
      endLine(scan);
      return node;
    }
  }
  const node = unadorned(scan, place, c);
  endLine(scan);
  return node;
}

function unadorned(scan: Scan, place: Place, c: number): Node {
  if (c === 91 || c === 123) return readFlow(scan, place);
  if (c === 34 || c === 39) return readQuoted(scan, place.indent);
  const isIndicator = c === 63 || c === COLON || c === DASH;
  if ("%@`]},#".includes(scan.text[scan.at] ?? "")) throw new GiveUp();
  if (isIndicator && isGap(scan.text.charCodeAt(scan.at + 1))) throw new GiveUp();
  return readPlain(scan, place.indent);
}

function anchored(scan: Scan, place: Place): Node {
  // An anchor behind a tag names the tagged node as well: left to the whole parser.
  if (place.hasAnchor === true || place.hasTag === true) throw new GiveUp();
  const name = readName(scan, false);
  const before = scan.unfolded;
  scan.anchors.set(name, null);
  const node = adorned(scan, { ...place, hasAnchor: true });
  scan.anchors.set(name, anchorOf(node, scan.unfolded - before));
  return node;
}

const TAG = /![A-Za-z][\w.:/-]*(?=[ \n]|$)/y;

function withTag(scan: Scan, place: Place): Node {
  TAG.lastIndex = scan.at;
  const tag = TAG.exec(scan.text)?.[0];
  if (tag === undefined || place.hasTag === true) throw new GiveUp();
  scan.at += tag.length;
  return tagged(tag, adorned(scan, { ...place, depth: place.depth + 1, hasTag: true }));
}

/** What an anchor or a tag stands before: a value on the same line, or a block below. */
function adorned(scan: Scan, place: Place): Node {
  toValue(scan);
  const c = scan.text.charCodeAt(scan.at);
  if (!isBreak(c) && c !== HASH) {
    // `&a key: value` names the key, not the map: left to the whole parser.
    if (isItem(scan) || keyEnd(scan) >= 0) throw new GiveUp();
    return inline(scan, place);
  }
  endLine(scan);
  const node = below(scan, place);
  if (node === null) throw new GiveUp();
  return node;
}
