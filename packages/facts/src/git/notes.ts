// SPDX-License-Identifier: Apache-2.0
import { readCommit } from "./history.ts";
import type { ObjectReader } from "./object-reader.ts";
import { escapedText } from "./path.ts";
import { findPath } from "./tree-files.ts";

const NOTE_MAX_BYTES = 100_000;
/** Git spreads notes over folders as they grow. */
const FANOUT_MAX = 4;

/** The text of a commit's note under a ref, or `null` when it has none that can be read. */
export async function readNote(
  reader: ObjectReader,
  ref: string,
  commit: string,
): Promise<string | null> {
  if (!/^refs\/notes\/[A-Za-z0-9._/-]{1,200}$/.test(ref)) return null;
  const tip = await reader.about(`${ref}^{commit}`);
  if (tip.kind !== "object") return null;
  const top = await readCommit(reader, tip.oid);
  if (typeof top === "string") return null;
  for (let folders = 0; folders <= FANOUT_MAX; folders++) {
    const parts = Array.from({ length: folders }, (_, i) => commit.slice(2 * i, 2 * i + 2));
    const path = [...parts, commit.slice(2 * folders)].join("/");
    const found = await findPath(reader, top.tree, path);
    if (found.kind !== "found") continue;
    const blob = await reader.read(found.item.oid, NOTE_MAX_BYTES);
    return blob.kind === "content" && blob.type === "blob" ? escapedText(blob.bytes) : null;
  }
  return null;
}
