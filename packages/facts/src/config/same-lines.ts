// SPDX-License-Identifier: Apache-2.0
import type { Node } from "./types.ts";

/** Lines at both ends of two texts that are equal: what lies wholly inside them need not be compared. */
export type SameLines = {
  readonly head: number;
  /** Last line of each text before the equal tail. */
  readonly beforeBody: number;
  readonly afterBody: number;
};

/** No two lines are known to be equal. */
export const NOTHING_SAME: SameLines = {
  head: 0,
  beforeBody: Number.MAX_SAFE_INTEGER,
  afterBody: Number.MAX_SAFE_INTEGER,
};

/**
 * The equal lines of two texts of one format. None where a line means something else elsewhere: under
 * YAML aliases, and in tables whose header names the columns.
 */
export function sameLines(before: string, after: string): SameLines {
  if (speaksOfOtherLines(before) || speaksOfOtherLines(after)) return NOTHING_SAME;
  const end = Math.min(before.length, after.length);
  let head = 0;
  let at = 0;
  while (at < end && before.charCodeAt(at) === after.charCodeAt(at))
    if (before.charCodeAt(at++) === 10) head++;
  const limit = end - at;
  let tail = 0;
  let back = 0;
  while (
    back < limit &&
    before.charCodeAt(before.length - 1 - back) === after.charCodeAt(after.length - 1 - back)
  ) {
    if (before.charCodeAt(before.length - 1 - back) === 10) tail++;
    back++;
  }
  const lines = (text: string) => text.split("\n").length;
  // The first line of the tail may be equal only in part.
  return {
    head,
    beforeBody: lines(before) - Math.max(0, tail - 1),
    afterBody: lines(after) - Math.max(0, tail - 1),
  };
}

/** A YAML alias, or a tag whose value stands on the next line. */
const speaksOfOtherLines = (text: string): boolean =>
  /(?:^|[\s[{,:-])\*[^\s,[\]{}*]/m.test(text) || /(?:^|\s)![\w./:-]*[ \t]*$/m.test(text);

/** Both nodes are made of the same equal lines. */
export function liesInSameLines(before: Node, after: Node, same: SameLines): boolean {
  if (before.line === after.line && before.endLine <= same.head && after.endLine <= same.head)
    return true;
  return (
    before.line > same.beforeBody &&
    after.line > same.afterBody &&
    before.line - same.beforeBody === after.line - same.afterBody &&
    before.endLine - before.line === after.endLine - after.line
  );
}
