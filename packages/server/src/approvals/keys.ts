// SPDX-License-Identifier: Apache-2.0
import { entryOf, isKnownKind, readBody, readLeaf } from "@interlock/core";
import type { Enrolment } from "@interlock/receipt";
import { type Database, readEntry } from "@interlock/store";

/** A key as the people of this server know it. */
export type KnownKey = {
  readonly person: string;
  /** Credential id as base64url. */
  readonly credential: string;
  /** Where the ledger says whose it is. */
  readonly enrolmentIndex: number;
  /** Milliseconds since 1970: its cool-down ends then. */
  readonly usableFrom: number;
  /** The highest counter seen. */
  readonly signCount: number;
};

/** Whose keys there are. Revoked keys, and those of persons who are not active, are not among them. */
export type KeyBook = {
  readonly ofPerson: (db: Database, person: string) => Promise<readonly KnownKey[]>;
};

/**
 * The enrolment of a key as the ledger has it. The table of keys is only an index of it: what decides
 * is the entry, so that a row which somebody changed in the database gives no key (IN5).
 */
export async function enrolmentOf(db: Database, key: KnownKey): Promise<Enrolment | null> {
  const stored = await readEntry(db, key.enrolmentIndex);
  if (stored === null || stored.body.kind !== "kept") return null;
  const leaf = readLeaf(new TextDecoder().decode(stored.leaf));
  if (!leaf.ok || !isKnownKind(leaf.entry) || leaf.entry.kind !== "enrolment") return null;
  const read = readBody("enrolment", JSON.parse(stored.body.text));
  if (!read.ok) return null;
  const { kind, at, subject } = leaf.entry;
  const rebuilt = entryOf({ kind, at, subject, salt: stored.body.salt, body: read.body });
  return rebuilt.body === leaf.entry.body
    ? { entry: leaf.entry, index: key.enrolmentIndex, body: read.body }
    : null;
}
