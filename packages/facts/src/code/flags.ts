// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Gap } from "@interlock/core";
import type { Node, Parsed } from "../config/types.ts";
import type { ChangedFile, World } from "../source.ts";
import { isCode, isTestPath } from "./language.ts";
import { lineAt } from "./sighting.ts";

type Definition = {
  readonly name: string;
  readonly line: number;
  readonly meaning: string;
  /** Known as a flag by its file or key, not only by its shape. */
  readonly named: boolean;
};

/** A file or a folder that is called after flags, not one that only mentions them. */
const FLAG_FILE =
  /(^|\/)(feature[-_.]?)?(flags?|toggles?|features|switches|experiments|launchdarkly|unleash|flipt|growthbook)(\/|\.[a-z0-9.]{1,20}$)|[.-](flags|toggles|features)\.[a-z0-9]{1,8}$/i;
const CONTAINER = /^(feature_?-?)?(flags?|toggles?|features|switches|experiments)$/i;
const SINGLE = /^(flag|feature|toggle|switch)[_-]\w+|\w+[_-](flag|toggle|switch)$/i;
const MEANING =
  /^(meaning|description|desc|purpose|summary|docs?|comment|semantics|behaviou?r|does|label)$/i;
const SWITCH =
  /^(enabled|active|on|default|state|status|rollout|percentage|enabled_?by_?default)$/i;

/** Longer keys are data. */
const KEY_MAX = 200;
/** Files searched for a reader of a removed flag, and their total size. */
const SEARCH_FILES = 1_500;
const SEARCH_CHARACTERS = 20_000_000;

/** Flags that a configuration file defines, by name. */
function definitionsIn(path: string, parsed: Parsed | null): ReadonlyMap<string, Definition> {
  const found = new Map<string, Definition>();
  if (parsed === null || !parsed.ok) return found;
  const isFlagFile = FLAG_FILE.test(path);
  for (const root of parsed.documents) visit(root, isFlagFile && !hasContainer(root), 0, found);
  return found;
}

const hasContainer = (root: Node): boolean =>
  root.kind === "map" && root.entries.some(({ key }) => CONTAINER.test(key));

function visit(node: Node, inside: boolean, depth: number, found: Map<string, Definition>): void {
  if (depth > 6 || found.size >= 2_000) return;
  if (node.kind === "list" && inside)
    for (const item of node.items) {
      const name = named(item);
      if (name !== null)
        found.set(name, { name, line: item.line, meaning: meaningOf(item), named: true });
    }
  if (node.kind !== "map") return;
  for (const { key, keyLine, value } of node.entries) {
    if (key.length > KEY_MAX) continue;
    const named = inside || (value.kind === "map" && SINGLE.test(key));
    if (named || isSwitch(value))
      found.set(key, { name: key, line: keyLine, meaning: meaningOf(value), named });
    else visit(value, CONTAINER.test(key), depth + 1, found);
  }
}

/** Whatever its name: something that is switched on and says what it means. */
const isSwitch = (node: Node): boolean =>
  meaningOf(node) !== "" && scalarAt(node, (key) => SWITCH.test(key)) !== null;

function scalarAt(node: Node, matches: (key: string) => boolean): string | null {
  if (node.kind !== "map") return null;
  const entry = node.entries.find(({ key, value }) => matches(key) && value.kind === "scalar");
  return entry?.value.kind === "scalar" ? entry.value.text : null;
}

const named = (node: Node): string | null =>
  scalarAt(node, (key) => key === "key" || key === "name" || key === "id");

const meaningOf = (node: Node): string => scalarAt(node, (key) => MEANING.test(key)) ?? "";

/** Share of words in common, in percent; wording may be polished without changing the meaning. */
function likeness(a: string, b: string): number {
  const words = (text: string) => new Set(text.toLowerCase().match(/[a-z0-9]{3,}/g) ?? []);
  const [left, right] = [words(a), words(b)];
  const common = [...left].filter((word) => right.has(word)).length;
  const all = new Set([...left, ...right]).size;
  return all === 0 ? 100 : Math.round((common / all) * 100);
}

