// SPDX-License-Identifier: Apache-2.0
import { allowFields, report } from "@interlock/policy";
import type { CellDescription, SystemDescription } from "../description.ts";
import { CELL, SYSTEM } from "../json-schema.ts";
import {
  type At,
  countAt,
  durationAt,
  itemsAt,
  LIMITS,
  nameAt,
  refuseTwice,
  shareAt,
  textAt,
} from "./fields.ts";

export const WHOLE_PPM = 1_000_000;

export function systemOf(at: At): SystemDescription {
  allowFields(at.r, at.raw, at.path, Object.keys(SYSTEM));
  const items = itemsAt(at, "cells", LIMITS.cells);
  refuseTwice(items, "id", "cell");
  const cells = items.map(cellOf);
  if (items.length === 0)
    report(
      at.r,
      "FIELD_MISSING",
      at.path,
      "a system has one cell at least",
      "add `cells:`; one with `share: 100%` is a start",
    );
  else
    refuseSum(
      at,
      "cells",
      cells.map((cell) => cell.sharePpm),
    );
  const orders = { least: 0, most: LIMITS.ordersPerMinute };
  return {
    name: nameAt(at, "name"),
    tier: tierOf(countAt(at, "tier", { least: 1, most: 4 })),
    ordersPerMinute: countAt(at, "ordersPerMinute", orders),
    cells,
    asyncFailureMs: durationAt(at, "asyncFailure"),
    lossBudgetOrders: countAt(at, "lossBudget", orders),
  };
}

const TIERS = [1, 2, 3, 4] as const;
const tierOf = (tier: number): SystemDescription["tier"] => TIERS.find((t) => t === tier) ?? 1;

/** By what names people ask for a part of a cell's traffic. */
const PARTS = ["divisible", "shareKey", "shares", "percent", "traffic", "canary"] as const;

function cellOf(at: At): CellDescription {
  const parts = PARTS.filter((field) => at.raw[field] !== undefined);
  const others = Object.entries(at.raw).filter(([field]) => !parts.some((one) => one === field));
  allowFields(at.r, Object.fromEntries(others), at.path, Object.keys(CELL));
  for (const field of parts)
    report(
      at.r,
      "FIELD_UNKNOWN",
      [...at.path, field],
      `\`${field}\`: a cell is written whole, and a part of its traffic cannot be given the new value alone`,
      "make the first cell small, with its own key and its own `share` of the orders",
    );
  return {
    id: nameAt(at, "id"),
    region: nameAt(at, "region"),
    sharePpm: shareAt(at, "share"),
    runs: textAt(at, "runs", LIMITS.name),
  };
}

/** Shares are of one whole: what is missing would be exposed without anybody having planned it. */
export function refuseSum(at: At, field: string, shares: readonly number[]): void {
  const sum = shares.reduce((a, b) => a + b, 0);
  if (sum === WHOLE_PPM) return;
  report(
    at.r,
    "SUM_INVALID",
    field === "" ? at.path : [...at.path, field],
    `the shares add up to ${percentOf(sum)}, not to 100%`,
    "three equal ones are 33.3334%, 33.3333% and 33.3333%",
  );
}

const percentOf = (ppm: number): string => `${ppm / 10_000}%`;
