// SPDX-License-Identifier: Apache-2.0
/** What a change brings in that a reviewer of its diff would not see, or would see as something else. */
import { type HiddenKind, hiddenIn } from "@interlock/core";
import type { Attributes } from "../git/attributes.ts";
import { isEscapedPath } from "../git/path.ts";
import type { ChangedFile } from "../source.ts";

export type HiddenPlace =
  | HiddenKind
  | "long-line"
  | "submodule"
  | "link"
  | "link-escape"
  | "link-into-git"
  | "executable-bit"
  | "retyped"
  | "binary-replaces-text"
  | "collapsed"
  | "name-not-utf8"
  | "name-padded"
  | "name-like-git";

export type HiddenContent = {
  readonly kind: HiddenPlace;
  readonly path: string;
  /** 1-based, in the new text; `null` for the file as a whole. */
  readonly line: number | null;
  readonly detail: string;
};

/** A file as the gatherer hands it over; of a link, the text is its target. */
export type HiddenInput = Pick<
  ChangedFile,
  | "path"
  | "status"
  | "mode"
  | "oldMode"
  | "binary"
  | "oid"
  | "oldOid"
  | "attributes"
  | "before"
  | "after"
  | "addedLines"
>;

/** Findings of one kind in one file; the first ones say what it is. */
const EACH_MAX = 20;
/** Longer than any line that is written by hand; review tools cut it off. */
const LINE_MAX = 5_000;

/** What one file hides, each kind a few times. A line that only moved is old debt and silent. */
export function hiddenContent(file: HiddenInput): readonly HiddenContent[] {
  return [...inFile(file), ...inName(file), ...inText(file)];
}

const LINK = "120000";
const SUBMODULE = "160000";
const ABSENT = "000000";

function inFile(file: HiddenInput): readonly HiddenContent[] {
  const { attributes } = file;
  const found: HiddenContent[] = [];
  const add = (kind: HiddenPlace, detail: string) =>
    found.push({ kind, path: file.path, line: null, detail });
  const isText = (mode: string) => mode.startsWith("100");
  if (file.mode === SUBMODULE || file.oldMode === SUBMODULE)
    add("submodule", `${idOf(file.oldMode, file.oldOid)} → ${idOf(file.mode, file.oid)}`);
  if (file.mode === LINK) add(...linkOf(file.path, file.after));
  if (file.mode === "100755" && file.oldMode === "100644")
    add("executable-bit", `${file.oldMode} → ${file.mode}`);
  if (file.status === "retyped") add("retyped", `${file.oldMode} → ${file.mode}`);
  const both = isText(file.mode) && isText(file.oldMode);
  if (both && file.binary && file.before !== null && file.after === null)
    add("binary-replaces-text", `${file.before.length} characters of text`);
  const why = collapsedBy(attributes);
  // Content that was binary anyway has no diff to be hidden.
  if (why !== null && file.mode !== ABSENT && !file.binary) add("collapsed", why);
  return found;
}

const idOf = (mode: string, oid: string): string =>
  mode === SUBMODULE ? oid.slice(0, 12) : mode === ABSENT ? "nothing" : "a file";

function linkOf(path: string, target: string | null): readonly [HiddenPlace, string] {
  if (target === null) return ["link-escape", "a target that cannot be read"];
  const steps = target.split("/");
  let depth = path.split("/").length - 1;
  for (const step of steps) {
    if (step === "..") depth -= 1;
    else if (step !== "." && step !== "") depth += 1;
    if (depth < 0) return ["link-escape", target];
  }
  if (target.startsWith("/") || /^[A-Za-z]:|^\\/.test(target)) return ["link-escape", target];
  return steps.some(isLikeGit) ? ["link-into-git", target] : ["link", target];
}

/** The attribute that makes forges fold a diff, or git show none. */
function collapsedBy(attributes: Attributes): string | null {
  if (attributes["diff"] === "unset") return "-diff";
  for (const name of ["linguist-generated", "linguist-vendored", "gitlab-generated"]) {
    const value = attributes[name];
    if (value === "set" || value === "true") return name;
  }
  return null;
}

