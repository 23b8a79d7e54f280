// SPDX-License-Identifier: Apache-2.0

/** An entry of a plain list that matches every host, path or address. */
const EVERYTHING =
  /^(?:\/|\/?\*{1,2}|\*\.\*|\.|\.\*|\^|\^\.\*\$?|%|https?:\/\/|https?:\/\/\*?\/?|0\.0\.0\.0\/0|::\/0|any|all)$/i;
/** One entry in a line: an address, host, path or pattern without spaces. */
const ENTRY = /^[^\s#;]{1,300}$/;
/** Share of lines that must be entries before a text counts as a list. */
const LIST_PPM = 950_000;

type Row = { readonly line: number; readonly text: string };

function rowsOf(text: string): readonly Row[] {
  return text
    .split("\n")
    .map((row, at) => ({ line: at + 1, text: row.slice(0, 400).trim() }))
    .filter((row) => row.text !== "" && !/^(?:#|\/\/|;)/.test(row.text));
}

/** New entries of a line list that match everything; a text that is no list has none. */
export function widestEntries(before: string, after: string): readonly Row[] {
  const rows = rowsOf(after);
  const entries = rows.filter((row) => ENTRY.test(row.text));
  const isList = rows.length > 1 && entries.length * 1_000_000 >= rows.length * LIST_PPM;
  const named = entries.filter((row) => /[./:]/.test(row.text) && row.text.length > 2);
  // Without hosts, paths or addresses beside it, a star or a dot is just text.
  if (!isList || named.length * 2 < entries.length) return [];
  const known = new Set(rowsOf(before).map((row) => row.text));
  return entries.filter((row) => EVERYTHING.test(row.text) && !known.has(row.text));
}
