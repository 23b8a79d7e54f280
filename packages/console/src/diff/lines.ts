// SPDX-License-Identifier: Apache-2.0

/** A line of a comparison; numbers are 1-based, `null` where the line is not on that side. */
export type DiffLine = {
  readonly kind: "same" | "removed" | "added";
  readonly old: number | null;
  readonly new: number | null;
  readonly text: string;
};

export type Diff = {
  readonly lines: readonly DiffLine[];
  /** Too much differs to be told line by line: what was there stands before what is. */
  readonly whole: boolean;
};

/** Edits looked for; their square bounds the work. */
const EDITS_MAX = 1_500;

/** Lines without their ends. */
export function linesOf(text: string): readonly string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** What differs between two texts, line by line (Myers, “An O(ND) difference algorithm”, 1986). */
export function diffOf(before: readonly string[], after: readonly string[]): Diff {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const script = scriptOf(a, b);
  const middle = script ?? [...a.map(() => "removed" as const), ...b.map(() => "added" as const)];
  const kinds = [
    ...Array.from({ length: head }, () => "same" as const),
    ...middle,
    ...Array.from({ length: tail }, () => "same" as const),
  ];
  return { lines: numbered(kinds, before, after), whole: script === null };
}

function numbered(
  kinds: readonly DiffLine["kind"][],
  before: readonly string[],
  after: readonly string[],
): readonly DiffLine[] {
  let old = 0;
  let fresh = 0;
  return kinds.map((kind) => {
    const text = (kind === "added" ? after[fresh] : before[old]) ?? "";
    if (kind !== "added") old++;
    if (kind !== "removed") fresh++;
    return {
      ...{ kind, text },
      old: kind === "added" ? null : old,
      new: kind === "removed" ? null : fresh,
    };
  });
}

/** The shortest way from one to the other, or `null` when it has more than `EDITS_MAX` edits. */
function scriptOf(a: readonly string[], b: readonly string[]): readonly DiffLine["kind"][] | null {
  const most = Math.min(a.length + b.length, EDITS_MAX);
  const trace: Int32Array[] = [];
  const reach = new Int32Array(2 * most + 3);
  const at = (k: number) => reach[k + most + 1] ?? 0;
  for (let d = 0; d <= most; d++) {
    trace.push(reach.slice());
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
      let x = down ? at(k + 1) : at(k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach[k + most + 1] = x;
      if (x >= a.length && x - k >= b.length) return walkedBack(trace, { a, b, most });
    }
  }
  return null;
}

type Walk = { readonly a: readonly string[]; readonly b: readonly string[]; readonly most: number };

function walkedBack(
  trace: readonly Int32Array[],
  { a, b, most }: Walk,
): readonly DiffLine["kind"][] {
  const kinds: DiffLine["kind"][] = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d];
    const at = (k: number) => reach?.[k + most + 1] ?? 0;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const from = down ? k + 1 : k - 1;
    const x0 = d === 0 ? 0 : at(from);
    const y0 = d === 0 ? 0 : x0 - from;
    while (x > x0 && y > y0) {
      kinds.push("same");
      x--;
      y--;
    }
    if (d > 0) kinds.push(down ? "added" : "removed");
    x = x0;
    y = y0;
  }
  return kinds.reverse();
}

/** A stretch of lines to be shown, or of lines that did not change and are far from those that did. */
export type Stretch =
  | { readonly kind: "shown"; readonly lines: readonly DiffLine[] }
  | { readonly kind: "folded"; readonly lines: readonly DiffLine[] };

/** Folds what did not change, but for `around` lines beside what did. Nothing that changed is folded. */
export function folded(lines: readonly DiffLine[], around = 3): readonly Stretch[] {
  const near = new Uint8Array(lines.length);
  for (const [i, { kind }] of lines.entries()) {
    if (kind === "same") continue;
    near.fill(1, Math.max(0, i - around), Math.min(lines.length, i + around + 1));
  }
  const stretches: { kind: Stretch["kind"]; lines: DiffLine[] }[] = [];
  for (const [i, line] of lines.entries()) {
    const kind = near[i] === 1 ? "shown" : "folded";
    const last = stretches.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else stretches.push({ kind, lines: [line] });
  }
  return stretches;
}
