// SPDX-License-Identifier: Apache-2.0
/** How many lines a change adds and deletes, from the bytes of both sides. */

export type LineCount = {
  readonly added: number;
  readonly deleted: number;
  /** The texts differ too much for the shortest edit; moved lines may then be counted as kept. */
  readonly approximate: boolean;
};

/** Steps after which the search for the shortest edit is given up: some tens of milliseconds. */
const STEPS_MAX = 5_000_000;
const NEWLINE = 10;

/**
 * Lines of the shortest edit from one text to the other (Myers 1986, the length only). A line counts
 * with its line end, so that a missing one at the end of a file is a change, as for git.
 */
export function countLines(before: Buffer, after: Buffer): LineCount {
  if (before.length === 0 || after.length === 0)
    return { added: linesIn(after), deleted: linesIn(before), approximate: false };
  const start = sharedStart(before, after);
  const end = sharedEnd(before, after, start);
  const ids = new Map<string, number>();
  const a = numbered(before.subarray(start, before.length - end), ids);
  const b = numbered(after.subarray(start, after.length - end), ids);
  // A line that the other side lacks is part of every edit and of no shortest path's choice.
  const left = occurringIn(a, b, ids.size);
  const right = occurringIn(b, a, ids.size);
  const sure = { added: b.length - right.length, deleted: a.length - left.length };
  const distance = editDistance(left, right);
  const approximate = distance === null;
  const kept =
    distance === null
      ? commonLines(left, right, ids.size)
      : (left.length + right.length - distance) / 2;
  return {
    added: sure.added + right.length - kept,
    deleted: sure.deleted + left.length - kept,
    approximate,
  };
}

export function linesIn(text: Buffer): number {
  if (text.length === 0) return 0;
  let lines = text[text.length - 1] === NEWLINE ? 0 : 1;
  for (let at = text.indexOf(NEWLINE); at >= 0; at = text.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** Bytes of the whole lines that both begin with. */
function sharedStart(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  let same = 0;
  let line = 0;
  while (same < length && a[same] === b[same]) {
    same++;
    if (a[same - 1] === NEWLINE) line = same;
  }
  return line;
}

/** Bytes of the whole lines that both end with, behind the shared start. */
function sharedEnd(a: Buffer, b: Buffer, start: number): number {
  const length = Math.min(a.length, b.length) - start;
  let same = 0;
  while (same < length && a[a.length - 1 - same] === b[b.length - 1 - same]) same++;
  // A line is whole when a line end, or the shared start, stands before it on both sides.
  while (
    same > 0 &&
    !(startsLine(a, a.length - same, start) && startsLine(b, b.length - same, start))
  )
    same--;
  return same;
}

const startsLine = (text: Buffer, at: number, start: number): boolean =>
  at === start || text[at - 1] === NEWLINE;

/** Each line as the number of its first occurrence on either side. */
function numbered(text: Buffer, ids: Map<string, number>): Int32Array {
  const lines = new Int32Array(linesIn(text));
  let from = 0;
  for (let i = 0; i < lines.length; i++) {
    const end = text.indexOf(NEWLINE, from);
    const to = end < 0 ? text.length : end + 1;
    const line = text.toString("latin1", from, to);
    let id = ids.get(line);
    if (id === undefined) {
      id = ids.size;
      ids.set(line, id);
    }
    lines[i] = id;
    from = to;
  }
  return lines;
}

function occurringIn(lines: Int32Array, others: Int32Array, ids: number): Int32Array {
  const there = new Uint8Array(ids);
  for (const id of others) there[id] = 1;
  return lines.filter((id) => there[id] === 1);
}

/** Insertions and deletions of the shortest edit, or `null` when it takes too long to find. */
function editDistance(a: Int32Array, b: Int32Array): number | null {
  const longest = a.length + b.length;
  if (a.length === 0 || b.length === 0) return longest;
  const offset = longest + 1;
  const frontier = new Int32Array(2 * longest + 3);
  let steps = 0;
  for (let d = 0; d <= longest; d++) {
    for (let k = -d; k <= d; k += 2) {
      const below = frontier[offset + k - 1] ?? 0;
      const above = frontier[offset + k + 1] ?? 0;
      let x = k === -d || (k !== d && below < above) ? above : below + 1;
      const from = x;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      frontier[offset + k] = x;
      if (x >= a.length && x - k >= b.length) return d;
      steps += x - from + 1;
    }
    if (steps > STEPS_MAX) return null;
  }
  return longest;
}

/** Lines that both have, whatever their order: an upper bound of what an edit can keep. */
function commonLines(a: Int32Array, b: Int32Array, ids: number): number {
  const left = new Int32Array(ids);
  for (const id of a) left[id] = (left[id] ?? 0) + 1;
  let common = 0;
  for (const id of b) {
    const rest = left[id] ?? 0;
    if (rest === 0) continue;
    left[id] = rest - 1;
    common++;
  }
  return common;
}
