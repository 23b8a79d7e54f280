// SPDX-License-Identifier: Apache-2.0
import { allowFields, report } from "@interlock/policy";
import type { SystemDescription } from "../description.ts";
import { SYSTEM } from "../json-schema.ts";
import { cellsOf } from "./cells.ts";
import { type At, countAt, durationAt, itemsAt, LIMITS, nameAt, refuseTwice } from "./fields.ts";
import { refuseSum } from "./shares.ts";

export function systemOf(at: At): SystemDescription {
  allowFields(at.r, at.raw, at.path, Object.keys(SYSTEM));
  const items = itemsAt(at, "cells", LIMITS.cells);
  refuseTwice(items, "id", "cell");
  const cells = cellsOf(at, items);
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
