// SPDX-License-Identifier: Apache-2.0
/** The journal of a target as the pure plan of an unwind reads it. A rollout is a change there. */
import type { Operation, Value, Values, Write } from "@interlock/core";
import type { KeyWrite } from "@interlock/store";
import { planOfChange } from "./terms.ts";

/** A key of a cell in one text; cells have no such character. */
export const placeOf = ({ cell, key }: { readonly cell: string; readonly key: string }): string =>
  `${cell}\0${key}`;

/**
 * Writes that took effect, in order. One of which nobody knows counts when the next look at its key
 * found what it left, and counts not when that look found what had been there before.
 */
export function historyOf(rows: readonly KeyWrite[], current: Values): readonly Write[] {
  const next = new Map<string, KeyWrite>();
  const effective: KeyWrite[] = [];
  for (const row of rows.toReversed()) {
    const place = placeOf(row);
    const later = next.get(place);
    const seen = later === undefined ? (current.get(place) ?? null) : later.before;
    next.set(place, row);
    if (!isLost(row, seen, later)) effective.push(row);
  }
  return effective.reverse().map(writeOf);
}

function isLost(row: KeyWrite, seen: Value, later: KeyWrite | undefined): boolean {
  if (seen === row.after || seen !== row.before) return false;
  // Reading back confirms every try of one write, also those that never arrived.
  const again = later?.rollout === row.rollout && later.after === row.after;
  return row.confirmedAt === null || again;
}

const writeOf = (row: KeyWrite): Write => ({
  ...{ sequence: row.sequence, change: row.rollout, key: placeOf(row) },
  ...{ before: row.before, after: row.after, operation: operationOf(row) },
  // A file is often edited from the one before it: what it took over from there nobody recorded.
  ...{ reads: [], readsFrom: "guessed", orders: 0, money: 0 },
});

/** What went back, and what an unwind wrote, is no source of values. */
function operationOf({ change, operation, after }: KeyWrite): Operation {
  if (planOfChange(change) !== null || isWayBack(operation)) return { kind: "unwind", without: [] };
  return after === null ? { kind: "delete" } : { kind: "put", value: after };
}

function isWayBack(operation: string): boolean {
  const read = JSON.parse(operation) as { readonly way?: unknown }; // written by a driver
  return read.way === "back";
}
