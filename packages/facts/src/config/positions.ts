// SPDX-License-Identifier: Apache-2.0
/** Offsets to 1-based lines and columns. */
export type Lines = {
  readonly lineAt: (offset: number) => number;
  readonly columnAt: (offset: number) => number;
};

export function linesOf(text: string): Lines {
  const starts: number[] = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  return { lineAt, columnAt: (offset) => offset - (starts[lineAt(offset) - 1] ?? 0) + 1 };
}
