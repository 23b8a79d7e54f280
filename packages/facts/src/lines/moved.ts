// SPDX-License-Identifier: Apache-2.0
/** The two sides of one changed file. */
type Sides = { readonly before: string | null; readonly after: string | null };

/** Shorter lines, such as brackets, stand everywhere. */
const LINE_MIN = 4;
/** Share of the lost lines that must be found again. */
const MOVED_PERCENT = 90;
const LOST_MIN = 3;

/**
 * Files whose lost lines come back, whatever the indentation, in other files of the same change:
 * what was moved is not gone.
 */
export function movedAway<T extends Sides>(files: readonly T[]): ReadonlySet<T> {
  const pool = new Map<string, number>();
  const lost = files.map((file) => {
    const { gone, come } = compared(file);
    for (const [line, times] of come) pool.set(line, (pool.get(line) ?? 0) + times);
    return { file, gone };
  });
  return new Set(
    lost.flatMap(({ file, gone }) => {
      let all = 0;
      let found = 0;
      for (const [line, times] of gone) {
        all += times;
        found += Math.min(times, pool.get(line) ?? 0);
      }
      return all >= LOST_MIN && found * 100 >= all * MOVED_PERCENT ? [file] : [];
    }),
  );
}

type Counted = ReadonlyMap<string, number>;

function compared({ before, after }: Sides): { readonly gone: Counted; readonly come: Counted } {
  const old = linesOf(before);
  const now = linesOf(after);
  return { gone: minus(old, now), come: minus(now, old) };
}

function linesOf(text: string | null): Counted {
  const lines = new Map<string, number>();
  for (const raw of (text ?? "").split("\n")) {
    const line = raw.trim();
    if (line.length >= LINE_MIN) lines.set(line, (lines.get(line) ?? 0) + 1);
  }
  return lines;
}

function minus(a: Counted, b: Counted): Counted {
  const rest = new Map<string, number>();
  for (const [line, times] of a) {
    const left = times - (b.get(line) ?? 0);
    if (left > 0) rest.set(line, left);
  }
  return rest;
}
