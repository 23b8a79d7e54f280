// SPDX-License-Identifier: Apache-2.0
/** Terms about lists, mappings and tables: how many, which keys, which order, none twice. */
import type { Contract } from "../catalog/contract.ts";
import { fingerprint } from "../config/identity.ts";
import type { Node } from "../config/types.ts";
import { quantityOf } from "../settings/quantity.ts";
import type { Breach } from "./breach.ts";
import { matches } from "./pattern.ts";
import { childrenOf, type Found, select } from "./pointer.ts";
import { beyond, breach } from "./values.ts";
import { compareVersions, versionOf } from "./version.ts";

export function checkMembers(contract: Contract, found: Found, into: Breach[]): void {
  const { node } = found;
  if (node.kind === "scalar") {
    if (asksForMembers(contract))
      into.push(breach("wrong-type", found, `\`${node.text}\``, "a list or a mapping"));
    return;
  }
  checkCount(contract, found, into);
  checkKeys(contract, found, into);
  checkUnique(contract, found, into);
  checkOrder(contract, found, into);
  checkContent(contract, found, into);
}

const asksForMembers = (c: Contract): boolean =>
  c.minItems !== null ||
  c.maxItems !== null ||
  c.keys !== null ||
  c.keyPattern !== null ||
  c.unique !== null ||
  c.sorted !== null;

export const sizeOf = (node: Node): number =>
  node.kind === "list" ? node.items.length : node.kind === "map" ? node.entries.length : 0;

function checkCount({ minItems, maxItems }: Contract, found: Found, into: Breach[]): void {
  const n = sizeOf(found.node);
  if (minItems !== null && n < minItems)
    into.push(
      beyond(minItems - n, breach("too-few", found, entries(n), `at least ${entries(minItems)}`)),
    );
  if (maxItems !== null && n > maxItems)
    into.push(
      beyond(n - maxItems, breach("too-many", found, entries(n), `at most ${entries(maxItems)}`)),
    );
}

export const entries = (n: number): string => `${n} ${n === 1 ? "entry" : "entries"}`;

function checkKeys({ keys, keyPattern }: Contract, found: Found, into: Breach[]): void {
  if ((keys === null && keyPattern === null) || found.node.kind !== "map") return;
  for (const [i, child] of childrenOf(found).entries()) {
    const key = found.node.entries[i]?.key ?? "";
    if (keys !== null && !keys.includes(key))
      into.push(breach("unknown-key", child, `\`${key}\``, `only ${keys.slice(0, 8).join(", ")}`));
    if (keyPattern !== null && !matches(keyPattern, key))
      into.push(
        breach("unknown-key", child, `\`${key}\``, `only keys that match \`${keyPattern}\``),
      );
  }
}

function checkUnique({ unique }: Contract, found: Found, into: Breach[]): void {
  if (unique === null) return;
  const seen = new Set<string>();
  for (const [i, child] of childrenOf(found).entries()) {
    const key = identityBy(unique, found.node, child, i);
    if (key === null) continue;
    if (seen.has(key.id))
      into.push(breach("duplicate", child, `a second ${key.shown}`, "each once"));
    seen.add(key.id);
  }
}

function identityBy(
  fields: readonly string[],
  parent: Node,
  { node }: Found,
  index: number,
): { readonly id: string; readonly shown: string } | null {
  if (parent.kind === "map") {
    const key = parent.entries[index]?.key ?? "";
    return { id: key, shown: `\`${key}\`` };
  }
  if (fields.length === 0)
    return {
      id: fingerprint(node),
      shown: node.kind === "scalar" ? `\`${node.text}\`` : "such entry",
    };
  const parts = fields.map((f) => scalarAt(node, f.startsWith("/") ? f : `/${f}`));
  // A member without the fields has no identity; whether it must have them is another term.
  if (parts.some((p) => p === null)) return null;
  return { id: JSON.stringify(parts), shown: parts.map((p) => `\`${p}\``).join(" ") };
}

function scalarAt(node: Node, pointer: string): string | null {
  const at = select(node, pointer).found[0]?.node;
  return at?.kind === "scalar" ? at.text : null;
}

function checkOrder({ sorted, sortedBy }: Contract, found: Found, into: Breach[]): void {
  if (sorted === null) return;
  const texts =
    found.node.kind === "map" && sortedBy === ""
      ? found.node.entries.map((e) => e.key)
      : childrenOf(found).map(({ node }) => scalarAt(node, sortedBy) ?? "");
  const compare = comparer(texts);
  const sign = sorted === "ascending" ? 1 : -1;
  const places = childrenOf(found);
  for (let i = 1; i < texts.length; i++) {
    const [a, b] = [texts[i - 1] ?? "", texts[i] ?? ""];
    const at = places[i];
    if (at !== undefined && compare(a, b) * sign > 0)
      into.push(breach("unsorted", at, `\`${b}\` after \`${a}\``, `${sorted} order`));
  }
}

/** Numbers by size, versions by their parts, other texts by code units; one order for the whole list. */
function comparer(texts: readonly string[]): (a: string, b: string) => number {
  const numbers = new Map(texts.map((t) => [t, quantityOf(t)?.micro]));
  if (texts.every((t) => numbers.get(t) !== undefined))
    return (a, b) => (numbers.get(a) ?? 0) - (numbers.get(b) ?? 0);
  const versions = new Map(texts.map((t) => [t, versionOf(t)]));
  if (texts.every((t) => versions.get(t) !== null && /^v?\d+\./.test(t)))
    return (a, b) => compareVersions(versions.get(a) ?? [0, 0, 0], versions.get(b) ?? [0, 0, 0]);
  return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
}

function checkContent({ contains, excludes }: Contract, found: Found, into: Breach[]): void {
  if (contains.length === 0 && excludes.length === 0) return;
  const texts =
    found.node.kind === "map"
      ? found.node.entries.map((e) => e.key)
      : childrenOf(found).map(({ node }) => (node.kind === "scalar" ? node.text : nameOf(node)));
  const held = new Set(texts);
  for (const wanted of contains)
    if (!held.has(wanted)) {
      const lost = breach("lacks", found, `no \`${wanted}\``, `\`${wanted}\` among them`);
      into.push({
        ...lost,
        name: `${found.name}/[${wanted}]`,
        lasting: `${found.lasting}/[${wanted}]`,
      });
    }
  for (const [i, child] of childrenOf(found).entries())
    if (excludes.includes(texts[i] ?? ""))
      into.push(breach("forbidden", child, `\`${texts[i]}\``, `no \`${texts[i]}\``));
}

/** What people call a member: the first of its usual naming fields. */
function nameOf(node: Node): string {
  for (const field of ["name", "id", "key", "host", "path"]) {
    const text = scalarAt(node, `/${field}`);
    if (text !== null) return text;
  }
  return "";
}
