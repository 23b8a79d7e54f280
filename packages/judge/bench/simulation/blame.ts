// SPDX-License-Identifier: Apache-2.0
import { attribute, type Cell, type Fault, type Suspect } from "@interlock/judge";
import { type Chance, chance, poisson } from "../../test/chance.ts";
import { sure } from "./watch.ts";

const HOUR_MS = 3_600_000;
const [CELLS, HOURS] = [24, 72];
/** Faults an hour in a cell, always. */
const BACKGROUND = 0.5;
/** And as many more where the bad change is, or the trouble from outside. */
const HARMS = [2, 0.5] as const;
/** Below this nobody is named. */
const NAMED_PPM = 500_000;

const cells: readonly Cell[] = Array.from({ length: CELLS }, (_, i) => ({
  cell: `c${i}`,
  stratum: `s${i % 4}`,
  exposureCount: 1_000,
}));

/** A change that reaches some cells, a few an hour, from some hour of the last two days on. */
function suspect(next: Chance, id: string): Suspect {
  const start = 24 + Math.floor(next() * 40);
  const reach = Math.max(1, Math.floor(CELLS * (0.1 + 0.5 * next())));
  const order = [...cells.keys()].map((i) => ({ i, key: next() })).sort((a, b) => a.key - b.key);
  const exposure = order.slice(0, reach).map(({ i }, place) => ({
    cell: `c${i}`,
    sinceMs: (start + Math.min(6, Math.floor(place / 3))) * HOUR_MS,
  }));
  return { id, exposure, distance: Math.floor(next() * 3) };
}

function faultsOf(next: Chance, bad: Suspect | null, harm: number): readonly Fault[] {
  const since = new Map(bad?.exposure.map(({ cell, sinceMs }) => [cell, sinceMs]));
  const [outside, from] = [`s${Math.floor(next() * 4)}`, Math.floor(next() * 60)];
  return cells.flatMap(({ cell, stratum }) =>
    Array.from({ length: HOURS }, (_, hour) => {
      const harmed =
        bad === null
          ? stratum === outside && hour >= from
          : hour * HOUR_MS >= (since.get(cell) ?? Infinity);
      const count = poisson(next, BACKGROUND + (harmed ? harm : 0));
      return { cell, atMs: hour * HOUR_MS + 1, count };
    }),
  );
}

/** How often the right one of many concurrent changes is named, and nobody where it was none of them. */
export function blameTable(seed: number, scale: number): readonly string[] {
  const runs = Math.max(20, Math.round(300 * scale));
  const cases = HARMS.flatMap((harm) => [10, 20, 50].map((count) => ({ harm, count })));
  const rows = cases.map(({ harm, count }) => {
    let [named, right, caught, halted, culprits] = [0, 0, 0, 0, 0];
    for (let run = 0; run < runs; run += 1) {
      const next = chance(seed + run * 97 + count);
      const suspects = Array.from({ length: count }, (_, i) => suspect(next, `change-${i}`));
      const bad = next() < 0.75 ? (suspects[0] ?? null) : null;
      const { blames, halt } = sure(attribute(suspects, cells, faultsOf(next, bad, harm)));
      const first = blames[0];
      const names = first !== undefined && first.blamePpm >= NAMED_PPM;
      if (bad !== null) culprits += 1;
      if (bad !== null && halt.includes(bad.id)) caught += 1;
      if (names) named += 1;
      if (names && first.id === bad?.id) right += 1;
      halted += halt.length;
    }
    const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(1)} %`;
    return `| ${harm} | ${count} | ${runs} | ${percent(right, named)} | ${percent(right, culprits)} | ${percent(caught, culprits)} | ${(halted / runs).toFixed(2)} |`;
  });
  return [
    "| Harm | Concurrent changes | Cases | Named rightly, of all named | Named, of all culprits | Halted, of all culprits | Changes halted a case |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ];
}
