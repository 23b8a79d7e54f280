// SPDX-License-Identifier: Apache-2.0
import {
  type Bodies,
  type Entry,
  type EntryContent,
  type EntryKind,
  entryOf,
  leafOf,
  readBody,
  readLeaf,
  SALT_LENGTH,
} from "@interlock/core";
import type { StoredEntry } from "@interlock/store";

/**
 * The body of a stored entry of some kind, or `null`: erased, of another kind, or not what its leaf
 * was made of. Only the leaf is in the log; body and columns are whatever the database says.
 */
export function bodyIn<K extends EntryKind>(
  wanted: K,
  { leaf, body: stored }: Pick<StoredEntry, "leaf" | "body">,
): { readonly entry: Entry; readonly body: Bodies[K] } | null {
  const named = readLeaf(new TextDecoder().decode(leaf));
  if (!named.ok || named.entry.kind !== wanted || stored.kind !== "kept") return null;
  const read = readBody(wanted, parsed(stored.text));
  if (!read.ok || stored.salt.length !== SALT_LENGTH) return null;
  const { at, subject } = named.entry;
  const salt = new Uint8Array(stored.salt);
  const content = { kind: wanted, at, subject, salt, body: read.body };
  const made = leafOf(entryOf(content as EntryContent)); // kind and body come as one pair
  return Buffer.compare(made, leaf) === 0 ? { entry: named.entry, body: read.body } : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
