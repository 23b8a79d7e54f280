// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { NewEntry } from "@interlock/store";

/** An entry that is told apart from others by its name alone. */
export function entryNamed(name: string, given: Partial<NewEntry> = {}): NewEntry {
  const leaf = given.leaf ?? Buffer.from(`leaf of ${name}`);
  return {
    leaf,
    leafHash: createHash("sha256").update(Buffer.of(0)).update(leaf).digest(),
    kind: "test",
    subject: null,
    at: 1_700_000_000_000,
    body: { salt: Buffer.from(`salt of ${name}`), text: JSON.stringify({ name }) },
    ...given,
  };
}

export function entriesNamed(...names: readonly string[]): readonly NewEntry[] {
  return names.map((name) => entryNamed(name));
}
