// SPDX-License-Identifier: Apache-2.0
/** What a change brings in that a reviewer of its diff would not see, or would see as something else. */
import { addedLines } from "../../lines/added.ts";
import type { Attributes } from "../attributes.ts";
import { isEscapedPath } from "../path.ts";
import type { TreeEntry } from "../tree-change.ts";
import { type HiddenKind, hiddenIn } from "./characters.ts";

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

export type HiddenInput = {
  readonly entry: TreeEntry;
  /** Text of each side; `null` when absent, binary or not read. Of a link, its target. */
  readonly before: string | null;
  readonly after: string | null;
  /** Effective gitattributes after the change. */
  readonly attributes: Attributes;
};

/** Findings of one kind in one file; the first ones say what it is. */
const EACH_MAX = 20;
const FOUND_MAX = 10_000;
/** Longer than any line that is written by hand; review tools cut it off. */
const LINE_MAX = 5_000;

/** Sorted by path, line and kind. A line that only moved is old debt and silent. */
export function hiddenContent(files: readonly HiddenInput[]): {
  readonly found: readonly HiddenContent[];
  /** There is more than is listed. */
  readonly truncated: boolean;
} {
  const found: HiddenContent[] = [];
  for (const file of files) {
    if (found.length > FOUND_MAX) break;
    found.push(...inFile(file), ...inName(file.entry), ...inText(file));
  }
  return { found: found.slice(0, FOUND_MAX).sort(byPlace), truncated: found.length > FOUND_MAX };
}

function byPlace(a: HiddenContent, b: HiddenContent): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  if (a.line !== b.line) return (a.line ?? 0) - (b.line ?? 0);
  return a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0;
}

const LINK = "120000";
const SUBMODULE = "160000";
const ABSENT = "000000";

function inFile(file: HiddenInput): readonly HiddenContent[] {
  const { entry, attributes } = file;
  const found: HiddenContent[] = [];
  const add = (kind: HiddenPlace, detail: string) =>
    found.push({ kind, path: entry.path, line: null, detail });
  const isText = (mode: string) => mode.startsWith("100");
  if (entry.mode === SUBMODULE || entry.oldMode === SUBMODULE)
    add("submodule", `${idOf(entry.oldMode, entry.oldOid)} → ${idOf(entry.mode, entry.oid)}`);
  if (entry.mode === LINK) add(...linkOf(entry.path, file.after));
  if (entry.mode === "100755" && entry.oldMode === "100644")
    add("executable-bit", `${entry.oldMode} → ${entry.mode}`);
  if (entry.status === "retyped") add("retyped", `${entry.oldMode} → ${entry.mode}`);
  const both = isText(entry.mode) && isText(entry.oldMode);
  if (both && entry.counted === "binary" && file.before !== null && file.after === null)
    add("binary-replaces-text", `${file.before.length} characters of text`);
  const why = collapsedBy(attributes);
  // Content that was binary anyway has no diff to be hidden.
  if (why !== null && entry.mode !== ABSENT && entry.counted !== "binary") add("collapsed", why);
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

function inName(entry: TreeEntry): readonly HiddenContent[] {
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
  const { entry, before, after } = file;
  if (after === null || entry.mode === LINK || entry.mode === SUBMODULE) return [];
  const found: HiddenContent[] = [];
  const counts = new Map<HiddenPlace, number>();
  const add = (kind: HiddenPlace, line: number, detail: string) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count <= EACH_MAX) found.push({ kind, path: entry.path, line, detail });
  };
  let old: ReadonlySet<string> | null = null;
  const wasThere = (text: string) => {
    old ??= new Set((before ?? "").split("\n"));
    return old.has(text);
  };
  let longest: number | null = null;
  for (const { line, text } of addedLines(before, after)) {
    // A byte order mark at the very beginning is how some editors write UTF-8.
    const hidden = hiddenIn(line === 1 ? text.replace(/^\ufeff/, "") : text);
    if (hidden.length > 0 && wasThere(text)) continue;
    for (const { kind, detail } of hidden) add(kind, line, detail);
    if (text.length <= LINE_MAX) continue;
    longest ??= longestLine(before ?? "");
    // Where such lines are ordinary, one more hides nothing that the others did not.
    if (longest <= LINE_MAX) add("long-line", line, `${text.length} characters`);
  }
  return found;
}

function longestLine(text: string): number {
  let longest = 0;
  for (const line of text.split("\n")) longest = Math.max(longest, line.length);
  return longest;
}
