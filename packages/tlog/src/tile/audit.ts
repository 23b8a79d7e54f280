// SPDX-License-Identifier: Apache-2.0
import { accepted, type Outcome, refused } from "../failure.ts";
import { type Hash, sameBytes, TREE_HASH } from "../merkle/hash.ts";
import { isSize } from "../size.ts";
import { decodeBundle } from "./bundle.ts";
import { bundlesBetween } from "./layout.ts";
import { type Bundle, bundlePath, TILE_WIDTH } from "./path.ts";
import { type FetchStored, type StoredTree, tileReader } from "./reader.ts";

/** Entries that have been shown to stand in the tree, the first of them at `start`. */
export type CheckedEntries = { readonly start: number; readonly entries: readonly Uint8Array[] };

/**
 * Reads the entries `[from, size)` of a log, a bundle at a time and in order, and gives each bundle
 * only after all its entries are found in the tree. Stops at the first refusal, which names the
 * bundle or the entry: one that was edited, removed or moved. From 0 this is the audit of a log.
 */
export async function* readEntries(
  tree: StoredTree,
  from = 0,
): AsyncGenerator<Outcome<CheckedEntries>> {
  if (!isSize(from) || from > tree.size) {
    yield refused("INDEX_OUTSIDE", `a log of ${tree.size} entries has none from \`${from}\` on`);
    return;
  }
  const reader = tileReader(tree);
  const hash = tree.hash ?? TREE_HASH;
  if (tree.size === 0) {
    const edge = await reader.edge();
    if (!edge.ok) yield edge;
    return;
  }
  for (const bundle of bundlesBetween(from, tree.size)) {
    const [leaves, entries] = await Promise.all([
      reader.tile(0, bundle.index),
      fetchBundle(tree.fetch, bundle),
    ]);
    const checked = check(bundle, leaves, entries, hash.leaf);
    yield checked.ok ? accepted(since(from, checked.value)) : checked;
    if (!checked.ok) return;
  }
}

function check(
  bundle: Bundle,
  leaves: Outcome<readonly Hash[]>,
  entries: Outcome<readonly Uint8Array[]>,
  leaf: (entry: Uint8Array) => Hash,
): Outcome<CheckedEntries> {
  if (!leaves.ok) return leaves;
  if (!entries.ok) return entries;
  const start = bundle.index * TILE_WIDTH;
  const wrong = entries.value.findIndex((entry, i) => {
    const expected = leaves.value[i];
    return expected === undefined || !sameBytes(leaf(entry), expected);
  });
  if (wrong === -1) return accepted({ start, entries: entries.value });
  return refused("ROOT_MISMATCH", `entry ${start + wrong} is not the one that is in the tree`);
}

function since(from: number, { start, entries }: CheckedEntries): CheckedEntries {
  return start >= from ? { start, entries } : { start: from, entries: entries.slice(from - start) };
}

async function fetchBundle(
  fetch: FetchStored,
  bundle: Bundle,
): Promise<Outcome<readonly Uint8Array[]>> {
  const path = bundlePath(bundle);
  const bytes = await fetch(path);
  if (bytes !== null) {
    const whole = decodeBundle(bytes, bundle.width);
    if (whole.ok || bundle.width === TILE_WIDTH) return named(whole, path);
  }
  if (bundle.width === TILE_WIDTH) return refused("TILE_MISSING", `the log has no \`${path}\``);
  // As with tiles of hashes: a partial bundle may be gone, or kept too long by a cache.
  const full = await fetch(bundlePath({ ...bundle, width: TILE_WIDTH }));
  if (full === null) {
    return bytes === null
      ? refused("TILE_MISSING", `the log has no \`${path}\``)
      : named(decodeBundle(bytes, bundle.width), path);
  }
  const entries = decodeBundle(full, TILE_WIDTH);
  return entries.ok ? accepted(entries.value.slice(0, bundle.width)) : named(entries, path);
}

function named<T>(outcome: Outcome<T>, path: string): Outcome<T> {
  if (outcome.ok) return outcome;
  return refused(outcome.failure.code, `\`${path}\`: ${outcome.failure.message}`);
}
