// SPDX-License-Identifier: Apache-2.0
import type { ChangeEntry } from "@interlock/digest";

const LINK = "120000";
const SUBMODULE = "160000";

/** What becomes of a path, in words. */
export function statusOf({ oldMode, newMode, oldContent, newContent }: ChangeEntry): string {
  if (oldMode === null) return "added";
  if (newMode === null) return "removed";
  if (oldMode !== newMode)
    return oldContent === newContent
      ? `mode ${oldMode} → ${newMode}`
      : `changed, mode ${oldMode} → ${newMode}`;
  return "changed";
}

/** What a reader of lines alone would miss; each is said, and nothing is folded because of it. */
export function notesOf(
  { oldMode, newMode }: ChangeEntry,
  attributes: { readonly [name: string]: string },
): readonly string[] {
  const notes: string[] = [];
  if (newMode === LINK) notes.push("link: its content is where it leads");
  else if (oldMode === LINK) notes.push("was a link");
  if (newMode === SUBMODULE || oldMode === SUBMODULE) notes.push("submodule");
  if (newMode?.endsWith("755") === true && oldMode !== newMode) notes.push("can be run");
  if (attributes["diff"] === "unset") notes.push("-diff: git would not show it");
  for (const name of ["linguist-generated", "linguist-vendored", "gitlab-generated"])
    if (attributes[name] === "set" || attributes[name] === "true")
      notes.push(`${name}: forges fold it`);
  return notes;
}
