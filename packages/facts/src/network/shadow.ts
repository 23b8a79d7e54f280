// SPDX-License-Identifier: Apache-2.0
import type { FilterLine } from "./filter-line.ts";

export type Shadowed = {
  readonly chain: string;
  /** The line that decides everything. */
  readonly line: number;
  readonly by: string;
  /** The first line that is never reached any more. */
  readonly lost: string;
};

/** Lines of a chain that worked before and now stand behind one that decides for every packet. */
export function shadowedLines(
  before: readonly FilterLine[],
  after: readonly FilterLine[],
): readonly Shadowed[] {
  const reached = new Set(split(before).flatMap(({ reached: lines }) => lines.map(idOf)));
  return split(after).flatMap(({ wall, behind }): readonly Shadowed[] => {
    const lost = behind.find((one) => reached.has(idOf(one)));
    if (wall === null || lost === undefined) return [];
    return [{ chain: wall.chain, line: wall.line, by: wall.text, lost: lost.text }];
  });
}

const idOf = (one: FilterLine): string => `${one.chain}\0${one.text}`;

type Chain = {
  readonly reached: readonly FilterLine[];
  readonly wall: FilterLine | null;
  readonly behind: readonly FilterLine[];
};

function split(lines: readonly FilterLine[]): readonly Chain[] {
  const chains = new Map<string, FilterLine[]>();
  for (const one of lines) {
    if (one.action === null || one.isDefault) continue;
    const chain = chains.get(one.chain);
    if (chain === undefined) chains.set(one.chain, [one]);
    else chain.push(one);
  }
  return [...chains.values()].map((chain) => {
    const at = chain.findIndex(
      (one) => one.any && /^-A\s|^(?:\d+\s+)?(?:permit|deny)\b/.test(one.text),
    );
    const wall = chain[at] ?? null;
    return wall === null
      ? { reached: chain, wall, behind: [] }
      : { reached: chain.slice(0, at + 1), wall, behind: chain.slice(at + 1) };
  });
}
