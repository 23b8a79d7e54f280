// SPDX-License-Identifier: Apache-2.0
import { cutText } from "./cut.ts";
import { optionOf, optionStep } from "./options.ts";
import { contentNumbers } from "./same-tree.ts";
import type { Entry, Node } from "./types.ts";

/** A longer name would make pointers unreadable; names are unique before they are cut, or paired by content. */
const NAME_MAX = 200;

/** Fields by which people name the items of a list, most telling first. */
const NAMING = [
  "name",
  "id",
  "key",
  "host",
  "hostname",
  "path",
  "prefix",
  "domain",
  "url",
  "alias",
  "title",
  "metadata",
] as const;

/** `[name=web]` for an item that carries a name; `null` for one that does not. */
export function identityOf(node: Node): string | null {
  if (node.kind !== "map") return null;
  if (isManifest(node)) return manifestName(node);
  for (const field of NAMING) {
    const value = node.entries.find((e) => e.key === field)?.value;
    if (value?.kind === "scalar" && value.text !== "") return `[${field}=${escaped(value.text)}]`;
  }
  // A table row without such a field is known by its first column.
  const first = node.entries[0];
  return first?.value.kind === "scalar" && first.value.text !== ""
    ? `[${escaped(first.key)}=${escaped(withoutVersion(first.key, first.value.text))}]`
    : null;
}

const VERSIONED = /^(image|uses|package|chart|module|source|ref|action|plugin|dependency)$/i;

/** The same image, action or module in another version is the same item: `web:1.2` is `web`. */
const withoutVersion = (key: string, text: string): string =>
  VERSIONED.test(key) ? text.replace(/(?<=[^@]):[^:@/]{1,200}(?=$|@)|@[^@/]{1,200}$/g, "") : text;

const escaped = (text: string): string =>
  cutText(text, NAME_MAX).replace(/~/g, "~0").replace(/\//g, "~1");

type MapNode = Extract<Node, { kind: "map" }>;
const scalarAt = (node: Node | undefined, key: string): string => {
  const value = node?.kind === "map" ? node.entries.find((e) => e.key === key)?.value : undefined;
  return value?.kind === "scalar" ? value.text : "";
};

const isManifest = (node: MapNode): boolean =>
  scalarAt(node, "kind") !== "" && scalarAt(node, "apiVersion") !== "";

function manifestName(node: MapNode): string {
  const metadata = node.entries.find((e) => e.key === "metadata")?.value;
  return `[${escaped(`${scalarAt(node, "kind")}:${scalarAt(metadata, "namespace")}:${scalarAt(metadata, "name")}`)}]`;
}

export type ItemPair = {
  readonly before: Node | null;
  readonly after: Node | null;
  readonly name: string;
};

/**
 * Pairs the items of two lists: by name where all names are unique on both sides, scalars as a
 * multiset, the rest by equal content.
 */
export function pairItems(
  before: readonly Node[],
  after: readonly Node[],
): { readonly pairs: readonly ItemPair[]; readonly reordered: boolean } {
  const byName = keyed(before, after, identityOf);
  if (byName !== null) return withRenamed(pairByKey(byName.before, byName.after));
  if ([...before, ...after].every((n) => n.kind === "scalar"))
    return pairByKey(...scalarNames(before, after));
  return pairByContent(before, after);
}

type Keyed = readonly (readonly [string, Node])[];

function keyed(
  before: readonly Node[],
  after: readonly Node[],
  key: (n: Node) => string | null,
): { before: Keyed; after: Keyed } | null {
  const all = (nodes: readonly Node[]): Keyed | null => {
    const keys = nodes.map((n) => [key(n) ?? "", n] as const);
    return keys.some(([k]) => k === "") || new Set(keys.map(([k]) => k)).size !== keys.length
      ? null
      : keys;
  };
  const a = all(before);
  const b = all(after);
  return a === null || b === null ? null : { before: a, after: b };
}

/** Options by their names, where each stands once on a side; other scalars by what they are. */
function scalarNames(before: readonly Node[], after: readonly Node[]): [Keyed, Keyed] {
  const options = (nodes: readonly Node[]) =>
    nodes.flatMap((n) => (n.kind === "scalar" ? (optionOf(n.text)?.name ?? []) : []));
  const repeated = new Set([...twice(options(before)), ...twice(options(after))]);
  return [numbered(before, repeated), numbered(after, repeated)];
}

function twice(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.has(name) || !seen.add(name));
}

/** Scalars written alike are told apart by their occurrence. */
function numbered(nodes: readonly Node[], repeated: ReadonlySet<string>): Keyed {
  const seen = new Map<string, number>();
  return nodes.map((node) => {
    const text = node.kind === "scalar" ? node.text : "";
    const option = optionOf(text);
    if (option !== null && !repeated.has(option.name))
      return [optionStep(escaped(option.name)), node] as const;
    const name = escaped(text);
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return [n === 1 ? `[${name}]` : `[${name}]#${n}`, node] as const;
  });
}

