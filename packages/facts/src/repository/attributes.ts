// SPDX-License-Identifier: Apache-2.0
/** Effective gitattributes of paths, computed from the blobs of a tree (gitattributes(5)). */
import { dirname } from "node:path/posix";
import { patternMatcher } from "./pattern.ts";

type Setting = { readonly name: string; readonly value: string | null };
type Rule = { readonly matches: (path: string) => boolean; readonly settings: readonly Setting[] };

const FILE_MAX_BYTES = 1_000_000;
const LINE_MAX = 2_048;

/** What git itself defines. */
const BINARY: readonly Setting[] = [
  { name: "binary", value: "set" },
  { name: "diff", value: "unset" },
  { name: "merge", value: "unset" },
  { name: "text", value: "unset" },
];

/** Rules by the text they were parsed from. */
export type ParsedAttributes = Map<string, readonly Rule[]>;

export type AttributeFiles = ReadonlyMap<string, string>;

/**
 * Attributes of a path as `set`, `unset` or their value; names that no file speaks of are absent.
 * `files` maps folders (`""` for the root) to the text of their `.gitattributes`.
 */
export function attributesOf(
  path: string,
  files: AttributeFiles,
  parsed: ParsedAttributes,
): Readonly<Record<string, string>> {
  const found = new Map<string, string | null>();
  for (const folder of foldersDown(path)) {
    const text = files.get(folder);
    if (text === undefined) continue;
    const rules = parsed.get(text) ?? parseRules(text);
    parsed.set(text, rules);
    const relative = folder === "" ? path : path.slice(folder.length + 1);
    for (const rule of rules) {
      if (!rule.matches(relative)) continue;
      for (const { name, value } of rule.settings) found.set(name, value);
    }
  }
  const set = [...found]
    .filter((e): e is [string, string] => e[1] !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(set);
}

/** Folders from the root down to the one of the path. */
export function foldersDown(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = dirname(path); at !== "." && at !== "/"; at = dirname(at)) folders.push(at);
  return ["", ...folders.reverse()];
}

function parseRules(text: string): readonly Rule[] {
  const macros = new Map<string, readonly Setting[]>([["binary", BINARY]]);
  const rules: Rule[] = [];
  for (const raw of text.slice(0, FILE_MAX_BYTES).split("\n")) {
    const line = raw.replace(/^\s+/, "").replace(/\s+$/, "");
    if (line === "" || line.startsWith("#") || line.length > LINE_MAX) continue;
    const { pattern, rest } = splitPattern(line);
    const settings = rest
      .split(/[ \t]+/)
      .filter((w) => w !== "")
      .flatMap((w) => settingOf(w, macros));
    if (pattern.startsWith("[attr]")) {
      const name = pattern.slice("[attr]".length);
      macros.set(name, [{ name, value: "set" }, ...settings]);
    } else if (!pattern.startsWith("!")) rules.push({ matches: patternMatcher(pattern), settings });
  }
  return rules;
}

function splitPattern(line: string): { readonly pattern: string; readonly rest: string } {
  if (line.startsWith('"')) {
    const end = line.indexOf('"', 1);
    if (end > 0) return { pattern: line.slice(1, end), rest: line.slice(end + 1) };
  }
  const space = line.search(/[ \t]/);
  return space < 0
    ? { pattern: line, rest: "" }
    : { pattern: line.slice(0, space), rest: line.slice(space) };
}

function settingOf(
  word: string,
  macros: ReadonlyMap<string, readonly Setting[]>,
): readonly Setting[] {
  if (word.startsWith("-")) return [{ name: word.slice(1), value: "unset" }];
  if (word.startsWith("!")) return [{ name: word.slice(1), value: null }];
  const equals = word.indexOf("=");
  if (equals > 0) return [{ name: word.slice(0, equals), value: word.slice(equals + 1) }];
  return macros.get(word) ?? [{ name: word, value: "set" }];
}