/** R19: a flag that is removed while code still reads it, or that gets another meaning. */
export async function flagDeltas(
  files: readonly ChangedFile[],
  world: World,
  gaps: Gap[],
): Promise<readonly Delta[]> {
  const deltas: Delta[] = [];
  const removed: { readonly file: ChangedFile; readonly flag: Definition }[] = [];
  const all = new Set<string>();
  for (const file of files.filter(mayDefineFlags)) {
    const { before, after } = file.trees();
    const old = definitionsIn(file.oldPath ?? file.path, before);
    const now = definitionsIn(file.path, after);
    for (const name of now.keys()) all.add(name);
    // An unreadable side is the configuration source's gap; without it nothing is known removed.
    if (after !== null && !after.ok) continue;
    for (const flag of old.values()) {
      const same = now.get(flag.name);
      if (same === undefined) removed.push({ file, flag });
      else if (isReused(flag, same)) deltas.push(reused(file, flag, same));
    }
  }
  const gone = removed.filter(
    ({ flag }) => flag.named && !all.has(flag.name) && flag.name.length >= 4,
  );
  return [...deltas, ...(await stillRead(gone, files, world, gaps))];
}

const mayDefineFlags = (file: ChangedFile): boolean =>
  !isCode(file.path) &&
  !isTestPath(file.path) &&
  !/(^|\/)(docs?|api_samples)\//.test(file.path) &&
  file.before !== null &&
  /\.(ya?ml|json5?|jsonc|toml)$/i.test(file.path) &&
  (FLAG_FILE.test(file.path) ||
    /\b(meaning|purpose|semantics|behaviou?r)\b/i.test(file.before) ||
    /["']?(feature_?-?)?(flags?|toggles?|features)\w{0,40}["']?[ \t]*:|^[ \t]*["']?(flag|feature|toggle)[_-]/im.test(
      file.before,
    ));

const isReused = (old: Definition, now: Definition): boolean =>
  old.meaning !== "" && now.meaning !== "" && likeness(old.meaning, now.meaning) < 34;

function reused(file: ChangedFile, old: Definition, now: Definition): Delta {
  return delta({
    path: file.path,
    line: now.line,
    subject: now.name,
    aspect: "flag-reused",
    op: "changed",
    key: now.name,
    before: old.meaning,
    after: now.meaning,
    beforeKind: "string",
    afterKind: "string",
    environment: file.environment,
  });
}

type Removed = { readonly file: ChangedFile; readonly flag: Definition };

async function stillRead(
  removed: readonly Removed[],
  files: readonly ChangedFile[],
  world: World,
  gaps: Gap[],
): Promise<readonly Delta[]> {
  if (removed.length === 0) return [];
  const names = new Set(removed.map(({ flag }) => flag.name));
  const readers = await readersOf(names, files, world, gaps);
  return removed.flatMap(({ file, flag }) => {
    const reader = readers.get(flag.name);
    if (reader === undefined) return [];
    return [
      delta({
        path: file.path,
        line: flag.line,
        subject: flag.name,
        aspect: "flag-removed-while-read",
        op: "removed",
        key: flag.name,
        after: reader,
        beforeKind: "map",
        environment: file.environment,
      }),
    ];
  });
}

/** Offset of a name as a whole literal or symbol: `"name"`, `'name'`, `:name`; -1 when there is none. */
function literalAt(text: string, name: string): number {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length))
    if (/["'`:]/.test(text[at - 1] ?? "") && !/[\w-]/.test(text[at + name.length] ?? "")) return at;
  return -1;
}

/** Where each name still stands as a string literal in code, as `path:line`. */
async function readersOf(
  names: ReadonlySet<string>,
  files: readonly ChangedFile[],
  world: World,
  gaps: Gap[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const search = (path: string, text: string): void => {
    for (const name of names) {
      if (found.has(name)) continue;
      const at = literalAt(text, name);
      if (at >= 0) found.set(name, `${path}:${lineAt(text, at)}`);
    }
  };
  const changed = new Set(files.map((file) => file.path));
  for (const file of files)
    if (file.after !== null && isCode(file.path) && !isTestPath(file.path))
      search(file.path, file.after);

  const paths = (await world.listAfter("")).filter(
    (path) =>
      isCode(path) &&
      !isTestPath(path) &&
      !changed.has(path) &&
      !/(^|\/)(node_modules|vendor|dist)\//.test(path),
  );
  let characters = 0;
  for (const path of paths.slice(0, SEARCH_FILES)) {
    if (found.size === names.size || characters > SEARCH_CHARACTERS) break;
    const text = await world.readAfter(path);
    if (text === null) continue;
    characters += text.length;
    search(path, text);
  }
  if (found.size < names.size && (paths.length > SEARCH_FILES || characters > SEARCH_CHARACTERS))
    gaps.push({
      group: "code",
      path: "",
      code: "truncated",
      detail: `flags were removed and only ${SEARCH_FILES} of ${paths.length} source files were searched for readers`,
      help: "check by hand that nothing reads the removed flags",
    });
  return found;
}