function inName(entry: HiddenInput): readonly HiddenContent[] {
  const isNew = entry.status === "added" || entry.status === "renamed";
  if (!isNew) return [];
  const found: HiddenContent[] = [];
  const add = (kind: HiddenPlace, detail: string) =>
    found.push({ kind, path: entry.path, line: null, detail });
  if (isEscapedPath(entry.path)) add("name-not-utf8", "bytes that are not UTF-8");
  for (const { kind, detail } of hiddenIn(entry.path)) add(kind, `in the name: ${detail}`);
  if (/[\n\r]/.test(entry.path)) add("control", "in the name: a line end");
  const names = entry.path.split("/");
  const padded = names.find((name) => /^\s|[\s.]$/u.test(name));
  if (padded !== undefined) add("name-padded", `\`${padded}\``);
  const like = names.find(isLikeGit);
  if (like !== undefined) add("name-like-git", `\`${like}\``);
  return found;
}

/**
 * Names that some file system takes for `.git`: in capitals, as the short name `git~1` or a stream of
 * NTFS, or with code points that HFS+ passes over (CVE-2014-9390, CVE-2019-1353).
 */
function isLikeGit(name: string): boolean {
  const bare = name
    .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu, "")
    .toLowerCase()
    .replace(/::?\$[a-z_]*.*$/, "")
    .replace(/[ .]+$/, "");
  return (
    bare === ".git" || bare === "git~1" || bare.startsWith(".git\\") || bare.startsWith(".git:")
  );
}

function inText(file: HiddenInput): readonly HiddenContent[] {
  const { before, after } = file;
  if (after === null || file.mode === LINK || file.mode === SUBMODULE) return [];
  const found: HiddenContent[] = [];
  const counts = new Map<HiddenPlace, number>();
  const add = (kind: HiddenPlace, line: number, detail: string) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count <= EACH_MAX) found.push({ kind, path: file.path, line, detail });
  };
  let old: ReadonlySet<string> | null = null;
  const wasThere = (text: string) => {
    old ??= new Set((before ?? "").split("\n"));
    return old.has(text);
  };
  let longest: number | null = null;
  const unpadded = tableCells(file.path, after);
  for (const { line, text } of file.addedLines()) {
    // A byte order mark at the very beginning is how some editors write UTF-8.
    const hidden = hiddenIn(unpadded(line === 1 ? text.replace(/^\ufeff/, "") : text));
    if (hidden.length > 0 && wasThere(text)) continue;
    for (const { kind, detail } of hidden) add(kind, line, detail);
    if (text.length <= LINE_MAX) continue;
    longest ??= longestLine(before ?? "");
    // Where such lines are ordinary, one more hides nothing that the others did not.
    if (longest <= LINE_MAX) add("long-line", line, `${text.length} characters`);
  }
  return found;
}

/**
 * Rows of a table of Markdown without the blanks behind their cells: those are layout where the row
 * of dashes is as wide, and every reader of the page sees all cells.
 */
function tableCells(path: string, text: string): (line: string) => string {
  if (!/\.(?:md|mdx|markdown)$/i.test(path)) return (line) => line;
  const widths = new Set(
    text.split("\n").flatMap((line) => (/^\|[-:| ]+\|$/.test(line) ? [line.length] : [])),
  );
  return (line) =>
    line.startsWith("|") && widths.has(line.length)
      ? line.split("|").map(withoutBlanks).join(" |")
      : line;
}

/** Blanks only: other characters that nobody sees are what is looked for. */
function withoutBlanks(cell: string): string {
  let end = cell.length;
  while (cell[end - 1] === " ") end--;
  return cell.slice(0, end);
}

function longestLine(text: string): number {
  let longest = 0;
  for (const line of text.split("\n")) longest = Math.max(longest, line.length);
  return longest;
}
