// SPDX-License-Identifier: Apache-2.0
/** Effective gitattributes of paths, computed from the `.gitattributes` blobs of a tree. */
import { type AttributeFile, type AttributeState, parseAttributeFile } from "./attribute-file.ts";
import { escapedText, pathBytes } from "./path.ts";
import type { Effort } from "./pattern.ts";

export { type Effort, EffortSpent } from "./pattern.ts";

/** Attribute names with `set`, `unset` or their value, sorted; unspecified ones are absent. */
export type Attributes = Readonly<Record<string, string>>;

/** Folders (`""` for the top) with the bytes of their `.gitattributes` as Latin-1. */
export type AttributeFiles = ReadonlyMap<string, string>;

/** Files already parsed, by their text: a backtest meets the same file in thousands of commits. */
export type ParsedAttributes = Map<string, AttributeFile>;

const PARSED_MAX = 500;

/** The only macro that git itself defines. */
const BINARY: readonly AttributeState[] = [
  { name: "diff", value: false },
  { name: "merge", value: false },
  { name: "text", value: false },
];

/** Throws `EffortSpent` when the patterns take more work than was given. */
export function attributesOf(
  path: string,
  files: AttributeFiles,
  parsed: ParsedAttributes,
  effort: Effort,
): Attributes {
  const found = new Map<string, string | null>();
  const top = parsedFile(files.get("") ?? "", parsed);
  const macros = (name: string) => top.macros.get(name) ?? (name === "binary" ? BINARY : undefined);
  // The nearest folder and the last line win, so that the first state found for a name is the answer.
  for (const folder of [...foldersDown(path)].reverse()) {
    const text = files.get(folder);
    if (text === undefined) continue;
    const relative = folder === "" ? path : path.slice(folder.length + 1);
    const bytes = pathBytes(relative).toString("latin1");
    const { rules } = folder === "" ? top : parsedFile(text, parsed);
    for (let i = rules.length - 1; i >= 0; i--) {
      const rule = rules[i];
      if (rule?.matches(bytes, effort) === true) settle(rule.states, found, macros);
    }
  }
  const specified = [...found].filter((e): e is [string, string] => e[1] !== null);
  specified.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(specified);
}

/** Folders from the top down to the one of the path. */
export function foldersDown(path: string): readonly string[] {
  const folders = [""];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
    folders.push(path.slice(0, at));
  return folders;
}

/** A macro that is set speaks for its attributes as if they stood in its place. */
function settle(
  states: readonly AttributeState[],
  found: Map<string, string | null>,
  macros: (name: string) => readonly AttributeState[] | undefined,
): void {
  // A stack of our own: macros may name each other, each at most once.
  const waiting = [...states];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    if (found.has(state.name)) continue;
    found.set(state.name, shown(state.value));
    if (state.value === true) waiting.push(...(macros(state.name) ?? []));
  }
}

function shown(value: AttributeState["value"]): string | null {
  if (value === true) return "set";
  if (value === false) return "unset";
  return value === null ? null : escapedText(Buffer.from(value, "latin1"));
}

function parsedFile(text: string, parsed: ParsedAttributes): AttributeFile {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const file = parseAttributeFile(text);
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(text, file);
  return file;
}
