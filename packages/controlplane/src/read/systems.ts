// SPDX-License-Identifier: Apache-2.0
import { allowFields, durationMs, report } from "@interlock/policy";
import type { EmergencyLane, SystemDescription } from "../description.ts";
import { EMERGENCY, SYSTEM } from "../json-schema.ts";
import { cellsOf } from "./cells.ts";
import {
  type At,
  countAt,
  durationAt,
  itemsAt,
  LIMITS,
  mappingAt,
  nameAt,
  refuseTwice,
} from "./fields.ts";
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
  const asyncFailureMs = durationAt(at, "asyncFailure");
  const emergency = mappingAt(at, "emergency", Object.keys(EMERGENCY));
  return {
    name: nameAt(at, "name"),
    tier: tierOf(countAt(at, "tier", { least: 1, most: 4 })),
    ordersPerMinute: countAt(at, "ordersPerMinute", orders),
    cells,
    asyncFailureMs,
    lossBudgetOrders: countAt(at, "lossBudget", orders),
    ...(emergency === null ? {} : { emergency: emergencyOf(emergency, asyncFailureMs) }),
  };
}

/** A lane as wide as the road would be none: what is wider goes out as everything else does. */
function emergencyOf(at: At, asyncFailureMs: number): EmergencyLane {
  const bakeMs = durationAt(at, "bake");
  const wrong = (message: string, help: string) =>
    report(at.r, "FIELD_INVALID", [...at.path, "bake"], message, help);
  if (durationMs(at.raw["bake"]) !== null && bakeMs < asyncFailureMs)
    wrong(
      "`bake` is shorter than `asyncFailure`, and no wave is watched for less",
      "write at least as long a time as `asyncFailure`",
    );
  if (bakeMs > LIMITS.emergencyBakeMs)
    wrong("`bake` is longer than a day, which is no emergency", "write `1d` at most");
  return {
    keys: countAt(at, "keys", { least: 1, most: LIMITS.emergencyKeys }),
    cells: countAt(at, "cells", { least: 1, most: LIMITS.emergencyCells }),
    bakeMs,
  };
}

const TIERS = [1, 2, 3, 4] as const;
const tierOf = (tier: number): SystemDescription["tier"] => TIERS.find((t) => t === tier) ?? 1;
