// SPDX-License-Identifier: Apache-2.0
import { allowFields, type Path, report, sharePpm, written } from "@interlock/policy";
import type { CellDescription, Part } from "../description.ts";
import { CELL } from "../json-schema.ts";
import { type At, LIMITS, nameAt, shareAt, textAt } from "./fields.ts";
import { refuseSum, WHOLE_PPM } from "./shares.ts";

/** By what names people ask for a part of a cell's traffic. */
const ASKED = ["divisible", "shareKey", "shares", "percent", "traffic", "canary"] as const;

/** The cells of a system. One that is divided is there as its parts, each with a name of its own. */
export function cellsOf(system: At, items: readonly At[]): readonly CellDescription[] {
  const cells = items.map((at) => ({ at, own: partsOf(at, cellOf(at)) }));
  const wholes = new Set(items.map(({ raw }) => raw["id"]));
  const seen = new Set<string>();
  for (const { at, own } of cells)
    for (const { id, part } of own) {
      if (part !== undefined && (wholes.has(id) || seen.has(id)))
        report(
          at.r,
          "DUPLICATE",
          [...at.path, "parts"],
          `a part would be called \`${id}\`, as another cell is`,
          "give that cell another name",
        );
      seen.add(id);
    }
  const all = cells.flatMap(({ own }) => own);
  if (all.length > LIMITS.cells)
    report(
      system.r,
      "TOO_MANY",
      [...system.path, "cells"],
      `more than ${LIMITS.cells} cells, with the parts of those that are divided`,
      "divide fewer of them",
    );
  return all;
}

function cellOf(at: At): CellDescription {
  const asked = ASKED.filter((field) => at.raw[field] !== undefined);
  const others = Object.entries(at.raw).filter(([field]) => !asked.some((one) => one === field));
  allowFields(at.r, Object.fromEntries(others), at.path, Object.keys(CELL));
  for (const field of asked)
    report(
      at.r,
      "FIELD_UNKNOWN",
      [...at.path, field],
      `\`${field}\`: a share of a cell's traffic is a part of the cell, which its readers know too`,
      "divide the cell, for example `parts: [1%, 9%, 90%]`",
    );
  return {
    id: nameAt(at, "id"),
    region: nameAt(at, "region"),
    sharePpm: shareAt(at, "share"),
    runs: textAt(at, "runs", LIMITS.name),
  };
}

/**
 * The parts of a cell in their order, `na-1.1` first; the cell itself where it is not divided.
 * INVARIANT (parts-whole): they follow each other over all of the cell's traffic, and have together
 * its share of the orders.
 */
function partsOf(at: At, cell: CellDescription): readonly CellDescription[] {
  if (at.raw["parts"] === undefined) return [cell];
  const shares = sharesAt(at);
  // What is wrong is told; without its cells the system would be told of too.
  if (shares === null) return [cell];
  let toPpm = 0;
  return shares.map((share, i) => {
    const last = i === shares.length - 1;
    // Of shares that are not a whole is told above; the last one ends there all the same.
    const part: Part = {
      ...{ of: cell.id, fromPpm: toPpm },
      toPpm: last ? WHOLE_PPM : toPpm + share,
    };
    toPpm = part.toPpm;
    const exposedPpm = upTo(cell, part.toPpm) - upTo(cell, part.fromPpm);
    if (exposedPpm === 0 && cell.sharePpm > 0)
      refuse(at, [i], "this part has less than a millionth of the orders", "make it larger");
    return { ...cell, id: `${cell.id}.${i + 1}`, sharePpm: exposedPpm, part };
  });
}

/** Rounded from the beginning of the cell, so that its parts have together what it has. */
const upTo = ({ sharePpm: whole }: CellDescription, ppm: number): number =>
  Math.round((whole * ppm) / WHOLE_PPM);

/** Parts beyond this are cells that nobody tells apart. */
const PARTS_MAX = 20;

function sharesAt(at: At): readonly number[] | null {
  const value = at.raw["parts"];
  if (!Array.isArray(value) || value.length < 2 || value.length > PARTS_MAX) {
    refuse(at, [], `\`parts\` is no list of 2 to ${PARTS_MAX} shares`, "write `[1%, 9%, 90%]`");
    return null;
  }
  const shares = value.map((one: unknown, i) => {
    const ppm = sharePpm(one);
    if (ppm !== null && ppm > 0) return ppm;
    const says = `\`${written(one)}\` is no share of more than nothing`;
    refuse(at, [i], says, "write a percentage of at most four decimals, such as `12.5%`");
    return null;
  });
  const known = shares.filter((share) => share !== null);
  if (known.length < shares.length) return null;
  refuseSum(at, "parts", known);
  return known;
}

const refuse = (at: At, path: Path, message: string, help: string): void =>
  report(at.r, "FIELD_INVALID", [...at.path, "parts", ...path], message, help);
