// SPDX-License-Identifier: Apache-2.0
/** Where the cells lie: each below a prefix of its own, and below that prefix a book of ours. */

/** What is ours below a cell's prefix; it is never listed, watched or written as a key. */
export const BOOK = ".interlock/";
/** What follows the last key that begins with `BOOK`, since `0` follows `/`. */
const BOOK_END = ".interlock0";

export type Layout = {
  readonly prefixes: ReadonlyMap<string, string>;
  /** By prefix, sorted; no prefix begins with another one. */
  readonly sorted: readonly { readonly prefix: string; readonly cell: string }[];
};

/** A range of keys, `end` outside of it. */
export type KeyRange = { readonly start: Buffer; readonly end: Buffer };

/** What is wrong with the prefixes of cells, as text. */
export function layoutOf(prefixes: ReadonlyMap<string, string>): Layout | string {
  const sorted = [...prefixes]
    .map(([cell, prefix]) => ({ prefix, cell }))
    .sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
  // What begins with a prefix follows it directly, so neighbours tell of all.
  for (const [index, { prefix, cell }] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next?.prefix.startsWith(prefix))
      return `\`${next.cell}\` lies below \`${cell}\`: \`${next.prefix}\` begins with \`${prefix}\``;
  }
  return { prefixes, sorted };
}

export const fenceKey = (prefix: string): string => `${prefix}${BOOK}fence`;

export const doneKey = (prefix: string, idempotencyKey: string): string =>
  `${prefix}${BOOK}done/${idempotencyKey}`;

/** From the first key of the first cell to the last one of the last, with all that lies between. */
export function spanOf({ prefixes }: Layout): KeyRange {
  const starts = [...prefixes.values()].map((prefix) => Buffer.from(prefix));
  const sorted = starts.sort(Buffer.compare);
  const first = sorted[0] ?? Buffer.alloc(0);
  return { start: first, end: after(sorted.at(-1) ?? first) };
}

/** The next range to list after a key of a cell: what lies before our book, then what lies behind it. */
export function rangeAfter(prefix: string, key: string | null): KeyRange {
  const bookStart = Buffer.from(prefix + BOOK);
  const bookEnd = Buffer.from(prefix + BOOK_END);
  const start = Buffer.from(`${prefix}${key ?? ""}\0`);
  if (Buffer.compare(start, bookStart) < 0) return { start, end: bookStart };
  const end = after(Buffer.from(prefix));
  return { start: Buffer.compare(start, bookEnd) < 0 ? bookEnd : start, end };
}

/** Whose key it is; `null`: nobody's, or ours. */
export function placeOf(
  { sorted }: Layout,
  path: Uint8Array,
): { readonly cell: string; readonly key: string } | null {
  const text = Buffer.from(path).toString("utf8");
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle]?.prefix ?? "") <= text) from = middle + 1;
    else to = middle;
  }
  const found = sorted[from - 1];
  if (found === undefined || !text.startsWith(found.prefix)) return null;
  const key = text.slice(found.prefix.length);
  return key !== "" && !key.startsWith(BOOK) ? { cell: found.cell, key } : null;
}

/** The first key that does not begin with these bytes; `\0`, etcd's word for no end, if there is none. */
function after(prefix: Buffer): Buffer {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix[last] ?? 0xff;
    if (byte < 0xff) return Buffer.concat([prefix.subarray(0, last), Buffer.from([byte + 1])]);
  }
  return Buffer.from([0]);
}
