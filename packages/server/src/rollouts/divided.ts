// SPDX-License-Identifier: Apache-2.0
/** Cells as people name them in waves: by region, by share of a divided one; and where those stand. */
import type { SystemDescription } from "@interlock/controlplane";
import type { Plan, RolloutState } from "@interlock/core";
import { sharePpm } from "@interlock/policy";
import type { RolloutShown } from "@interlock/protocol";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";

type Cells = Plan["cells"];

type Place = { readonly cell: string; readonly key: string; readonly path: string };

const nameOf = ({ cell, key, path }: Place): string => [cell, key, path].join("\0");

/** Deliveries to parts of a cell that are not wanted, though those of another part of it are. */
export function missingParts<D extends Place>(
  cells: SystemDescription["cells"],
  { all, wanted }: { readonly all: readonly D[]; readonly wanted: readonly D[] },
): readonly D[] {
  const wholes = new Map(cells.map(({ id, part }) => [id, part?.of]));
  const known = new Set(wanted.map(nameOf));
  const divided = new Set(
    wanted.flatMap((one) => {
      const cell = wholes.get(one.cell);
      return cell === undefined ? [] : [nameOf({ ...one, cell })];
    }),
  );
  return all.filter((one) => {
    const cell = wholes.get(one.cell);
    return cell !== undefined && divided.has(nameOf({ ...one, cell })) && !known.has(nameOf(one));
  });
}

/** `region:us-east`: all of its cells that no wave has named before. */
const REGION = /^region:(.{1,200})$/;
/** `na-1: 10%`: the parts of `na-1` that are the first tenth of its traffic. */
const UP_TO = /^(.{1,200}): ([^:]{1,10}%)$/;

/**
 * The cells that waves name, wave by wave. A region stands for all of its cells that no wave has named
 * before, and a divided cell for such parts of it, with a share for those up to there.
 */
export function namedCells(
  cells: Cells,
  waves: readonly (readonly string[])[],
): Answer<readonly (readonly string[])[]> {
  const named = new Set<string>();
  const all: string[][] = [];
  for (const wave of waves) {
    const own: string[] = [];
    for (const word of wave) {
      const found = namedBy(cells, word, named);
      if (!found.ok) return found;
      for (const id of found.value) named.add(id);
      own.push(...found.value);
    }
    all.push(own);
  }
  return done(all);
}

/** A word that names nothing is left as it is: what checks the plan tells of it. */
function namedBy(
  cells: Cells,
  word: string,
  before: ReadonlySet<string>,
): Answer<readonly string[]> {
  if (cells.some(({ id }) => id === word)) return done([word]);
  const [, region] = REGION.exec(word) ?? [];
  if (region !== undefined) return inRegion(cells, region, before);
  const [, name = word, upTo = "100%"] = UP_TO.exec(word) ?? [];
  const parts = cells.flatMap(({ id, part }) => (part?.of === name ? [{ id, part }] : []));
  if (parts.length === 0) return done([word]);
  const ppm = sharePpm(upTo);
  const ends = parts.map(({ part }) => part.toPpm).sort((a, b) => a - b);
  if (ppm === null || !(ends.includes(ppm) || word === name))
    return refused(
      "ROLLOUT_PLAN",
      `\`${name}\` is not divided at ${upTo}`,
      `its parts end at ${ends.map(percent).join(", ")}; other parts are a change of the description`,
    );
  const own = parts.filter(({ id, part }) => part.toPpm <= ppm && !before.has(id));
  if (own.length > 0) return done(own.map(({ id }) => id));
  return refused(
    "ROLLOUT_PLAN",
    `an earlier wave brings \`${name}\` to ${upTo} already`,
    "name a larger share, or leave it out of this wave",
  );
}

function inRegion(
  cells: Cells,
  region: string,
  before: ReadonlySet<string>,
): Answer<readonly string[]> {
  const all = cells.filter((cell) => cell.region === region).map(({ id }) => id);
  const own = all.filter((id) => !before.has(id));
  if (own.length > 0) return done(own);
  if (all.length > 0)
    return refused(
      "ROLLOUT_PLAN",
      `earlier waves bring all cells of \`${region}\` already`,
      "leave it out of this wave",
    );
  const regions = [...new Set(cells.map((cell) => cell.region))].sort();
  return refused(
    "ROLLOUT_PLAN",
    `no cell that is delivered to is in the region \`${region}\``,
    `there are ${regions.join(", ")}`,
  );
}

const percent = (ppm: number): string => `${ppm / 10_000}%`;

/** A cell, with how much of which cell's traffic it is where it is a part. */
export function inWords(cells: Cells, id: string): string {
  const part = cells.find((cell) => cell.id === id)?.part;
  return part === undefined ? id : `${id} (${percent(part.toPpm - part.fromPpm)} of ${part.of})`;
}

/** How much of each divided cell's traffic has the new version, as the parts of the plan were last read back. */
export function dividedShown({
  plan,
  cells,
}: Pick<RolloutState, "plan" | "cells">): RolloutShown["divided"] {
  const fresh = new Set(
    cells.flatMap(({ id, content }) => (content.version === plan.version ? [id] : [])),
  );
  const levels = new Map<string, number>();
  for (const { id, part } of plan.cells) {
    if (part === undefined) continue;
    const own = fresh.has(id) ? part.toPpm - part.fromPpm : 0;
    levels.set(part.of, (levels.get(part.of) ?? 0) + own);
  }
  return [...levels].map(([cell, ppm]) => ({ cell, ppm }));
}
