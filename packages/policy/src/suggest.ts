// SPDX-License-Identifier: Apache-2.0
/** The known name nearest to a mistyped one, or `null` when none is near (Levenshtein ≤ a third). */
export function nearest(written: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const name of [...known].sort()) {
    const d = distance(written.toLowerCase().slice(0, 60), name.toLowerCase().slice(0, 60));
    if (d < bestDistance) {
      best = name;
      bestDistance = d;
    }
  }
  return best;
}

/** What to do about a name that is not known. */
export function didYouMean(written: string, known: readonly string[]): string {
  const near = nearest(written, known);
  return near === null
    ? `known here: ${[...known].sort().slice(0, 30).join(", ")}`
    : `did you mean \`${near}\`?`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, x] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, y] of [...b].entries())
      next.push(
        Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (x === y ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