function pairByKey(
  before: Keyed,
  after: Keyed,
): { pairs: readonly ItemPair[]; reordered: boolean } {
  const was = new Map(before);
  const is = new Map(after);
  const pairs: ItemPair[] = after.map(([name, node]) => ({
    before: was.get(name) ?? null,
    after: node,
    name,
  }));
  for (const [name, node] of before)
    if (!is.has(name)) pairs.push({ before: node, after: null, name });
  const common = before.map(([k]) => k).filter((k) => is.has(k));
  const now = after.map(([k]) => k).filter((k) => was.has(k));
  return { pairs, reordered: common.some((k, i) => k !== now[i]) };
}

/** More leftovers than that are another list. */
const RENAMED_MAX = 50;

/**
 * An item that goes and one that comes with the same content around another name are one item that
 * is renamed: its difference is its name, not all that it holds.
 */
function withRenamed(found: { pairs: readonly ItemPair[]; reordered: boolean }): {
  pairs: readonly ItemPair[];
  reordered: boolean;
} {
  const gone = found.pairs.filter((p) => p.after === null);
  const come = found.pairs.filter((p) => p.before === null);
  if (gone.length === 0 || come.length === 0 || gone.length + come.length > RENAMED_MAX)
    return found;
  const small = found.pairs.length <= 3 && gone.length === 1 && come.length === 1;
  const renamed = new Map<ItemPair, ItemPair>();
  for (const is of come) {
    const was = gone.find((g) => ![...renamed.values()].includes(g) && isRenamed(g, is, small));
    if (was !== undefined) renamed.set(is, was);
  }
  if (renamed.size === 0) return found;
  const taken = new Set(renamed.values());
  return {
    ...found,
    pairs: found.pairs
      .filter((p) => !taken.has(p))
      .map((p) => ({ ...p, before: renamed.get(p)?.before ?? p.before })),
  };
}

function isRenamed(was: ItemPair, is: ItemPair, small: boolean): boolean {
  if (was.before?.kind !== "map" || is.after?.kind !== "map") return false;
  const old = new Map(was.before.entries.map((e) => [e.key, e.value]));
  const size = Math.max(old.size, is.after.entries.length);
  const shared = is.after.entries.filter((e) => old.has(e.key));
  // Rows of a table share values by chance; what holds more than scalars is known by it.
  const nested = shared.filter((e) => e.value.kind !== "scalar");
  if (small) return nested.length > 0 && shared.length * 2 >= size;
  const same = (e: Entry) => fingerprint(e.value) === fingerprint(old.get(e.key) ?? e.value);
  return nested.some(same) && shared.filter(same).length * 10 >= size * 6;
}

/**
 * Pairs items by equal content, as a multiset; what is left pairs by place. Each pair is named by the
 * index of its item in the new list, or in the old one when it is gone.
 */
export function pairByContent(
  before: readonly Node[],
  after: readonly Node[],
): { pairs: readonly ItemPair[]; reordered: boolean } {
  const numberOf = contentNumbers();
  const was = before.map((node, index) => ({ node, index, content: numberOf(node) }));
  const is = after.map((node, index) => ({ node, index, content: numberOf(node) }));
  const a = unmatched(was, is);
  const b = unmatched(is, was);
  const pairs: ItemPair[] = [];
  for (let i = 0; i < Math.max(a.rest.length, b.rest.length); i++) {
    const [x, y] = [a.rest[i] ?? null, b.rest[i] ?? null];
    pairs.push({
      before: x?.node ?? null,
      after: y?.node ?? null,
      name: String((y ?? x)?.index ?? i),
    });
  }
  return { pairs, reordered: a.equal.some((f, i) => f !== b.equal[i]) };
}

type Numbered = { readonly node: Node; readonly index: number; readonly content: number };

type Unmatched = {
  readonly rest: readonly Numbered[];
  /** Contents of the items that both lists hold, in the order of this one. */
  readonly equal: readonly number[];
};

function unmatched(own: readonly Numbered[], other: readonly Numbered[]): Unmatched {
  const left = new Map<number, number>();
  for (const { content } of other) left.set(content, (left.get(content) ?? 0) + 1);
  const rest: Numbered[] = [];
  const equal: number[] = [];
  for (const item of own) {
    const n = left.get(item.content) ?? 0;
    left.set(item.content, n - 1);
    if (n > 0) equal.push(item.content);
    else rest.push(item);
  }
  return { rest, equal };
}

const FINGERPRINTS = new WeakMap<Node, string>();

/** The whole content of a node as one text; order of keys does not count. */
export function fingerprint(node: Node): string {
  const known = FINGERPRINTS.get(node);
  if (known !== undefined) return known;
  const made =
    node.kind === "scalar"
      ? JSON.stringify([node.type, node.text])
      : node.kind === "list"
        ? `[${node.items.map(fingerprint).join(",")}]`
        : `{${node.entries
            .map((e) => `${JSON.stringify(e.key)}:${fingerprint(e.value)}`)
            .sort()
            .join(",")}}`;
  FINGERPRINTS.set(node, made);
  return made;
}
