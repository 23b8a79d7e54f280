// SPDX-License-Identifier: Apache-2.0
export type Line = { readonly line: number; readonly text: string };

/** Edit distance above which lines are compared as a multiset instead: Myers is O(N·D). */
const MAX_DISTANCE = 1_000;

/**
 * Lines of `after` that `before` does not have at that place, with 1-based numbers, by Myers' greedy
 * algorithm (Myers 1986). Very different texts fall back to "lines that occur more often than before",
 * which never misses a new text.
 */
export function addedLines(before: string | null, after: string | null): readonly Line[] {
  if (after === null || after === "" || before === after) return [];
  const b = splitLines(after);
  if (before === null || before === "") return b.map((text, i) => ({ line: i + 1, text }));
  const a = splitLines(before);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let tail = 0;
  while (
    tail < a.length - start &&
    tail < b.length - start &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail++;
  const left = a.slice(start, a.length - tail);
  const right = b.slice(start, b.length - tail);
  const added = myers(left, right) ?? moreOften(left, right);
  return added.map((i) => ({ line: start + i + 1, text: right[i] ?? "" }));
}

function splitLines(text: string): readonly string[] {
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}

/** Indices of `b` that are insertions on a shortest edit path, or `null` when it is too long. */
function myers(a: readonly string[], b: readonly string[]): readonly number[] | null {
  if (a.length === 0) return b.map((_, i) => i);
  if (b.length === 0) return [];
  const max = Math.min(a.length + b.length, MAX_DISTANCE);
  const offset = max + 1;
  const frontier = new Int32Array(2 * max + 3);
  const trace: Int32Array[] = [];
  for (let d = 0; d <= max; d++) {
    trace.push(frontier.slice(offset - d - 1, offset + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down =
        k === -d || (k !== d && at(frontier, offset + k - 1) < at(frontier, offset + k + 1));
      let x = down ? at(frontier, offset + k + 1) : at(frontier, offset + k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      frontier[offset + k] = x;
      if (x >= a.length && x - k >= b.length)
        return insertions(trace, { x: a.length, y: b.length });
    }
  }
  return null;
}

function insertions(
  trace: readonly Int32Array[],
  end: { x: number; y: number },
): readonly number[] {
  const inserted: number[] = [];
  let { x, y } = end;
  for (let d = trace.length - 1; d > 0; d--) {
    const v = trace[d] ?? new Int32Array();
    const origin = d + 1;
    const k = x - y;
    const down = k === -d || (k !== d && at(v, origin + k - 1) < at(v, origin + k + 1));
    const previous = down ? k + 1 : k - 1;
    const px = at(v, origin + previous);
    const py = px - previous;
    if (down) inserted.push(py);
    x = px;
    y = py;
  }
  return inserted.reverse();
}

const at = (v: Int32Array, i: number): number => v[i] ?? 0;

function moreOften(a: readonly string[], b: readonly string[]): readonly number[] {
  const left = new Map<string, number>();
  for (const line of a) left.set(line, (left.get(line) ?? 0) + 1);
  const added: number[] = [];
  for (const [i, line] of b.entries()) {
    const rest = left.get(line) ?? 0;
    if (rest > 0) left.set(line, rest - 1);
    else added.push(i);
  }
  return added;
}
