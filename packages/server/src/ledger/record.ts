// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import {
  type EntryContent,
  type EntryKind,
  entryId,
  entryOf,
  leafOf,
  SALT_LENGTH,
} from "@interlock/core";
import { canonicalJson, type Digest, type Json } from "@interlock/digest";
import type { NewEntry } from "@interlock/store";
import { leafHash } from "@interlock/tlog";

/** What is to be recorded; the salt is made here. */
export type Unsalted<K extends EntryKind = EntryKind> = {
  readonly [P in K]: Omit<EntryContent<P>, "salt">;
}[K];

/** An entry ready for the store, and its id: the hash of its leaf. */
export type Prepared = { readonly id: Digest; readonly entry: NewEntry };

/** Makes the entry of a content, under a fresh salt. */
export function prepare(unsalted: Unsalted): Prepared {
  const salt = new Uint8Array(randomBytes(SALT_LENGTH));
  const content = { ...unsalted, salt } as EntryContent; // kind and body come as one pair
  const entry = entryOf(content);
  const leaf = leafOf(entry);
  const { kind, at, subject, body } = content;
  const text = canonicalJson(body as unknown as Json); // bodies are plain data by their schema
  return {
    id: entryId(entry),
    entry: { leaf, leafHash: leafHash(leaf), kind, subject, at, body: { salt, text } },
  };
}
