// SPDX-License-Identifier: Apache-2.0
import { posix } from "node:path";
import type { Complaint, TextFile } from "./complaint.ts";

type Link = { readonly target: string; readonly line: number };

// Linear: each alternative starts with another character and none can match the empty text.
const INLINE = /\]\(<?([^()\s<>]{1,500})>?(?:\s+"[^"\n]{0,200}")?\)/g;
const REFERENCE = /^\s{0,3}\[[^\]\n]{1,200}\]:\s*<?([^\s<>]{1,500})>?/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.{1,500}?)\s*#*\s*$/;
const ANCHOR = /<a\s+(?:id|name)="([^"\n]{1,200})"/g;
const FENCE = /^\s{0,3}(```+|~~~+)/;
const ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

/** Complains about a relative link of a Markdown document whose file or heading does not exist. */
export function checkLinks(
  files: readonly TextFile[],
  everyPath: readonly string[],
): readonly Complaint[] {
  const documents = new Map(
    files.filter(({ path }) => path.endsWith(".md")).map((file) => [file.path, file]),
  );
  const exists = new Set(everyPath.flatMap(withFolders));
  return [...documents.values()].flatMap((file) =>
    linksOf(file).flatMap(({ target, line }) => {
      const message = objection(target, file, documents, exists);
      return message === null ? [] : [{ path: file.path, line, message }];
    }),
  );
}

function withFolders(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

function linksOf(file: TextFile): readonly Link[] {
  return proseOf(file).flatMap(({ text, line }) => {
    const reference = REFERENCE.exec(text)?.[1];
    const inline = [...text.matchAll(INLINE)].map((match) => match[1] ?? "");
    return [...inline, ...(reference === undefined ? [] : [reference])]
      .filter((target) => !ELSEWHERE.test(target))
      .map((target) => ({ target, line }));
  });
}

// Code shows links, it does not make them.
function proseOf(file: TextFile): readonly { readonly text: string; readonly line: number }[] {
  let fence: string | null = null;
  return file.text.split("\n").flatMap((raw, i) => {
    const mark = FENCE.exec(raw)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
      return [];
    }
    if (mark !== undefined) {
      fence = mark;
      return [];
    }
    return [
      { text: raw.replace(/`[^`\n]*`/g, (code) => "`".padEnd(code.length, "`")), line: i + 1 },
    ];
  });
}

function objection(
  target: string,
  file: TextFile,
  documents: ReadonlyMap<string, TextFile>,
  exists: ReadonlySet<string>,
): string | null {
  const [place = "", anchor] = target.split("#", 2);
  if (place.startsWith("/")) return `\`${target}\` is absolute: link relative to this document`;
  const path = place === "" ? file.path : within(file.path, place);
  if (path === null || !exists.has(path))
    return `\`${target}\` leads to no file of this repository`;
  const document = documents.get(path);
  if (anchor === undefined || document === undefined) return null;
  return anchorsOf(document).has(anchor) ? null : `\`${path}\` has no heading \`#${anchor}\``;
}

function within(from: string, place: string): string | null {
  try {
    const joined = posix.join(posix.dirname(from), decodeURIComponent(place));
    return joined.startsWith("..") ? null : joined.replace(/\/$/, "");
  } catch {
    // A malformed escape names no file.
    return null;
  }
}

/** The anchors that a forge gives to the headings of a document, by GitHub's rule. */
function anchorsOf(file: TextFile): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const raw of headingsOf(file)) {
    const slug = slugOf(raw);
    let unique = slug;
    for (let n = 1; anchors.has(unique); n++) unique = `${slug}-${n}`;
    anchors.add(unique);
  }
  for (const match of file.text.matchAll(ANCHOR)) anchors.add(match[1] ?? "");
  return anchors;
}

function headingsOf(file: TextFile): readonly string[] {
  const lines = file.text.split("\n");
  return proseOf(file).flatMap(({ line }) => HEADING.exec(lines[line - 1] ?? "")?.[2] ?? []);
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]{0,200})\]\([^)]{0,500}\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
    .replace(/ /g, "-");
}
