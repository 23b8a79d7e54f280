// SPDX-License-Identifier: Apache-2.0
/** Plain lists of addresses and hosts, one a line, that lose many of them. */

const ENTRY =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?|[0-9a-f:]{2,39}::?[0-9a-f:]{0,39}(?:\/\d{1,3})?|(?:[a-z0-9_-]{1,63}\.){1,8}[a-z0-9-]{2,63})(?::\d{1,5})?$/i;
/** A shorter list is kept by hand, and each of its lines is seen. */
const ENTRIES_MIN = 6;
const LOST_MIN = 3;
const ROW_MAX = 1_000;
const TEXT_MAX = 2_000_000;

/** The entries of a text in which nearly every line is one; `null` for any other text. */
function entriesOf(text: string): ReadonlySet<string> | null {
  if (text.length > TEXT_MAX) return null;
  const rows = text
    .split("\n")
    .map((row) => row.slice(0, ROW_MAX).split(/[#;]/, 1)[0]?.trim() ?? "")
    .filter((row) => row !== "");
  const entries = rows.filter((row) => ENTRY.test(row));
  return entries.length * 10 >= rows.length * 9 ? new Set(entries) : null;
}

export type LostEntries = {
  readonly before: number;
  readonly after: number;
  readonly lost: readonly string[];
};

/** More than a third of the entries go, and are not replaced by others. */
export function lostEntries(before: string, after: string): LostEntries | null {
  const [was, is] = [entriesOf(before), entriesOf(after)];
  if (was === null || is === null || was.size < ENTRIES_MIN) return null;
  const lost = [...was].filter((one) => !is.has(one));
  if (lost.length < LOST_MIN || is.size * 3 >= was.size * 2) return null;
  return { before: was.size, after: is.size, lost };
}
